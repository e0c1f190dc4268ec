use proptest::prelude::*;

use super::*;

const TICKET: TicketId = TicketId(1);
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

fn sla(first_response_seconds: u64, resolution_seconds: u64) -> Sla {
    Sla {
        first_response_seconds: Some(first_response_seconds),
        resolution_seconds: Some(resolution_seconds),
        ..Sla::default()
    }
}

/// From 9 to 17 o'clock, each day; a team named `never` not at all.
fn office(team: &str, from: u64, to: u64) -> u64 {
    if team == "never" {
        return 0;
    }
    let until = |at: u64| at / DAY * 8 * HOUR + (at % DAY).clamp(9 * HOUR, 17 * HOUR) - 9 * HOUR;
    until(to).saturating_sub(until(from))
}

fn broken(changes: &[Change]) -> Vec<(Promise, u64)> {
    let broken = |change: &Change| match change {
        Change::Breached { promise, at, .. } => (*promise, *at),
        other => panic!("{other:?}"),
    };
    changes.iter().map(broken).collect()
}

#[test]
fn promises_are_broken_when_their_time_is_over() {
    let mut levels = Levels::default();
    levels.open(1_000, TICKET, "support", &sla(20, 100), &always);
    assert_eq!(levels.due(), Some(21_000));
    assert_eq!(levels.tick(20_999, &always), []);
    assert_eq!(broken(&levels.tick(21_000, &always)), [(Promise::FirstResponse, 21_000)]);
    assert_eq!(levels.tick(21_000, &always), [], "told once");
    assert_eq!(levels.respond(22_000, TICKET, &always), [], "told before");
    assert_eq!(levels.due(), Some(101_000));
    assert_eq!(broken(&levels.tick(200_000, &always)), [(Promise::Resolution, 101_000)]);
    assert_eq!(levels.due(), None);
    assert_eq!(levels.close(200_000, TICKET, &always), []);
    assert_eq!(levels.kept.promises.len(), 0);
    assert_eq!(levels.level("support", 0, 300_000), Level { within: 0, total: 1 });
}

#[test]
fn who_answers_in_time_keeps_the_promise() {
    let mut levels = Levels::default();
    levels.open(1_000, TICKET, "support", &sla(20, 100), &always);
    assert_eq!(levels.respond(20_000, TICKET, &always), []);
    assert_eq!(levels.due(), Some(101_000));
    // An answer of which we hear late is late, even where nobody ticked.
    let other = TicketId(2);
    levels.open(1_000, other, "support", &sla(20, 100), &always);
    assert_eq!(broken(&levels.respond(25_000, other, &always)), [(Promise::FirstResponse, 21_000)]);
    assert_eq!(levels.level("support", 0, 60_000), Level { within: 1, total: 2 });
    assert_eq!(levels.level("sales", 0, 60_000), Level::default());
}

#[test]
fn clocks_stand_still_while_the_contact_is_to_answer() {
    let mut levels = Levels::default();
    levels.open(0, TICKET, "support", &sla(20, 100), &always);
    levels.pause(15_000, TICKET, &always);
    levels.pause(16_000, TICKET, &always);
    assert_eq!((levels.due(), levels.tick(DAY, &always)), (None, vec![]));
    levels.resume(DAY, TICKET, &always);
    levels.resume(DAY + 1, TICKET, &always);
    assert_eq!(levels.due(), Some(DAY + 5_000));
}

#[test]
fn hours_of_the_team_are_what_counts() {
    let evening = 16 * HOUR + 59 * 60_000;
    let table = [
        // Promised, opened, due.
        (60, 12 * HOUR, 12 * HOUR + 60_000),
        (60, evening, 17 * HOUR),
        (61, evening, DAY + 9 * HOUR + 1_000),
        (3_600, 20 * HOUR, DAY + 10 * HOUR),
        (8 * 3_600, 0, 17 * HOUR),
        (20 * 3_600, 9 * HOUR, 2 * DAY + 13 * HOUR),
    ];
    for (seconds, opened, due) in table {
        let mut levels = Levels::default();
        levels.open(opened, TICKET, "support", &sla(seconds, 1_000_000), &office);
        assert_eq!(levels.due(), Some(due), "{seconds} s from {opened}");
    }
}

#[test]
fn a_team_that_never_works_breaks_no_promise() {
    let mut levels = Levels::default();
    levels.open(0, TICKET, "never", &sla(20, 100), &office);
    for _ in 0..3 {
        let due = levels.due().expect("looked at again");
        assert_eq!(levels.tick(due, &office), []);
        assert!(levels.due().expect("once more") > due);
    }
    // Another team, which works: what was spent so far is nothing.
    let at = 10 * DAY;
    levels.move_to(at, TICKET, "support", &office);
    assert_eq!(levels.due(), Some(at + 9 * HOUR + 20_000));
    levels.reckon(at, &always);
    assert_eq!(levels.due(), Some(at + 20_000));
}

#[test]
fn levels_are_counted_by_the_minute_for_a_day() {
    let mut tally = Tally::default();
    for minute in 0..2_000 {
        tally.count(minute * 60_000, minute % 4 != 0);
    }
    assert_eq!(tally.level(1_000 * 60_000, 1_004 * 60_000), Level { within: 3, total: 4 });
    assert_eq!(tally.level(0, u64::MAX), Level { within: 1_080, total: 1_440 });
    tally.count(0, true);
    assert_eq!(tally.level(0, 60_000), Level::default(), "heard of too late");
    assert_eq!(tally.level(9, 9), Level::default());
    assert_eq!(tally.level(1_004 * 60_000, 0), Level::default());
}

#[test]
fn a_level_is_compared_without_rounding() {
    let table = [
        (80, 100, 80, true),
        (799, 1_000, 80, false),
        (0, 0, 100, true),
        (0, 1, 1, false),
        (3, 3, 100, true),
    ];
    for (within, total, percent, expected) in table {
        assert_eq!(Level { within, total }.meets(percent), expected, "{within} of {total}");
    }
    assert_eq!(Level { within: 799, total: 1_000 }.percent(), Some(79));
    assert_eq!(Level::default().percent(), None);
}

#[test]
fn a_promise_that_is_broken_while_nobody_looks_is_told_by_the_next_operation() {
    let hours: Hours<'_> = &always;
    type Operation = fn(&mut Levels, Hours<'_>) -> Vec<Change>;
    let table: [Operation; 6] = [
        |levels, hours| levels.respond(30_000, TICKET, hours),
        |levels, hours| levels.pause(30_000, TICKET, hours),
        |levels, hours| levels.resume(30_000, TICKET, hours),
        |levels, hours| levels.move_to(30_000, TICKET, "sales", hours),
        |levels, hours| levels.close(30_000, TICKET, hours),
        |levels, hours| levels.open(30_000, TICKET, "sales", &sla(5, 5), hours),
    ];
    for operation in table {
        let mut levels = Levels::default();
        levels.open(0, TICKET, "support", &sla(20, 100), hours);
        assert_eq!(broken(&operation(&mut levels, hours)), [(Promise::FirstResponse, 20_000)]);
        assert_eq!(levels.level("support", 0, 60_000), Level { within: 0, total: 1 });
    }
}

/// What may happen to a ticket.
#[derive(Debug, Clone, Copy)]
enum Op {
    Open(u64, u64),
    Respond,
    Pause,
    Resume,
    Move(bool),
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (1..50_000_u64, 1..100_000_u64).prop_map(|(first, second)| Op::Open(first, second)),
        Just(Op::Respond),
        Just(Op::Pause),
        Just(Op::Resume),
        any::<bool>().prop_map(Op::Move),
        Just(Op::Close),
    ]
}

fn team(never: bool) -> &'static str {
    if never { "never" } else { "support" }
}

fn apply(levels: &mut Levels, at: u64, ticket: TicketId, op: Op) -> Vec<Change> {
    match op {
        Op::Open(first, second) => levels.open(at, ticket, team(ticket.0 == 0), &sla(first, second), &office),
        Op::Respond => levels.respond(at, ticket, &office),
        Op::Pause => levels.pause(at, ticket, &office),
        Op::Resume => levels.resume(at, ticket, &office),
        Op::Move(never) => levels.move_to(at, ticket, team(never), &office),
        Op::Close => levels.close(at, ticket, &office),
    }
}

/// In an order that does not depend on who was looked at first.
fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|change| match change {
        Change::Breached { ticket, promise, at, .. } => (*at, *ticket, *promise),
        other => panic!("{other:?}"),
    });
    changes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same promises are broken at the same times, whether somebody ticks when something is due, each quarter of an
    /// hour, or once in the end; and a state that was stored is equal to one that was not.
    #[test]
    fn what_is_broken_does_not_depend_on_who_looks(
        ops in prop::collection::vec((op(), 0..3_u64, 0..40_u64), 1..30),
    ) {
        const QUARTER: u64 = 15 * 60_000;
        let [mut punctual, mut often, mut late] = <[Levels; 3]>::default();
        let [mut by_punctual, mut by_often, mut by_late] = <[Vec<Change>; 3]>::default();
        let mut at = 0;
        for (op, ticket, quarters) in ops {
            let ticket = TicketId(ticket);
            by_punctual.extend(apply(&mut punctual, at, ticket, op));
            by_often.extend(apply(&mut often, at, ticket, op));
            by_late.extend(apply(&mut late, at, ticket, op));
            let until = at + quarters * QUARTER;
            while let Some(due) = punctual.due().filter(|due| *due <= until) {
                by_punctual.extend(punctual.tick(due, &office));
                prop_assert!(punctual.due().is_none_or(|next| next > due));
            }
            while at < until {
                at += QUARTER;
                by_often.extend(often.tick(at, &office));
            }
            let text = serde_json::to_string(&late).expect("JSON");
            prop_assert_eq!(&serde_json::from_str::<Levels>(&text).expect("a state"), &late);
        }
        by_late.extend(late.tick(at, &office));
        let expected = sorted(by_punctual);
        prop_assert_eq!(&expected, &sorted(by_often));
        prop_assert_eq!(&expected, &sorted(by_late));
        prop_assert_eq!(&punctual.kept, &late.kept);
    }
}
