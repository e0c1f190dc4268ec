//! Events without a name, and the same with one.

use serde_json::value::RawValue;
use trunkline_core::journal::StoredEvent;
use trunkline_model::{Contact, Event};

/// Kinds of event that are about what somebody did: whoever reads them wants to know who.
const KINDS: [&str; 7] = ["message", "echo", "edited", "reaction", "typing", "consent", "referral"];

/// The event, where its contact has no name. Nothing is parsed for the others.
pub fn unnamed(stored: &StoredEvent) -> Option<Event> {
    if !KINDS.contains(&stored.kind.as_str()) {
        return None;
    }
    let event: Event = serde_json::from_str(stored.event.get()).ok()?;
    event.contact.as_ref().is_some_and(|contact| contact.name.is_none()).then_some(event)
}

/// The event with what was found of its contact, where that is more than it says itself.
pub fn fill(stored: &StoredEvent, mut event: Event, found: &Contact) -> Option<StoredEvent> {
    let contact = event.contact.as_mut()?;
    let before = contact.clone();
    for (place, found) in [
        (&mut contact.name, &found.name),
        (&mut contact.locale, &found.locale),
        (&mut contact.avatar_url, &found.avatar_url),
    ] {
        if place.is_none() {
            *place = found.clone().filter(|text| !text.trim().is_empty());
        }
    }
    if *contact == before {
        return None;
    }
    let event = RawValue::from_string(serde_json::to_string(&event).ok()?).ok()?;
    Some(StoredEvent { event, ..stored.clone() })
}

#[cfg(test)]
mod tests {
    use trunkline_model::{EventKind, IdentifierScheme, Message, Part};

    use super::*;

    fn stored(kind: &str, contact: Option<Contact>) -> StoredEvent {
        let message = Message::new("m", vec![Part::Text("grüße \"quoted\"".into())]);
        let event = Event {
            contact,
            attributes: vec![("reply_token".into(), "r".into())],
            ..Event::new("1", "account", EventKind::Message(message))
        };
        StoredEvent {
            seq: 1,
            id: "evt_1".into(),
            connection: "shop".into(),
            connector: "sample".into(),
            conversation: "c".into(),
            kind: kind.into(),
            received_at: 1,
            occurred_at: None,
            webhook: 1,
            duplicates: 0,
            message: None,
            event: RawValue::from_string(serde_json::to_string(&event).expect("JSON")).expect("JSON"),
        }
    }

    fn contact() -> Contact {
        Contact::new(IdentifierScheme::Id, "u1")
    }

    #[test]
    fn only_what_is_absent_is_filled_in() {
        let known = Contact { locale: Some("de".into()), ..contact() };
        let found = Contact {
            name: Some("花子".into()),
            locale: Some("ja".into()),
            avatar_url: Some("https://a.example/p".into()),
            ..Contact::new(IdentifierScheme::Id, "another")
        };
        let stored = stored("message", Some(known));
        let event = unnamed(&stored).expect("without a name");
        let filled = fill(&stored, event, &found).expect("more than before");
        let expected = stored.event.get().replace(
            r#"{"identifiers":[{"scheme":"id","value":"u1"}],"locale":"de"}"#,
            r#"{"identifiers":[{"scheme":"id","value":"u1"}],"name":"花子","locale":"de","avatar_url":"https://a.example/p"}"#,
        );
        assert_eq!(filled.event.get(), expected, "nothing else has changed");
        assert_eq!((filled.seq, filled.id.as_str()), (1, "evt_1"));
    }

    #[test]
    fn what_has_a_name_or_no_contact_is_left_alone() {
        let named = Contact { name: Some("Ada".into()), ..contact() };
        assert!(unnamed(&stored("message", Some(named))).is_none());
        assert!(unnamed(&stored("message", None)).is_none());
        assert!(unnamed(&stored("status", Some(contact()))).is_none());
        let stored = stored("message", Some(contact()));
        for nothing in [contact(), Contact { name: Some(" ".into()), ..contact() }] {
            let event = unnamed(&stored).expect("without a name");
            assert!(fill(&stored, event, &nothing).is_none());
        }
    }
}
