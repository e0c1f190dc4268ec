//! What holds whatever happens: facts that fit each other or not, in order or late.

use proptest::collection::vec;
use proptest::prelude::*;
use trunkline_numbers::{
    Count, Dimension, Distribution, Fact, Figures, Numbers, Options, Presence, Query, Rating, Sample,
    Speaker, Step, Target, What,
};

use crate::facts::*;

const CASES: u32 = 256;

/// Count, sum and maximum of a distribution.
type Sum = (u64, u64, u64);

fn name(of: &'static str) -> impl Strategy<Value = String> {
    (0..3_u8).prop_map(move |number| format!("{of}{number}"))
}

fn speaker() -> impl Strategy<Value = Speaker> {
    prop_oneof![
        name("agent").prop_map(Speaker::Agent),
        name("bot").prop_map(Speaker::Bot),
        Just(Speaker::Flow),
        Just(Speaker::Program)
    ]
}

fn what() -> impl Strategy<Value = What> {
    let team = || name("team");
    let agent = || name("agent");
    let state = prop_oneof![
        Just(Presence::Online),
        Just(Presence::Busy),
        Just(Presence::Away),
        Just(Presence::Offline)
    ];
    let kind = prop_oneof![(0..7_u8).prop_map(Rating::Csat), (0..12_u8).prop_map(Rating::Nps)];
    let target = prop_oneof![Just(Target::FirstResponse), Just(Target::Resolution)];
    prop_oneof![
        4 => (name("channel"), proptest::option::of(team()), 0..6_u64)
            .prop_map(|(channel, team, contact)| What::Opened { channel, team, contact }),
        2 => Just(What::Reopened),
        4 => name("channel").prop_map(|channel| What::Heard { channel }),
        4 => (name("channel"), speaker()).prop_map(|(channel, by)| What::Said { channel, by }),
        2 => team().prop_map(|team| What::Queued { team }),
        1 => agent().prop_map(|agent| What::Offered { agent }),
        3 => (agent(), team()).prop_map(|(agent, team)| What::Accepted { agent, team }),
        1 => agent().prop_map(|agent| What::Declined { agent }),
        1 => agent().prop_map(|agent| What::Missed { agent }),
        1 => agent().prop_map(|agent| What::Returned { agent }),
        1 => (proptest::option::of(team()), team())
            .prop_map(|(from_team, to_team)| What::Transferred { from_team, to_team }),
        1 => name("bot").prop_map(|bot| What::HandedOver { bot, reason: "asked".into() }),
        1 => Just(What::Snoozed),
        1 => Just(What::Pending),
        3 => speaker().prop_map(|by| What::Closed { by }),
        1 => kind.prop_map(|kind| What::Rated { kind }),
        1 => (target, team()).prop_map(|(target, team)| What::Breached { target, team }),
        2 => (agent(), state).prop_map(|(agent, state)| What::Presence { agent, state }),
    ]
}

/// Facts of few tickets over some weeks, one in eight of them late by up to a week.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let pause = prop_oneof![0..MINUTE, 0..5 * HOUR, 0..2 * DAY];
    let late = prop_oneof![7 => Just(0), 1 => 0..7 * DAY];
    vec((pause, late, 1..12_u64, what()), 0..90).prop_map(|steps| {
        let mut now = 20_000 * DAY;
        let step = |(pause, late, ticket, what)| {
            now += pause;
            Fact { at: now - late, ticket, what }
        };
        steps.into_iter().map(step).collect()
    })
}

/// Hours are kept for all of [`facts`].
fn long() -> Options {
    Options { hour_days: 300, slot_minutes: 30, time_zone: "Europe/Berlin".into(), ..Options::default() }
}

/// Hours become days, and days are forgotten, among [`facts`].
fn short() -> Options {
    Options { hour_days: 8, days: 15, time_zone: "America/New_York".into(), ..Options::default() }
}

fn fold(facts: &[Fact], options: Options) -> Numbers {
    let mut numbers = Numbers::new(options).expect("good options");
    facts.iter().for_each(|fact| numbers.apply(fact));
    numbers
}

/// All that adds up, of all rows together.
fn sums(numbers: &Numbers, query: &Query) -> (Vec<u64>, Vec<Sum>, Vec<u64>) {
    let mut counts = vec![0; Count::ALL.len()];
    let mut times = vec![(0, 0, 0); Sample::ALL.len()];
    let mut ratings = vec![0; 9];
    for row in report(numbers, query).rows {
        let Figures { counts: of_row, times: times_of_row, csat, nps, .. } = row.figures;
        for (place, count) in Count::ALL.iter().enumerate() {
            counts[place] += of_row.get(count).copied().unwrap_or(0);
        }
        for (place, sample) in Sample::ALL.iter().enumerate() {
            if let Some(more) = times_of_row.get(sample) {
                let sum: &mut Sum = &mut times[place];
                *sum = (sum.0 + more.count, sum.1 + more.sum_ms, sum.2.max(more.max_ms));
            }
        }
        let more = [csat.count, nps.promoters, nps.passives, nps.detractors].into_iter().chain(csat.ratings);
        ratings.iter_mut().zip(more).for_each(|(rating, more)| *rating += more);
    }
    (counts, times, ratings)
}

/// A query about traffic, or about agents.
fn subject(about_agents: bool) -> Query {
    let group_by = if about_agents { vec![Dimension::Agent] } else { vec![] };
    Query { group_by, ..Query::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    /// Serializing at any point changes nothing, to the byte, and neither does folding anew.
    #[test]
    fn rebuilding_gives_the_same(facts in facts(), cut in 0..90_usize, is_short in any::<bool>()) {
        let options = if is_short { short() } else { long() };
        let whole = fold(&facts, options.clone());
        let (before, after) = facts.split_at(cut.min(facts.len()));
        let snapshot = serde_json::to_vec(&fold(before, options.clone())).unwrap();
        let mut resumed: Numbers = serde_json::from_slice(&snapshot).unwrap();
        prop_assert_eq!(serde_json::to_vec(&resumed).unwrap(), snapshot);
        after.iter().for_each(|fact| resumed.apply(fact));
        prop_assert_eq!(&resumed, &whole);
        prop_assert_eq!(resumed.report(&Query::default()), whole.report(&Query::default()));
        prop_assert_eq!(resumed.totals(), whole.totals());
        prop_assert_eq!(serde_json::to_vec(&resumed).unwrap(), serde_json::to_vec(&fold(&facts, options)).unwrap());
    }

    /// Hours, days of any zone, and the whole add up to the same.
    #[test]
    fn steps_add_up(
        facts in facts(),
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"]),
        about_agents in any::<bool>(),
    ) {
        let numbers = fold(&facts, long());
        let total = subject(about_agents);
        let hours = Query { step: Step::Hour, ..total.clone() };
        let days = Query { step: Step::Day, time_zone: zone.into(), ..total.clone() };
        let expected = sums(&numbers, &total);
        prop_assert_eq!(&sums(&numbers, &hours), &expected);
        prop_assert_eq!(&sums(&numbers, &days), &expected);
    }

    /// Becoming days changes no sum over days, but for those that are forgotten.
    #[test]
    fn days_are_the_same_when_hours_are_gone(facts in facts(), about_agents in any::<bool>()) {
        let numbers = fold(&facts, short());
        let hours = fold(&facts, Options { hour_days: 300, days: 400, ..short() });
        let query = Query { step: Step::Day, time_zone: short().time_zone, ..subject(about_agents) };
        let kept = report(&numbers, &query);
        let all = report(&hours, &Query { from: kept.from, ..query });
        let later: Vec<_> = all.rows.into_iter().filter(|row| row.from >= kept.from).collect();
        prop_assert_eq!(kept.rows, later);
    }

    /// Groups add up to the whole, and so do filters.
    #[test]
    fn groups_add_up(facts in facts()) {
        let numbers = fold(&facts, long());
        let total = sums(&numbers, &Query::default());
        for group_by in [
            vec![Dimension::Channel],
            vec![Dimension::Team],
            vec![Dimension::Team, Dimension::Channel],
        ] {
            let query = Query { group_by, ..Query::default() };
            prop_assert_eq!(&sums(&numbers, &query), &total, "{:?}", query.group_by);
        }
        let teams = ["", "team0", "team1", "team2"].map(String::from);
        let query = Query { teams: teams.to_vec(), ..Query::default() };
        prop_assert_eq!(&sums(&numbers, &query), &total);
        let opened: u64 = teams.iter().filter_map(|team| Some(of_team(&numbers, team)?.counts[&Count::Opened])).sum();
        prop_assert_eq!(opened, total.0[0]);
    }

    /// What was opened and not closed is open: in all, and in every team with what moved.
    #[test]
    fn tickets_are_conserved(facts in facts()) {
        let numbers = fold(&facts, long());
        let mut all = 0;
        let gauges = numbers.totals().gauges;
        let rows = report(&numbers, &Query { group_by: vec![Dimension::Team], ..Query::default() }).rows;
        for row in rows {
            let value = |count| row.figures.counts[&count];
            let left = value(Count::Opened) + value(Count::Reopened) + value(Count::MovedIn);
            let left = left - value(Count::Closed) - value(Count::MovedOut);
            let team = row.team.flatten().unwrap_or_default();
            let open = gauges.iter().filter(|series| series.name == "open" && series.labels[1].1 == team);
            prop_assert_eq!(left, open.map(|series| series.value).sum::<u64>(), "{}", team);
            all += left;
        }
        prop_assert_eq!(all, numbers.open_tickets() as u64);
    }

    /// Counters since the beginning are what a report of all says, where nothing is forgotten.
    #[test]
    fn counters_are_the_report_of_all(facts in facts()) {
        let numbers = fold(&facts, long());
        let totals = numbers.totals();
        for about_agents in [false, true] {
            let (counts, times, _) = sums(&numbers, &subject(about_agents));
            let prefix = if about_agents { "agent_" } else { "" };
            for (count, value) in Count::ALL.iter().zip(counts) {
                let name = format!("{prefix}{}", count.name());
                let found = totals.counters.iter().filter(|series| series.name == name);
                prop_assert_eq!(found.map(|series| series.value).sum::<u64>(), value, "{}", name);
            }
            for (sample, value) in Sample::ALL.iter().filter(|sample| sample.is_time()).zip(times) {
                let name = format!("{prefix}{}_ms", sample.name());
                let found = totals.histograms.iter().filter(|histogram| histogram.name == name);
                prop_assert_eq!(found.map(|histogram| histogram.sum).sum::<u64>(), value.1, "{}", name);
            }
        }
    }

    /// Parts are no more than wholes.
    #[test]
    fn shares_are_at_most_one(facts in facts(), about_agents in any::<bool>()) {
        let numbers = fold(&facts, long());
        for row in report(&numbers, &Query { step: Step::Hour, ..subject(about_agents) }).rows {
            let figures = row.figures;
            let shares = [
                figures.first_contact_resolution,
                figures.bot_containment,
                figures.abandonment,
                figures.load,
            ];
            for share in shares.into_iter().chain(figures.service_levels.values().map(|level| level.share)) {
                prop_assert!(share.part <= share.of, "{:?}", share);
            }
            let value = |count| figures.counts.get(&count).copied().unwrap_or(0);
            prop_assert!(value(Count::CameBack) <= value(Count::ClosedAnswered));
            prop_assert!(value(Count::OnlineMs) <= (row.to - row.from) * 3, "three agents");
        }
    }

    /// A report has rows of the time asked for and of no other, and as many messages as there were then.
    #[test]
    fn ranges_hold_what_was_in_them(facts in facts(), from in 0..100 * 24_u64, hours in 1..10 * 24_u64) {
        let numbers = fold(&facts, long());
        let from = (20_000 - 8) * DAY + from * HOUR;
        let to = from + hours * HOUR;
        for step in [Step::Hour, Step::Total] {
            let rows = report(&numbers, &Query { from, to, step, ..Query::default() }).rows;
            prop_assert!(rows.iter().all(|row| from <= row.from && row.to <= to), "{} {} {:?}", from, to, rows);
            let is_here = |fact: &&Fact| matches!(fact.what, What::Said { .. }) && (from..to).contains(&fact.at);
            let counted: u64 = rows.iter().map(|row| row.figures.counts[&Count::MessagesOut]).sum();
            prop_assert_eq!(counted, facts.iter().filter(is_here).count() as u64);
        }
    }

    /// A message counts in the hour of its own time, whatever came before.
    #[test]
    fn late_facts_go_into_their_own_hour(facts in facts()) {
        let numbers = fold(&facts, long());
        let rows = report(&numbers, &Query { step: Step::Hour, ..Query::default() }).rows;
        let is_message = |fact: &&Fact| matches!(fact.what, What::Heard { .. });
        let mut seen = 0;
        for row in rows {
            let here = facts.iter().filter(is_message).filter(|fact| (row.from..row.to).contains(&fact.at));
            let here = here.count() as u64;
            prop_assert_eq!(row.figures.counts[&Count::MessagesIn], here);
            seen += here;
        }
        prop_assert_eq!(seen, facts.iter().filter(is_message).count() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4 * 1024, failure_persistence: None, ..ProptestConfig::default() })]

    /// Quantiles are within 1 % of those of the sorted values, for any way of adding up parts.
    #[test]
    fn quantiles_are_within_one_percent(
        values in vec(prop_oneof![0..300_u64, 0..100_000_u64, 0..30 * DAY, any::<u64>()], 1..80),
        split in 0..80_usize,
        per_mille in 0..=1000_u16,
    ) {
        let (first, second) = values.split_at(split.min(values.len()));
        let thresholds = [100, 20_000];
        let of = |values: &[u64]| {
            let mut distribution = Distribution::default();
            values.iter().for_each(|&value| distribution.add(value, &thresholds));
            distribution
        };
        let mut merged = of(second);
        merged.merge(&of(first));
        prop_assert_eq!(&merged, &of(&values));

        let mut sorted = values.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * usize::from(per_mille)).div_ceil(1000).max(1);
        let exact = sorted[rank - 1];
        let estimate = merged.quantile(per_mille).unwrap();
        prop_assert!(u128::from(exact.abs_diff(estimate)) * 100 <= u128::from(exact), "{} for {}", estimate, exact);
        prop_assert_eq!(merged.max(), sorted[sorted.len() - 1]);
        let within = thresholds.map(|threshold| sorted.iter().filter(|&&value| value <= threshold).count() as u64);
        prop_assert_eq!(merged.within(), within);
        // Never flatters, and misses those alone that are within 1.6 % of the target.
        let target = exact;
        let at_most = merged.at_most(target);
        let truly = |limit: u128| sorted.iter().filter(|&&value| u128::from(value) <= limit).count() as u64;
        prop_assert!(at_most <= truly(u128::from(target)));
        prop_assert!(at_most >= truly(u128::from(target) * 63 / 64));
    }

    /// No fact, whatever its numbers and names, and no query is a panic.
    #[test]
    fn nothing_panics(
        steps in vec((any::<u64>(), any::<u64>(), what()), 0..20),
        (from, to, within) in (any::<u64>(), any::<u64>(), any::<u64>()),
    ) {
        let facts: Vec<_> = steps.into_iter().map(|(at, ticket, what)| Fact { at, ticket, what }).collect();
        let numbers = fold(&facts, short());
        for step in [Step::Hour, Step::Day, Step::Total] {
            let query = Query { from, to, step, within_ms: Some(within), ..Query::default() };
            if let Ok(report) = numbers.report(&query) {
                prop_assert!(report.from < report.to);
            }
        }
        prop_assert!(numbers.totals().counters.iter().all(|series| series.value > 0));
    }
}
