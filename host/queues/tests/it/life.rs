//! What happens to single tickets, step by step.

use trunkline_queues::{By, Config, Need, Presence, Rule, Target, Whereabouts};

use crate::desk::{CONFIG, Desk, need, reasons, supervisor, ticket, words};

#[test]
fn an_offer_goes_to_the_next_and_whoever_misses_too_many_is_away() {
    let mut desk = Desk::open();
    assert_eq!(words(&desk.enqueue(need(1))), "tkt_1 to ada?");
    assert_eq!(words(&desk.tick_after(19)), "");
    assert_eq!(words(&desk.tick_after(1)), "tkt_1 from ada, ada missed 1/2, tkt_1 to bob?");
    assert_eq!(words(&desk.tick_after(20)), "tkt_1 from bob, bob missed 1/2, tkt_1 waits in support");
    assert_eq!(words(&desk.tick_after(40)), "tkt_1 to ada?", "a minute later ada is asked again");
    let changes = desk.tick_after(20);
    assert_eq!(words(&changes), "tkt_1 from ada, ada missed 2/2, ada away, tkt_1 to bob?");
    assert_eq!(reasons(&changes[3]).1, "bob: chosen, ada: missed this ticket before");
    let (_, generation) = desk.holder(1);
    desk.queues.accept(desk.at, "bob", ticket(1), generation).expect("accepted");
    assert_eq!(desk.queues.agent("bob").expect("bob").missed, 0);
}

#[test]
fn a_declined_offer_goes_to_the_next() {
    let mut desk = Desk::open();
    desk.enqueue(need(1));
    let (agent, generation) = desk.holder(1);
    let changes =
        desk.queues.decline(desk.at, &agent, ticket(1), generation, &"x".repeat(400)).expect("declined");
    assert_eq!(words(&changes), "tkt_1 from ada, tkt_1 to bob?");
    assert_eq!(reasons(&changes[1]).1, "bob: chosen, ada: declined this ticket before");
    let json = serde_json::to_value(&changes[0]).expect("JSON");
    assert_eq!((&json["change"], &json["why"]["is"]), (&"returned".into(), &"declined".into()));
    assert_eq!(json["why"]["reason"].as_str().expect("words").chars().count(), 301);
}

#[test]
fn whoever_acts_on_an_old_view_is_told_what_is_so() {
    let mut desk = Desk::open();
    desk.enqueue(need(1));
    let (_, first) = desk.holder(1);
    let mut error = |agent: &str, generation| {
        desk.queues.accept(desk.at, agent, ticket(1), generation).expect_err("not hers").to_string()
    };
    assert_eq!(error("bob", first), "tkt_1 is not with `bob`: it is offered to `ada`");
    assert_eq!(error("eve", first), "there is no agent `eve`: add `[agents.eve]`, or name another");
    desk.tick_after(20);
    let (_, second) = desk.holder(1);
    let not_accepted = desk.queues.check_owner("bob", ticket(1), second).expect_err("only offered");
    assert_eq!(
        not_accepted.to_string(),
        "tkt_1 is offered to `bob`, who has not accepted it: accept it first"
    );
    desk.queues.accept(desk.at, "bob", ticket(1), second).expect("accepted");
    assert_eq!(desk.queues.accept(desk.at, "bob", ticket(1), second), Ok(vec![]), "twice is once");
    let late = desk.queues.accept(desk.at, "ada", ticket(1), first).expect_err("too late");
    assert_eq!(late.to_string(), "tkt_1 is not with `ada`: it is answered by `bob`");
    let decline = desk.queues.decline(desk.at, "bob", ticket(1), second, "").expect_err("accepted");
    assert_eq!(decline.to_string(), "`bob` has accepted tkt_1: transfer or release it instead of declining");
    // Away, and back: it is the same ticket with the same agent, but the ownership is another.
    desk.queues.presence(desk.at, "ada", Presence::Offline).expect("ada");
    desk.queues.presence(desk.at, "bob", Presence::Away).expect("bob");
    desk.tick_after(100);
    let waits = desk.queues.check_owner("bob", ticket(1), second).expect_err("it waits");
    assert_eq!(
        waits.to_string(),
        "tkt_1 is no longer with `bob`: it waits in the queue and will be offered again"
    );
    desk.online(&["bob"]);
    let (_, third) = desk.holder(1);
    let stale = desk.queues.accept(desk.at, "bob", ticket(1), second).expect_err("old");
    let text = format!(
        "tkt_1 came to `bob` again: this is for number {second} of its offers, now it is {third}; read it anew"
    );
    assert_eq!(stale.to_string(), text);
    desk.queues.release(desk.at, ticket(1), &supervisor()).expect("released");
    let gone = desk.queues.accept(desk.at, "bob", ticket(1), third).expect_err("gone");
    assert_eq!(
        gone.to_string(),
        "tkt_1 is with nobody and in no queue: it was closed, or waits for the contact; queue it first"
    );
}

#[test]
fn calls_are_not_asked_for_where_nobody_is_asked() {
    let config = CONFIG.replace("missed_max = 2", "auto_accept = true");
    let mut desk = Desk::new(&config);
    desk.online(&["ada"]);
    let changes = desk.enqueue(need(1));
    assert_eq!((words(&changes).as_str(), desk.queues.due()), ("tkt_1 is ada's", None));
    assert_eq!(desk.queues.check_owner("ada", ticket(1), desk.holder(1).1), Ok(()));
}

#[test]
fn the_tickets_of_who_is_gone_come_first() {
    let mut desk = Desk::new(CONFIG);
    desk.online(&["ada"]);
    for number in 1..=4 {
        desk.accepted(need(number));
    }
    desk.enqueue(Need { priority: 9, ..need(5) });
    desk.queues.presence(desk.at, "ada", Presence::Away).expect("ada");
    desk.tick_after(50);
    desk.queues.presence(desk.at, "ada", Presence::Offline).expect("ada");
    let changes = desk.tick_after(50);
    assert_eq!(words(&changes).matches("waits").count(), 4, "counted from when ada left: {changes:?}");
    assert_eq!(desk.queues.waiting("support"), [1, 2, 3, 4, 5].map(ticket));
    assert_eq!(desk.queues.position(ticket(5)), Some(4));
    desk.online(&["bob"]);
    assert_eq!(desk.queues.agent("bob").expect("bob").tickets, [1, 2, 3, 4].map(ticket));
}

#[test]
fn whoever_is_busy_keeps_what_there_is() {
    let mut desk = Desk::open();
    desk.enqueue(need(1));
    desk.queues.presence(desk.at, "ada", Presence::Busy).expect("ada");
    assert_eq!(desk.holder(1).0, "ada");
    desk.queues.presence(desk.at, "bob", Presence::Busy).expect("bob");
    let changes = desk.enqueue(need(2));
    assert_eq!(reasons(&changes[0]).1, "ada: busy, bob: busy");
}

#[test]
fn a_supervisor_may_give_more_than_there_is_room_for() {
    let mut desk = Desk::open();
    for number in 1..=8 {
        desk.accepted(need(number));
    }
    let changes = desk.queues.assign(desk.at, ticket(1), "bob", "sue").expect("given");
    assert_eq!(words(&changes), "tkt_1 from ada, tkt_1 is bob's");
    let expected = (Rule::Assigned("sue".into()), "bob: chosen, though at capacity (chat 4/4)".to_owned());
    assert_eq!(reasons(&changes[1]), expected);
    assert_eq!(desk.queues.assign(desk.at, ticket(1), "bob", "sue"), Ok(vec![]));
    let changes = desk.queues.give(desk.at, need(9), "bob", "sue").expect("given");
    assert_eq!(words(&changes), "tkt_9 is bob's");
    let again = desk.queues.give(desk.at, need(9), "ada", "sue").expect_err("it is bob's");
    assert_eq!(again.to_string(), "tkt_9 has its place already: transfer it, or release it first");
    let team = desk.queues.team("support").expect("a team");
    assert_eq!((team.waiting, team.present, team.free, team.oldest_since), (0, 2, 1, None));
    assert_eq!(words(&desk.enqueue(need(10))), "tkt_10 to ada?", "ada has room again");
    assert_eq!(desk.queues.team("support").expect("a team").free, 0);
}

#[test]
fn who_is_given_a_ticket_while_gone_has_time_to_come() {
    let mut desk = Desk::new(CONFIG);
    desk.at = 1_000_000;
    desk.queues.give(desk.at, need(1), "ada", "sue").expect("given");
    assert_eq!(desk.queues.due(), Some(1_100_000), "ada was never there");
    assert_eq!(words(&desk.tick_after(99)), "");
    assert_eq!(words(&desk.tick_after(1)), "tkt_1 from ada, tkt_1 waits in support");
}

#[test]
fn a_ticket_is_passed_on() {
    let mut desk = Desk::open();
    let (name, generation) = desk.accepted(need(1));
    let by = By::Agent { name, generation };
    let to = |name: &str| Target::Agent(name.into());
    let changes = desk.queues.transfer(desk.at, ticket(1), &to("bob"), &by).expect("passed on");
    assert_eq!(words(&changes), "tkt_1 from ada, tkt_1 to bob?");
    let expected = (Rule::Transferred("ada".into()), "bob: chosen, ada: passed this ticket on".to_owned());
    assert_eq!(reasons(&changes[1]), expected);
    let again = desk.queues.transfer(desk.at, ticket(1), &to("bob"), &by).expect_err("bob has it");
    assert_eq!(again.to_string(), "tkt_1 is not with `ada`: it is offered to `bob`");
    desk.queues.presence(desk.at, "ada", Presence::Busy).expect("ada");
    let busy = desk.queues.transfer(desk.at, ticket(1), &to("ada"), &supervisor()).expect_err("busy");
    assert_eq!(busy.to_string(), "`ada` cannot take tkt_1 now: busy; choose another agent, or a team");
    let team = Target::Team("leads".into());
    let changes = desk.queues.transfer(desk.at, ticket(1), &team, &supervisor()).expect("passed on");
    assert_eq!(words(&changes), "tkt_1 from bob, tkt_1 from support to leads, tkt_1 waits in leads");
    let expected = Whereabouts::Waiting { teams: vec!["leads".into()], front: false };
    assert_eq!(desk.queues.whereabouts(ticket(1)), Some(expected), "it waits like all others there");
    let nowhere =
        desk.queues.transfer(desk.at, ticket(1), &Target::Team("x".into()), &By::System).expect_err("x");
    assert_eq!(nowhere.to_string(), "there is no team `x`: add `[teams.x]`, or name another");
}

#[test]
fn what_is_passed_to_the_own_team_does_not_come_back_at_once() {
    let mut desk = Desk::new(CONFIG);
    desk.online(&["ada"]);
    let (name, generation) = desk.accepted(Need { skills: [("x".to_owned(), 0)].into(), ..need(1) });
    let team = Target::Team("support".into());
    let changes = desk.queues.transfer(desk.at, ticket(1), &team, &By::Agent { name, generation });
    let changes = changes.expect("passed on");
    assert_eq!(words(&changes), "tkt_1 from ada, tkt_1 from support to support, tkt_1 waits in support");
    assert_eq!(reasons(&changes[2]).1, "ada: passed this ticket on, bob: offline");
    assert_eq!(words(&desk.tick_after(60)), "tkt_1 to ada?");
}

#[test]
fn a_broken_promise_moves_a_ticket_up() {
    let sla = "sla = { resolution_seconds = 9, escalation = { priority = 7, to_team = \"leads\" } }";
    let mut desk = Desk::new(&CONFIG.replace("missed_max = 2", sla));
    desk.enqueue(need(1));
    let changes = desk.queues.escalate(desk.at, ticket(1)).expect("escalated");
    assert_eq!(words(&changes), "tkt_1 up to leads 7, tkt_1 waits in leads");
    assert_eq!(desk.queues.escalate(desk.at, ticket(1)), Ok(vec![]), "leads have nobody above them");
    // What somebody answers stays there.
    desk.online(&["ada"]);
    desk.accepted(need(2));
    let changes = desk.queues.escalate(desk.at, ticket(2)).expect("escalated");
    assert_eq!(words(&changes), "tkt_2 up to support 7");
}

#[test]
fn nothing_is_lost_when_names_vanish() {
    let mut desk = Desk::open();
    assert_eq!(
        words(&desk.enqueue(Need { team: "sales".into(), ..need(1) })),
        "tkt_1 moved from sales to support, tkt_1 to ada?"
    );
    desk.accepted(need(2));
    desk.enqueue(Need { skills: [("x".to_owned(), 9)].into(), ..need(3) });
    let config = r#"
        default_team = "new"
        [teams.new]
        [agents.ada]
        teams = ["new"]
        [agents.cyd]
        teams = ["new"]
    "#;
    let config: Config = toml::from_str(config).expect("a configuration");
    let changes = desk.queues.configure(desk.at, config).expect("valid");
    let expected = "tkt_1 moved from support to new, tkt_2 moved from support to new, \
                    tkt_3 moved from support to new, bob offline, tkt_2 from bob, tkt_2 to ada?, tkt_3 to ada?";
    assert_eq!(words(&changes), expected);
    assert_eq!(desk.holder(1).0, "ada", "she is in the new team, so the offer stands");
    assert!(desk.queues.agent("bob").is_none() && desk.queues.team("support").is_none());

    let before = desk.queues.clone();
    let bad: Config = toml::from_str("default_team = \"x\"\n[teams.y]\n").expect("a configuration");
    desk.queues.configure(desk.at, bad).expect_err("no default team");
    assert_eq!(desk.queues, before);
}

#[test]
fn a_change_of_skills_takes_offers_back() {
    let mut desk = Desk::open();
    desk.enqueue(Need { language: Some("de".into()), ..need(1) });
    let config = CONFIG.replace("[agents.ada]", "[agents.ada]\nlanguages = [\"en\"]");
    let changes = desk.queues.configure(desk.at, toml::from_str(&config).expect("a configuration"));
    assert_eq!(words(&changes.expect("valid")), "tkt_1 from ada, tkt_1 to bob?");
    // Whoever is busy is not asked, but was before.
    desk.queues.presence(desk.at, "bob", Presence::Busy).expect("bob");
    let config = config.replace("offer_seconds = 20", "offer_seconds = 30");
    let changes = desk.queues.configure(desk.at, toml::from_str(&config).expect("a configuration"));
    assert_eq!((changes, desk.holder(1).0.as_str()), (Ok(vec![]), "bob"));
}

#[test]
fn needs_are_bounded() {
    let mut desk = Desk::open();
    let skills = (0..21).map(|index| (index.to_string(), 1)).collect();
    let table = [
        (Need { priority: 10, ..need(1) }, "tkt_1 has the priority 10, at most 9"),
        (Need { skills, ..need(1) }, "tkt_1 asks for 21 skills, at most 20"),
    ];
    for (need, expected) in table {
        assert_eq!(desk.queues.enqueue(desk.at, need).expect_err("refused").to_string(), expected);
    }
    let long = Need { language: Some("x".repeat(101)), ..need(1) };
    let error = desk.queues.enqueue(desk.at, long).expect_err("refused").to_string();
    assert!(error.ends_with("a name has at most 100 characters"), "{error}");
}

#[test]
fn any_time_is_a_time() {
    let mut desk = Desk::new(CONFIG);
    desk.online(&["ada"]);
    desk.queues.enqueue(u64::MAX, Need { since: u64::MAX, ..need(1) }).expect("queued");
    let due = desk.queues.due().expect("an offer");
    assert_eq!(
        desk.queues.need(ticket(1)).expect("a ticket").since,
        due - 20_000,
        "nobody waits since later"
    );
    assert_eq!(words(&desk.queues.tick(u64::MAX)), "", "a year without end");
    assert_eq!(words(&desk.queues.tick(0)), "", "and never back");
    assert_eq!(desk.queues.due(), Some(due));
}
