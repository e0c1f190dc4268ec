//! Which message is sent next: decisions only, no time, no journal, no connector.
//!
//! Every conversation with something to send is a lane. Invariants:
//! - at most one message of a lane is in flight, and it is the first of the lane;
//! - a lane at rest has exactly one entry in `due`, that of its first message.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Waiting;

/// What is to be sent.
pub(super) struct Plan {
    in_flight_max: usize,
    lanes: HashMap<String, Lane>,
    /// First message of each lane at rest: when, its number, its conversation.
    due: BTreeSet<(u64, u64, String)>,
    flights: usize,
    waiting: usize,
}

#[derive(Default)]
struct Lane {
    busy: bool,
    /// By number; the value is when it may be tried.
    messages: BTreeMap<u64, u64>,
}

impl Plan {
    pub(super) fn new(in_flight_max: usize) -> Self {
        Self {
            in_flight_max: in_flight_max.max(1),
            lanes: HashMap::new(),
            due: BTreeSet::new(),
            flights: 0,
            waiting: 0,
        }
    }

    /// A message waits. Told twice, it is known once.
    pub(super) fn add(&mut self, message: Waiting) {
        let lane = self.lanes.entry(message.conversation.clone()).or_default();
        if lane.messages.contains_key(&message.number) {
            return;
        }
        if !lane.busy
            && let Some(entry) = lane.entry(&message.conversation)
        {
            self.due.remove(&entry);
        }
        lane.messages.insert(message.number, message.due_at);
        self.waiting += 1;
        if !lane.busy
            && let Some(entry) = lane.entry(&message.conversation)
        {
            self.due.insert(entry);
        }
    }

    /// The next message to be sent, if there is one that is due and a place for it.
    pub(super) fn next(&mut self, now_ms: u64) -> Option<(u64, String)> {
        if self.flights >= self.in_flight_max || self.due.first()?.0 > now_ms {
            return None;
        }
        let (_, number, conversation) = self.due.pop_first()?;
        self.lanes.get_mut(&conversation)?.busy = true;
        self.flights += 1;
        Some((number, conversation))
    }

    /// When the next message is due; None: there is none, or no place for it.
    pub(super) fn due_at(&self) -> Option<u64> {
        (self.flights < self.in_flight_max).then(|| self.due.first().map(|(due_at, ..)| *due_at))?
    }

    /// An attempt has ended. `due_at`: it is to be tried again then; None: nothing more is done for it.
    pub(super) fn finish(&mut self, number: u64, conversation: &str, due_at: Option<u64>) {
        self.flights -= 1;
        let Some(lane) = self.lanes.get_mut(conversation) else { return };
        lane.busy = false;
        match due_at {
            Some(due_at) => drop(lane.messages.insert(number, due_at)),
            None if lane.messages.remove(&number).is_some() => self.waiting -= 1,
            None => {}
        }
        match lane.entry(conversation) {
            Some(entry) => drop(self.due.insert(entry)),
            None => drop(self.lanes.remove(conversation)),
        }
    }

    /// How many messages wait or are being sent.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }
}

impl Lane {
    fn entry(&self, conversation: &str) -> Option<(u64, u64, String)> {
        let (&number, &due_at) = self.messages.first_key_value()?;
        Some((due_at, number, conversation.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(number: u64, conversation: &str, due_at: u64) -> Waiting {
        Waiting { number, conversation: conversation.to_owned(), due_at, attempt: 0 }
    }

    #[test]
    fn one_at_a_time_within_a_conversation() {
        let mut plan = Plan::new(8);
        for (number, conversation) in [(2, "a"), (1, "a"), (3, "b"), (1, "a")] {
            plan.add(waiting(number, conversation, 0));
        }
        assert_eq!(plan.waiting(), 3);
        assert_eq!(plan.next(0), Some((1, "a".to_owned())));
        assert_eq!(plan.next(0), Some((3, "b".to_owned())));
        assert_eq!(plan.next(0), None);
        plan.finish(1, "a", None);
        assert_eq!(plan.next(0), Some((2, "a".to_owned())));
        plan.finish(2, "a", None);
        plan.finish(3, "b", None);
        assert_eq!((plan.waiting(), plan.next(9)), (0, None));
        assert!(plan.lanes.is_empty() && plan.due.is_empty());
    }

    #[test]
    fn a_message_that_waits_holds_up_its_conversation_only() {
        let mut plan = Plan::new(8);
        for (number, conversation) in [(1, "a"), (2, "a"), (3, "b")] {
            plan.add(waiting(number, conversation, 0));
        }
        let first = plan.next(0).unwrap();
        plan.finish(first.0, &first.1, Some(500));
        assert_eq!(plan.next(100), Some((3, "b".to_owned())));
        assert_eq!((plan.next(100), plan.due_at()), (None, Some(500)));
        assert_eq!(plan.next(500), Some((1, "a".to_owned())));
    }

    #[test]
    fn places_are_bounded() {
        let mut plan = Plan::new(2);
        for number in 0..5 {
            plan.add(waiting(number, &number.to_string(), 0));
        }
        assert!(plan.next(0).is_some() && plan.next(0).is_some());
        assert_eq!((plan.next(0), plan.due_at()), (None, None));
        plan.finish(0, "0", None);
        assert_eq!(plan.next(0), Some((2, "2".to_owned())));
    }
}
