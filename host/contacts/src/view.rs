//! What a contact shows: everything of all that it is merged with.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use trunkline_model::ConsentState;

use crate::consent::Said;
use crate::contacts::Contacts;
use crate::identity::Identity;
use crate::identity::Known;
use crate::ids::{ContactId, MergeId};
use crate::leaf::Leaf;
use crate::scheme::Scheme;
use crate::told::{Marks, Told};

/// A contact as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Its id; of those merged, the one that stays.
    pub id: ContactId,
    /// The ids that are shown as this one, in order.
    pub merged: Vec<ContactId>,
    /// The merges by which they are one, in order.
    pub merges: Vec<MergeId>,
    /// When the first of them was met, in milliseconds since the Unix epoch.
    pub created_at: u64,
    /// What it is known by, and which of them was met by it.
    pub identities: Vec<Identified>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Told<String>>,
    /// A picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<Told<String>>,
    /// A language tag of BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Told<String>>,
    /// The name that IANA has for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Told<String>>,
    /// By name.
    pub attributes: BTreeMap<String, Value>,
    /// In order.
    pub tags: BTreeSet<String>,
    /// What was said of being written to, in the order of contacts, connections and scopes.
    pub consents: Vec<Consented>,
}

/// An identity, and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identified {
    /// The contact that was met by it.
    pub contact: ContactId,
    /// The identity.
    #[serde(flatten)]
    pub known: Known,
}

/// A consent, and whose it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consented {
    /// The contact that said it.
    pub contact: ContactId,
    /// On which connection.
    pub connection: String,
    /// What for.
    pub scope: String,
    /// What was said.
    #[serde(flatten)]
    pub said: Said,
}

impl Contacts {
    /// A contact as it is shown; of one that is merged, what it is merged into. None: there is no such contact.
    pub fn get(&self, contact: ContactId) -> Option<View> {
        self.leaves.get(&contact)?;
        let id = self.root(contact);
        let leaves = || self.group_leaves(id);
        let attributes = Marks::latest(leaves().map(|(_, leaf)| &leaf.attributes));
        let tags = Marks::latest(leaves().map(|(_, leaf)| &leaf.tags));
        let identities = leaves().flat_map(|(contact, leaf)| {
            leaf.identities.iter().map(move |known| Identified { contact, known: known.clone() })
        });
        let consents = leaves().flat_map(|(contact, leaf)| {
            leaf.consents.iter().map(move |(connection, scope, said)| Consented {
                contact,
                connection: connection.to_owned(),
                scope: scope.to_owned(),
                said: said.clone(),
            })
        });
        Some(View {
            id,
            merged: self.groups.members(id).filter(|&member| member != id).collect(),
            merges: self.groups.group(id).map(|group| group.merges.clone()).unwrap_or_default(),
            created_at: leaves().map(|(_, leaf)| leaf.created_at).min().unwrap_or_default(),
            identities: identities.collect(),
            name: self.best(id, |leaf| leaf.name.as_ref()).cloned(),
            avatar_url: self.best(id, |leaf| leaf.avatar_url.as_ref()).cloned(),
            language: self.language(id).cloned(),
            time_zone: self.time_zone(id).cloned(),
            attributes: attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect(),
            tags: tags.into_keys().map(str::to_owned).collect(),
            consents: consents.collect(),
        })
    }

    /// The language that a contact shows.
    pub fn language(&self, contact: ContactId) -> Option<&Told<String>> {
        self.best(contact, |leaf| leaf.language.as_ref())
    }

    /// The time zone that a contact shows.
    pub fn time_zone(&self, contact: ContactId) -> Option<&Told<String>> {
        self.best(contact, |leaf| leaf.time_zone.as_ref())
    }

    /// Whether a contact may be written to on a connection for something. None: it never said. Where a contact is merged
    /// of several, one refusal is enough.
    pub fn consent(&self, contact: ContactId, connection: &str, scope: &str) -> Option<&ConsentState> {
        let leaves = self.group_leaves(self.root(contact));
        let states = leaves.filter_map(|(_, leaf)| leaf.consents.state(connection, scope));
        states.max_by_key(|state| **state == ConsentState::Revoked)
    }

    /// Everybody who has that value of that scheme, on whichever connection, as they are shown, in order; at most
    /// `limit`. A number without its country code is of that region.
    pub fn find_all(
        &self,
        scheme: &Scheme,
        value: &str,
        region: Option<crate::Region>,
        limit: usize,
    ) -> Vec<ContactId> {
        let anywhere = Some("");
        let Ok(identity) = Identity::new(scheme.clone(), value, anywhere, region) else { return Vec::new() };
        let mut found = BTreeSet::new();
        for (_, owner) in self.index.neighbours(&identity) {
            if found.len() >= limit {
                break;
            }
            found.insert(self.root(owner));
        }
        found.into_iter().collect()
    }

    fn group_leaves(&self, root: ContactId) -> impl Iterator<Item = (ContactId, &Leaf)> + Clone {
        self.groups.members(root).filter_map(|member| Some((member, &**self.leaves.get(&member)?)))
    }

    /// The most certain and latest that one of those merged was told.
    fn best<'a>(
        &'a self,
        contact: ContactId,
        part: impl Fn(&'a Leaf) -> Option<&'a Told<String>>,
    ) -> Option<&'a Told<String>> {
        let parts = self.group_leaves(self.root(contact)).map(|(_, leaf)| part(leaf));
        parts.fold(None, |best, told| Told::better(best, told))
    }
}
