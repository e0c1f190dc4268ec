//! Which agent had a contact last.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// So many contacts are remembered, the latest ones.
const CONTACTS_MAX: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    contacts: BTreeMap<u64, Seen>,
    /// The same contacts by time.
    times: BTreeSet<(u64, u64)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Seen {
    agent: String,
    at: u64,
}

impl Memory {
    /// A contact was with an agent. Whatever is older than `keep_ms` is forgotten; 0 remembers nothing.
    pub fn remember(&mut self, contact: u64, agent: &str, at: u64, keep_ms: u64) {
        if let Some(before) = self.contacts.insert(contact, Seen { agent: agent.to_owned(), at }) {
            self.times.remove(&(before.at, contact));
        }
        self.times.insert((at, contact));
        while let Some(&(oldest, contact)) = self.times.first()
            && (self.times.len() > CONTACTS_MAX || oldest.saturating_add(keep_ms) <= at)
        {
            self.times.pop_first();
            self.contacts.remove(&contact);
        }
    }

    /// Who had it within the last `sticky_ms`.
    pub fn last(&self, contact: u64, now: u64, sticky_ms: u64) -> Option<&str> {
        let seen = self.contacts.get(&contact)?;
        (now < seen.at.saturating_add(sticky_ms)).then_some(seen.agent.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_agent_is_remembered_for_a_while() {
        let mut memory = Memory::default();
        memory.remember(1, "ada", 1_000, 100);
        memory.remember(2, "bob", 1_050, 100);
        memory.remember(1, "eve", 1_060, 100);
        let table = [
            (1, 1_159, 100, Some("eve")),
            (1, 1_160, 100, None),
            (1, 1_060, 0, None),
            (2, 1_100, 100, Some("bob")),
            (3, 1_060, 100, None),
        ];
        for (contact, now, sticky_ms, expected) in table {
            assert_eq!(memory.last(contact, now, sticky_ms), expected, "{contact} at {now}");
        }
        memory.remember(3, "bob", 1_155, 100);
        assert_eq!(memory.contacts.keys().copied().collect::<Vec<_>>(), [1, 3], "2 is too old");
        assert_eq!(memory.times.len(), 2);
    }

    #[test]
    fn memory_is_bounded() {
        let mut memory = Memory::default();
        for contact in 0..CONTACTS_MAX as u64 + 10 {
            memory.remember(contact, "ada", 5, 100);
        }
        assert_eq!((memory.contacts.len(), memory.times.len()), (CONTACTS_MAX, CONTACTS_MAX));
        memory.remember(7, "ada", 5, 0);
        assert_eq!((memory.contacts.len(), memory.times.len()), (0, 0));
    }
}
