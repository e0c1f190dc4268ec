//! Whom something was heard from, and why we think so.

use serde::{Deserialize, Serialize};

use crate::identity::{Identity, IdentityError};
use crate::ids::{ContactId, MergeId};
use crate::merge::Link;

/// Conflicts that are told one by one.
const CONFLICTS_MAX: usize = 50;

/// Whom something was heard from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// The contact as it is shown.
    pub contact: ContactId,
    /// The contact as it was first met on this channel: what is learnt goes there.
    pub met: ContactId,
    /// Nobody had heard of them.
    pub created: bool,
    /// Contacts that are one from now on, because of this.
    pub linked: Vec<Link>,
    /// Why.
    pub why: Why,
}

/// What was looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// Every identifier that was heard, in order.
    pub looked: Vec<Looked>,
    /// Contacts that have one of the identifiers and were not linked; at most 50.
    pub conflicts: Vec<Conflict>,
    /// Identifiers and conflicts that were too many to be told.
    pub left_out: usize,
}

/// An identifier that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// What kind, by its name.
    pub scheme: String,
    /// As it is compared, or as it was heard where it identifies nobody.
    pub value: String,
    /// The contact, as it was first met, that had it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ContactId>,
    /// A rule says that it means the same person on other connections too.
    pub certain: bool,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The contact had it.
    Known,
    /// Nobody had it; it is the contact's.
    New,
    /// Somebody else had it; it is the contact's now: names of users change hands.
    Moved,
    /// It is no longer the contact's, nor anybody's.
    Retired,
    /// Somebody else has it, and keeps it.
    Others,
    /// The contact has too many; it is nobody's.
    NoRoom,
    /// Another of the same kind came first: two addresses of one mail may be two people.
    SecondOfItsKind,
    /// It identifies nobody, and why.
    Nobodys(String),
}

/// Somebody else has one of the identifiers, and is not linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// What both have.
    pub identity: Identity,
    /// Who else has it, as they are shown.
    pub owner: ContactId,
    /// Why they are not linked.
    pub reason: Reason,
}

/// Why two contacts with the same identifier are not linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No rule says that the identifier is certain: the first one heard counts.
    NotCertain,
    /// They were linked by this merge, and somebody undid it.
    KeptApart(MergeId),
    /// They would be of more contacts than one person can be.
    TooMany,
}

impl Why {
    pub(crate) fn conflict(&mut self, conflict: Conflict) {
        if self.conflicts.contains(&conflict) {
            return;
        }
        if self.conflicts.len() < CONFLICTS_MAX {
            self.conflicts.push(conflict);
        } else {
            self.left_out += 1;
        }
    }
}

impl Looked {
    pub(crate) fn nobodys(scheme: &str, value: &str, error: &IdentityError) -> Self {
        let verdict = Verdict::Nobodys(error.to_string());
        Self::skipped(scheme, value, verdict)
    }

    pub(crate) fn skipped(scheme: &str, value: &str, verdict: Verdict) -> Self {
        let value = crate::text::cut(value, crate::IDENTITY_BYTES_MAX).to_owned();
        Self { scheme: scheme.to_owned(), value, owner: None, certain: false, verdict }
    }
}
