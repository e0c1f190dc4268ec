//! Who is found by what: made of the contacts, and made anew when they are read back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Bound;
use std::sync::Arc;

use crate::identity::Identity;
use crate::ids::ContactId;
use crate::leaf::Leaf;
use crate::text;

/// Words of a name by which it is found.
const WORDS_MAX: usize = 4;

/// An identity is at one contact only.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Index {
    /// By what an identity hashes to without its scope, so that one look finds everyone with the same value: each message
    /// asks for them, and a tree of texts is slow to walk. Never iterated as a whole.
    by_hash: HashMap<u64, Vec<Owned>>,
    /// In order, for what begins with a text.
    owners: BTreeMap<Arc<Identity>, ContactId>,
    /// A name from each of its words on, without case.
    names: BTreeSet<(Box<str>, ContactId)>,
}

/// In the order of identities.
type Owned = (Arc<Identity>, ContactId);

impl Index {
    pub(crate) fn of(leaves: &BTreeMap<ContactId, Box<Leaf>>) -> Self {
        let mut index = Self::default();
        for (&contact, leaf) in leaves {
            for known in &leaf.identities {
                index.own(Arc::clone(&known.identity), contact);
            }
            if let Some(name) = &leaf.name {
                index.name(contact, &name.value);
            }
        }
        index
    }

    pub(crate) fn owner(&self, identity: &Identity) -> Option<ContactId> {
        self.neighbours(identity).find(|(other, _)| *other == identity).map(|(_, owner)| owner)
    }

    pub(crate) fn own(&mut self, identity: Arc<Identity>, contact: ContactId) {
        let owned = self.by_hash.entry(hash(&identity)).or_default();
        // Most values are on one connection, and growing doubles.
        owned.reserve_exact(1);
        owned.insert(owned.partition_point(|(other, _)| *other < identity), (Arc::clone(&identity), contact));
        self.owners.insert(identity, contact);
    }

    pub(crate) fn disown(&mut self, identity: &Identity) {
        self.owners.remove(identity);
        let hash = hash(identity);
        let Some(owned) = self.by_hash.get_mut(&hash) else { return };
        owned.retain(|(other, _)| **other != *identity);
        if owned.is_empty() {
            self.by_hash.remove(&hash);
        }
    }

    /// Everyone with that value of that scheme, whatever the scope, in the order of scopes.
    pub(crate) fn neighbours<'a>(
        &'a self,
        identity: &'a Identity,
    ) -> impl Iterator<Item = (&'a Identity, ContactId)> {
        let owned = self.by_hash.get(&hash(identity)).map(Vec::as_slice).unwrap_or_default();
        let all = owned.iter().map(|(other, owner)| (&**other, *owner));
        all.filter(|(other, _)| other.value() == identity.value() && other.scheme() == identity.scheme())
    }

    /// Everyone with an identity that begins so, in the order of identities.
    pub(crate) fn identities_from<'a>(
        &'a self,
        first: &Identity,
        prefix: &'a str,
    ) -> impl Iterator<Item = ContactId> + 'a {
        let range = self.owners.range::<Identity, _>((Bound::Included(first), Bound::Unbounded));
        range.take_while(move |(identity, _)| identity.value().starts_with(prefix)).map(|(_, &owner)| owner)
    }

    pub(crate) fn name(&mut self, contact: ContactId, name: &str) {
        self.names.extend(tails(name).map(|tail| (tail, contact)));
    }

    pub(crate) fn unname(&mut self, contact: ContactId, name: &str) {
        for tail in tails(name) {
            self.names.remove(&(tail, contact));
        }
    }

    /// Everyone of whose name a word begins so, in the order of names.
    pub(crate) fn names_from<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = ContactId> + 'a {
        let range = self.names.range((prefix.into(), ContactId(0))..);
        range.take_while(move |(name, _)| name.starts_with(prefix)).map(|(_, contact)| *contact)
    }
}

/// A name from each of its first words on: `jane doe`, `doe`.
fn tails(name: &str) -> impl Iterator<Item = Box<str>> {
    let folded = text::fold(name);
    let starts: Vec<_> =
        std::iter::once(0).chain(folded.match_indices(' ').map(|(at, _)| at + 1)).take(WORDS_MAX).collect();
    starts.into_iter().map(move |start| folded[start..].into())
}

/// The same in every process: of what is compared, all but the scope.
fn hash(identity: &Identity) -> u64 {
    let mut hasher = DefaultHasher::new();
    identity.value().hash(&mut hasher);
    identity.scheme().hash(&mut hasher);
    hasher.finish()
}
