//! Which contacts are one: the merges that count, as a forest.
//!
//! Contacts are leaves and merges are edges between them. The contact that a group shows itself as, its root, is found by
//! taking its merges in their order: each time, the root of what is merged into stays. So the groups are a function of
//! the merges that count, and it makes no difference in which order others were undone.

use std::collections::BTreeMap;

use crate::ids::{ContactId, MergeId};
use crate::merge::Merge;

/// Contacts that are one. A contact that is merged with none has no group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// In order; the root among them.
    pub members: Vec<ContactId>,
    /// In order; one less than members.
    pub merges: Vec<MergeId>,
}

/// What the log of merges comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Groups {
    /// Of every contact in a group.
    roots: BTreeMap<ContactId, ContactId>,
    /// By root.
    groups: BTreeMap<ContactId, Group>,
    /// Pairs, both ways round, which somebody has taken apart after they were linked without anybody asking.
    apart: BTreeMap<(ContactId, ContactId), MergeId>,
}

impl Groups {
    pub(crate) fn of(merges: &BTreeMap<MergeId, Merge>) -> Self {
        let mut groups = Self::default();
        for (&id, merge) in merges {
            if merge.undone.is_none() {
                groups.join(id, merge.from, merge.into);
            } else {
                groups.keep_apart(id, merge);
            }
        }
        groups
    }

    pub(crate) fn root(&self, contact: ContactId) -> ContactId {
        self.roots.get(&contact).copied().unwrap_or(contact)
    }

    /// None: merged with none.
    pub(crate) fn group(&self, root: ContactId) -> Option<&Group> {
        self.groups.get(&root)
    }

    /// Everyone who is one with a root, in order.
    pub(crate) fn members(&self, root: ContactId) -> impl Iterator<Item = ContactId> + Clone {
        let group = self.groups.get(&root);
        let alone = group.is_none().then_some(root);
        alone.into_iter().chain(group.into_iter().flat_map(|group| group.members.iter().copied()))
    }

    /// Of how many contacts a root is one.
    pub(crate) fn size(&self, root: ContactId) -> usize {
        self.groups.get(&root).map_or(1, |group| group.members.len())
    }

    /// How many contacts are shown as another.
    pub(crate) fn hidden(&self) -> usize {
        self.roots.len() - self.groups.len()
    }

    /// The undone merge because of which two roots are not linked without anybody asking.
    pub(crate) fn kept_apart(&self, left: ContactId, right: ContactId) -> Option<MergeId> {
        if self.apart.is_empty() {
            return None;
        }
        let (few, many) = if self.size(left) <= self.size(right) { (left, right) } else { (right, left) };
        self.members(few).find_map(|member| {
            let pairs = self.apart.range((member, ContactId(0))..=(member, ContactId(u64::MAX)));
            pairs.filter(|((_, other), _)| self.root(*other) == many).map(|(_, &merge)| merge).next()
        })
    }

    /// Two that were not one become one.
    pub(crate) fn join(&mut self, id: MergeId, from: ContactId, into: ContactId) {
        let (from, into) = (self.root(from), self.root(into));
        debug_assert_ne!(from, into, "the merges of a group have no circle");
        let absorbed = self.groups.remove(&from).unwrap_or_else(|| Group::alone(from));
        for &member in &absorbed.members {
            self.roots.insert(member, into);
        }
        self.roots.insert(into, into);
        let group = self.groups.entry(into).or_insert_with(|| Group::alone(into));
        group.members.extend(absorbed.members);
        group.members.sort_unstable();
        group.merges.extend(absorbed.merges);
        group.merges.push(id);
        group.merges.sort_unstable();
    }

    /// A merge counts no longer.
    pub(crate) fn part(&mut self, id: MergeId, merge: &Merge, merges: &BTreeMap<MergeId, Merge>) {
        let root = self.root(merge.into);
        let Some(group) = self.groups.remove(&root) else { return };
        for member in &group.members {
            self.roots.remove(member);
        }
        for left in group.merges.into_iter().filter(|&left| left != id) {
            if let Some(merge) = merges.get(&left) {
                self.join(left, merge.from, merge.into);
            }
        }
        self.keep_apart(id, merge);
    }

    /// What a person merged and took apart again leaves no trace. What was linked without anybody asking would be linked
    /// again with the next message.
    fn keep_apart(&mut self, id: MergeId, merge: &Merge) {
        if merge.how.is_asked() {
            return;
        }
        self.apart.insert((merge.from, merge.into), id);
        self.apart.insert((merge.into, merge.from), id);
    }

    /// A root and everyone who is one with it are gone.
    pub(crate) fn erase(&mut self, root: ContactId) {
        let members: Vec<_> = self.members(root).collect();
        self.groups.remove(&root);
        for member in members {
            self.roots.remove(&member);
            let pairs = self.apart.range((member, ContactId(0))..=(member, ContactId(u64::MAX)));
            let others: Vec<_> = pairs.map(|((_, other), _)| *other).collect();
            for other in others {
                self.apart.remove(&(member, other));
                self.apart.remove(&(other, member));
            }
        }
    }
}

impl Group {
    fn alone(contact: ContactId) -> Self {
        Self { members: vec![contact], merges: Vec::new() }
    }
}
