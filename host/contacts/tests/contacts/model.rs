//! Who is one with whom, thought out a second time and slowly: no index, no groups, everything is looked through.

use std::collections::BTreeSet;

use trunkline_contacts::{Identity, Scheme};

use crate::samples::{identifiers, rules};
use crate::world::Step;

/// Contacts of people who only write.
#[derive(Default)]
pub struct Model {
    /// Number, and what it is known by.
    leaves: Vec<(u64, BTreeSet<Identity>)>,
    edges: Vec<(u64, u64)>,
}

impl Model {
    /// Gives the number of the contact as it is shown.
    pub fn heard(&mut self, number: u64, step: &Step) -> u64 {
        let Step::Heard { connection, identifiers: texts, .. } = step else {
            panic!("only people who write")
        };
        let mut keys: Vec<Identity> = Vec::new();
        for identifier in identifiers(texts) {
            let scheme = Scheme::from(&identifier.scheme);
            let region = rules().default_region;
            let Ok(identity) = Identity::new(scheme, &identifier.value, Some(connection), region) else {
                continue;
            };
            if !keys.iter().any(|key| key.scheme() == identity.scheme()) {
                keys.push(identity);
            }
        }
        if keys.is_empty() {
            let scheme = Scheme::from("conversation");
            keys.push(Identity::new(scheme, "conversation", Some(connection), None).expect("an identity"));
        }
        let (names, others): (Vec<_>, Vec<_>) =
            keys.iter().cloned().partition(|key| *key.scheme() == Scheme::Username);
        let anchors = if others.is_empty() { &names } else { &others };
        let met = anchors.iter().find_map(|key| self.owner(key)).unwrap_or(number);
        if met == number {
            self.leaves.push((number, BTreeSet::new()));
        }
        for name in names {
            self.leaves.iter_mut().for_each(|(_, identities)| {
                identities.remove(&name);
            });
        }
        for key in keys {
            if self.owner(&key).is_none() {
                let leaf = self.leaves.iter_mut().find(|(leaf, _)| *leaf == met);
                leaf.expect("a contact").1.insert(key.clone());
            }
            for other in self.same(&key) {
                self.edges.push((met, other));
            }
        }
        self.root(met)
    }

    /// The oldest of all that can be reached.
    pub fn root(&self, contact: u64) -> u64 {
        let mut reached = BTreeSet::from([contact]);
        loop {
            let size = reached.len();
            for &(left, right) in &self.edges {
                if reached.contains(&left) || reached.contains(&right) {
                    reached.extend([left, right]);
                }
            }
            if reached.len() == size {
                return *reached.first().expect("at least itself");
            }
        }
    }

    fn owner(&self, identity: &Identity) -> Option<u64> {
        self.leaves.iter().find(|(_, identities)| identities.contains(identity)).map(|(leaf, _)| *leaf)
    }

    /// Everybody with the same number or address on a connection whose are certain, where this one's are.
    fn same(&self, key: &Identity) -> Vec<u64> {
        let certain: &[&str] = match key.scheme() {
            Scheme::Phone if key.value().starts_with('+') => &["chat", "sms", "voice"],
            Scheme::Email => &["mail", "chat"],
            _ => &[],
        };
        let is_certain = |identity: &Identity| certain.contains(&identity.scope().unwrap_or_default());
        let is_same = |identity: &Identity| {
            identity.scheme() == key.scheme() && identity.value() == key.value() && is_certain(identity)
        };
        let leaves = self.leaves.iter().filter(|(_, identities)| identities.iter().any(is_same));
        leaves.map(|(leaf, _)| *leaf).filter(|_| is_certain(key)).collect()
    }
}
