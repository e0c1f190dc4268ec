//! Opt-outs and opt-ins by keyword.

use trunkline_sdk::keyword::Keyword;
use trunkline_sdk::prelude::*;

/// The parameters that say how far a keyword reaches: to one number, or to a whole Messaging Service.
const REACH: [&str; 3] = ["channel", "messaging_service_sid", "opt_out_type"];

/// What the keyword of a message means for consent; None for a call for help. None as well where nobody is
/// named: without a contact, it would be about the whole account.
pub fn event(message: &Event, keyword: Keyword) -> Option<Event> {
    let contact = message.contact.clone()?;
    let state = match keyword {
        Keyword::OptOut => ConsentState::Revoked,
        Keyword::OptIn => ConsentState::Granted,
        Keyword::Help => return None,
    };
    let consent = Consent { state, scope: "all".to_owned(), origin: "keyword".to_owned() };
    let mut event =
        Event::new(format!("{}:consent", message.id), &*message.account, EventKind::Consent(consent));
    event.contact = Some(contact);
    let reach = message.attributes.iter().filter(|(name, _)| REACH.contains(&name.as_str()));
    event.attributes = reach.cloned().collect();
    event.attributes.push(("message_sid".to_owned(), message.id.clone()));
    Some(event)
}
