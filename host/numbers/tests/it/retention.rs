//! Hours, days and what is left of them: time zones, late facts, and queries that have no answer.

use trunkline_numbers::{
    Count, Dimension, Fact, Numbers, Options, Presence, Query, QueryError, Sample, Step, What,
};

use crate::facts::*;

/// 2026-03-01T00:00:00Z.
const MARCH: u64 = 20_513 * DAY;

fn openings(times: &[u64], options: Options) -> Numbers {
    let mut numbers = Numbers::new(options).expect("good options");
    for (ticket, &at) in (1..).zip(times) {
        numbers.apply(&Fact { at, ticket, what: opened("chat", None, ticket) });
    }
    numbers
}

/// When rows begin, less `MARCH`, in hours, with how many tickets were opened.
fn rows(numbers: &Numbers, query: &Query) -> Vec<(i64, u64)> {
    let hours = |at: u64| (at / HOUR).cast_signed() - (MARCH / HOUR).cast_signed();
    let report = report(numbers, query);
    report.rows.iter().map(|row| (hours(row.from), row.figures.counts[&Count::Opened])).collect()
}

#[test]
fn days_are_those_of_the_zone_asked_for() {
    let times = [MARCH, MARCH + 22 * HOUR, MARCH + 23 * HOUR, MARCH + 24 * HOUR];
    let numbers = openings(&times, Options { slot_minutes: 30, ..Options::default() });
    let table = [
        ("UTC", vec![(0, 3), (24, 1)]),
        ("Europe/Berlin", vec![(-1, 2), (23, 2)]),
        ("America/New_York", vec![(-19, 1), (5, 3)]),
        // From half past 18 on.
        ("Asia/Kolkata", vec![(-6, 1), (18, 3)]),
    ];
    for (zone, expected) in table {
        let query = Query { step: Step::Day, time_zone: zone.into(), ..Query::default() };
        assert_eq!(rows(&numbers, &query), expected, "{zone}");
    }
}

#[test]
fn days_follow_the_clocks() {
    // The clocks of Berlin change on 29 March 2026: that day has 23 hours.
    let day = MARCH + 28 * DAY - HOUR;
    let numbers = openings(&[day, day + 22 * HOUR, day + 23 * HOUR], Options::default());
    let query = Query { step: Step::Day, time_zone: "Europe/Berlin".into(), ..Query::default() };
    let report = report(&numbers, &query);
    let days: Vec<_> = report.rows.iter().map(|row| (row.from, (row.to - row.from) / HOUR)).collect();
    assert_eq!(days, [(day, 23), (day + 23 * HOUR, 24)]);
}

#[test]
fn ranges_are_widened_to_whole_steps_and_say_so() {
    let numbers = openings(&[MARCH, MARCH + HOUR, MARCH + 30 * HOUR], Options::default());
    let table = [
        (Step::Total, (HOUR - 1, HOUR + 1), (0, 2), vec![(0, 2)]),
        (Step::Hour, (HOUR, HOUR + 1), (1, 2), vec![(1, 1)]),
        (Step::Hour, (0, HOUR), (0, 1), vec![(0, 1)]),
        (Step::Day, (HOUR, 30 * HOUR), (0, 48), vec![(0, 2), (24, 1)]),
        (Step::Day, (HOUR, 24 * HOUR), (0, 24), vec![(0, 2)]),
        // Never behind what there is.
        (Step::Hour, (29 * HOUR, 900 * HOUR), (29, 31), vec![(30, 1)]),
    ];
    for (step, (from, to), (begins, ends), expected) in table {
        let query = Query { from: MARCH + from, to: MARCH + to, step, ..Query::default() };
        let report = report(&numbers, &query);
        assert_eq!(((report.from - MARCH) / HOUR, (report.to - MARCH) / HOUR), (begins, ends), "{query:?}");
        assert_eq!(rows(&numbers, &query), expected, "{query:?}");
    }
}

#[test]
fn hours_become_days_and_days_are_forgotten() {
    let options =
        Options { hour_days: 10, days: 20, time_zone: "Europe/Berlin".into(), ..Options::default() };
    let times = [MARCH, MARCH + 23 * HOUR, MARCH + 30 * HOUR, MARCH + 15 * DAY];
    let mut numbers = openings(&times, options);
    let days = |zone: &str| Query { step: Step::Day, time_zone: zone.into(), ..Query::default() };
    // Days of the zone that they are kept by are the same as before.
    assert_eq!(rows(&numbers, &days("Europe/Berlin")), [(-1, 1), (23, 2), (15 * 24 - 1, 1)]);
    assert_eq!(rows(&numbers, &Query::default()), [(-1, 4)]);
    // Hours and days of other zones are only known for the last ten days.
    let error = numbers.report(&days("UTC")).unwrap_err();
    assert!(matches!(error, QueryError::Coarse { at, .. } if at == MARCH - DAY), "{error}");
    assert!(error.to_string().contains("ask for days of `Europe/Berlin`"), "{error}");
    assert!(numbers.report(&Query { step: Step::Hour, ..Query::default() }).is_err());
    let recent = Query { from: MARCH + 15 * DAY - HOUR, step: Step::Hour, ..Query::default() };
    assert_eq!(rows(&numbers, &recent), [(15 * 24, 1)]);
    // Late facts go where their time is now.
    numbers.apply(&Fact { at: MARCH + HOUR, ticket: 90, what: opened("chat", None, 90) });
    assert_eq!(rows(&numbers, &days("Europe/Berlin")), [(-1, 2), (23, 2), (15 * 24 - 1, 1)]);
    // The first day goes, also for late facts; the counter since the beginning stays.
    numbers.apply(&Fact { at: MARCH + 21 * DAY, ticket: 91, what: opened("chat", None, 91) });
    numbers.apply(&Fact { at: MARCH, ticket: 92, what: opened("chat", None, 92) });
    assert_eq!(rows(&numbers, &days("Europe/Berlin")), [(23, 2), (15 * 24 - 1, 1), (21 * 24 - 1, 1)]);
    let totals = numbers.totals();
    assert_eq!(totals.counters.iter().find(|series| series.name == "opened").unwrap().value, 7);
}

#[test]
fn memory_stops_growing() {
    let mut numbers = Numbers::new(Options { hour_days: 8, days: 20, ..Options::default() }).unwrap();
    let mut bytes = Vec::new();
    for day in 0..200 {
        let at = MARCH + day * DAY;
        apply(
            &mut numbers,
            [
                (at, day, opened("chat", Some("sales"), day)),
                (at + HOUR, day, heard("chat")),
                (at + HOUR, day, said(agent("ann"))),
                (at + 2 * HOUR, day, closed()),
            ],
        );
        bytes.push(serde_json::to_string(&numbers).unwrap().len());
    }
    // Numbers in it get longer by a digit here and there.
    assert!(bytes[199] < bytes[40] + 100, "{} and then {}", bytes[40], bytes[199]);
    assert!(bytes[40] > bytes[5], "{} and then {}", bytes[5], bytes[40]);
}

#[test]
fn an_agent_who_never_leaves_costs_no_more_than_what_is_kept() {
    let options = Options { hour_days: 8, days: 20, ..Options::default() };
    let mut numbers = Numbers::new(options).unwrap();
    apply(
        &mut numbers,
        [(0, 0, presence("ann", Presence::Online)), (u64::MAX, 0, presence("ann", Presence::Offline))],
    );
    let query = Query { step: Step::Day, group_by: vec![Dimension::Agent], ..Query::default() };
    let report = report(&numbers, &query);
    assert_eq!(report.rows.len(), 21, "20 days and the one that began");
    let online = numbers.totals().counters.iter().map(|series| series.value).sum::<u64>();
    assert_eq!(report.rows[5].figures.counts[&Count::OnlineMs], DAY);
    assert!(online > 8000 * 365 * DAY, "since the beginning: {online}");
}

#[test]
fn queries_without_an_answer_say_why() {
    let options = Options { hour_days: 400, days: 4000, ..Options::default() };
    let numbers = openings(&[MARCH, MARCH + 420 * DAY], options);
    let query = Query { from: MARCH + 30 * DAY, to: MARCH + 31 * DAY, ..Query::default() };
    let table = [
        (Query { to: query.from, ..query.clone() }, "`to` is to be later"),
        (Query { time_zone: "Mars".into(), ..query.clone() }, "time zone `Mars` is not known"),
        (Query { group_by: vec![Dimension::Agent, Dimension::Team], ..query.clone() }, "ask for either"),
        (
            Query { agents: vec!["ann".into()], channels: vec!["chat".into()], ..query.clone() },
            "ask for either",
        ),
        (Query { step: Step::Day, time_zone: "Asia/Kolkata".into(), ..query.clone() }, "slot_minutes, 60"),
        (Query { from: MARCH + HOUR, ..query.clone() }, "ask for days of `UTC`"),
    ];
    for (query, words) in table {
        let error = numbers.report(&query).unwrap_err();
        assert!(error.to_string().contains(words), "{query:?}: {error}");
    }
}

#[test]
fn reports_are_bounded_in_rows_and_stretches() {
    let options = Options { hour_days: 400, days: 4000, ..Options::default() };
    let mut numbers = Numbers::new(options).unwrap();
    for hour in 0..110 {
        for team in 0..100_u64 {
            let what = opened("chat", Some(&format!("team {team}")), 1);
            numbers.apply(&Fact { at: MARCH + hour * HOUR, ticket: hour * 100 + team, what });
        }
    }
    let query = Query { step: Step::Hour, group_by: vec![Dimension::Team], ..Query::default() };
    assert_eq!(numbers.report(&query), Err(QueryError::Wide));
    let fewer = Query { from: MARCH + 10 * HOUR, ..query.clone() };
    assert_eq!(report(&numbers, &fewer).rows.len(), 10_000);
    let hours = Query { group_by: vec![], ..query };
    assert_eq!(report(&numbers, &hours).rows.len(), 110);
}

#[test]
fn hours_are_asked_for_no_further_back_than_they_are_kept() {
    let numbers =
        openings(&[MARCH, MARCH + 450 * DAY], Options { hour_days: 400, days: 4000, ..Options::default() });
    let hours = |from: u64| numbers.report(&Query { from, step: Step::Hour, ..Query::default() });
    // 400 days have 9,600 hours.
    assert_eq!(hours(MARCH + 50 * DAY).unwrap().rows.len(), 1);
    let error = hours(MARCH + 50 * DAY - HOUR).unwrap_err();
    assert!(matches!(error, QueryError::Coarse { at, .. } if at == MARCH + 50 * DAY - HOUR), "{error}");
    // 450 days have 10,800.
    assert_eq!(hours(0), Err(QueryError::Wide));
}

#[test]
fn tickets_beyond_the_bound_are_not_taken_until_others_are_closed() {
    let mut numbers = openings(&[0, 0, 0], Options { tickets_max: 2, ..Options::default() });
    let counts = |numbers: &Numbers| [Count::Opened, Count::Ignored].map(|count| all(numbers).counts[&count]);
    assert_eq!(counts(&numbers), [2, 1]);
    apply(&mut numbers, [(1, 1, closed()), (2, 4, opened("chat", None, 4)), (3, 1, What::Reopened)]);
    // The closed one was forgotten, so its reopening is a ticket too many.
    assert_eq!(counts(&numbers), [3, 2]);
    assert_eq!(numbers.open_tickets(), 2);
}

#[test]
fn a_report_is_json_with_a_stable_order() {
    let numbers = count([
        (0, 1, opened("chat", None, 7)),
        (0, 2, opened("chat", Some("b"), 7)),
        (0, 3, opened("chat", Some("a"), 7)),
        (0, 1, heard("chat")),
        (7, 1, said(bot())),
    ]);
    let query: Query = serde_json::from_str(r#"{"group_by": ["team"], "step": "hour"}"#).unwrap();
    let report = serde_json::to_value(report(&numbers, &query)).unwrap();
    let teams: Vec<_> = report["rows"].as_array().unwrap().iter().map(|row| row["team"].clone()).collect();
    assert_eq!(teams, [serde_json::Value::Null, "a".into(), "b".into()]);
    let row = report["rows"][0].as_object().unwrap();
    assert!(!row.contains_key("channel") && !row.contains_key("agent"));
    assert_eq!(row["counts"]["messages_by_bots"], 1);
    assert_eq!(row["counts"]["abandoned"], 0);
    assert_eq!(row["times"]["first_response"]["p50_ms"], 7);
    let level = &row["service_levels"]["first_response"];
    assert_eq!(
        level,
        &serde_json::json!({"within_ms": 20000, "is_exact": true, "part": 1, "of": 1, "share": 1.0})
    );
    assert_eq!(Sample::FirstResponse.name(), "first_response");
}
