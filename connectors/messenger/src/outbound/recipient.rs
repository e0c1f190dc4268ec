//! Who a message goes to. Besides the id that is scoped to the Page there are names for people whose id is
//! not known yet, for those who commented, and for those who subscribed.

use serde_json::{Value, json};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use super::part::{Content, Piece};

/// Names of `recipient`'s members that are schemes of identifiers under the same name.
const OTHERS: [&str; 4] = ["user_ref", "comment_id", "post_id", TOKEN];
const TOKEN: &str = "notification_messages_token";

/// The first identifier that Messenger has a name for.
pub struct Recipient<'a> {
    name: &'a str,
    pub value: &'a str,
}

impl<'a> Recipient<'a> {
    pub fn of(message: &'a Outgoing) -> Result<Self, Failure> {
        if message.thread.as_ref().is_some_and(|thread| thread.kind != ThreadKind::Direct) {
            return Err(refuse("unsupported", "Messenger has no groups: only a contact can be written to"));
        }
        let known = message.to.iter().filter(|identifier| !identifier.value.is_empty());
        let named = known.filter_map(|identifier| {
            let name = match &identifier.scheme {
                IdentifierScheme::Id => "id",
                IdentifierScheme::Other(name) if OTHERS.contains(&name.as_str()) => name,
                _ => return None,
            };
            Some(Self { name, value: &identifier.value })
        });
        let first = named.into_iter().next();
        first.ok_or_else(|| refuse("missing", "the contact has no id that is scoped to the Page"))
    }

    /// A conversation with a window, not an address for a single occasion.
    pub fn is_contact(&self) -> bool {
        self.name == "id"
    }

    /// Who subscribed is written to outside of the window; the message has no type then.
    pub fn is_subscriber(&self) -> bool {
        self.name == TOKEN
    }

    pub fn json(&self) -> Value {
        json!({ self.name: self.value })
    }

    /// Refuses what only a contact with an id can be sent.
    pub fn check(&self, pieces: &[Piece]) -> Result<(), Failure> {
        if self.is_contact() {
            return Ok(());
        }
        if let Some(piece) = pieces.iter().find(|piece| !matches!(piece.content, Content::Message(_))) {
            let what = format!("part {}: this needs the contact's id, not a `{}`", piece.part, self.name);
            return Err(refuse("missing", what));
        }
        if pieces.len() > 1 && matches!(self.name, "comment_id" | "post_id") {
            let what = format!("a comment or post has one private reply, this becomes {}", pieces.len());
            return Err(refuse("too_many", what));
        }
        Ok(())
    }
}
