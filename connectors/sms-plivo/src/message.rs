//! Messages that a contact wrote.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::keyword::{self, Keyword};
use trunkline_sdk::{phone, prelude::*};

use crate::content;

/// The message, and a consent where it is an opt-out or opt-in keyword.
pub fn events(id: String, mut fields: Fields) -> Vec<Event> {
    let (account, contact) = (account(&mut fields, "To"), contact(&mut fields, "From"));
    let channel = fields.take("Type").map_or_else(|| "sms".to_owned(), |name| name.to_ascii_lowercase());
    let typed = fields.peek("Text").or(fields.peek("Body")).and_then(|text| keyword::keyword(text, &[]));
    let keyword = intent(&fields).or(typed);
    let parts = content::take(&mut fields);
    let mut event = Event::new(&*id, account, EventKind::Message(Message::new(&*id, parts)));
    event.contact = contact;
    event.attributes.push(("channel".to_owned(), channel));
    event.attributes.extend(keyword.map(|keyword| ("keyword".to_owned(), keyword.name().to_owned())));
    event.attributes.extend(fields.attributes());
    let kept = ["channel", "powerpack_uuid", "message_intent"];
    let consent = keyword.and_then(|keyword| keyword::consent(&event, keyword, &kept));
    std::iter::once(event).chain(consent).collect()
}

/// What Plivo understood: on long codes and toll-free numbers only.
fn intent(fields: &Fields) -> Option<Keyword> {
    match fields.peek("MessageIntent")?.to_ascii_lowercase().as_str() {
        "optout" => Some(Keyword::OptOut),
        "optin" => Some(Keyword::OptIn),
        "help" => Some(Keyword::Help),
        _ => None,
    }
}

/// Our number in E.164, or what else stands there.
pub fn account(fields: &mut Fields, name: &str) -> String {
    fields.take(name).map(|text| identifier(&text).value).unwrap_or_default()
}

/// The other side, where it is named.
pub fn contact(fields: &mut Fields, name: &str) -> Option<Contact> {
    let text = fields.take(name)?;
    Some(Contact { identifiers: vec![identifier(&text)], ..Contact::default() })
}

/// Plivo writes numbers without `+`. What is no such number is a short code, the name of a sender or an id of WhatsApp's.
pub fn identifier(text: &str) -> Identifier {
    match phone::e164(text) {
        Some(number) => Identifier::new(IdentifierScheme::Phone, number),
        None => Identifier::new(IdentifierScheme::Id, text.trim()),
    }
}
