//! The rules of all flows, in the order in which they are asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::index::Index;
use crate::expression::{Expression, Need, Seen};
use crate::flow::Flow;

/// Rules, and which of them have to be asked.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub rules: Vec<Rule>,
    pub slots: Vec<Slot>,
    pub index: Index,
}

/// Something that needs look at, each once.
#[derive(Debug)]
pub(super) struct Slot {
    pub path: Vec<String>,
    /// The same, as it is shown.
    pub shown: Arc<str>,
}

/// A flow may begin.
#[derive(Debug)]
pub(super) struct Rule {
    pub flow: Arc<Flow>,
    /// Which of the rules of its flow.
    start: usize,
    pub priority: i64,
    /// Of each row one holds where the condition does. With the slot that each looks at.
    pub needs: Vec<Vec<(usize, Need)>>,
}

impl Rules {
    pub(super) fn new(flows: &BTreeMap<String, Arc<Flow>>) -> Self {
        let mut slots: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        let mut rules = Vec::new();
        for flow in flows.values() {
            for (start, rule) in flow.starts.iter().enumerate() {
                let Some(when) = &rule.when else { continue };
                let mut slot = |need: Need| {
                    let next = slots.len();
                    (*slots.entry(need.path.clone()).or_insert(next), need)
                };
                let needs =
                    when.needs().into_iter().map(|row| row.into_iter().map(&mut slot).collect()).collect();
                rules.push(Rule { flow: Arc::clone(flow), start, priority: rule.priority, needs });
            }
        }
        // Sorted by name and place already: the sort keeps those of the same priority in their order.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
        let mut paths: Vec<_> = slots.into_iter().map(|(path, slot)| (slot, path)).collect();
        paths.sort_unstable();
        let slots = paths.into_iter().map(|(_, path)| Slot { shown: path.join(".").into(), path });
        let slots: Vec<_> = slots.collect();
        let index = Index::new(&rules, slots.len());
        Self { rules, slots, index }
    }
}

impl Rule {
    pub(super) fn when(&self) -> Option<&Expression> {
        self.flow.starts.get(self.start)?.when.as_ref()
    }

    /// A need that says no, by its slot. None: the condition has to be asked.
    pub(super) fn refused(&self, seen: &[Seen<'_>]) -> Option<usize> {
        let holds = |(slot, need): &(usize, Need)| seen.get(*slot).is_none_or(|seen| need.may_hold(seen));
        let row = self.needs.iter().find(|row| !row.iter().any(holds))?;
        row.first().map(|(slot, _)| *slot)
    }
}
