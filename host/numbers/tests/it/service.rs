//! How long things took, each by hand.

use trunkline_numbers::{Count, Query, Sample, Speaker, What};

use crate::facts::*;

/// Count and sum, in seconds.
fn seconds(figures: &trunkline_numbers::Figures, sample: Sample) -> Option<(u64, u64)> {
    figures.times.get(&sample).map(|times| (times.count, times.sum_ms / SECOND))
}

/// A name, what happens, what is looked at, and its count and sum in seconds.
type Case = (&'static str, Vec<(u64, What)>, Sample, Option<(u64, u64)>);

#[test]
fn times_are_from_where_they_say_to_where_they_say() {
    let s = SECOND;
    let begun = [(0, opened("chat", Some("sales"), 7)), (10 * s, heard("chat"))];
    let table: [Case; 17] = [
        ("the contact waits", vec![], Sample::FirstResponse, None),
        (
            "a bot",
            vec![(15 * s, said(bot())), (60 * s, said(agent("ann")))],
            Sample::FirstResponse,
            Some((1, 5)),
        ),
        (
            "no flow",
            vec![(11 * s, said(Speaker::Flow)), (40 * s, said(bot()))],
            Sample::FirstResponse,
            Some((1, 30)),
        ),
        (
            "no bot",
            vec![(15 * s, said(bot())), (70 * s, said(agent("ann")))],
            Sample::AgentResponse,
            Some((1, 60)),
        ),
        (
            "from the hand-over on",
            vec![(30 * s, handed_over()), (40 * s, queued("sales")), (70 * s, said(agent("ann")))],
            Sample::AgentResponse,
            Some((1, 40)),
        ),
        (
            "once",
            vec![(20 * s, said(agent("a"))), (30 * s, said(agent("b")))],
            Sample::AgentResponse,
            Some((1, 10)),
        ),
        ("open", vec![], Sample::Resolution, None),
        ("from the opening", vec![(90 * s, closed())], Sample::Resolution, Some((1, 90))),
        (
            "and from the reopening",
            vec![(90 * s, closed()), (100 * s, What::Reopened), (105 * s, closed())],
            Sample::Resolution,
            Some((2, 95)),
        ),
        ("still waits", vec![(20 * s, queued("sales"))], Sample::Waiting, None),
        (
            "taken",
            vec![(20 * s, queued("sales")), (50 * s, accepted("ann", "sales"))],
            Sample::Waiting,
            Some((1, 30)),
        ),
        (
            "over two queues",
            vec![(20 * s, queued("sales")), (30 * s, queued("help")), (50 * s, accepted("ann", "help"))],
            Sample::Waiting,
            Some((1, 30)),
        ),
        ("never taken", vec![(20 * s, queued("sales")), (30 * s, closed())], Sample::Waiting, None),
        (
            "twice",
            vec![
                (20 * s, queued("sales")),
                (30 * s, accepted("ann", "sales")),
                (40 * s, returned("ann")),
                (40 * s, queued("sales")),
                (45 * s, accepted("bea", "sales")),
            ],
            Sample::Waiting,
            Some((2, 15)),
        ),
        (
            "until closed",
            vec![(20 * s, accepted("ann", "sales")), (90 * s, closed())],
            Sample::Handling,
            Some((1, 70)),
        ),
        (
            "not while it rests",
            vec![
                (20 * s, accepted("ann", "sales")),
                (30 * s, What::Pending),
                (500 * s, heard("chat")),
                (510 * s, What::Snoozed),
                (900 * s, said(agent("ann"))),
                (905 * s, closed()),
            ],
            Sample::Handling,
            Some((1, 25)),
        ),
        (
            "one after the other",
            vec![
                (20 * s, accepted("ann", "sales")),
                (30 * s, accepted("bea", "sales")),
                (45 * s, transferred("sales", "help")),
                (99 * s, closed()),
            ],
            Sample::Handling,
            Some((2, 25)),
        ),
    ];
    for (name, facts, sample, expected) in table {
        let facts = begun.iter().cloned().chain(facts);
        let mut numbers = count([]);
        apply(&mut numbers, facts.map(|(at, what)| (at, 1, what)));
        assert_eq!(seconds(&all(&numbers), sample), expected, "{name}: {}", sample.name());
    }
}

#[test]
fn what_we_began_has_no_first_response() {
    let numbers = count([
        (0, 1, opened("chat", None, 7)),
        (1, 1, said(agent("ann"))),
        (5 * SECOND, 1, heard("chat")),
        (9 * SECOND, 1, said(agent("ann"))),
    ]);
    // From the contact's answer on, it is asked.
    assert_eq!(seconds(&all(&numbers), Sample::FirstResponse), Some((1, 4)));
}

#[test]
fn a_wait_counts_for_the_team_that_it_was_for() {
    let numbers = count([
        (0, 1, opened("chat", None, 7)),
        (0, 1, queued("sales")),
        // Another team helps.
        (8 * SECOND, 1, accepted("ann", "help")),
        (9 * SECOND, 2, opened("chat", None, 8)),
        (9 * SECOND, 2, queued("sales")),
        (9 * SECOND, 2, What::Snoozed),
    ]);
    let sales = of_team(&numbers, "sales").unwrap();
    assert_eq!(seconds(&sales, Sample::Waiting), Some((1, 8)));
    assert_eq!(sales.counts[&Count::LeftQueue], 1);
    assert_eq!(seconds(&of_team(&numbers, "help").unwrap(), Sample::Waiting), None);
}

#[test]
fn service_levels_are_exact_for_thresholds_and_never_flatter() {
    let mut numbers = count([]);
    // First responses after 19 s, 20 s, 20.001 s, 45 s.
    for (ticket, ms) in [(1, 19_000), (2, 20_000), (3, 20_001), (4, 45_000)] {
        apply(
            &mut numbers,
            [
                (0, ticket, opened("chat", None, ticket)),
                (0, ticket, heard("chat")),
                (ms, ticket, said(bot())),
            ],
        );
    }
    let table = [
        (None, 20_000, true, 2),
        (Some(20_000), 20_000, true, 2),
        (Some(60_000), 60_000, true, 4),
        (Some(30_000), 30_000, false, 3),
        // Nothing is longer; a millisecond less, and the class of the longest does not count.
        (Some(45_000), 45_000, false, 4),
        (Some(44_999), 44_999, false, 3),
        (Some(20_050), 20_050, false, 1),
        (Some(0), 0, false, 0),
    ];
    for (asked, within_ms, is_exact, part) in table {
        let query = Query { within_ms: asked, ..Query::default() };
        let level = report(&numbers, &query).rows[0].figures.service_levels[&Sample::FirstResponse];
        assert_eq!(
            (level.within_ms, level.is_exact, level.share.part, level.share.of),
            (within_ms, is_exact, part, 4)
        );
    }
}
