//! Which files are kept, and which of them goes first. No disk: only names and numbers.

use std::collections::{BTreeMap, HashMap};

/// Files: each takes some two hundred bytes of memory.
const FILES_MAX: usize = 100_000;

/// Names and sizes of the kept files, in the order of their last use.
pub struct Index {
    files: HashMap<String, Kept>,
    /// The name by the time of its last use.
    order: BTreeMap<u64, String>,
    bytes: u64,
    bytes_max: u64,
    /// Rises with every use.
    time: u64,
}

struct Kept {
    bytes: u64,
    used: u64,
    checked: bool,
}

impl Index {
    /// Without files.
    pub fn new(bytes_max: u64) -> Self {
        Self { files: HashMap::new(), order: BTreeMap::new(), bytes: 0, bytes_max, time: 0 }
    }

    /// Whether a file is kept.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// Notes a use. Some: it is kept; true: it has been looked at as a whole before.
    pub fn touch(&mut self, name: &str) -> Option<bool> {
        let kept = self.files.get_mut(name)?;
        self.time += 1;
        let entry = self.order.remove(&kept.used).unwrap_or_else(|| name.to_owned());
        kept.used = self.time;
        self.order.insert(self.time, entry);
        Some(kept.checked)
    }

    /// Notes that a file is whole.
    pub fn check(&mut self, name: &str) {
        if let Some(kept) = self.files.get_mut(name) {
            kept.checked = true;
        }
    }

    /// Forgets files until there is room for one more. Gives their names; None: it would never fit.
    pub fn make_room(&mut self, bytes: u64) -> Option<Vec<String>> {
        let left = self.bytes_max.checked_sub(bytes).filter(|_| self.bytes_max > 0)?;
        let mut evicted = Vec::new();
        while self.bytes > left || self.files.len() >= FILES_MAX {
            let (_, oldest) = self.order.pop_first()?;
            self.bytes -= self.files.remove(&oldest).map_or(0, |kept| kept.bytes);
            evicted.push(oldest);
        }
        Some(evicted)
    }

    /// Adds a file, as the one that was used last.
    pub fn insert(&mut self, name: String, bytes: u64, checked: bool) {
        self.remove(&name);
        self.time += 1;
        self.bytes += bytes;
        self.order.insert(self.time, name.clone());
        self.files.insert(name, Kept { bytes, used: self.time, checked });
    }

    /// Forgets a file. False: it was none.
    pub fn remove(&mut self, name: &str) -> bool {
        let Some(kept) = self.files.remove(name) else { return false };
        self.order.remove(&kept.used);
        self.bytes -= kept.bytes;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_the_longest_goes_first() {
        let mut index = Index::new(100);
        for name in ["a", "b", "c"] {
            assert_eq!(index.make_room(30), Some(vec![]));
            index.insert(name.to_owned(), 30, name == "b");
        }
        assert_eq!((index.touch("a"), index.touch("b"), index.touch("x")), (Some(false), Some(true), None));
        index.check("a");
        assert_eq!(index.touch("a"), Some(true));
        assert_eq!(index.make_room(30), Some(vec!["c".to_owned()]));
        index.insert("d".to_owned(), 30, true);
        assert_eq!(index.make_room(95), Some(vec!["b".to_owned(), "a".to_owned(), "d".to_owned()]));
        assert!(!index.has("a"));
    }

    #[test]
    fn what_never_fits_moves_nothing() {
        let mut index = Index::new(100);
        index.insert("a".to_owned(), 100, true);
        assert_eq!(index.make_room(101), None);
        assert!(index.has("a"));
        assert_eq!(Index::new(0).make_room(0), None, "none is kept");
    }

    #[test]
    fn a_file_that_comes_again_counts_once() {
        let mut index = Index::new(100);
        index.insert("a".to_owned(), 60, true);
        index.insert("a".to_owned(), 40, true);
        assert_eq!(index.make_room(60), Some(vec![]));
        assert!(index.remove("a") && !index.remove("a"));
        assert_eq!(index.make_room(100), Some(vec![]));
    }
}
