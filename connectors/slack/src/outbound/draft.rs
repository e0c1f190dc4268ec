//! One message at Slack.

use serde_json::{Value, json};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends};

use crate::markup::escaped;

/// Characters of a text that Slack recommends; it cuts at 40,000, and its own apps break a text up before that.
pub const TEXT_CHARACTERS_MAX: usize = 4_000;
const POST: &str = "chat.postMessage";

/// A call of a method that writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The index of the first part that it carries.
    pub part: usize,
    pub method: &'static str,
    /// Arguments but the place.
    pub body: Value,
    /// Whether a second call would do nothing more.
    pub repeatable: bool,
    /// What had to be rendered otherwise.
    pub degraded: Vec<String>,
    /// For the receipt.
    pub attributes: Attributes,
}

impl Draft {
    /// A new message, as it was asked for.
    pub fn new(part: usize, body: Value) -> Self {
        Self::of_method(part, POST, body)
    }

    /// A call of another method.
    pub fn of_method(part: usize, method: &'static str, body: Value) -> Self {
        Self { part, method, body, repeatable: false, degraded: Vec::new(), attributes: Attributes::new() }
    }

    /// Rendered otherwise: says how.
    pub fn degraded(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }

    /// All arguments. What a part in Slack's own notation says itself, it knows better.
    pub fn arguments(&self, channel: &str, thread_ts: Option<&str>) -> Value {
        let mut arguments = self.body.clone();
        let Some(object) = arguments.as_object_mut() else { return arguments };
        if self.method != "views.open" {
            object.entry("channel").or_insert_with(|| json!(channel));
        }
        let new = matches!(self.method, POST | "chat.postEphemeral" | "chat.scheduleMessage");
        if let Some(thread_ts) = thread_ts.filter(|_| new) {
            object.entry("thread_ts").or_insert_with(|| json!(thread_ts));
        }
        arguments
    }

    /// The receipt for a message of that id.
    pub fn receipt(&self, message_id: String) -> Receipt {
        Receipt {
            message_id,
            part: u32::try_from(self.part).unwrap_or(u32::MAX),
            degraded: self.degraded.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

/// A text in as many messages as it needs.
pub fn texts(part: usize, text: &str) -> Result<Vec<Draft>, Failure> {
    if text.trim().is_empty() {
        return Err(refuse("missing", format!("part {part}: the text is empty")));
    }
    let pieces = pieces(text, TEXT_CHARACTERS_MAX);
    Ok(pieces.into_iter().map(|piece| Draft::new(part, json!({ "text": piece }))).collect())
}

/// A text, escaped, in pieces of at most so many characters.
pub fn pieces(text: &str, characters_max: usize) -> Vec<String> {
    let mut most = characters_max;
    loop {
        let pieces = at_word_ends(text, most, Unit::Chars);
        let pieces: Vec<String> = pieces.iter().map(|piece| escaped(piece)).collect();
        // A sign that is escaped has up to five characters.
        if most * 5 <= characters_max
            || pieces.iter().all(|piece| Unit::Chars.length(piece) <= characters_max)
        {
            return pieces;
        }
        most /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_fit_when_they_are_escaped() {
        assert_eq!(pieces("a < b", 10), ["a &lt; b"]);
        assert_eq!(pieces(&"&".repeat(40), 20).concat(), "&amp;".repeat(40));
        assert!(pieces(&"&".repeat(40), 20).iter().all(|piece| piece.len() <= 20));
        assert_eq!(pieces(&"x ".repeat(4_000), TEXT_CHARACTERS_MAX).len(), 2);
    }

    #[test]
    fn the_place_is_added_where_the_method_has_one() {
        let arguments = |method, body| Draft::of_method(0, method, body).arguments("C01", Some("1.1"));
        assert_eq!(arguments(POST, json!({})), json!({ "channel": "C01", "thread_ts": "1.1" }));
        assert_eq!(
            arguments("chat.update", json!({ "ts": "2.2" })),
            json!({ "channel": "C01", "ts": "2.2" })
        );
        assert_eq!(arguments("chat.delete", json!({ "channel": "C02" })), json!({ "channel": "C02" }));
        assert_eq!(arguments("views.open", json!({})), json!({}));
    }
}
