//! Which flow begins: the first rule that holds.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::FlowSet;
use super::rules::Rule;
use crate::expression::{Roots, Scene, Seen, tell};
use crate::facts::Facts;
use crate::trace::{CANDIDATES_MAX, Candidate, ChoiceTrace, Looked, Outcome};

/// The flow for a new ticket, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The flow to start. None: there are no flows, and the ticket goes to the default queue.
    pub flow: Option<String>,
    /// What was asked before.
    pub trace: ChoiceTrace,
}

impl FlowSet {
    /// The flow that a new ticket starts with. `at`: milliseconds since the Unix epoch.
    ///
    /// Rules are asked from the highest priority down, then by the name of their flow, then in the order of its file.
    pub fn choose(&self, facts: &Facts, at: u64) -> Choice {
        self.choose_with(facts, at, true)
    }

    /// `by_needs`: rules that cannot hold are passed over without asking their condition.
    pub(super) fn choose_with(&self, facts: &Facts, at: u64, by_needs: bool) -> Choice {
        let rules = &self.rules;
        let roots = Roots::new(facts, &facts.ticket.vars);
        let plain = Scene::new(&roots, None, at);
        let seen: Vec<_> = rules.slots.iter().map(|slot| Seen::of(plain.find(&slot.path))).collect();
        let asked = if by_needs { rules.index.find(&seen) } else { (0..rules.rules.len()).collect() };
        let mut scenes: BTreeMap<&str, Scene<'_>> = BTreeMap::new();
        let mut why =
            Why { set: self, told: vec![OnceCell::new(); seen.len()], seen, trace: ChoiceTrace::default() };
        let mut before = 0;
        for at_rule in asked {
            why.passed_over(before..at_rule);
            before = at_rule + 1;
            let Some((rule, when)) = rules.rules.get(at_rule).and_then(|rule| Some((rule, rule.when()?)))
            else {
                continue;
            };
            if by_needs && rule.refused(&why.seen).is_some() {
                why.passed_over(at_rule..before);
                continue;
            }
            let scene = match &rule.flow.calendar {
                Some(name) => scenes
                    .entry(name)
                    .or_insert_with(|| Scene::new(&roots, self.known.calendars.get(name), at)),
                None => &plain,
            };
            let outcome = when.test(scene);
            let holds = outcome == Outcome::True;
            if holds || !why.is_full() {
                why.add(rule, when.looked(scene, outcome));
            } else {
                why.trace.left_out += 1;
            }
            if holds {
                return Choice { flow: Some(rule.flow.name.to_string()), trace: why.trace };
            }
        }
        why.passed_over(before..rules.rules.len());
        if let Some(name) = &self.default {
            why.make_room();
            why.trace.candidates.push(Candidate { flow: Arc::clone(name), priority: 0, looked: None });
        }
        Choice { flow: self.default.as_deref().map(str::to_owned), trace: why.trace }
    }
}

/// Collects what was asked, and what was not and why.
struct Why<'a> {
    set: &'a FlowSet,
    seen: Vec<Seen<'a>>,
    /// What was seen, in words.
    told: Vec<OnceCell<Option<Arc<str>>>>,
    trace: ChoiceTrace,
}

impl Why<'_> {
    fn is_full(&self) -> bool {
        self.trace.candidates.len() >= CANDIDATES_MAX
    }

    /// The one that is chosen is always listed.
    fn make_room(&mut self) {
        if self.is_full() {
            self.trace.candidates.pop();
            self.trace.left_out += 1;
        }
    }

    fn add(&mut self, rule: &Rule, looked: Looked) {
        self.make_room();
        let (flow, priority) = (Arc::clone(&rule.flow.name), rule.priority);
        self.trace.candidates.push(Candidate { flow, priority, looked: Some(looked) });
    }

    /// Rules whose needs do not hold.
    fn passed_over(&mut self, range: std::ops::Range<usize>) {
        let listed = range.len().min(CANDIDATES_MAX - self.trace.candidates.len().min(CANDIDATES_MAX));
        self.trace.left_out += range.len() - listed;
        for rule in self.set.rules.rules.iter().skip(range.start).take(listed) {
            let place = rule.refused(&self.seen);
            let parts = place.and_then(|place| {
                Some((
                    self.set.rules.slots.get(place)?,
                    self.seen.get(place)?,
                    self.told.get(place)?,
                    rule.when()?,
                ))
            });
            let Some((slot, seen, told, when)) = parts else {
                self.trace.left_out += 1;
                continue;
            };
            let value = told.get_or_init(|| seen.to_json().map(|value| tell(&value).into()));
            let looked = when.passed_over(&slot.shown, value.as_ref());
            self.add(rule, looked);
        }
    }
}
