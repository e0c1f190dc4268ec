//! What agents had to do, by hand.

use trunkline_numbers::{Count, Dimension, Presence, Query, Sample, Step, What};

use crate::facts::*;

#[test]
fn load_is_time_with_a_ticket_of_time_online() {
    let minute = MINUTE;
    let numbers = count([
        (0, 0, presence("ann", Presence::Online)),
        (0, 1, opened("chat", Some("sales"), 7)),
        (0, 2, opened("chat", Some("sales"), 8)),
        // Two at once are not twice as busy.
        (10 * minute, 1, accepted("ann", "sales")),
        (20 * minute, 2, accepted("ann", "sales")),
        (30 * minute, 1, closed()),
        (40 * minute, 2, What::Snoozed),
        (45 * minute, 0, presence("ann", Presence::Busy)),
        (50 * minute, 2, heard("chat")),
        // Away with a ticket is neither online nor busy.
        (55 * minute, 0, presence("ann", Presence::Away)),
        (60 * minute, 0, presence("ann", Presence::Online)),
        (62 * minute, 2, closed()),
        (70 * minute, 0, presence("ann", Presence::Offline)),
        (90 * minute, 0, presence("bea", Presence::Online)),
    ]);
    let ann = of_agent(&numbers, "ann");
    assert_eq!(ann.counts[&Count::OnlineMs], (55 + 10) * minute);
    assert_eq!(ann.counts[&Count::BusyMs], (30 + 5 + 2) * minute);
    assert_eq!((ann.load.part, ann.load.of), (37 * minute, 65 * minute));
    // Ticket 1: 20 minutes. Ticket 2: 20 to 40 and 50 to 62.
    let handling = ann.times[&Sample::Handling];
    assert_eq!((handling.count, handling.sum_ms, handling.max_ms), (2, 52 * minute, 32 * minute));
}

#[test]
fn time_online_is_split_by_hours_and_runs_on_without_facts() {
    let numbers = count([
        (HOUR / 2, 0, presence("ann", Presence::Online)),
        (HOUR / 2, 0, presence("bea", Presence::Online)),
        (2 * HOUR + MINUTE, 0, presence("ann", Presence::Offline)),
        // Nothing of bea since; the newest fact is somebody else's.
        (3 * HOUR + MINUTE, 1, opened("chat", None, 7)),
    ]);
    let query = Query { step: Step::Hour, group_by: vec![Dimension::Agent], ..Query::default() };
    let rows = report(&numbers, &query).rows;
    let online: Vec<_> = rows
        .iter()
        .map(|row| {
            (row.from / HOUR, row.agent.as_deref().unwrap(), row.figures.counts[&Count::OnlineMs] / MINUTE)
        })
        .collect();
    assert_eq!(
        online,
        [
            (0, "ann", 30),
            (0, "bea", 30),
            (1, "ann", 60),
            (1, "bea", 60),
            (2, "ann", 1),
            (2, "bea", 60),
            (3, "bea", 1),
        ]
    );
    // The same in one row.
    let total = Query { group_by: vec![Dimension::Agent], ..Query::default() };
    let total: u64 =
        report(&numbers, &total).rows.iter().map(|row| row.figures.counts[&Count::OnlineMs]).sum();
    assert_eq!(total / MINUTE, 91 + 151);
}

#[test]
fn late_facts_of_an_agent_change_what_follows_and_count_nothing_twice() {
    let numbers = count([
        (0, 0, presence("ann", Presence::Online)),
        (0, 1, opened("chat", None, 7)),
        (10 * MINUTE, 0, presence("ann", Presence::Online)),
        // Both late: until minute 10 she was online and not busy, as counted.
        (4 * MINUTE, 1, accepted("ann", "sales")),
        (6 * MINUTE, 0, presence("ann", Presence::Busy)),
        (15 * MINUTE, 1, closed()),
        (20 * MINUTE, 0, presence("ann", Presence::Offline)),
    ]);
    let ann = of_agent(&numbers, "ann");
    assert_eq!((ann.load.part, ann.load.of), (5 * MINUTE, 20 * MINUTE));
    assert_eq!(ann.times[&Sample::Handling].sum_ms, 11 * MINUTE);
}

#[test]
fn handled_tickets_count_for_agent_and_team() {
    let numbers = count([
        (0, 1, opened("chat", Some("sales"), 7)),
        (10 * SECOND, 1, accepted("ann", "sales")),
        (30 * SECOND, 1, returned("ann")),
        (40 * SECOND, 1, accepted("bea", "sales")),
        // Not hers any more: changes nothing.
        (50 * SECOND, 1, returned("ann")),
        (70 * SECOND, 1, closed()),
    ]);
    let sum = |figures: trunkline_numbers::Figures| figures.times[&Sample::Handling].sum_ms / SECOND;
    assert_eq!(sum(of_agent(&numbers, "ann")), 20);
    assert_eq!(sum(of_agent(&numbers, "bea")), 30);
    assert_eq!(sum(of_team(&numbers, "sales").unwrap()), 50);
}
