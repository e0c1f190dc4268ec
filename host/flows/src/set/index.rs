//! Which rules have to be asked, by what there is to see: a look-up instead of a walk through all of them.
//!
//! Each rule is filed under one row of its needs, the one that fewest rules share. What is not found under anything that
//! is there cannot hold. Words in texts are looked for all at once, by an automaton.

use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;

use super::rules::Rule;
use crate::expression::{Literal, Need, Seen, Test};

/// Rules by what they need.
#[derive(Debug, Default)]
pub(super) struct Index {
    slots: Vec<SlotIndex>,
    /// Rules without needs.
    others: Vec<usize>,
}

/// Rules that look at one thing.
#[derive(Debug, Default)]
struct SlotIndex {
    by_key: BTreeMap<Key, Vec<usize>>,
    /// Words, by their number in `rules_by_word`. None: there are none, or too many for an automaton.
    words: Option<AhoCorasick>,
    rules_by_word: Vec<Vec<usize>>,
    /// All of them, for what needs cannot tell.
    all: Vec<usize>,
}

/// What a rule is filed under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Is(Literal),
    Has(String),
    /// Contains it, or begins or ends with it.
    Word(String),
}

fn keys(need: &Need) -> Vec<Key> {
    match &need.test {
        Test::OneOf(literals) => literals.iter().cloned().map(Key::Is).collect(),
        Test::Has(text) => vec![Key::Has(text.clone())],
        Test::Contains(word) | Test::StartsWith(word) | Test::EndsWith(word) => vec![Key::Word(word.clone())],
    }
}

impl Index {
    pub(super) fn new(rules: &[Rule], slots: usize) -> Self {
        let mut shared: BTreeMap<(usize, Key), usize> = BTreeMap::new();
        let needs = rules.iter().flat_map(|rule| rule.needs.iter().flatten());
        for (slot, key) in needs.flat_map(|(slot, need)| keys(need).into_iter().map(|key| (*slot, key))) {
            *shared.entry((slot, key)).or_default() += 1;
        }
        let mut index = Self { slots: Vec::new(), others: Vec::new() };
        index.slots.resize_with(slots, SlotIndex::default);
        for (at, rule) in rules.iter().enumerate() {
            let cost = |row: &&Vec<(usize, Need)>| -> usize {
                let keys = row.iter().flat_map(|(slot, need)| keys(need).into_iter().map(|key| (*slot, key)));
                keys.filter_map(|key| shared.get(&key)).sum()
            };
            let Some(row) = rule.needs.iter().min_by_key(cost) else {
                index.others.push(at);
                continue;
            };
            for (slot, need) in row {
                let Some(slot) = index.slots.get_mut(*slot) else { continue };
                slot.all.push(at);
                for key in keys(need) {
                    slot.by_key.entry(key).or_default().push(at);
                }
            }
        }
        index.slots.iter_mut().for_each(SlotIndex::build_words);
        index
    }

    /// Rules that may hold, in their order.
    pub(super) fn find(&self, seen: &[Seen<'_>]) -> Vec<usize> {
        let mut found = self.others.clone();
        for (slot, seen) in self.slots.iter().zip(seen) {
            slot.find(seen, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl SlotIndex {
    fn build_words(&mut self) {
        let mut words = Vec::new();
        for (key, rules) in &self.by_key {
            if let Key::Word(word) = key {
                words.push(word.as_str());
                self.rules_by_word.push(rules.clone());
            }
        }
        self.words = (!words.is_empty()).then(|| AhoCorasick::new(&words).ok()).flatten();
    }

    fn find(&self, seen: &Seen<'_>, found: &mut Vec<usize>) {
        let mut add = |key: &Key| found.extend(self.by_key.get(key).into_iter().flatten());
        match seen {
            Seen::Nothing => {}
            Seen::Other => found.extend(&self.all),
            Seen::Int(value) => add(&Key::Is(Literal::Int(*value))),
            Seen::Bool(value) => add(&Key::Is(Literal::Bool(*value))),
            Seen::Texts(texts) => texts.iter().for_each(|text| add(&Key::Has((*text).to_owned()))),
            Seen::Text(text) => {
                add(&Key::Is(Literal::Text((*text).to_owned())));
                match &self.words {
                    Some(words) => {
                        // A word may be in a text a thousand times.
                        let mut met = vec![false; self.rules_by_word.len()];
                        for word in words.find_overlapping_iter(*text).map(|word| word.pattern().as_usize()) {
                            let new = met.get_mut(word).is_some_and(|met| !std::mem::replace(met, true));
                            found.extend(self.rules_by_word.get(word).filter(|_| new).into_iter().flatten());
                        }
                    }
                    None => found.extend(self.rules_by_word.iter().flatten()),
                }
            }
        }
    }
}
