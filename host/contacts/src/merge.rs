//! Two contacts that are one, and those that turned out not to be.

use serde::{Deserialize, Serialize};

use crate::contacts::Contacts;
use crate::error::ContactsError;
use crate::identity::Identity;
use crate::ids::{ContactId, MergeId};
use crate::text;

/// A contact of more than these is a mistake in what was merged rather than one person.
pub const MERGED_MAX: usize = 100;
/// The longest name of who asks, in bytes; the rest is left out.
const BY_BYTES_MAX: usize = 128;

/// One merge. It stays in the log when it is undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    /// What became part of the other.
    pub from: ContactId,
    /// What it became part of: its id is the one that stays.
    pub into: ContactId,
    /// How it came about.
    #[serde(flatten)]
    pub how: How,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// None: it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Undone>,
}

/// How a merge came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum How {
    /// A rule says that this identifier is certain.
    Rule {
        /// Which was heard.
        scheme: crate::Scheme,
    },
    /// The channel says that somebody has other identifiers now.
    Identity,
    /// Somebody asked for it.
    Asked {
        /// Who.
        by: String,
    },
}

impl How {
    pub(crate) fn is_asked(&self) -> bool {
        matches!(self, Self::Asked { .. })
    }
}

/// That a merge was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The entry that undid it.
    pub number: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// Who asked for it.
    pub by: String,
}

/// The two contacts that one has become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parted {
    /// The contact that is shown where the merge had put something.
    pub into: ContactId,
    /// The contact that is shown for what had been put there.
    pub from: ContactId,
}

/// That two contacts are one from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// To undo it by.
    pub merge: MergeId,
    /// The contact that is shown no longer.
    pub from: ContactId,
    /// The contact that is shown now.
    pub into: ContactId,
    /// What both have. None: somebody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

impl Contacts {
    /// Makes two contacts one, shown as `into`. Both keep what they are: see [`Contacts::unmerge`].
    ///
    /// # Errors
    /// One of them is not there, they are one already, or they would be of more than [`MERGED_MAX`] contacts.
    pub fn merge(
        &mut self,
        number: u64,
        at: u64,
        from: ContactId,
        into: ContactId,
        by: &str,
    ) -> Result<Link, ContactsError> {
        self.known(from)?;
        self.known(into)?;
        if from == into {
            return Err(ContactsError::Itself(from));
        }
        let roots = (self.root(from), self.root(into));
        if roots.0 == roots.1 {
            return Err(ContactsError::Merged { from, into, root: roots.0 });
        }
        let count = self.groups.size(roots.0) + self.groups.size(roots.1);
        if count > MERGED_MAX {
            return Err(ContactsError::TooManyMerged { from, into, count, max: MERGED_MAX });
        }
        let how = How::Asked { by: text::cut(by, BY_BYTES_MAX).to_owned() };
        let merge = self.record(number, Merge { from, into, how, at, undone: None });
        Ok(Link { merge, from: roots.0, into: roots.1, identity: None })
    }

    /// Undoes a merge, whatever was merged before or after it: each of the two has what was learnt through its own
    /// identifiers and what was set on it by its own id.
    ///
    /// Two contacts that a rule or a channel had linked are not linked by one again.
    ///
    /// # Errors
    /// The merge is not there, or undone already.
    pub fn unmerge(
        &mut self,
        number: u64,
        at: u64,
        merge: MergeId,
        by: &str,
    ) -> Result<Parted, ContactsError> {
        let kept = self.merges.get_mut(&merge).ok_or(ContactsError::UnknownMerge(merge))?;
        if kept.undone.is_some() {
            return Err(ContactsError::Undone(merge));
        }
        kept.undone = Some(Undone { number, at, by: text::cut(by, BY_BYTES_MAX).to_owned() });
        let kept = kept.clone();
        self.groups.part(merge, &kept, &self.merges);
        Ok(Parted { into: self.root(kept.into), from: self.root(kept.from) })
    }

    /// A merge, undone or not.
    pub fn merge_of(&self, id: MergeId) -> Option<&Merge> {
        self.merges.get(&id)
    }

    /// Writes a merge of two roots down.
    pub(crate) fn record(&mut self, number: u64, merge: Merge) -> MergeId {
        let of_entry = MergeId { number, part: 0 }..=MergeId { number, part: u16::MAX };
        let last = self.merges.range(of_entry).next_back().map(|(id, _)| id.part);
        // An entry merges at most what one message has identifiers for.
        let id = MergeId { number, part: last.map_or(0, |part| part.saturating_add(1)) };
        self.groups.join(id, merge.from, merge.into);
        self.merges.insert(id, merge);
        id
    }
}
