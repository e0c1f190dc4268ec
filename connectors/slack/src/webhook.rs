//! What a genuine body is: JSON of the Events API, the form of an interaction, or that of a command.
//!
//! The body itself tells; its `Content-Type` is not signed.

use trunkline_sdk::form::Form;
use trunkline_sdk::json::RawValue;
use trunkline_sdk::{malformed, malformed_json, prelude::*};

use crate::wire::{Payload, filled, object};
use crate::{command, envelope, interaction};

/// The longest challenge that is given back. Slack's have some fifty characters.
const CHALLENGE_BYTES_MAX: usize = 4_096;

/// The answer to a verified webhook.
pub fn answer(request: &Request) -> Received {
    let mut answer = if is_object(&request.body) { json(&request.body)? } else { form(&request.body)? };
    let attributes = redelivery(request);
    for event in &mut answer.events {
        event.attributes.extend(attributes.iter().cloned());
    }
    Ok(answer)
}

/// Whether a body is `ssl_check=1` and neither event, interaction nor command.
pub fn is_certificate_probe(body: &[u8]) -> bool {
    !is_object(body) && Form::parse(body).is_some_and(|form| probes(&form))
}

fn probes(form: &Form) -> bool {
    form.first("ssl_check") == Some("1") && form.first("payload").is_none() && form.first("command").is_none()
}

fn is_object(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

fn json(body: &[u8]) -> Received {
    let raw: &RawValue = serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    let envelope: envelope::Envelope =
        serde_json::from_str(raw.get()).map_err(|error| malformed_json(&error))?;
    if filled(&envelope.kind) != Some("url_verification") {
        return Ok(taken(vec![envelope::event(&envelope, raw)]));
    }
    let challenge = filled(&envelope.challenge).filter(|text| text.len() <= CHALLENGE_BYTES_MAX);
    let challenge = challenge.ok_or_else(|| malformed("a URL verification without a `challenge`"))?;
    Ok(Answer { response: Response::with_body(200, "text/plain", challenge), events: Vec::new() })
}

fn form(body: &[u8]) -> Received {
    let form = Form::parse(body).ok_or_else(|| malformed("a form with too many fields"))?;
    if let Some(payload) = form.first("payload") {
        let raw: &RawValue = serde_json::from_str(payload).map_err(|error| malformed_json(&error))?;
        let payload: Payload = object(raw).ok_or_else(|| malformed("`payload` is no object of Slack's"))?;
        let mut answer = taken(interaction::events(&payload, raw));
        if filled(&payload.kind) == Some("block_suggestion") {
            // Slack waits for options; nothing is on offer.
            answer.response = Response::with_body(200, "application/json", r#"{"options":[]}"#);
        }
        return Ok(answer);
    }
    match form.text("command") {
        Some(_) => Ok(taken(vec![command::event(&form)])),
        None if probes(&form) => Ok(taken(Vec::new())),
        None => Err(malformed("neither JSON, nor a form with `payload` or `command`")),
    }
}

/// An empty body: anything else would be shown in the conversation, or change a modal.
fn taken(events: Vec<Event>) -> Answer {
    Answer { response: Response::empty(200), events }
}

/// The headers of a repetition. They are not signed, and say nothing about whether the first attempt arrived.
fn redelivery(request: &Request) -> Attributes {
    let Some(number) = request.header("x-slack-retry-num").filter(|value| is_short(value)) else {
        return Attributes::new();
    };
    let reason = request.header("x-slack-retry-reason").filter(|value| is_short(value));
    let headers = [("retry_num", Some(number)), ("retry_reason", reason)];
    let told = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
    [("redelivery", "true")].into_iter().chain(told).map(owned).collect()
}

fn is_short(value: &str) -> bool {
    (1..=64).contains(&value.len())
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
