//! Volumes, outcomes and ratings, each by hand.

use trunkline_numbers::{Count, Figures, Numbers, Presence, Query, Share, Speaker, Step, Target, What};

use crate::facts::*;

fn parts(share: Share) -> (u64, u64) {
    (share.part, share.of)
}

fn counts<const N: usize>(figures: &Figures, names: [Count; N]) -> [u64; N] {
    names.map(|count| figures.counts[&count])
}

#[test]
fn tickets_and_messages_are_counted() {
    let numbers = count([
        (0, 1, opened("chat", None, 7)),
        (0, 1, heard("chat")),
        (1, 1, said(Speaker::Flow)),
        (2, 1, said(bot())),
        (3, 1, handed_over()),
        (4, 1, queued("sales")),
        (5, 1, accepted("ann", "sales")),
        (6, 1, said(agent("ann"))),
        (7, 1, heard("mail")),
        (8, 1, transferred("sales", "help")),
        (9, 1, breached(Target::FirstResponse, "help")),
        (9, 1, breached(Target::Resolution, "help")),
        (10, 1, What::Closed { by: agent("ann") }),
        (11, 1, What::Reopened),
        (12, 1, closed()),
    ]);
    let table = [
        (Count::Opened, 1),
        (Count::Reopened, 1),
        (Count::Closed, 2),
        (Count::ClosedAnswered, 2),
        (Count::CameBack, 1),
        (Count::Abandoned, 0),
        // Nobody, sales, help.
        (Count::MovedIn, 2),
        (Count::MovedOut, 2),
        (Count::MessagesIn, 2),
        (Count::MessagesOut, 3),
        (Count::MessagesByAgents, 1),
        (Count::MessagesByBots, 1),
        (Count::Queued, 1),
        (Count::LeftQueue, 0),
        (Count::HandedOver, 1),
        (Count::Transferred, 1),
        (Count::BotAnswered, 2),
        (Count::BotContained, 0),
        (Count::FirstResponseBreached, 1),
        (Count::ResolutionBreached, 1),
        (Count::Ignored, 0),
    ];
    let figures = all(&numbers);
    for (count, value) in table {
        assert_eq!(figures.counts[&count], value, "{}", count.name());
    }
    assert_eq!(figures.counts.len(), table.len(), "a count has no row in the table");
    let ann = of_agent(&numbers, "ann");
    assert_eq!(counts(&ann, [Count::Accepted, Count::MessagesByAgents, Count::Closed]), [1, 1, 1]);
    let sales = of_team(&numbers, "sales").unwrap();
    assert_eq!(
        counts(&sales, [Count::MovedIn, Count::MovedOut, Count::Transferred, Count::Closed]),
        [1, 1, 1, 0]
    );
    let help = of_team(&numbers, "help").unwrap();
    assert_eq!(counts(&help, [Count::MovedIn, Count::Closed, Count::CameBack]), [1, 2, 1]);
}

#[test]
fn offers_count_for_their_agent() {
    let offered = || What::Offered { agent: "ann".into() };
    let numbers = count([
        (0, 1, opened("chat", Some("sales"), 7)),
        (1, 1, offered()),
        (2, 1, What::Declined { agent: "ann".into() }),
        (3, 1, offered()),
        (4, 1, What::Missed { agent: "ann".into() }),
        (5, 1, offered()),
        (6, 1, accepted("ann", "sales")),
        (7, 1, returned("ann")),
    ]);
    let ann = of_agent(&numbers, "ann");
    let names = [Count::Offered, Count::Declined, Count::Missed, Count::Accepted, Count::Returned];
    assert_eq!(counts(&ann, names), [3, 1, 1, 1, 1]);
}

/// One answered ticket of contact 7, closed at 100.
fn one_answered() -> Numbers {
    count([(0, 1, opened("chat", None, 7)), (0, 1, heard("chat")), (50, 1, said(bot())), (100, 1, closed())])
}

/// A name, what happens then, and how often the contact came back.
type Case = (&'static str, Vec<(u64, u64, What)>, u64);

#[test]
fn first_contact_resolution_is_lost_when_the_contact_comes_back_in_time() {
    let week = 7 * DAY;
    let wrote = |at, ticket| [(at, ticket, opened("mail", None, 7)), (at, ticket, heard("mail"))];
    let table: [Case; 8] = [
        ("nothing more", vec![], 0),
        ("reopened on the last millisecond", vec![(100 + week, 1, What::Reopened)], 1),
        ("reopened later", vec![(101 + week, 1, What::Reopened)], 0),
        ("another ticket", wrote(200, 2).to_vec(), 1),
        ("another contact", vec![(200, 2, opened("mail", None, 8)), (200, 2, heard("mail"))], 0),
        (
            "we began the other ticket",
            vec![(200, 2, opened("mail", None, 7)), (201, 2, said(agent("ann"))), (202, 2, heard("mail"))],
            0,
        ),
        ("counted once for two tickets", [wrote(200, 2), wrote(300, 3)].concat(), 1),
        (
            "counted once for a ticket and a reopening",
            wrote(200, 2).into_iter().chain([(300, 1, What::Reopened)]).collect(),
            1,
        ),
    ];
    for (name, facts, came_back) in table {
        let mut numbers = one_answered();
        apply(&mut numbers, facts);
        let figures = all(&numbers);
        assert_eq!(figures.counts[&Count::CameBack], came_back, "{name}");
        assert_eq!(parts(figures.first_contact_resolution), (1 - came_back, 1), "{name}");
    }
}

#[test]
fn coming_back_counts_in_the_hour_of_the_closing() {
    let mut numbers = one_answered();
    apply(&mut numbers, [(3 * DAY, 1, What::Reopened), (12 * DAY, 9, opened("chat", None, 9))]);
    let query = Query { step: Step::Hour, ..Query::default() };
    let rows = report(&numbers, &query).rows;
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row.from / DAY, row.is_settled, row.figures.counts[&Count::CameBack]))
        .collect();
    // Less than a week ago, contacts may still come back.
    assert_eq!(found, [(0, true, 1), (3, true, 0), (12, false, 0)]);
    for (passed, is_settled) in [(7 * DAY - 1, false), (7 * DAY, true)] {
        let mut numbers = one_answered();
        apply(&mut numbers, [(HOUR + passed, 2, opened("chat", None, 9))]);
        assert_eq!(report(&numbers, &query).rows[0].is_settled, is_settled, "{passed}");
    }
}

#[test]
fn tickets_without_an_answer_are_abandoned_and_resolve_nothing() {
    let table = [
        ("no answer", vec![heard("chat")], (1, 1), 0),
        ("a greeting is none", vec![heard("chat"), said(Speaker::Flow), said(Speaker::Program)], (1, 1), 0),
        ("a bot answers", vec![heard("chat"), said(bot())], (0, 1), 1),
        ("an agent answers", vec![heard("chat"), said(agent("ann"))], (0, 1), 1),
        ("nobody wrote", vec![], (0, 1), 0),
        ("the contact said thanks", vec![said(agent("ann")), heard("chat")], (0, 1), 1),
    ];
    for (name, speech, abandonment, answered) in table {
        let mut numbers = count([(0, 1, opened("chat", None, 7))]);
        apply(&mut numbers, speech.into_iter().map(|what| (1, 1, what)));
        apply(&mut numbers, [(2, 1, closed())]);
        let figures = all(&numbers);
        assert_eq!(parts(figures.abandonment), abandonment, "{name}");
        assert_eq!(figures.first_contact_resolution.of, answered, "{name}");
    }
}

#[test]
fn a_bot_contains_what_no_person_touched() {
    let table = [
        ("the bot alone", vec![said(bot())], (1, 1)),
        ("no bot", vec![said(agent("ann"))], (0, 0)),
        ("an agent had it", vec![said(bot()), accepted("ann", "sales")], (0, 1)),
        ("an agent wrote", vec![said(bot()), said(agent("ann"))], (0, 1)),
        ("an agent was asked only", vec![said(bot()), What::Offered { agent: "ann".into() }], (1, 1)),
        ("handed over, and closed in the queue", vec![said(bot()), handed_over(), queued("sales")], (1, 1)),
    ];
    for (name, facts, containment) in table {
        let mut numbers = count([(0, 1, opened("chat", Some("sales"), 7)), (0, 1, heard("chat"))]);
        apply(&mut numbers, facts.into_iter().map(|what| (1, 1, what)));
        apply(&mut numbers, [(2, 1, closed())]);
        assert_eq!(parts(all(&numbers).bot_containment), containment, "{name}");
    }
}

#[test]
fn ratings_have_their_averages() {
    let mut numbers = count([(0, 1, opened("chat", None, 7))]);
    apply(&mut numbers, [5, 5, 4, 1].map(|value| (1, 1, csat(value))));
    apply(&mut numbers, [10, 9, 9, 8, 7, 6, 0].map(|value| (1, 1, nps(value))));
    // On no scale.
    apply(&mut numbers, [(1, 1, csat(0)), (1, 1, csat(6)), (1, 1, nps(11))]);
    let figures = all(&numbers);
    assert_eq!(
        (figures.csat.count, figures.csat.mean, figures.csat.ratings),
        (4, Some(3.75), [1, 0, 0, 1, 2])
    );
    let nps = figures.nps;
    assert_eq!((nps.count, nps.promoters, nps.passives, nps.detractors), (7, 3, 2, 2));
    assert_eq!(nps.score, Some(100.0 / 7.0));
    assert_eq!(figures.counts[&Count::Ignored], 3);
}

#[test]
fn what_fits_nothing_is_ignored_by_name() {
    let numbers = count([
        // No such ticket.
        (0, 9, closed()),
        (0, 9, queued("sales")),
        (0, 9, accepted("ann", "sales")),
        (0, 9, What::Snoozed),
        (0, 9, handed_over()),
        (0, 9, transferred("sales", "help")),
        (1, 1, opened("chat", None, 7)),
        // Twice.
        (2, 1, opened("chat", None, 7)),
        (3, 1, closed()),
        (4, 1, closed()),
    ]);
    let figures = all(&numbers);
    assert_eq!(counts(&figures, [Count::Ignored, Count::Opened, Count::Closed]), [8, 1, 1]);
    assert_eq!(figures.counts.values().sum::<u64>(), 10);
    assert_eq!(numbers.open_tickets(), 0);
}

#[test]
fn totals_say_what_is_so_now() {
    let numbers = count([
        (0, 0, presence("ann", Presence::Online)),
        (0, 1, opened("chat", Some("sales"), 7)),
        (0, 1, heard("chat")),
        (0, 2, opened("chat", Some("sales"), 8)),
        (1, 2, queued("sales")),
        (5 * MINUTE, 1, said(agent("ann"))),
        (6 * MINUTE, 1, csat(4)),
    ]);
    let totals = numbers.totals();
    let value = |series: &[trunkline_numbers::Series], name: &str| {
        let found: Vec<_> = series.iter().filter(|series| series.name == name).collect();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        (found[0].value, found[0].labels.iter().map(|label| label.1.clone()).collect::<Vec<_>>().join("/"))
    };
    assert_eq!(value(&totals.gauges, "open"), (2, "chat/sales".into()));
    assert_eq!(value(&totals.gauges, "waiting"), (1, "chat/sales".into()));
    assert_eq!(value(&totals.gauges, "agents"), (1, "online".into()));
    assert_eq!(value(&totals.counters, "opened"), (2, "chat/sales".into()));
    assert_eq!(value(&totals.counters, "agent_online_ms"), (6 * MINUTE, "ann".into()));
    let first = totals.histograms.iter().find(|histogram| histogram.name == "first_response_ms").unwrap();
    assert_eq!(
        (first.count, first.sum, first.at_most[..3].to_vec()),
        (1, 5 * MINUTE, vec![(20 * SECOND, 0), (MINUTE, 0), (5 * MINUTE, 1)])
    );
    let csat = totals.histograms.iter().find(|histogram| histogram.name == "csat").unwrap();
    assert_eq!(csat.at_most, [(1, 0), (2, 0), (3, 0), (4, 1), (5, 1)]);
}
