//! What a notification carries: JSON in a text.

use serde::Deserialize;
use trunkline_sdk::json::{RawValue, Text, lenient};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

use crate::envelope::Envelope;
use crate::topic::Topic;
use crate::{activity, inbound};

/// What SES publishes once, in words, when it is given a topic.
const FIRST_WORDS: &str = "Successfully validated SNS topic";
/// The name of a message that is no JSON, or does not say what it is.
const UNNAMED: &str = "notification";

/// `{"notificationType":"Bounce", …}` of an identity, `{"eventType":"Bounce", …}` of a configuration set.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Named {
    #[serde(deserialize_with = "lenient")]
    notification_type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    event_type: Option<Text>,
}

/// The events of a notification. What nobody can read is kept as it is.
pub fn events(envelope: &Envelope, topic: &Topic) -> Vec<Event> {
    let text = envelope.message.trim();
    if text.starts_with(FIRST_WORDS) {
        return Vec::new();
    }
    let object = serde_json::from_str::<&RawValue>(text).ok().filter(|raw| raw.get().starts_with('{'));
    let named: Named = object.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let name = named.notification_type.or(named.event_type).map(String::from).filter(|name| !name.is_empty());
    let found = match (object, name.as_deref()) {
        (Some(raw), Some("Received")) => inbound::events(raw),
        (Some(raw), Some(name)) => activity::events(raw, name, envelope, topic),
        _ => Vec::new(),
    };
    if !found.is_empty() {
        return found;
    }
    let name = name.unwrap_or_else(|| UNNAMED.to_owned());
    let kind = EventKind::Other(Opaque { name, payload: envelope.message.clone() });
    let mut event = Event::new(&*envelope.id, &*topic.arn, kind);
    event.occurred_at = iso8601(&envelope.timestamp);
    vec![event]
}
