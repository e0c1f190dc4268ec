//! `send` of a connector: any message, any settings, any answers of the provider.
//!
//! An input is a case file of `testdata/outbound` without its outcome. Its answers are given in turn, and then again from
//! the first, so that a message of many calls needs no more of them.

use trunkline_cases::CallCase;
use trunkline_model::{Call, Context, Exchange, Outgoing, SendStep};
use trunkline_policy::{CallError, ROUNDS_SEND_MAX, check};

use crate::receive::holds_a_secret;
use crate::subject::Subject;

/// `outbound.send`.
pub type Send = fn(&Outgoing, &Context) -> SendStep;

/// The host lets no longer message through.
const PARTS_MAX: usize = 50;

/// What must hold for every message.
pub fn check(subject: &Subject, send: Send, input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let Ok(case) = CallCase::parse("", &text) else { return false };
    let Ok(message) = case.outgoing() else { return false };
    if !(1..=PARTS_MAX).contains(&message.parts.len()) {
        return false;
    }
    let settings = subject.settings(&case.context.settings);
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut answers = case.answers.iter().cycle();
    while exchanges.len() < ROUNDS_SEND_MAX {
        let context = settings.context(&exchanges, case.context.now);
        let step = send(&message, &context);
        assert_eq!(send(&message, &context), step, "a round asked again gives the same");
        match check::send(&step, exchanges.len(), &settings) {
            Err(CallError::SecretInAnswer { .. })
                if holds_a_secret(subject, &case.context.settings, &text) => {}
            result => result.expect("the answer keeps the contract"),
        }
        match step {
            SendStep::Call(call) => {
                goes_where_it_may(subject, &call);
                let Some(answer) = answers.next() else { break };
                exchanges.push(Exchange { request: call.request, response: answer.clone() });
            }
            SendStep::Sent(_) => {
                let status = exchanges.last().map_or(200, |exchange| exchange.response.status);
                // What a message gets that was sent before: by its retry key, or in words.
                assert!(status < 300 || matches!(status, 409 | 422), "{status} is taken for success");
                break;
            }
            SendStep::Failed(_) => break,
        }
    }
    true
}

/// A call goes to a host of the manifest, with secrets of the manifest.
fn goes_where_it_may(subject: &Subject, call: &Call) {
    let host = call.request.url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = host.unwrap_or_default();
    let declared = subject.manifest.hosts.iter().any(|pattern| match pattern.strip_prefix("*.") {
        Some(suffix) => host.strip_suffix(suffix).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        None => pattern == host,
    });
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    assert!(declared && plain, "calls `{}`", call.request.url);
    for credential in &call.credentials {
        let setting = credential.setting();
        assert!(subject.secret(setting).is_some(), "`{setting}` is no secret of the manifest");
    }
}
