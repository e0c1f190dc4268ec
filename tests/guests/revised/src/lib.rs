//! A connector whose later version reads otherwise. Only the tests of replay use it.
//!
//! A body is text, a line a message: an id, a blank, words. The setting `reading` says how they are read: `old`
//! overlooks lines that begin with `late`; `new` reads those, reads none that begin with `junk`, and reads the words
//! of those that begin with `loud` in capitals; `trap` traps; `none` reads nothing.

use trunkline_sdk::prelude::*;

/// The connector.
pub struct Revised;

impl Connector for Revised {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Revised {
    fn receive(request: &Request, context: &Context) -> Received {
        if request.header("x-key") != context.setting("key") {
            return Err(Refusal::new(RefusalReason::Mismatch, 401, "the header `x-key` does not fit").into());
        }
        let reading = context.setting("reading").unwrap_or_default();
        assert_ne!(reading, "trap", "as told");
        let body = String::from_utf8_lossy(&request.body);
        let lines = body.lines().filter(|_| reading != "none").filter_map(|line| line.split_once(' '));
        let events = lines.filter_map(|(id, words)| message(id, words, reading == "new", context.now));
        Ok(Answer { response: Response::empty(200), events: events.collect() })
    }
}

fn message(id: &str, words: &str, new: bool, now: u64) -> Option<Event> {
    if id.starts_with(if new { "junk" } else { "late" }) {
        return None;
    }
    let words = if new && id.starts_with("loud") { words.to_uppercase() } else { words.to_owned() };
    let mut event = Event::new(id, "account", EventKind::Message(Message::new(id, vec![Part::Text(words)])));
    event.contact = Some(Contact::new(IdentifierScheme::Id, "alice"));
    event.occurred_at = Some(now);
    Some(event)
}

trunkline_sdk::connector!(Revised: inbound);
