use trunkline_sdk::json::RawValue;
use trunkline_sdk::prelude::*;

use crate::activity;
use crate::wire::{Activity, ITEMS_MAX};

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<super::Teams>);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<super::Teams>);
}

#[test]
fn media_case_files() {
    trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<super::Teams>);
}

fn events(body: &str) -> Vec<Event> {
    let raw: &RawValue = serde_json::from_str(body).expect("JSON");
    let activity: Activity = serde_json::from_str(raw.get()).expect("an activity");
    activity::events(raw, &activity, "00000000-0000-0000-0000-0000000000f1")
}

#[test]
fn a_list_that_is_too_long_is_kept_as_it_is() {
    let list = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    for (kind, member) in [("messageReaction", "reactionsAdded"), ("message", "attachments")] {
        let found = |count| events(&format!(r#"{{"type":"{kind}","id":"1","{member}":{}}}"#, list(count)));
        let items = |events: &[Event]| match events {
            [Event { kind: EventKind::Message(message), .. }] => message.parts.len(),
            events => events.len(),
        };
        assert_eq!(items(&found(ITEMS_MAX)), ITEMS_MAX, "{member}");
        assert_eq!(items(&found(ITEMS_MAX + 1)), 1, "{member}");
    }
    let found =
        events(&format!(r#"{{"type":"conversationUpdate","id":"1","membersAdded":{}}}"#, list(10_000)));
    assert!(
        matches!(&found[..], [Event { kind: EventKind::Other(other), .. }] if other.payload == list(10_000))
    );
}

/// Neither the stack nor the ids suffer.
#[test]
fn deep_nesting_is_kept_as_it_is() {
    let deep = |depth| format!(r#"{{"type":"message","value":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let found = [deep(50_000), deep(50_001)].map(|body| events(&body).remove(0));
    for event in &found {
        assert!(
            matches!(&event.kind, EventKind::Message(message) if matches!(message.parts[..], [Part::Other(_)]))
        );
    }
    assert_ne!(found[0].id, found[1].id);
}
