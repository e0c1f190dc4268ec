//! What is heard in the tests.

use trunkline_contacts::{
    Contacts, ContactsError, Given, Heard, LinkRule, LinkRules, LinkScheme, Resolved, Scheme,
};
use trunkline_model::{Contact, Identifier, IdentifierScheme, IdentityChange};

/// Numbers of the connections `chat`, `sms` and `voice` are certain, and addresses of `mail` and `chat`.
pub fn rules() -> LinkRules {
    let rule = |scheme, connections: &[&str]| LinkRule {
        scheme,
        connections: connections.iter().map(|&name| name.to_owned()).collect(),
    };
    LinkRules {
        default_region: "DE".try_into().ok(),
        link: vec![
            rule(LinkScheme::Phone, &["chat", "sms", "voice"]),
            rule(LinkScheme::Email, &["mail", "chat"]),
        ],
    }
}

/// `id:8421` and so on.
pub fn identifiers(texts: &[&str]) -> Vec<Identifier> {
    let parse = |text: &&str| {
        let (scheme, value) = text.split_once(':').expect("a scheme and a value");
        Identifier::new(IdentifierScheme::from(scheme), value)
    };
    texts.iter().map(parse).collect()
}

pub fn contact(texts: &[&str]) -> Contact {
    Contact { identifiers: identifiers(texts), ..Contact::default() }
}

/// Somebody is heard at the time that is the entry's number.
pub fn hear(contacts: &mut Contacts, number: u64, connection: &str, texts: &[&str]) -> Resolved {
    try_hear(contacts, number, connection, texts).expect("somebody")
}

pub fn try_hear(
    contacts: &mut Contacts,
    number: u64,
    connection: &str,
    texts: &[&str],
) -> Result<Resolved, ContactsError> {
    let contact = contact(texts);
    let conversation = format!("{connection}/shop/-");
    let heard = Heard { connection, conversation: &conversation, contact: &contact };
    contacts.heard(number, number, &heard, &rules())
}

/// Somebody has other identifiers.
pub fn change(
    contacts: &mut Contacts,
    number: u64,
    connection: &str,
    previous: &[&str],
    current: &[&str],
) -> Resolved {
    change_by(contacts, number, connection, &[], previous, current)
}

/// Somebody has other identifiers, and says so by some.
pub fn change_by(
    contacts: &mut Contacts,
    number: u64,
    connection: &str,
    by: &[&str],
    previous: &[&str],
    current: &[&str],
) -> Resolved {
    let change = IdentityChange { previous: identifiers(previous), current: identifiers(current) };
    let contact = contact(by);
    let heard = Heard { connection, conversation: "-", contact: &contact };
    contacts.identity_changed(number, number, &heard, &change, &rules()).expect("somebody")
}

/// `id:8421 on chat`, or without a connection everywhere.
pub fn given(text: &str) -> Given {
    let (scheme, value) = text.split_once(':').expect("a scheme and a value");
    let (value, scope) =
        value.split_once(" on ").map_or((value, None), |(value, scope)| (value, Some(scope)));
    Given { scheme: Scheme::from(scheme), value: value.to_owned(), scope: scope.map(str::to_owned) }
}
