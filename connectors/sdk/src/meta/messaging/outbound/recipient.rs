//! Who a message goes to. Besides the id that is scoped to the account there are names for people whose id is
//! not known yet, for those who commented, and for those who subscribed.

use serde_json::{Value, json};
use trunkline_model::{Failure, IdentifierScheme, Outgoing, ThreadKind};

use super::Sender;
use super::part::{Content, Piece};
use crate::outbound::refuse;

/// The member of `recipient` for somebody who subscribed.
const SUBSCRIBER: &str = "notification_messages_token";

/// The first identifier that the product has a name for.
pub struct Recipient<'a> {
    name: &'a str,
    pub value: &'a str,
}

impl<'a> Recipient<'a> {
    pub fn of<S: Sender>(message: &'a Outgoing) -> Result<Self, Failure> {
        if message.thread.as_ref().is_some_and(|thread| thread.kind != ThreadKind::Direct) {
            let what = format!("{} has no groups: only a contact can be written to", S::NAME);
            return Err(refuse("unsupported", what));
        }
        let known = message.to.iter().filter(|identifier| !identifier.value.is_empty());
        let named = known.filter_map(|identifier| {
            let name = match &identifier.scheme {
                IdentifierScheme::Id => "id",
                IdentifierScheme::Other(name) if S::RECIPIENTS.contains(&name.as_str()) => name,
                _ => return None,
            };
            Some(Self { name, value: &identifier.value })
        });
        let first = named.into_iter().next();
        first.ok_or_else(|| {
            refuse("missing", format!("the contact has no id that is scoped to the {}", S::ACCOUNT))
        })
    }

    /// A conversation with a window, not an address for a single occasion.
    pub fn is_contact(&self) -> bool {
        self.name == "id"
    }

    /// Who subscribed is written to outside of the window; the message has no type then.
    pub fn is_subscriber(&self) -> bool {
        self.name == SUBSCRIBER
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
