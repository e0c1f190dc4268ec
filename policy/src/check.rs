//! What a connector answered, held against the contract and searched for secrets, before anybody acts on it.

use trunkline_model::{
    Answer, Call, Contact, Credential, EVENT_ID_BYTES_MAX, Failure, Feed, MESSAGE_ID_BYTES_MAX, MediaStep,
    PageStep, ProfileStep, Receipt, ReceiveStep, Refusal, Response, SendStep,
};

use crate::error::CallError;
use crate::leak;
use crate::settings::Settings;

/// The most rounds of `inbound.receive`; the last one asks for no call. As `wit/inbound.wit` says.
pub const ROUNDS_RECEIVE_MAX: usize = 8;
/// The most rounds of `outbound.send`. As `wit/outbound.wit` says.
pub const ROUNDS_SEND_MAX: usize = 32;
/// The most rounds of `media.locate`: an id becomes a URL in one call.
pub const ROUNDS_LOCATE_MAX: usize = 8;
/// The most rounds of `profiles.look-up`.
pub const ROUNDS_LOOK_UP_MAX: usize = 8;
/// The most rounds of `page.open`. As `wit/page.wit` says.
pub const ROUNDS_OPEN_MAX: usize = 8;
/// The most bytes that a page is told of one event. As `wit/page.wit` says.
const SHOWN_BYTES_MAX: usize = 256 << 10;
/// The most events of one webhook. A provider's largest batch is 1,000 items.
const EVENTS_MAX: usize = 10_000;
/// The most bytes of the body with which a provider or a page is answered: an acknowledgement, what its API lets us answer
/// at once, a script.
const RESPONSE_BYTES_MAX: usize = 1 << 20;
/// The most receipts of one message. A message of 32 rounds has no more than a few dozen.
const RECEIPTS_MAX: usize = 1_000;
/// The longest URL of a call, in bytes. Links to media that are signed in their query have 1 to 2 KiB.
const URL_BYTES_MAX: usize = 16 << 10;

/// Checks the answer of `receive`. `made` is the number of calls made before it.
pub fn receive(step: &mut ReceiveStep, made: usize, settings: &Settings) -> Result<(), CallError> {
    match step {
        ReceiveStep::Answer(answer) => {
            check_answer(answer)?;
            leak::check(answer, settings)
        }
        ReceiveStep::Refuse(refusal) => check_refusal(refusal, settings),
        ReceiveStep::Call(call) => check_round(call, made, ROUNDS_RECEIVE_MAX, settings),
    }
}

/// Checks the answer of `send`.
pub fn send(step: &SendStep, made: usize, settings: &Settings) -> Result<(), CallError> {
    match step {
        SendStep::Call(call) => check_round(call, made, ROUNDS_SEND_MAX, settings),
        SendStep::Sent(receipts) => check_receipts(receipts, settings),
        SendStep::Failed(failed) => {
            check_failure(&failed.failure, settings)?;
            check_receipts(&failed.receipts, settings)
        }
    }
}

/// Checks the answer of `locate`.
pub fn locate(step: &MediaStep, made: usize, settings: &Settings) -> Result<(), CallError> {
    match step {
        MediaStep::Call(call) => check_round(call, made, ROUNDS_LOCATE_MAX, settings),
        MediaStep::Fetch(call) => check_call(call, settings),
        MediaStep::Failed(failure) => check_failure(failure, settings),
    }
}

/// Checks the answer of `look_up`.
pub fn look_up(step: &ProfileStep, made: usize, settings: &Settings) -> Result<(), CallError> {
    match step {
        ProfileStep::Call(call) => check_round(call, made, ROUNDS_LOOK_UP_MAX, settings),
        ProfileStep::Found(contact) => check_contact(contact, settings),
        ProfileStep::Unknown => Ok(()),
    }
}

/// Checks the answer of `open`.
pub fn open(step: &PageStep, made: usize, settings: &Settings) -> Result<(), CallError> {
    match step {
        PageStep::Call(call) => check_round(call, made, ROUNDS_OPEN_MAX, settings),
        PageStep::Answer(response) => {
            if !(200..=599).contains(&response.status) {
                return Err(CallError::Contract(format!("answer to a page with status {}", response.status)));
            }
            check_response(response)?;
            leak::check_response(response, settings)
        }
        PageStep::Follow(feed) => check_feed(feed, settings),
    }
}

/// Checks what a page is told.
pub fn show(told: Option<&str>, settings: &Settings) -> Result<(), CallError> {
    let Some(told) = told else { return Ok(()) };
    if told.len() > SHOWN_BYTES_MAX {
        let bytes = told.len();
        return Err(CallError::Contract(format!("a page is told {bytes} bytes, at most {SHOWN_BYTES_MAX}")));
    }
    leak::check_text(told.as_bytes(), settings)
}

fn check_feed(feed: &Feed, settings: &Settings) -> Result<(), CallError> {
    // Such events belong to nobody: whoever follows them would read what others wrote.
    let first = feed.contact.as_ref().and_then(|contact| contact.identifiers.first());
    let named = first.is_some_and(|identifier| !identifier.value.is_empty());
    if !named && feed.thread.as_ref().is_none_or(|thread| thread.id.is_empty()) {
        return Err(CallError::Contract("a page follows a conversation of nobody".to_owned()));
    }
    for text in feed.headers.iter().flat_map(|(name, value)| [name, value]) {
        leak::check_text(text.as_bytes(), settings)?;
    }
    Ok(())
}

fn check_response(response: &Response) -> Result<(), CallError> {
    let bytes = response.body.len();
    if bytes > RESPONSE_BYTES_MAX {
        return Err(CallError::Contract(format!("response of {bytes} bytes, at most {RESPONSE_BYTES_MAX}")));
    }
    Ok(())
}

fn check_answer(answer: &Answer) -> Result<(), CallError> {
    let status = answer.response.status;
    if !(200..=299).contains(&status) {
        return Err(CallError::Contract(format!("answer with status {status}, which is a refusal's")));
    }
    check_response(&answer.response)?;
    if answer.events.len() > EVENTS_MAX {
        return Err(CallError::Contract(format!("{} events, at most {EVENTS_MAX}", answer.events.len())));
    }
    for event in &answer.events {
        if event.id.is_empty() || event.id.len() > EVENT_ID_BYTES_MAX {
            return Err(CallError::Contract(format!("event id of {} bytes", event.id.len())));
        }
    }
    Ok(())
}

fn check_refusal(refusal: &Refusal, settings: &Settings) -> Result<(), CallError> {
    if !(400..=599).contains(&refusal.status) {
        return Err(CallError::Contract(format!("refusal with status {}", refusal.status)));
    }
    leak::check_text(refusal.detail.as_bytes(), settings)
}

/// A call that another round follows.
fn check_round(call: &Call, made: usize, limit: usize, settings: &Settings) -> Result<(), CallError> {
    if made + 1 >= limit {
        return Err(CallError::Rounds { limit });
    }
    check_call(call, settings)
}

/// The form only: whether it may be made is decided where it is made.
fn check_call(call: &Call, settings: &Settings) -> Result<(), CallError> {
    let request = &call.request;
    let method = &request.method;
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(CallError::Contract("call with a method that is not in upper case".to_owned()));
    }
    if request.url.len() > URL_BYTES_MAX {
        return Err(CallError::Contract(format!("call to a URL of {} bytes", request.url.len())));
    }
    let host = request.url.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next());
    if host.flatten().is_none_or(str::is_empty) {
        return Err(CallError::Contract("call to what is no absolute `https` URL".to_owned()));
    }
    let headers = request.headers.iter().flat_map(|(name, value)| [name.as_str(), value]);
    let credentials = call.credentials.iter().filter_map(written_along);
    for text in headers.chain(credentials).chain([request.url.as_str()]) {
        leak::check_text(text.as_bytes(), settings)?;
    }
    leak::check_text(&request.body, settings)
}

/// What the connector wrote beside the name of the setting.
fn written_along(credential: &Credential) -> Option<&str> {
    match credential {
        Credential::Basic((text, _))
        | Credential::Header((text, _))
        | Credential::Query((text, _))
        | Credential::Form((text, _))
        | Credential::Other((text, _)) => Some(text),
        Credential::Bearer(_) | Credential::Path(_) => None,
    }
}

fn check_receipts(receipts: &[Receipt], settings: &Settings) -> Result<(), CallError> {
    if receipts.len() > RECEIPTS_MAX {
        return Err(CallError::Contract(format!("{} receipts, at most {RECEIPTS_MAX}", receipts.len())));
    }
    for receipt in receipts {
        let bytes = receipt.message_id.len();
        if bytes > MESSAGE_ID_BYTES_MAX {
            return Err(CallError::Contract(format!("receipt with a message id of {bytes} bytes")));
        }
        let attributes = receipt.attributes.iter().flat_map(|(name, value)| [name, value]);
        for text in [&receipt.message_id].into_iter().chain(&receipt.degraded).chain(attributes) {
            leak::check_text(text.as_bytes(), settings)?;
        }
    }
    Ok(())
}

fn check_failure(failure: &Failure, settings: &Settings) -> Result<(), CallError> {
    for text in failure.code.iter().chain(&failure.message) {
        leak::check_text(text.as_bytes(), settings)?;
    }
    Ok(())
}

fn check_contact(contact: &Contact, settings: &Settings) -> Result<(), CallError> {
    let identifiers = contact.identifiers.iter().flat_map(|found| [found.scheme.as_str(), &found.value]);
    let others = [&contact.name, &contact.locale, &contact.avatar_url].into_iter().flatten();
    for text in identifiers.chain(others.map(String::as_str)) {
        leak::check_text(text.as_bytes(), settings)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
