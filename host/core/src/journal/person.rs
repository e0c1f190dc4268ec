//! A person: one identifier to begin with, and those that the journal knows to be of the same person.
//!
//! Identifiers in one contact belong together where their schemes differ: an id and a number are one person, two
//! addresses in the `From` of a mail may be two. Where a provider says that an identifier was replaced, both count.

mod marks;
mod survey;

use serde::{Deserialize, Serialize};
use trunkline_model::{Contact, Event, EventKind, Identifier, IdentifierScheme, Thread, ThreadKind};

pub(super) use marks::Marks;
pub(super) use survey::{FoundEvent, Survey, survey};

/// More would be a mistake in what was matched rather than one person.
const IDENTIFIERS_MAX: usize = 64;

/// An identifier of a person, and where it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The only connection on which it is theirs: ids are the provider's. None: on all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The identifier.
    #[serde(flatten)]
    pub identifier: Identifier,
}

/// Whose data something is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The only connection that is looked at. None: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// What they are known by, what was asked for first.
    pub identifiers: Vec<Known>,
    /// Accounts of ours: an identifier of ours is nobody else's.
    #[serde(skip)]
    pub(super) ours: Vec<String>,
}

/// What an event has to do with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// It is about them.
    Theirs,
    /// It is somebody else's, or nobody's.
    Other,
    /// It says of nobody whose it is: its conversation decides.
    Nobodys,
}

impl Person {
    /// Who has that identifier. On one connection, or on all.
    pub fn new(identifier: Identifier, connection: Option<String>) -> Self {
        Self { connection, identifiers: vec![Known { connection: None, identifier }], ours: Vec::new() }
    }

    /// Whether it is one of ours.
    pub(super) fn is_ours(&self, identifier: &Identifier) -> bool {
        self.ours.iter().any(|account| account.eq_ignore_ascii_case(&identifier.value))
    }

    /// Takes over what another one knows, where both are the same person. False: they are not.
    pub(super) fn continues(&mut self, other: &Self) -> bool {
        let same = self.connection == other.connection
            && other.identifiers.iter().any(|known| same(&known.identifier, &self.identifiers[0].identifier));
        if same {
            let new = other.identifiers.iter().filter(|known| !self.identifiers.contains(known)).cloned();
            self.identifiers.extend(new.collect::<Vec<_>>());
        }
        same
    }

    /// Whether anything of that connection is looked at.
    pub(super) fn looks_at(&self, connection: &str) -> bool {
        self.connection.as_deref().is_none_or(|only| only == connection)
    }

    /// Whether an identifier of that connection is theirs.
    pub(super) fn is(&self, connection: &str, identifier: &Identifier) -> bool {
        self.identifiers.iter().any(|known| {
            known.connection.as_deref().is_none_or(|only| only == connection)
                && same(&known.identifier, identifier)
        })
    }

    /// Whether any of these is theirs.
    pub(super) fn is_any(&self, connection: &str, identifiers: &[Identifier]) -> bool {
        identifiers.iter().any(|identifier| self.is(connection, identifier))
    }

    /// What an event has to do with them.
    pub(super) fn relation(&self, connection: &str, event: &Event) -> Relation {
        let nobody = Contact::default();
        let contact = event.contact.as_ref().unwrap_or(&nobody);
        let of_members = match &event.kind {
            EventKind::Membership(membership) => {
                membership.members.iter().any(|member| self.is_any(connection, &member.identifiers))
            }
            EventKind::Identity(change) => {
                self.is_any(connection, &change.previous) || self.is_any(connection, &change.current)
            }
            _ => false,
        };
        match () {
            () if of_members || self.is_any(connection, &contact.identifiers) => Relation::Theirs,
            () if contact.identifiers.is_empty() => Relation::Nobodys,
            () => Relation::Other,
        }
    }

    /// Takes in what an event of theirs says of who they are. True: there is more to look for now.
    pub(super) fn learn(&mut self, connection: &str, event: &Event) -> bool {
        let mut learned = false;
        if let EventKind::Identity(change) = &event.kind {
            for identifier in change.previous.iter().chain(&change.current) {
                learned |= self.add(connection, identifier);
            }
        }
        let contact = event.contact.as_ref();
        learned | contact.is_some_and(|contact| self.learn_contact(connection, &contact.identifiers))
    }

    /// The same for the identifiers of one contact.
    pub(super) fn learn_contact(&mut self, connection: &str, identifiers: &[Identifier]) -> bool {
        let matched = identifiers.iter().filter(|identifier| self.is(connection, identifier));
        let schemes: Vec<IdentifierScheme> = matched.map(|identifier| identifier.scheme.clone()).collect();
        if schemes.is_empty() {
            return false;
        }
        let others = identifiers.iter().filter(|identifier| !schemes.contains(&identifier.scheme));
        others.fold(false, |learned, identifier| self.add(connection, identifier) | learned)
    }

    fn add(&mut self, connection: &str, identifier: &Identifier) -> bool {
        let is_key = identifier.scheme != IdentifierScheme::Username && !identifier.value.is_empty();
        if !is_key
            || self.is_ours(identifier)
            || self.is(connection, identifier)
            || self.identifiers.len() >= IDENTIFIERS_MAX
        {
            return false;
        }
        let everywhere = matches!(identifier.scheme, IdentifierScheme::Phone | IdentifierScheme::Email);
        let connection = (!everywhere).then(|| connection.to_owned());
        self.identifiers.push(Known { connection, identifier: identifier.clone() });
        true
    }
}

/// Addresses are written in any case.
fn same(one: &Identifier, other: &Identifier) -> bool {
    one.scheme == other.scheme
        && match one.scheme {
            IdentifierScheme::Email => one.value.eq_ignore_ascii_case(&other.value),
            _ => one.value == other.value,
        }
}

/// Whether a conversation is of several: then it is not a person's, whoever speaks in it.
pub(super) fn is_group(thread: Option<&Thread>) -> bool {
    thread.is_some_and(|thread| thread.kind != ThreadKind::Direct)
}

#[cfg(test)]
mod tests {
    use trunkline_model::{IdentityChange, Typing};

    use super::*;

    fn id(value: &str) -> Identifier {
        Identifier::new(IdentifierScheme::Id, value)
    }

    fn phone(value: &str) -> Identifier {
        Identifier::new(IdentifierScheme::Phone, value)
    }

    fn email(value: &str) -> Identifier {
        Identifier::new(IdentifierScheme::Email, value)
    }

    fn typing(identifiers: &[Identifier]) -> Event {
        let contact = Contact { identifiers: identifiers.to_vec(), ..Contact::default() };
        Event { contact: Some(contact), ..Event::new("1", "account", EventKind::Typing(Typing::Started)) }
    }

    #[test]
    fn an_id_counts_where_it_was_found_and_a_number_everywhere() {
        let mut person = Person::new(phone("+49170"), None);
        assert!(person.learn("shop", &typing(&[id("a"), phone("+49170")])));
        assert!(!person.learn("shop", &typing(&[id("a"), phone("+49170")])), "nothing new");
        assert!(
            person.is("shop", &id("a"))
                && !person.is("desk", &id("a"))
                && person.is("desk", &phone("+49170"))
        );
        assert_eq!(person.relation("shop", &typing(&[id("a")])), Relation::Theirs);
        assert_eq!(person.relation("desk", &typing(&[id("a")])), Relation::Other);
        assert_eq!(person.relation("desk", &typing(&[])), Relation::Nobodys);
    }

    #[test]
    fn two_addresses_of_one_mail_may_be_two_people() {
        let mut person = Person::new(email("Ana@Example.org"), None);
        assert!(!person.learn("mail", &typing(&[email("ana@example.org"), email("bo@example.org")])));
        assert!(person.is("mail", &email("ANA@example.org")) && !person.is("mail", &email("bo@example.org")));
    }

    #[test]
    fn a_number_that_was_replaced_is_the_same_person() {
        let mut person = Person::new(phone("+49170"), None);
        let change = IdentityChange { previous: vec![phone("+49170")], current: vec![phone("+49171")] };
        let event = Event::new("1", "account", EventKind::Identity(change));
        assert_eq!(person.relation("shop", &event), Relation::Theirs);
        assert!(person.learn("shop", &event));
        assert!(person.is("shop", &phone("+49171")));
    }
}
