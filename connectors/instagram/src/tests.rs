//! The case files, and what they cannot show.

use trunkline_cases::{run_cases, run_outbound_cases, run_profile_cases};
use trunkline_sdk::prelude::*;

use crate::Instagram;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

mod simulator;

#[test]
fn case_files() {
    run_cases(FOLDER, trunkline_sdk::receive::<Instagram>);
}

#[test]
fn outbound_case_files() {
    run_outbound_cases(FOLDER, trunkline_sdk::send::<Instagram>);
}

#[test]
fn profile_case_files() {
    run_profile_cases(FOLDER, trunkline_sdk::look_up::<Instagram>);
}

/// Both ways to log in share one setting: whichever signed, and neither where its secret is not there.
#[test]
fn either_app_may_sign() {
    let context = |secrets: &[&str]| Context {
        settings: secrets.iter().map(|secret| ("app_secret".to_owned(), (*secret).to_owned())).collect(),
        ..Context::default()
    };
    let mut event = Event::new("aWdf1", "178400000000001", EventKind::Unsent(MessageRef::new("aWdf1")));
    event.contact = Some(Contact::new(IdentifierScheme::Id, "9000000000001"));
    let both = context(&["instagram-app-secret", "facebook-app-secret"]);
    for secret in ["instagram-app-secret", "facebook-app-secret"] {
        let request =
            Instagram::simulate(&event, "https://hooks.example.org/hooks/instagram", &context(&[secret]))
                .expect("a webhook");
        assert!(Instagram::receive(&request, &both).is_ok(), "{secret}");
        let refused = Instagram::receive(&request, &context(&["another"]));
        assert!(matches!(refused, Err(trunkline_sdk::Interrupt::Refuse(refusal))
            if refusal.reason == RefusalReason::Mismatch));
    }
}
