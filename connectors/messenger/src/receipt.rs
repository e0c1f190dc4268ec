//! What became of messages that the Page sent. Messenger says what arrived and what was read; a message that
//! could not be sent is refused at once, in the answer to the send request.

use trunkline_sdk::json::{RawValue, Text, milliseconds};
use trunkline_sdk::meta::messaging::item::{Item, key, members, parse, present, remainder};
use trunkline_sdk::prelude::*;

use crate::wire;

/// The most messages that one item is spread over; one with more is handed on as it is.
const MIDS_MAX: usize = 1_000;

/// A status for each message named, or a watermark where none is.
pub fn delivery(raw: &RawValue, item: &Item) -> Option<Vec<Event>> {
    let receipt: wire::Receipt = parse(raw)?;
    let mids = receipt.mids.as_deref().unwrap_or_default();
    if mids.is_empty() {
        return watermark("delivery", DeliveryState::Delivered, &receipt, item).map(|event| vec![event]);
    }
    if mids.len() > MIDS_MAX {
        return None;
    }
    let attributes = remainder(&members(raw)?, &["mids"]);
    let status = |mid: Text| Status {
        message_id: mid.into(),
        state: DeliveryState::Delivered,
        failure: None,
        client_reference: None,
    };
    let events = mids.iter().map(|raw| {
        let mid = parse::<Text>(raw).filter(|mid| !mid.is_empty())?;
        Some(item.event_with(
            format!("{}:delivered", &*mid),
            EventKind::Status(status(mid)),
            attributes.clone(),
        ))
    });
    let (read, odd): (Vec<_>, Vec<_>) = events.partition(Option::is_some);
    let mut events: Vec<Event> = read.into_iter().flatten().collect();
    if !odd.is_empty() {
        events.push(item.opaque("delivery"));
    }
    Some(events)
}

/// Everything up to a time was read.
pub fn read(raw: &RawValue, item: &Item) -> Option<Event> {
    watermark("read", DeliveryState::Read, &parse(raw)?, item)
}

fn watermark(name: &str, state: DeliveryState, receipt: &wire::Receipt, item: &Item) -> Option<Event> {
    let time = present(&receipt.watermark)?;
    let up_to = milliseconds(time)?;
    let id = format!("{name}:{}:{time}", key(&item.sender));
    Some(item.event(id, EventKind::Watermark(Watermark { state, up_to })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_spread_over_so_many_messages_and_no_more() {
        let events = |count: usize| {
            let mids: Vec<String> = (0..count).map(|number| format!("\"m_{number}\"")).collect();
            let mids = mids.join(",");
            let item = format!(r#"{{"sender":{{"id":"800"}},"delivery":{{"mids":[{mids}]}}}}"#);
            let body = format!(r#"{{"entry":[{{"id":"700","messaging":[{item}]}}]}}"#);
            trunkline_sdk::meta::messaging::envelope::events::<crate::Messenger>(body.as_bytes())
                .expect("an envelope")
        };
        assert_eq!(events(MIDS_MAX).len(), MIDS_MAX);
        let kinds: Vec<&str> = events(MIDS_MAX + 1).iter().map(|event| event.kind.name()).collect();
        assert_eq!(kinds, ["other"]);
    }
}
