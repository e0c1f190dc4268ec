//! Opt-outs and opt-ins by keyword. Telnyx answers and blocks by itself; a block is one of the messaging profile.

use trunkline_sdk::keyword::{self, Keyword};
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

/// What the keyword of a message means for consent.
pub fn event(message: &Event, keyword: Keyword) -> Option<Event> {
    keyword::consent(message, keyword, &REACH)
}
