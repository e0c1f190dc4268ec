//! Opt-outs and opt-ins by keyword. Vonage has no event for them, and outside of the United States nobody else looks for them.

use trunkline_sdk::keyword::{self, keyword};
use trunkline_sdk::prelude::*;

/// Marks a message that is a keyword, and says what it means for consent.
pub fn events(mut message: Event, typed: Option<&str>) -> Vec<Event> {
    let Some(keyword) = typed.and_then(|text| keyword(text, &[])) else { return vec![message] };
    message.attributes.push(("keyword".to_owned(), keyword.name().to_owned()));
    let consent = keyword::consent(&message, keyword, &["channel"]);
    std::iter::once(message).chain(consent).collect()
}
