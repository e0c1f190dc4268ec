//! What Postmark posts: one JSON object each time. A webhook has a `RecordType`, a mail has none; both may come to one URL.

use trunkline_sdk::json::{RawValue, members, text};
use trunkline_sdk::{Interrupt, malformed, malformed_json, prelude::*};

use crate::{inbound, record};

/// The name of an object that is neither.
const UNKNOWN: &str = "unknown";

/// The events of a body.
pub fn events(body: &str, trace: Option<&str>, context: &Context) -> Result<Vec<Event>, Interrupt> {
    let raw: &RawValue = serde_json::from_str(body).map_err(|error| malformed_json(&error))?;
    if !raw.get().starts_with('{') {
        return Err(malformed("the body is no JSON object"));
    }
    let [kind, from, recipient] = members(raw, ["RecordType", "FromFull", "OriginalRecipient"]);
    let kind = kind.filter(|kind| kind.get() != "null");
    Ok(match kind {
        Some(kind) => {
            let name = text(kind).unwrap_or_else(|| kind.get().to_owned());
            vec![record::event(raw, &name, trace, context)]
        }
        None if from.is_some() || recipient.is_some() => {
            inbound::events(raw).unwrap_or_else(|| vec![other("mail", raw)])
        }
        None => vec![other(UNKNOWN, raw)],
    })
}

/// What cannot be read, as it is.
pub fn other(name: &str, raw: &RawValue) -> Event {
    let id = signature::content_id("event", &[name, raw.get()]);
    let opaque = Opaque { name: name.to_owned(), payload: raw.get().to_owned() };
    Event::new(id, "", EventKind::Other(opaque))
}

/// A mail that Postmark sent has this domain in its Message-ID, and on the left Postmark's own id. With it an id is the same in
/// receipts, statuses, and what contacts refer to.
const MESSAGE_ID_DOMAIN: &str = "mtasv.net";

/// The Message-ID of a mail that was sent, without brackets.
pub fn message_id(id: &str) -> String {
    if is_uuid(id) { format!("{}@{MESSAGE_ID_DOMAIN}", id.to_ascii_lowercase()) } else { id.to_owned() }
}

/// The inverse.
pub fn postmark_id(message_id: &str) -> &str {
    match message_id.split_once('@') {
        Some((id, MESSAGE_ID_DOMAIN)) if is_uuid(id) => id,
        _ => message_id,
    }
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether an id stands for no mail: a suppression by hand has it.
pub fn is_no_id(id: &str) -> bool {
    id.bytes().all(|byte| matches!(byte, b'0' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_there_and_back() {
        let uuid = "22222222-2222-4333-8444-55555555ABCD";
        assert_eq!(message_id(uuid), "22222222-2222-4333-8444-55555555abcd@mtasv.net");
        assert_eq!(postmark_id(&message_id(uuid)), uuid.to_lowercase());
        assert_eq!(
            (message_id("message-0").as_str(), postmark_id("a@mtasv.net")),
            ("message-0", "a@mtasv.net")
        );
        assert!(is_no_id("00000000-0000-0000-0000-000000000000") && !is_no_id(uuid));
    }
}
