//! Pages in browsers that talk to this host: what they ask, and what they are told of their conversation.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use trunkline_core::journal::{MessageKey, StoredEvent};
use trunkline_model::manifest::MediaForm;
use trunkline_model::{
    DeliveryState, Event, EventKind, Exchange, Feed, Message, Opaque, Outgoing, OutgoingPart, Part, Request,
    Response,
};
use trunkline_policy::ROUNDS_OPEN_MAX;
use trunkline_policy::steps::Unfinished;

use crate::connections::Connection;
use crate::host::Host;
use crate::steps::{self, Bounds};

/// The ability that a connector has for it.
pub const ABILITY: &str = "page";
/// How long the calls for one request may take: somebody looks at a page and waits.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks the connector how a request is answered: with a conversation to follow, or with this response.
pub async fn open(
    host: &Host,
    connection: &Connection,
    request: &Request,
    now: u64,
) -> Result<Result<Feed, Response>, Unfinished> {
    let bounds = Bounds { rounds_max: ROUNDS_OPEN_MAX, time_max: PATIENCE };
    let (connector, settings) = (&connection.connector, &connection.settings);
    steps::run(&host.egress, connection, bounds, |made: Arc<Vec<Exchange>>| async move {
        connector.open(request, &made, settings, now).await
    })
    .await
}

/// What a page is told of an event in its conversation. None: nothing.
pub async fn told(host: &Host, connection: &Connection, stored: &StoredEvent) -> Option<String> {
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(connection = connection.name, event = stored.id, %error, "page is not told of an event");
    };
    let mut event = match serde_json::from_str::<Event>(stored.event.get()) {
        Ok(event) => event,
        Err(error) => {
            failed(&error);
            return None;
        }
    };
    let now = host.clock.now_ms();
    if stored.webhook == 0 {
        // Made by the host: what became of a message of ours.
        event = sent(host, stored, event, now).await?;
    }
    host.files.link_in(&mut event, now);
    match connection.connector.show(event, &connection.settings, now).await {
        Ok(told) => told,
        Err(error) => {
            failed(&error);
            host.metrics.page_opened(&connection.name, error.name());
            None
        }
    }
}

/// The message behind an event that says that it was accepted, as an echo.
async fn sent(host: &Host, stored: &StoredEvent, event: Event, now: u64) -> Option<Event> {
    let EventKind::Status(status) = &event.kind else { return None };
    if status.state != DeliveryState::Accepted {
        return None;
    }
    let message = host.journal.message(MessageKey::Id(stored.message.clone()?)).await;
    let message =
        message.inspect_err(|error| tracing::error!(%error, "journal cannot be read for a page")).ok()??;
    let mut outgoing = message.message.outgoing;
    let linked = host.files.put_in(&mut outgoing, MediaForm::Url, now, &host.journal).await;
    if let Err(error) = linked {
        tracing::error!(message = stored.message, error, "page is told of a message without its file");
    }
    Some(echo(event.id, status.message_id.clone(), event.occurred_at, outgoing))
}

/// A message of ours as an event.
fn echo(id: String, message_id: String, occurred_at: Option<u64>, outgoing: Outgoing) -> Event {
    let message = Message {
        subject: outgoing.subject,
        reply_to: outgoing.reply_to,
        ..Message::new(message_id, outgoing.parts.into_iter().filter_map(part).collect())
    };
    Event {
        occurred_at,
        contact: Some(trunkline_model::Contact { identifiers: outgoing.to, ..Default::default() }),
        thread: outgoing.thread,
        attributes: outgoing.attributes,
        ..Event::new(id, outgoing.account, EventKind::Echo(message))
    }
}

fn part(part: OutgoingPart) -> Option<Part> {
    Some(match part {
        OutgoingPart::Text(text) => Part::Text(text),
        OutgoingPart::Html(html) => Part::Html(html),
        OutgoingPart::Media(media) => Part::Media(media),
        OutgoingPart::Location(location) => Part::Location(location),
        OutgoingPart::Contacts(cards) => Part::Contacts(cards),
        other => {
            // Written as `{"name": payload}`; what has no payload shows nothing.
            let Ok(Value::Object(written)) = serde_json::to_value(&other) else { return None };
            let (name, payload) = written.into_iter().next()?;
            Part::Other(Opaque { name, payload: payload.to_string() })
        }
    })
}

#[cfg(test)]
mod tests {
    use trunkline_model::{ChoiceOption, Choices, Identifier, IdentifierScheme};

    use super::*;

    #[test]
    fn a_message_of_ours_is_an_echo_with_all_its_parts() {
        let option = ChoiceOption { id: "y".into(), title: "Yes".into(), description: None, url: None };
        let choices = Choices { text: "Well?".into(), options: vec![option], label: None };
        let outgoing = Outgoing {
            account: "chat".into(),
            to: vec![Identifier { scheme: IdentifierScheme::Id, value: "visitor:1".into() }],
            parts: vec![
                OutgoingPart::Text("Hi".into()),
                OutgoingPart::Choices(choices),
                OutgoingPart::Typing,
            ],
            id: "m1".into(),
            thread: None,
            subject: None,
            reply_to: None,
            last_inbound_at: None,
            attributes: Vec::new(),
        };
        let event = echo("e1".into(), "m1".into(), Some(5), outgoing);
        assert_eq!((event.account.as_str(), event.occurred_at), ("chat", Some(5)));
        assert_eq!(event.contact.unwrap().identifiers[0].value, "visitor:1");
        let EventKind::Echo(message) = event.kind else { panic!("{:?}", event.kind) };
        let [Part::Text(text), Part::Other(choices)] = &message.parts[..] else {
            panic!("{:?}", message.parts)
        };
        assert_eq!((message.id.as_str(), text.as_str(), choices.name.as_str()), ("m1", "Hi", "choices"));
        let payload: Value = serde_json::from_str(&choices.payload).unwrap();
        assert_eq!(payload["options"][0]["title"], "Yes");
    }
}
