//! Opt-outs and opt-ins by keyword. Vonage has no event for them, and outside of the United States nobody else looks for them.

use trunkline_sdk::keyword::{Keyword, keyword};
use trunkline_sdk::prelude::*;

/// Marks a message that is a keyword, and says what it means for consent.
pub fn events(mut message: Event, typed: Option<&str>) -> Vec<Event> {
    let Some(keyword) = typed.and_then(|text| keyword(text, &[])) else { return vec![message] };
    message.attributes.push(("keyword".to_owned(), keyword.name().to_owned()));
    let consent = consent(&message, keyword);
    std::iter::once(message).chain(consent).collect()
}

/// None for a call for help, and where nobody is named.
fn consent(message: &Event, keyword: Keyword) -> Option<Event> {
    let contact = message.contact.clone()?;
    let state = match keyword {
        Keyword::OptOut => ConsentState::Revoked,
        Keyword::OptIn => ConsentState::Granted,
        Keyword::Help => return None,
    };
    let consent = Consent { state, scope: "all".to_owned(), origin: "keyword".to_owned() };
    let id = format!("{}:consent", message.id);
    let mut event = Event::new(id, &*message.account, EventKind::Consent(consent));
    event.occurred_at = message.occurred_at;
    event.contact = Some(contact);
    event.attributes = message.attributes.iter().filter(|(name, _)| name == "channel").cloned().collect();
    Some(event)
}
