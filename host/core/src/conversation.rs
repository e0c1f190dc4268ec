//! Which conversation an event belongs to: the unit in which order is kept.

use trunkline_model::{Event, Identifier, Thread};

/// Stands where an event has neither thread nor contact: such events of one account keep their order.
const NOBODY: &str = "-";

/// `{connection}/{account}/{thread, else first identifier of the contact, else "-"}`.
///
/// The parts are percent-escaped where they hold `/` or `%`, so that two different conversations never share
/// a key. A group comes before the person who speaks in it: replies to one another must stay in order.
pub fn conversation_key(connection: &str, event: &Event) -> String {
    let contact = event.contact.as_ref().and_then(|contact| contact.identifiers.first());
    key(connection, &event.account, event.thread.as_ref(), contact)
}

/// The same for a message to a contact: where it goes is where the contact's answers come from.
pub fn key(connection: &str, account: &str, thread: Option<&Thread>, contact: Option<&Identifier>) -> String {
    let thread = thread.map(|thread| thread.id.as_str());
    let partner = thread.or(contact.map(|identifier| identifier.value.as_str())).unwrap_or(NOBODY);
    let mut key = String::with_capacity(connection.len() + account.len() + partner.len() + 2);
    push_escaped(&mut key, connection);
    key.push('/');
    push_escaped(&mut key, account);
    key.push('/');
    push_escaped(&mut key, partner);
    key
}

fn push_escaped(key: &mut String, part: &str) {
    for character in part.chars() {
        match character {
            '/' => key.push_str("%2F"),
            '%' => key.push_str("%25"),
            other => key.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Contact, EventKind, IdentifierScheme, Opaque, ThreadKind};

    use super::*;

    fn event(thread: Option<&str>, contact: Option<&str>) -> Event {
        let opaque = Opaque { name: "x".into(), payload: String::new() };
        Event {
            thread: thread.map(|id| Thread { id: id.into(), kind: ThreadKind::Group, title: None }),
            contact: contact.map(|value| Contact::new(IdentifierScheme::Id, value)),
            ..Event::new("1", "account", EventKind::Other(opaque))
        }
    }

    #[test]
    fn the_thread_comes_before_the_contact() {
        let table = [
            (event(Some("group"), Some("alice")), "shop/account/group"),
            (event(None, Some("alice")), "shop/account/alice"),
            (event(None, None), "shop/account/-"),
            (Event { contact: Some(Contact::default()), ..event(None, None) }, "shop/account/-"),
        ];
        for (event, key) in table {
            assert_eq!(conversation_key("shop", &event), key);
        }
    }

    #[test]
    fn separators_inside_a_part_are_escaped() {
        let mut event = event(None, Some("a/b%"));
        event.account = "x/y".into();
        assert_eq!(conversation_key("shop", &event), "shop/x%2Fy/a%2Fb%25");
    }
}
