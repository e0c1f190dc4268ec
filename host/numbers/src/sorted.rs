//! A map of few entries: a sorted list, which takes a fraction of a tree's memory.

use serde::{Deserialize, Serialize};

/// Entries in the order of their keys. Serialized as a list of pairs, so that a key may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Copy, V: Default> Sorted<K, V> {
    /// The value of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        let place = self.0.binary_search_by_key(&key, |entry| entry.0).ok()?;
        self.0.get(place).map(|entry| &entry.1)
    }

    /// The value of a key, made where there is none.
    pub fn entry(&mut self, key: K) -> &mut V {
        let place = match self.0.binary_search_by_key(&key, |entry| entry.0) {
            Ok(place) => place,
            Err(place) => {
                if self.0.len() == self.0.capacity() {
                    // Most lists stay short: room for two more, not for twice as many.
                    self.0.reserve_exact(2.max(self.0.len() / 4));
                }
                self.0.insert(place, (key, V::default()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_in_order_whatever_the_order_of_insertion() {
        let mut map = Sorted::<u16, u64>::default();
        for key in [5, 1, 9, 3, 5, 1] {
            *map.entry(key) += u64::from(key);
        }
        assert_eq!(
            map.iter().map(|(key, &value)| (key, value)).collect::<Vec<_>>(),
            [(1, 2), (3, 3), (5, 10), (9, 9)]
        );
        assert_eq!((map.get(3), map.get(4)), (Some(&3), None));
        let text = serde_json::to_string(&map).unwrap();
        assert_eq!(text, "[[1,2],[3,3],[5,10],[9,9]]");
        assert_eq!(serde_json::from_str::<Sorted<u16, u64>>(&text).unwrap(), map);
    }
}
