//! What the SMS API sends: messages, of which each part of a long one comes alone, and receipts.
//!
//! `https://developer.vonage.com/en/messaging/sms/guides/inbound-sms`, read 2026.

use serde_json::json;
use trunkline_sdk::form::Form;
use trunkline_sdk::json::milliseconds;
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::envelope::opaque;
use crate::scalar::attribute;
use crate::{address, consent, failure};

const CHANNEL: &str = "sms";
/// Parameters that are told otherwise, or belong to the signature.
const TOLD: [&str; 13] = [
    "api-key",
    "client-ref",
    "data",
    "err-code",
    "message-timestamp",
    "messageId",
    "msisdn",
    "nonce",
    "status",
    "text",
    "timestamp",
    "to",
    "udh",
];

/// The events of verified parameters.
pub fn events(form: &Form) -> Vec<Event> {
    match (form.text("messageId"), form.text("status")) {
        (Some(id), Some(status)) => vec![receipt(id, status, form)],
        (Some(id), None) => message(id, form),
        (None, _) => {
            let fields: serde_json::Map<_, _> =
                form.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            let payload = serde_json::Value::Object(fields).to_string();
            vec![opaque("sms", form.text("to").unwrap_or_default(), &payload)]
        }
    }
}

fn occurred_at(form: &Form) -> Option<u64> {
    form.text("message-timestamp").and_then(iso8601).or_else(|| milliseconds(form.text("timestamp")?))
}

fn attributes(form: &Form) -> impl Iterator<Item = (String, String)> {
    let rest = form.fields.iter().filter(|(name, value)| !TOLD.contains(&name.as_str()) && !value.is_empty());
    rest.map(|(name, value)| attribute(name, value.clone()))
}

fn message(id: &str, form: &Form) -> Vec<Event> {
    let part = match (form.text("data"), form.first("text")) {
        (Some(data), _) => {
            let payload = json!({ "data": data, "udh": form.text("udh") }).to_string();
            Part::Other(Opaque { name: "binary".to_owned(), payload })
        }
        (None, text) => Part::Text(text.unwrap_or_default().to_owned()),
    };
    let piece = Piece::of(form);
    // A word in the middle of a longer text is no keyword.
    let typed = form.text("text").filter(|_| piece.is_none());
    let event_id = piece.as_ref().map_or_else(|| id.to_owned(), |piece| format!("{id}:{}", piece.number));
    let account = address::account(form.text("to").unwrap_or_default(), CHANNEL);
    let mut event = Event::new(event_id, account, EventKind::Message(Message::new(id, vec![part])));
    event.occurred_at = occurred_at(form);
    event.contact = address::contact(form.text("msisdn"), CHANNEL, None);
    event.attributes.push(("channel".to_owned(), CHANNEL.to_owned()));
    event.attributes.extend(attributes(form));
    if let Some(piece) = piece.filter(|_| form.text("concat-part").is_none()) {
        let found =
            [("concat_ref", piece.reference), ("concat_total", piece.total), ("concat_part", piece.number)];
        event.attributes.extend(found.map(|(name, value)| (name.to_owned(), value)));
    }
    consent::events(event, typed)
}

/// Which part of a longer message this is.
struct Piece {
    reference: String,
    total: String,
    number: String,
}

impl Piece {
    /// Of the parameters, else of the header of a binary message: `05 00 03 reference total number`, or with two bytes of
    /// reference `06 08 04 …`.
    fn of(form: &Form) -> Option<Self> {
        let named = |name: &str| form.text(name).map(str::to_owned);
        if form.text("concat") == Some("true")
            && let Some(number) = named("concat-part")
        {
            let (reference, total) = (named("concat-ref"), named("concat-total"));
            return Some(Self {
                reference: reference.unwrap_or_default(),
                total: total.unwrap_or_default(),
                number,
            });
        }
        let bytes = hex(form.text("udh")?)?;
        let (reference, total, number) = match *bytes.as_slice() {
            [5, 0, 3, reference, total, number, ..] => (u16::from(reference), total, number),
            [6, 8, 4, high, low, total, number, ..] => (u16::from_be_bytes([high, low]), total, number),
            _ => return None,
        };
        Some(Self { reference: reference.to_string(), total: total.to_string(), number: number.to_string() })
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    signature::hex_digest(Some(text), text.len() / 2).ok()
}

/// What became of one SMS: who received it is `msisdn` here as well, and `to` is what it was sent from.
fn receipt(id: &str, status: &str, form: &Form) -> Event {
    let name = status.to_ascii_lowercase();
    let state = match &*name {
        "delivered" => DeliveryState::Delivered,
        // On their way: `err-code` means nothing yet.
        "accepted" | "buffered" => DeliveryState::Sent,
        "expired" | "failed" | "rejected" => DeliveryState::Failed,
        other => DeliveryState::Other(other.replace([' ', '-'], "_")),
    };
    let code = form.text("err-code").map(str::to_owned);
    let failure = (state == DeliveryState::Failed).then(|| failure::of_err_code(code));
    let plain = state.as_str() == name;
    let kind = EventKind::Status(Status {
        message_id: id.to_owned(),
        state,
        failure,
        client_reference: form.text("client-ref").map(str::to_owned),
    });
    let account = address::account(form.text("to").unwrap_or_default(), CHANNEL);
    let mut event = Event::new(format!("{id}:{name}"), account, kind);
    event.occurred_at = occurred_at(form);
    event.contact = address::contact(form.text("msisdn"), CHANNEL, None);
    event.attributes.push(("channel".to_owned(), CHANNEL.to_owned()));
    if !plain {
        event.attributes.push(("message_status".to_owned(), name));
    }
    event.attributes.extend(attributes(form));
    event
}
