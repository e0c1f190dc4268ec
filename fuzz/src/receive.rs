//! `receive` of a connector: any method, URL, headers, body and settings.
//!
//! An input is the head of a case file, an empty line, and the body as it is. `{{hmac ...}}` in the head signs the body
//! that stands there, so that a changed body reaches what is behind the signature; `@tamper POSITION BYTES` changes it
//! after it was signed.

use trunkline_cases::Case;
use trunkline_model::manifest::Secret;
use trunkline_model::{Context, Event, ReceiveStep, Request, event_json};
use trunkline_policy::{CallError, check};

use crate::subject::Subject;

/// The directive of a change after the signature.
pub const TAMPER: &str = "@tamper ";
/// How much of a secret is known by chance in no input.
const PIECE_CHARACTERS: usize = 5;
/// Ends every secret of the key with which nothing was signed.
const ANOTHER: &str = "-and-not-the-key";

/// What settings that hold a provider's public key are called: they verify, and are no secret.
const PUBLIC_KEYS: [&str; 2] = ["public_key", "certificate"];

/// What must hold for every webhook.
pub fn check(subject: &Subject, input: &[u8]) -> bool {
    let Some((head, body)) = split(input) else { return false };
    let (tampering, head): (Vec<&str>, Vec<&str>) = head.lines().partition(|line| line.starts_with(TAMPER));
    let Ok(case) = Case::with_body(&head.join("\n"), body.to_vec()) else { return false };
    let settings = subject.settings(&case.context.settings);
    let context = settings.context(&[], case.context.now);

    let mut step = (subject.receive)(&case.request, &context);
    match check::receive(&mut step, 0, &settings) {
        // A secret that the sender knows can come back as a text; that is no fault of the connector.
        Err(CallError::SecretInAnswer { .. })
            if holds_a_secret(subject, &case.context.settings, &String::from_utf8_lossy(input)) => {}
        result => result.expect("the answer keeps the contract"),
    }
    let Some(events) = events(&step) else { return true };
    for event in events {
        keeps_what_it_holds(event);
    }
    let another = Context { settings: other_secrets(subject, &context.settings), ..context.clone() };
    let forged = (subject.receive)(&case.request, &another);
    assert!(events_of(&forged) == 0, "taken for genuine with secrets that it was not signed with");
    if let Some(request) = tampered(&case, &tampering) {
        let step = (subject.receive)(&request, &context);
        assert!(events_of(&step) == 0, "taken for genuine though it was changed after it was signed");
    }
    true
}

/// Head and body.
fn split(input: &[u8]) -> Option<(String, &[u8])> {
    let end = input.windows(2).position(|pair| pair == b"\n\n")?;
    Some((String::from_utf8_lossy(&input[..end]).into_owned(), &input[end + 2..]))
}

/// The events of a webhook that brings some.
fn events(step: &ReceiveStep) -> Option<&[Event]> {
    match step {
        ReceiveStep::Answer(answer) if !answer.events.is_empty() => Some(&answer.events),
        _ => None,
    }
}

fn events_of(step: &ReceiveStep) -> usize {
    events(step).map_or(0, <[Event]>::len)
}

/// An event is stored as JSON, and read again: nothing may be lost.
pub fn keeps_what_it_holds(event: &Event) {
    let json = event_json(event);
    let read: Event = serde_json::from_str(&json).expect("an event is read again");
    assert_eq!(event_json(&read), json, "an event is the same when it is read again");
}

/// Whether a piece of a secret stands in the input a second time, beside the setting: whatever stands between the pieces may
/// be taken out on the way.
pub fn holds_a_secret(subject: &Subject, settings: &[(String, String)], input: &str) -> bool {
    let secrets = settings.iter().filter(|(name, _)| subject.secret(name).is_some());
    let mut pieces = secrets.flat_map(|(_, value)| {
        let letters: Vec<char> = value.chars().collect();
        let pieces = letters.windows(PIECE_CHARACTERS).map(|piece| piece.iter().collect::<String>());
        pieces.collect::<Vec<_>>()
    });
    pieces.any(|piece| input.matches(&piece).count() > 1)
}

fn other_secrets(subject: &Subject, settings: &[(String, String)]) -> Vec<(String, String)> {
    let mut settings = settings.to_vec();
    for (name, value) in &mut settings {
        let verifies = subject.secret(name) == Some(Secret::Verify) || PUBLIC_KEYS.contains(&name.as_str());
        if verifies && !value.is_empty() {
            value.push_str(ANOTHER);
        }
    }
    settings
}

/// The request with its body changed, where that changes what is signed.
fn tampered(case: &Case, tampering: &[&str]) -> Option<Request> {
    let mut body = case.request.body.clone();
    for line in tampering {
        let (position, bytes) = line[TAMPER.len()..].split_once(' ')?;
        let position = position.parse::<usize>().ok()? % (body.len() + 1);
        let end = (position + bytes.len()).min(body.len());
        body.splice(position..end, bytes.bytes());
    }
    let signed = case.resigned(body.clone()).ok().filter(|_| body != case.request.body)?;
    (signed.headers != case.request.headers).then(|| Request { body, ..case.request.clone() })
}
