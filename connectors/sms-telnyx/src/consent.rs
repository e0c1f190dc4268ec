//! Opt-outs and opt-ins by keyword. Telnyx answers and blocks by itself; a block is one of the messaging profile.

use trunkline_sdk::keyword::Keyword;
use trunkline_sdk::prelude::*;

/// The attributes that say how far a keyword reaches.
const REACH: [&str; 3] = ["channel", "messaging_profile_id", "autoresponse_type"];

/// What Telnyx says that it understood.
pub fn keyword(autoresponse_type: &str) -> Option<Keyword> {
    match autoresponse_type.to_ascii_uppercase().as_str() {
        "STOP" => Some(Keyword::OptOut),
        "START" => Some(Keyword::OptIn),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

/// What the keyword of a message means for consent; None for a call for help, and where nobody is named.
pub fn event(message: &Event, keyword: Keyword) -> Option<Event> {
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
    event.attributes =
        message.attributes.iter().filter(|(name, _)| REACH.contains(&name.as_str())).cloned().collect();
    Some(event)
}
