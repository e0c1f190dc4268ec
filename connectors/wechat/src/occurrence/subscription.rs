//! Subscription messages: the contact allows or forbids each template by itself.

use trunkline_sdk::prelude::*;

use super::{listed, of_list, strange};
use crate::event::Item;

/// The contact's own choice, in a dialogue or in the settings: the attribute `event` says which.
const ORIGIN: &str = "user_preferences";

/// One consent for each template of the list. A list of one is no list in WeChat's JSON.
pub fn consents(item: &Item, id: &str, name: &str) -> Vec<Event> {
    let holders = ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"];
    let mut events = Vec::new();
    for (index, entry) in listed(item, &holders).into_iter().enumerate() {
        let template = entry.field("TemplateId");
        let (Some(template), Some(answer)) = (template, entry.field("SubscribeStatusString")) else {
            events.push(strange(item, format!("{id}:{index}"), name, entry));
            continue;
        };
        let state = match answer.to_ascii_lowercase().as_str() {
            "accept" => ConsentState::Granted,
            "reject" => ConsentState::Revoked,
            other => ConsentState::Other(other.to_owned()),
        };
        let consent = Consent { state, scope: format!("template:{template}"), origin: ORIGIN.to_owned() };
        let read = ["TemplateId", "SubscribeStatusString"];
        let mut event = of_list(item, format!("{id}:{template}"), EventKind::Consent(consent), entry, &read);
        event.attributes.push(("event".to_owned(), name.to_owned()));
        events.push(event);
    }
    if events.is_empty() {
        events.push(item.event(id, item.other(name), &[]));
    }
    events
}
