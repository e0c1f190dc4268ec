//! What cannot be done with a contact, and what to do instead.

use crate::identity::{Identity, IdentityError};
use crate::ids::{ContactId, MergeId};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContactsError {
    /// Not there, or erased.
    #[error("there is no contact `{0}`: it was never made, or it was erased")]
    Unknown(ContactId),
    /// Two contacts of one entry.
    #[error("entry {0} has made a contact already: every contact needs an entry of its own")]
    NumberTaken(u64),
    /// Merged with itself.
    #[error("`{0}` cannot be merged with itself: name another contact")]
    Itself(ContactId),
    /// A merge that would close a circle.
    #[error("`{from}` and `{into}` are one contact already, `{root}`: there is nothing to merge")]
    Merged {
        /// What was to be merged.
        from: ContactId,
        /// What it was to be merged with.
        into: ContactId,
        /// The contact that they are.
        root: ContactId,
    },
    /// More than one person can be.
    #[error(
        "`{from}` and `{into}` would be one contact of {count}, at most {max}: undo a merge of them first"
    )]
    TooManyMerged {
        /// What was to be merged.
        from: ContactId,
        /// What it was to be merged with.
        into: ContactId,
        /// How many contacts it would be of.
        count: usize,
        /// How many it may be of.
        max: usize,
    },
    /// Not there, or erased with its contacts.
    #[error("there is no merge `{0}`: it was never made, or its contact was erased")]
    UnknownMerge(MergeId),
    /// Undone before.
    #[error("the merge `{0}` was undone before: there is nothing to undo")]
    Undone(MergeId),
    /// Somebody else's.
    #[error("the {} `{}` is `{owner}`'s: merge the contacts, or take it from there", identity.scheme(), identity.value())]
    Owned {
        /// What is theirs.
        identity: Identity,
        /// Whose it is.
        owner: ContactId,
    },
    /// Nothing to take away.
    #[error("the {} `{}` is not `{contact}`'s: there is nothing to take away", identity.scheme(), identity.value())]
    NotOwned {
        /// What is not theirs.
        identity: Identity,
        /// Whose it is not.
        contact: ContactId,
    },
    /// No identifier.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// No notation of a language.
    #[error("`{0}` is no language: write a tag of BCP 47, such as `de` or `pt-BR`")]
    NoLanguage(String),
    /// No time zone.
    #[error("`{0}` is no time zone: write the name that IANA has for it, such as `Europe/Berlin`")]
    NoTimeZone(String),
    /// Empty where there must be something.
    #[error("the {0} is empty: say one")]
    Empty(&'static str),
    /// Longer than is kept.
    #[error("the {what} has {bytes} bytes, at most {max} are kept")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The longest that is kept.
        max: usize,
    },
    /// More than are kept.
    #[error("`{contact}` has {max} {what}, more are not kept: take one away first")]
    Full {
        /// Whose.
        contact: ContactId,
        /// Of what.
        what: &'static str,
        /// How many are kept.
        max: usize,
    },
}
