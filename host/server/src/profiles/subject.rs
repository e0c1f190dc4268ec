//! Whom a look-up is about, and what it is remembered under.

use trunkline_core::journal::Known;
use trunkline_model::{Contact, Event, Identifier, Thread, ThreadKind};

/// A contact on a connection.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The connection's name.
    pub connection: String,
    /// What tells the contact from others of the connection, as it stands in the journal.
    pub column: String,
    /// As the event has it.
    pub contact: Contact,
    /// The event's.
    pub account: String,
    /// The event's.
    pub thread: Option<Thread>,
}

impl Subject {
    /// The contact of an event. None: it has none, or one without identifiers.
    pub fn of(connection: &str, event: &Event) -> Option<Self> {
        let contact = event.contact.clone()?;
        let first = contact.identifiers.first()?;
        // Ids are unique within an account. Who is known through a group need not be known without it.
        let group = event.thread.as_ref().filter(|thread| thread.kind != ThreadKind::Direct);
        let parts = [
            event.account.as_str(),
            group.map_or("", |thread| thread.id.as_str()),
            first.scheme.as_str(),
            first.value.as_str(),
        ];
        Some(Self {
            connection: connection.to_owned(),
            column: serde_json::to_string(&parts).ok()?,
            contact,
            account: event.account.clone(),
            thread: event.thread.clone(),
        })
    }

    /// Whether a key is that of whoever has an identifier.
    pub fn is_of(key: &str, known: &Known) -> bool {
        let Some((connection, column)) = key.split_once(' ') else { return false };
        let parts: Vec<String> = serde_json::from_str(column).unwrap_or_default();
        let Identifier { scheme, value } = &known.identifier;
        known.connection.as_deref().is_none_or(|only| only == connection)
            && matches!(parts.as_slice(), [_, _, of, is] if of == scheme.as_str() && is.eq_ignore_ascii_case(value))
    }

    /// What it is remembered under, among all connections.
    pub fn key(&self) -> String {
        // No name of a connection holds a space.
        format!("{} {}", self.connection, self.column)
    }
}

#[cfg(test)]
mod tests {
    use trunkline_model::{EventKind, IdentifierScheme, Typing};

    #[test]
    fn a_key_is_found_by_the_identifier_in_it() {
        let known = |connection: Option<&str>, value: &str| Known {
            connection: connection.map(str::to_owned),
            identifier: Identifier::new(IdentifierScheme::Id, value),
        };
        let key = r#"a ["b","","id","c"]"#;
        assert!(Subject::is_of(key, &known(None, "c")) && Subject::is_of(key, &known(Some("a"), "c")));
        assert!(!Subject::is_of(key, &known(None, "b")) && !Subject::is_of(key, &known(Some("x"), "c")));
    }

    use super::*;

    #[test]
    fn different_contacts_have_different_keys() {
        let event = |account: &str, thread: Option<(&str, ThreadKind)>, value: &str| Event {
            contact: Some(Contact::new(IdentifierScheme::Id, value)),
            thread: thread.map(|(id, kind)| Thread { id: id.into(), kind, title: None }),
            ..Event::new("1", account, EventKind::Typing(Typing::Started))
        };
        let key = |connection: &str, event: Event| Subject::of(connection, &event).expect("a contact").key();
        let plain = key("a", event("b", None, "c"));
        assert_eq!(plain, r#"a ["b","","id","c"]"#);
        assert_eq!(key("a", event("b", Some(("t", ThreadKind::Direct)), "c")), plain);
        for other in [
            key("b", event("b", None, "c")),
            key("a", event("c", None, "c")),
            key("a", event("b", Some(("t", ThreadKind::Group)), "c")),
            key("a", event("b", None, "c\",\"")),
        ] {
            assert_ne!(other, plain);
        }
        let nobody = Event { contact: Some(Contact::default()), ..event("b", None, "c") };
        assert!(Subject::of("a", &nobody).is_none());
    }
}
