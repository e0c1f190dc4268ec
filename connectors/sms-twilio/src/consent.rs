//! Opt-outs and opt-ins by keyword.

use trunkline_sdk::keyword::{self, Keyword};
use trunkline_sdk::prelude::*;

/// The parameters that say how far a keyword reaches: to one number, or to a whole Messaging Service.
const REACH: [&str; 3] = ["channel", "messaging_service_sid", "opt_out_type"];

/// What the keyword of a message means for consent.
pub fn event(message: &Event, keyword: Keyword) -> Option<Event> {
    let mut event = keyword::consent(message, keyword, &REACH)?;
    for (name, _) in event.attributes.iter_mut().filter(|(name, _)| name == "message_id") {
        "message_sid".clone_into(name);
    }
    Some(event)
}
