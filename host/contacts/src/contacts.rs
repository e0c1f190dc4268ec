//! Everybody who is known.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::ContactsError;
use crate::groups::Groups;
use crate::identity::{Given, Identity, Known};
use crate::ids::{ContactId, MergeId};
use crate::index::Index;
use crate::leaf::{IDENTITIES_MAX, Leaf};
use crate::merge::Merge;
use crate::phone::Region;

/// Everybody who is known, and which of them are one.
///
/// Written as JSON, it is the contacts as they were first met and the log of merges; all else is made of these when it is
/// read back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Contacts {
    /// In boxes: half of a tree's places are empty.
    pub(crate) leaves: BTreeMap<ContactId, Box<Leaf>>,
    pub(crate) merges: BTreeMap<MergeId, Merge>,
    #[serde(skip)]
    pub(crate) index: Index,
    #[serde(skip)]
    pub(crate) groups: Groups,
}

/// What is kept of [`Contacts`].
#[derive(Deserialize)]
struct Kept {
    leaves: BTreeMap<ContactId, Box<Leaf>>,
    merges: BTreeMap<MergeId, Merge>,
}

impl From<Kept> for Contacts {
    fn from(kept: Kept) -> Self {
        let (index, groups) = (Index::of(&kept.leaves), Groups::of(&kept.merges));
        Self { leaves: kept.leaves, merges: kept.merges, index, groups }
    }
}

impl Contacts {
    /// Makes a contact of whom nobody has heard yet, as the business knows it.
    ///
    /// # Errors
    /// The entry has made one already, or one of the identities is somebody's. Then nothing is made.
    pub fn create(
        &mut self,
        number: u64,
        at: u64,
        given: &[Given],
        region: Option<Region>,
    ) -> Result<ContactId, ContactsError> {
        let contact = ContactId(number);
        if given.len() > IDENTITIES_MAX {
            return Err(ContactsError::Full { contact, what: "identities", max: IDENTITIES_MAX });
        }
        let mut identities = Vec::with_capacity(given.len());
        for given in given {
            let identity = given.identity(region)?;
            self.is_free(&identity)?;
            identities.push((identity, &given.value));
        }
        self.make(number, at)?;
        for (identity, written) in identities {
            // One that is said twice is one.
            if self.index.owner(&identity).is_none() {
                self.give(contact, identity, written, at);
            }
        }
        Ok(contact)
    }

    /// Says that a contact is known by something else too.
    ///
    /// # Errors
    /// The contact is not there, has [`IDENTITIES_MAX`] of them, it identifies nobody, or it is somebody else's.
    pub fn add_identity(
        &mut self,
        at: u64,
        contact: ContactId,
        given: &Given,
        region: Option<Region>,
    ) -> Result<(), ContactsError> {
        let leaf = self.known(contact)?;
        let identity = given.identity(region)?;
        if self.index.owner(&identity).is_some_and(|owner| self.root(owner) == self.root(contact)) {
            return Ok(());
        }
        self.is_free(&identity)?;
        if !leaf.has_room() {
            return Err(ContactsError::Full { contact, what: "identities", max: IDENTITIES_MAX });
        }
        self.give(contact, identity, &given.value, at);
        Ok(())
    }

    /// Says that a contact is known by something no longer.
    ///
    /// # Errors
    /// It is not known by it.
    pub fn remove_identity(&mut self, contact: ContactId, identity: &Identity) -> Result<(), ContactsError> {
        self.known(contact)?;
        let owner = self.index.owner(identity).filter(|&owner| self.root(owner) == self.root(contact));
        let Some(owner) = owner else {
            return Err(ContactsError::NotOwned { identity: identity.clone(), contact });
        };
        self.take(owner, identity);
        Ok(())
    }

    /// Removes everything of a contact and of all that it is merged with, and every merge of them, undone or not. Gives
    /// the ids that are gone, in order. Nothing that is left says who they were.
    ///
    /// # Errors
    /// There is no such contact.
    pub fn erase(&mut self, contact: ContactId) -> Result<Vec<ContactId>, ContactsError> {
        self.known(contact)?;
        let root = self.root(contact);
        let gone: Vec<_> = self.groups.members(root).collect();
        for &contact in &gone {
            let Some(leaf) = self.leaves.remove(&contact) else { continue };
            for known in &leaf.identities {
                self.index.disown(&known.identity);
            }
            if let Some(name) = &leaf.name {
                self.index.unname(contact, &name.value);
            }
        }
        self.groups.erase(root);
        let is_gone = |contact: &ContactId| gone.binary_search(contact).is_ok();
        self.merges.retain(|_, merge| !is_gone(&merge.from) && !is_gone(&merge.into));
        Ok(gone)
    }

    /// The contact that is shown for this one: itself, unless it is merged into another.
    pub fn root(&self, contact: ContactId) -> ContactId {
        self.groups.root(contact)
    }

    /// Who is known by exactly this.
    pub fn find(&self, identity: &Identity) -> Option<ContactId> {
        self.index.owner(identity).map(|owner| self.root(owner))
    }

    /// How many contacts there are; those that are merged count as one.
    pub fn count(&self) -> usize {
        self.leaves.len() - self.groups.hidden()
    }

    /// The contacts that are shown, by id, after this one: the next page. None: from the first on.
    pub fn after(&self, cursor: Option<ContactId>) -> impl Iterator<Item = ContactId> + '_ {
        let start = cursor.map_or(Bound::Unbounded, Bound::Excluded);
        let ids = self.leaves.range((start, Bound::Unbounded)).map(|(&id, _)| id);
        ids.filter(|&id| self.root(id) == id)
    }

    /// A contact of whom nothing is known yet.
    pub(crate) fn make(&mut self, number: u64, at: u64) -> Result<ContactId, ContactsError> {
        let contact = ContactId(number);
        if self.leaves.contains_key(&contact) {
            return Err(ContactsError::NumberTaken(number));
        }
        self.leaves.insert(contact, Box::new(Leaf::new(at)));
        Ok(contact)
    }

    pub(crate) fn known(&self, contact: ContactId) -> Result<&Leaf, ContactsError> {
        self.leaves.get(&contact).map(|leaf| &**leaf).ok_or(ContactsError::Unknown(contact))
    }

    pub(crate) fn known_mut(&mut self, contact: ContactId) -> Result<&mut Leaf, ContactsError> {
        self.leaves.get_mut(&contact).map(|leaf| &mut **leaf).ok_or(ContactsError::Unknown(contact))
    }

    fn is_free(&self, identity: &Identity) -> Result<(), ContactsError> {
        match self.find(identity) {
            Some(owner) => Err(ContactsError::Owned { identity: identity.clone(), owner }),
            None => Ok(()),
        }
    }

    /// An identity that nobody has becomes a contact's. False: it has too many.
    pub(crate) fn give(&mut self, contact: ContactId, identity: Identity, written: &str, at: u64) -> bool {
        let Some(leaf) = self.leaves.get_mut(&contact).filter(|leaf| leaf.has_room()) else { return false };
        debug_assert_eq!(self.index.owner(&identity), None, "an identity is at one contact only");
        let known = Known::new(identity, written, at);
        self.index.own(Arc::clone(&known.identity), contact);
        // Most have two or three, and growing doubles.
        leaf.identities.reserve_exact(1);
        leaf.identities.push(known);
        true
    }

    /// An identity becomes nobody's.
    pub(crate) fn take(&mut self, owner: ContactId, identity: &Identity) {
        let Some(leaf) = self.leaves.get_mut(&owner) else { return };
        if leaf.forget(identity).is_some() {
            self.index.disown(identity);
        }
    }
}
