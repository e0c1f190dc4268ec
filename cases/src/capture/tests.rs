use super::*;
use crate::body::fields;
use crate::channels::{Channel, channels};

fn captured(channel: &Channel, case: &Case, keep: Keep) -> Captured {
    let events = case.events();
    let original = Original { request: &case.request, context: &case.context, events: &events };
    capture(&original, &channel.manifest, &channel.schemes, keep).expect("a case")
}

/// Everything that stands in a request, decoded.
fn values(request: &Request) -> Vec<String> {
    let mut values: Vec<String> = fields(request).into_iter().map(|(_, value)| value).collect();
    values.extend(crate::body::query(request).into_iter().map(|(_, value)| value));
    values
}

#[test]
fn every_genuine_case_is_captured_without_what_is_personal() {
    let (mut cases, mut looked_for, mut failures) = (0, 0, Vec::new());
    for channel in channels() {
        for (name, case) in &channel.genuine {
            let captured = captured(&channel, case, Keep::Nothing);
            cases += 1;
            let (before, after) = (values(&case.request), values(&captured.case.request));
            let file = captured.with_expected("");
            let own = Case::parse(&channel.schemes.defaults, "POST https://h/x\n").expect("defaults");
            let is_own = |value: &str| own.context.settings.iter().any(|(_, known)| known == value);
            for (kind, value) in Personal::of(&case.events()).values {
                if is_own(&value) || !value.chars().any(char::is_alphanumeric) {
                    continue;
                }
                // Shorter ones are parts of words, and are replaced where they stand alone.
                let short = value.chars().count() < 5;
                // A word may be the name of something else, too.
                let word = value.chars().all(|letter| letter.is_alphabetic() || letter == '_');
                let is = |held: &String| if short || word { *held == value } else { held.contains(&value) };
                if !before.iter().any(is) {
                    continue;
                }
                looked_for += 1;
                if after.iter().any(is) || !short && !word && file.contains(&value) {
                    failures.push(format!("{name}: {kind:?} `{value}`"));
                }
            }
            let fits = !trace::fitting(&case.request, &case.context, &channel.schemes.schemes).is_empty();
            if fits && captured.signed != Signed::Again {
                failures.push(format!("{name}: {:?}", captured.signed));
            }
            let secrets = crate::scheme::verify_settings(&channel.manifest);
            for secret in secrets.flat_map(|setting| case.context.setting_values(setting)) {
                if file.contains(secret) && !is_own(secret) {
                    failures.push(format!("{name}: a secret"));
                }
            }
        }
    }
    println!("{cases} cases, {looked_for} values");
    assert!(failures.is_empty(), "{} of {looked_for}:\n{}", failures.len(), failures.join("\n"));
    assert!(cases > 400 && looked_for > 2_000, "{cases} cases, {looked_for} values");
}
