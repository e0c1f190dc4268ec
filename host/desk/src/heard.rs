//! From an event of the journal to what the desk hears of it.

use trunkline_model::{DeliveryState, Event, EventKind, Message, Part};

use crate::entry::{Heard, TEXT_CHARACTERS_MAX, What, Words};

/// Where an event stands in the journal.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its public id.
    pub id: &'a str,
    /// Its number.
    pub seq: u64,
    /// Where it came in.
    pub connection: &'a str,
    /// The journal's key of what is said with one contact on one account.
    pub conversation: &'a str,
    /// When it came in, milliseconds since the Unix epoch.
    pub received_at: u64,
    /// The message of ours that it is about.
    pub message: Option<&'a str>,
}

/// What the desk hears of an event. None: nothing that it would act upon.
pub fn heard(place: Place, event: Event) -> Option<Heard> {
    let what = match event.kind {
        EventKind::Message(message) => What::Message(words(message)),
        EventKind::Echo(message) => What::Echo(words(message)),
        EventKind::Consent(consent) => What::Consent(consent),
        EventKind::Identity(change) => What::Identity(change),
        EventKind::Status(status) if failed(&status.state) => {
            What::Undelivered { message: place.message?.to_owned() }
        }
        EventKind::PhoneCall(_) | EventKind::Referral(_) | EventKind::Handover(_) => {
            What::Other(event.kind.name().to_owned())
        }
        _ => return None,
    };
    Some(Heard {
        event: place.id.to_owned(),
        seq: place.seq,
        connection: place.connection.to_owned(),
        conversation: place.conversation.to_owned(),
        contact: event.contact,
        // A provider's clock that runs ahead must not make it the latest for long.
        happened_at: event.occurred_at.map_or(place.received_at, |at| at.min(place.received_at)),
        what,
    })
}

fn failed(state: &DeliveryState) -> bool {
    matches!(state, DeliveryState::Failed) || state.as_str() == "unconfirmed"
}

fn words(message: Message) -> Words {
    let mut words = Words { automated: message.automated, ..Words::default() };
    let mut text = String::new();
    let mut add = |more: &str| {
        if !text.is_empty() && !more.is_empty() {
            text.push('\n');
        }
        text.push_str(more);
    };
    for part in &message.parts {
        let name = match part {
            Part::Text(said) => {
                add(said);
                "text"
            }
            // Nobody answers by a form what stands in a page: its text, where there is one, is a part of its own.
            Part::Html(_) => "html",
            Part::Quoted(_) => "quoted",
            Part::Media(media) => {
                add(media.caption.as_deref().unwrap_or_default());
                media.kind.as_str()
            }
            Part::Location(_) => "location",
            Part::Contacts(_) => "contacts",
            Part::Choice(choice) => {
                words.choice = words.choice.or_else(|| choice.id.clone());
                add(choice.title.as_deref().unwrap_or_default());
                "choice"
            }
            Part::Order(_) => "order",
            Part::Other(_) => "other",
        };
        words.parts.push(name.to_owned());
    }
    words.text = text.chars().take(TEXT_CHARACTERS_MAX).collect();
    words
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Choice, Contact, IdentifierScheme, Media, MediaKind, MediaSource, Status, Typing};

    use super::*;

    fn place() -> Place<'static> {
        let (id, connection, conversation) = ("evt_1", "shop", "shop/a/b");
        Place { id, seq: 7, connection, conversation, received_at: 1_000, message: Some("m1") }
    }

    fn event(kind: EventKind) -> Event {
        let contact = Some(Contact::new(IdentifierScheme::Id, "b"));
        Event { contact, occurred_at: Some(5_000), ..Event::new("1", "a", kind) }
    }

    #[test]
    fn a_message_is_its_words() {
        let mut image = Media::new(MediaKind::Image, MediaSource::Reference("r".into()));
        image.caption = Some("broken".into());
        let choice = Choice { id: Some("y".into()), title: Some("Yes".into()), data: None };
        let parts = vec![Part::Text("Hi".into()), Part::Media(image), Part::Choice(choice)];
        let heard = heard(place(), event(EventKind::Message(Message::new("1", parts)))).unwrap();
        assert_eq!(heard.happened_at, 1_000, "not ahead of our clock");
        let What::Message(words) = heard.what else { panic!("{:?}", heard.what) };
        assert_eq!((words.text.as_str(), words.choice.as_deref()), ("Hi\nbroken\nYes", Some("y")));
        assert_eq!(words.parts, ["text", "image", "choice"]);
    }

    #[test]
    fn a_text_is_bounded_by_characters() {
        let long = Message::new("1", vec![Part::Text("ä".repeat(TEXT_CHARACTERS_MAX + 1))]);
        assert_eq!(words(long).text.chars().count(), TEXT_CHARACTERS_MAX);
    }

    #[test]
    fn what_the_desk_would_not_act_upon_is_not_heard() {
        let status = |state| {
            let message_id = "x".to_owned();
            EventKind::Status(Status { message_id, state, failure: None, client_reference: None })
        };
        let unconfirmed = DeliveryState::Other("unconfirmed".into());
        for (kind, is_heard) in [
            (EventKind::Typing(Typing::Started), false),
            (status(DeliveryState::Read), false),
            (status(DeliveryState::Failed), true),
            (status(unconfirmed), true),
        ] {
            let name = format!("{kind:?}");
            assert_eq!(heard(place(), event(kind)).is_some(), is_heard, "{name}");
        }
        let not_ours = Place { message: None, ..place() };
        assert!(heard(not_ours, event(status(DeliveryState::Failed))).is_none());
    }
}
