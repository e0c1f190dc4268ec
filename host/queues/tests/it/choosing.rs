//! Who gets which ticket, and what is said about it.

use trunkline_queues::{Behind, Change, Need, Presence, Rule, Strategy, Verdict, Whereabouts};

use crate::desk::{CONFIG, Desk, need, reasons, supervisor, ticket, words};

#[test]
fn strategies_choose() {
    let table = [
        // Ada has one ticket and got it last.
        ("longest_idle", "bob", Behind::LessIdle),
        // Ada may have four, Bob only one.
        ("least_loaded", "bob", Behind::MoreLoaded),
        ("round_robin", "bob", Behind::NotTheirTurn),
    ];
    for (strategy, expected, behind) in table {
        let config = CONFIG.replace("missed_max = 2", &format!("strategy = \"{strategy}\""));
        let mut desk = Desk::new(&config);
        desk.online(&["ada", "bob"]);
        assert_eq!(words(&desk.enqueue(need(1))), "tkt_1 to ada?", "{strategy}");
        let changes = desk.enqueue(need(2));
        assert_eq!(words(&changes), format!("tkt_2 to {expected}?"), "{strategy}");
        let Change::Offered { trace, .. } = &changes[0] else { panic!("{changes:?}") };
        assert_eq!(trace.candidates[1].verdict, Verdict::Behind(behind));
    }
}

#[test]
fn turns_go_round_whoever_is_idle() {
    let config = CONFIG.replace("missed_max = 2", "strategy = \"round_robin\"");
    let mut desk =
        Desk::new(&config.replace("[agents.bob]", "[agents.cyd]\nteams = [\"support\"]\n[agents.bob]"));
    desk.online(&["cyd", "ada", "bob"]);
    let mut order = Vec::new();
    for number in 1..=5 {
        // Cyd has nothing to do for the longest, and is not asked out of turn.
        order.push(desk.accepted(need(number)).0);
        desk.queues.release(desk.at, ticket(number), &supervisor()).expect("released");
        desk.at += 1;
    }
    assert_eq!(order, ["ada", "bob", "cyd", "ada", "bob"]);
}

#[test]
fn load_is_a_part_of_what_an_agent_may_have() {
    let config = CONFIG.replace("missed_max = 2", "strategy = \"least_loaded\"").replace(
        "[agents.bob]",
        "[agents.cyd]\nteams = [\"support\"]\ncapacity = { total = 9 }\n[agents.bob]",
    );
    let mut desk = Desk::new(&config);
    desk.online(&["cyd", "ada"]);
    let order: Vec<_> = (1..=7).map(|number| words(&desk.enqueue(need(number)))).collect();
    // 0/9 and 0/4; 1/9; 1/4 against 2/9, and so on.
    let expected = ["cyd", "ada", "cyd", "cyd", "ada", "cyd", "cyd"];
    for (number, agent) in (1..).zip(expected) {
        assert_eq!(order[number - 1], format!("tkt_{number} to {agent}?"));
    }
}

#[test]
fn a_contact_comes_back_to_the_same_agent() {
    let config = CONFIG.replace("missed_max = 2", "sticky = 10");
    let mut desk = Desk::new(&config);
    desk.online(&["ada", "bob"]);
    let again = |number: u64| Need { ticket: ticket(number), ..need(1) };
    desk.accepted(again(1));
    desk.queues.release(desk.at, ticket(1), &supervisor()).expect("released");
    desk.at += 9 * 60_000;
    let changes = desk.enqueue(again(2));
    let expected = (Rule::Sticky, "ada: chosen, bob: another one was with this contact last".to_owned());
    assert_eq!(reasons(&changes[0]), expected);
    desk.queues.release(desk.at, ticket(2), &supervisor()).expect("released");
    desk.at += 60_000;
    let changes = desk.enqueue(again(3));
    assert_eq!(reasons(&changes[0]).0, Rule::Strategy(Strategy::LongestIdle), "ten minutes are over");
}

#[test]
fn a_second_ticket_goes_where_the_first_is() {
    let config = CONFIG.replace("missed_max = 2", "sticky = 10");
    let again = |number: u64| Need { ticket: ticket(number), ..need(1) };
    let mut desk = Desk::new(&config);
    desk.online(&["ada", "bob"]);
    desk.accepted(again(1));
    assert_eq!(words(&desk.enqueue(again(2))), "tkt_2 to ada?", "bob is idle for longer");

    let mut desk = Desk::new(&config);
    desk.online(&["ada", "bob"]);
    desk.queues.give(desk.at, again(1), "bob", "sue").expect("given");
    desk.at += 1;
    assert_eq!(words(&desk.enqueue(need(3))), "tkt_3 to ada?");
    desk.at += 1;
    assert_eq!(words(&desk.enqueue(again(2))), "tkt_2 to bob?", "though he has as much to do");
    assert_eq!(reasons(&desk.enqueue(again(4))[0]).0, Rule::Sticky);
}

#[test]
fn everybody_is_named_who_could_not_take_it() {
    let config = r#"
        default_team = "support"
        [teams.support]
        [agents.ada]
        teams = ["support"]
        [agents.bob]
        teams = ["support"]
        capacity = { total = 4, chat = 1 }
        [agents.cyd]
        teams = ["support"]
        skills = { billing = 1 }
        [agents.dan]
        teams = ["support"]
        skills = { billing = 3 }
        languages = ["en"]
        [agents.eve]
        teams = ["support"]
        capacity = { total = 0 }
    "#;
    let mut desk = Desk::new(config);
    desk.online(&["bob"]);
    desk.accepted(need(1));
    desk.online(&["cyd", "dan", "eve"]);
    let wanted = Need { language: Some("de".into()), relax_after_seconds: Some(30), ..need(2) };
    let wanted = Need { skills: [("billing".to_owned(), 2)].into(), ..wanted };
    let changes = desk.enqueue(wanted);
    let expected = "ada: offline, bob: at capacity (chat 1/1), cyd: lacks the skill billing ≥ 2 (has 1), \
                    dan: does not speak de, eve: at capacity (chat 0/0)";
    assert_eq!(reasons(&changes[0]), (Rule::Nobody, expected.to_owned()));
    let changes = desk.tick_after(30);
    assert_eq!(words(&changes), "tkt_2 to cyd?", "skills are relaxed, the language is not");
    let Change::Offered { trace, .. } = &changes[0] else { panic!("{changes:?}") };
    assert!(trace.relaxed);
}

#[test]
fn a_trace_is_bounded() {
    let agents = (0..60).map(|index| format!("[agents.a{index:02}]\nteams = [\"support\"]\n"));
    let mut desk =
        Desk::new(&format!("default_team = \"support\"\n[teams.support]\n{}", agents.collect::<String>()));
    desk.online(&["a55"]);
    let changes = desk.enqueue(need(1));
    let Change::Offered { trace, .. } = &changes[0] else { panic!("{changes:?}") };
    assert_eq!((trace.candidates.len(), trace.more), (50, 10));
    assert_eq!(trace.candidates[0].to_string(), "a55: chosen");
}

#[test]
fn other_teams_help_after_a_time() {
    let config = CONFIG
        .replace("missed_max = 2", "overflow = [{ after_seconds = 30, to_team = \"leads\" }]")
        .replace("[agents.bob]", "[agents.lea]\nteams = [\"leads\"]\n[agents.bob]");
    let mut desk = Desk::new(&config);
    desk.online(&["lea"]);
    assert_eq!(words(&desk.enqueue(need(1))), "tkt_1 waits in support");
    assert_eq!(words(&desk.tick_after(29)), "");
    assert_eq!(words(&desk.tick_after(1)), "leads helps with tkt_1, tkt_1 to lea?");
    // Its own team still may have it, and is asked first.
    desk.queues.presence(desk.at, "lea", Presence::Offline).expect("lea");
    desk.online(&["ada"]);
    assert_eq!(desk.holder(1).0, "ada");
    // Whoever comes back from an owner has only its own team at first.
    let (agent, generation) = desk.holder(1);
    desk.queues.accept(desk.at, &agent, ticket(1), generation).expect("accepted");
    desk.queues.presence(desk.at, "ada", Presence::Offline).expect("ada");
    assert_eq!(words(&desk.tick_after(600)), "tkt_1 from ada, tkt_1 waits in support");
    let expected = Whereabouts::Waiting { teams: vec!["support".into()], front: true };
    assert_eq!(desk.queues.whereabouts(ticket(1)), Some(expected));
}

#[test]
fn of_what_is_due_at_once_the_best_comes_first() {
    let config = CONFIG
        .replace("missed_max = 2", "overflow = [{ after_seconds = 30, to_team = \"leads\" }]")
        .replace("[agents.bob]", "[agents.lea]\nteams = [\"leads\"]\ncapacity = { total = 1 }\n[agents.bob]");
    let mut desk = Desk::new(&config);
    desk.online(&["lea"]);
    desk.enqueue(need(1));
    desk.enqueue(Need { priority: 1, ..need(2) });
    let expected = "leads helps with tkt_1, leads helps with tkt_2, tkt_2 to lea?";
    assert_eq!(words(&desk.tick_after(30)), expected);
    // Time to overflow goes on while a ticket is offered.
    desk.queues.presence(desk.at, "lea", Presence::Offline).expect("lea");
    desk.online(&["ada"]);
    desk.queues.presence(desk.at, "bob", Presence::Busy).expect("bob");
    assert_eq!(words(&desk.enqueue(need(3))), "tkt_3 to ada?");
    desk.queues.presence(desk.at, "ada", Presence::Busy).expect("ada");
    let changes = words(&desk.tick_after(40));
    assert_eq!(changes.matches("leads helps with tkt_3").count(), 1, "{changes}");
    assert_eq!(changes.matches("tkt_3 waits in support").count(), 1, "{changes}");
}

#[test]
fn the_best_comes_first_when_somebody_leaves_or_more_may_be_had() {
    let config = CONFIG.replace("[agents.bob]", "[agents.bob]\ncapacity = { total = 1 }");
    let urgent = Need { priority: 1, ..need(2) };
    let mut desk = Desk::new(&config);
    desk.online(&["ada"]);
    desk.enqueue(need(1));
    desk.enqueue(urgent.clone());
    desk.queues.presence(desk.at, "ada", Presence::Busy).expect("ada");
    desk.online(&["bob"]);
    let changes = desk.queues.presence(desk.at, "ada", Presence::Away).expect("ada");
    assert_eq!(
        words(&changes),
        "ada away, tkt_1 from ada, tkt_2 from ada, tkt_2 to bob?, tkt_1 waits in support"
    );

    let mut desk = Desk::new(&config.replace("total = 1", "total = 0"));
    desk.online(&["bob"]);
    desk.enqueue(need(1));
    desk.enqueue(urgent);
    let changes = desk.queues.configure(desk.at, toml::from_str(&config).expect("a configuration"));
    assert_eq!(words(&changes.expect("valid")), "tkt_2 to bob?");
}

#[test]
fn priority_grows_by_waiting() {
    let mut desk = Desk::new(CONFIG);
    let come = [(1, 0, 0), (2, 5, 299_000), (3, 5, 301_000), (4, 9, 539_000), (5, 9, 540_000), (6, 0, 0)];
    for (number, priority, since) in come {
        desk.at = 600_000;
        desk.enqueue(Need { priority, since, ..need(number) });
    }
    // A step a minute: five steps are worth 300 s, nine 540 s. Who waits longer is first among equals.
    assert_eq!(desk.queues.waiting("support"), [2, 4, 1, 6, 5, 3].map(ticket));
    assert_eq!(desk.queues.explain(ticket(2)).expect("it waits").priority_thousandths, 10_016);
    assert_eq!(desk.queues.team("support").expect("a team").oldest_since, Some(0));
}

#[test]
fn who_is_in_two_teams_gets_the_best_of_both() {
    let config = CONFIG.replace("[teams.leads]", "[teams.leads]\npriority_ageing_seconds = 10").replace(
        "[agents.bob]\n    teams = [\"support\"]",
        "[agents.bob]\n    teams = [\"leads\", \"support\"]",
    );
    let mut desk = Desk::new(&config);
    desk.at = 100_000;
    let come = [
        // Number, team, kind of channel, priority, and waiting since; by now a step in 60 s, or in 10 s.
        (1, "support", "chat", 2, 100_000),
        (2, "support", "letter", 3, 100_000),
        (3, "leads", "chat", 0, 71_000),
        (4, "leads", "letter", 0, 69_000),
        (5, "support", "voice", 3, 99_000),
    ];
    for (number, team, kind, priority, since) in come {
        let need = Need { priority, ..Need::new(ticket(number), team, kind, number, since) };
        desk.queues.enqueue(desk.at, need).expect("queued");
    }
    let changes = desk.queues.presence(desk.at, "bob", Presence::Online).expect("bob");
    // 3.1 steps, 3 and a second of waiting, 3, 2.9; then bob has four.
    let expected = "bob online, tkt_4 to bob?, tkt_5 to bob?, tkt_2 to bob?, tkt_3 to bob?";
    assert_eq!(words(&changes), expected);
}
