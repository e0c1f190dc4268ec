//! Laws that hold after every operation of any sequence.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use trunkline_queues::{Queues, Verdict, Whereabouts};

use crate::operations::{Op, Runner, ops};
use crate::shadow::Shadow;
use crate::world::{cases, config};

fn snapshot(queues: &Queues) -> String {
    serde_json::to_string(queues).expect("JSON")
}

fn restored(queues: &Queues) -> Queues {
    serde_json::from_str(&snapshot(queues)).expect("a state")
}

/// Nobody who could take a ticket is free while it waits.
fn nobody_idles(queues: &Queues) {
    for ticket in queues.tickets() {
        let Some(trace) = queues.explain(ticket) else { continue };
        for candidate in trace.candidates {
            assert!(matches!(candidate.verdict, Verdict::Not(_)), "{ticket} waits: {candidate:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    /// One place for each ticket, at most one owner, no one above capacity but by a supervisor's word, none lost,
    /// nobody idle beside a ticket, nothing changed by what is refused, and an index as if made anew.
    #[test]
    fn every_ticket_has_one_place(config in config(), ops in ops(1..60)) {
        let mut runner = Runner::new(config);
        let mut shadow = Shadow::default();
        for op in &ops {
            let before = runner.queues.clone();
            match runner.run(op) {
                Ok(changes) => {
                    if let Op::Enqueue(need) | Op::Give(need, _) = op {
                        shadow.came(need.ticket, &need.channel_kind);
                    }
                    shadow.read(&changes, runner.queues.config());
                }
                Err(error) => {
                    prop_assert!(!error.is_empty());
                    prop_assert_eq!(&runner.queues, &before);
                }
            }
            if matches!(op, Op::Tick | Op::Sleep) {
                prop_assert!(runner.queues.due().is_none_or(|due| due > runner.at));
            }
            shadow.compare(&runner.queues);
            // What is due may make somebody fit.
            if runner.queues.due().is_none_or(|due| due > runner.at) {
                nobody_idles(&runner.queues);
            }
            prop_assert_eq!(&restored(&runner.queues), &runner.queues);
        }
    }

    /// A state that was stored and read again does the same as one that was not; so does one that heard the same.
    #[test]
    fn a_snapshot_has_the_same_future(config in config(), past in ops(1..40), future in ops(1..40)) {
        let mut first = Runner::new(config.clone());
        let mut again = Runner::new(config);
        for op in &past {
            prop_assert_eq!(first.run(op), again.run(op));
        }
        prop_assert_eq!(snapshot(&first.queues), snapshot(&again.queues));
        let mut second = Runner { queues: restored(&first.queues), at: first.at };
        for op in &future {
            prop_assert_eq!(first.run(op), second.run(op));
        }
        prop_assert_eq!(snapshot(&first.queues), snapshot(&second.queues));
    }

    /// Every queue is in order: what came back first, then by priority with ageing, then by waiting time.
    #[test]
    fn queues_are_in_order(config in config(), ops in ops(1..60)) {
        let mut runner = Runner::new(config);
        for op in &ops {
            let _ = runner.run(op);
            for (name, team) in &runner.queues.config().teams {
                let order: Vec<_> = runner.queues.waiting(name);
                let key = |ticket| {
                    let need = runner.queues.need(ticket).expect("a ticket");
                    let Some(Whereabouts::Waiting { front, .. }) = runner.queues.whereabouts(ticket) else {
                        panic!("{ticket} does not wait");
                    };
                    // In milliseconds of waiting; without ageing a step is worth more than any wait.
                    let step = i128::from(team.priority_ageing_seconds) * 1_000;
                    let step = if step == 0 { 1 << 70 } else { step };
                    let waited = i128::from(runner.at) - i128::from(need.since);
                    (!front, -(i128::from(need.priority) * step + waited), need.since, ticket)
                };
                prop_assert!(order.is_sorted_by_key(|&ticket| key(ticket)), "{:?}", order);
                for (before, &ticket) in order.iter().enumerate() {
                    let Some(Whereabouts::Waiting { teams, .. }) = runner.queues.whereabouts(ticket) else { continue };
                    if teams[0] == *name {
                        prop_assert_eq!(runner.queues.position(ticket), Some(before));
                    }
                }
            }
        }
    }
}

/// The laws would say little of operations that are all refused.
#[test]
fn operations_reach_every_change() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeMap::<String, usize>::new();
    for _ in 0..100 {
        let (config, ops) = (config(), ops(60)).new_tree(&mut runner).expect("a value").current();
        let mut runner = Runner::new(config);
        for change in ops.iter().flat_map(|op| runner.run(op).unwrap_or_default()) {
            let change = serde_json::to_value(change).expect("JSON");
            for name in [&change["change"], &change["why"]["is"], &change["trace"]["rule"]["by"]] {
                *seen.entry(name.as_str().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
    }
    let expected = [
        "queued offered owned returned released overflowed transferred moved missed presence_changed escalated",
        "declined gone taken agent_removed no_longer_fits",
        "strategy sticky assigned accepted nobody",
    ];
    for name in expected.iter().flat_map(|names| names.split(' ')) {
        let count = seen.get(name).copied().unwrap_or(0);
        assert!(count >= 5, "{name} {count} times: {seen:?}");
    }
}
