mod properties;

use serde_json::json;

use super::*;
use crate::run::{AskChoice, RatingKind};
use crate::samples::{SUPPORT, facts, known, list, ms, support, time};
use crate::set::Known;

/// A Monday, in the office's hours.
const OPEN: &str = "2026-11-30T10:00:00+01:00";
/// A Saturday.
const CLOSED: &str = "2026-11-28T20:00:00+01:00";

/// One ticket in the sample, played through.
struct Play {
    set: FlowSet,
    facts: Facts,
    at: u64,
    turn: Turn,
}

impl Play {
    fn new(at: &str, facts: Facts) -> Self {
        let (set, at) = (support(), ms(at));
        let turn = set.start("support", &facts, at);
        Self { set, facts, at, turn }
    }

    fn run(&self) -> &Run {
        match &self.turn.state {
            State::Waiting(run) => run,
            other => panic!("{other:?} {:#?}", self.turn.trace),
        }
    }

    fn give(&mut self, input: Input) -> &mut Self {
        self.turn = self.set.resume(self.run(), input, &self.facts, self.at);
        self
    }

    fn say(&mut self, text: &str) -> &mut Self {
        self.give(Input::Message { text: text.into(), choice: None })
    }

    /// Waits until the run wants to be woken, and a little longer.
    fn wait(&mut self) -> &mut Self {
        self.at = self.run().until.unwrap();
        self.give(Input::Timeout)
    }

    /// What was said or asked, and what else is to be done, by its name.
    fn heard(&self) -> Vec<String> {
        let words = self.turn.outputs.iter().map(|output| match output {
            Output::Say { text } | Output::Ask { text, .. } | Output::AskRating { text, .. } => text.clone(),
            Output::LookUp(call) => format!("{} {}", call.method, call.url),
            Output::AskBot { name, .. } => format!("bot {name}"),
            Output::Set(changes) => format!("set {}", serde_json::to_string(changes).unwrap()),
            Output::SnoozeUntil { at } => format!("snooze {}", time(*at)),
            Output::Rated { kind, score } => format!("{kind:?} {score}"),
        });
        words.collect()
    }

    fn step(&self) -> &str {
        &self.run().step
    }

    fn notes(&self) -> String {
        format!("{:?}", self.turn.trace)
    }
}

fn team(state: &State) -> Option<&str> {
    match state {
        State::Queued(queued) => queued.team.as_deref(),
        _ => None,
    }
}

#[test]
fn an_order_is_looked_up_and_leads_to_people() {
    let mut play = Play::new(OPEN, facts("Hi"));
    assert_eq!(play.heard(), ["Hello Ann!", "What is it about?"]);
    let Some(Output::Ask { choices, .. }) = play.turn.outputs.last() else { panic!("{:?}", play.turn) };
    assert_eq!(choices[1], AskChoice { id: "bill".into(), title: "A bill".into() });
    assert_eq!((play.step(), play.run().until), ("topic", Some(play.at + 900_000)));
    play.say("my order");
    assert_eq!(play.heard(), ["Which number?"]);
    play.say("no idea");
    assert_eq!(play.heard(), ["Which number?"]);
    play.say("4711");
    assert_eq!(play.heard(), ["GET https://shop.example/orders/4711?of=ann%2B1%40example.com"]);
    let Output::LookUp(call) = &play.turn.outputs[0] else { panic!("{:?}", play.turn) };
    assert_eq!((call.headers["x-ticket"].as_str(), &call.body, call.timeout_ms), ("12", &None, 5_000));
    assert_eq!(play.turn.vars["order_number"], json!(4711));
    play.give(Input::LookedUp(Ok(json!({"state": "open", "total": 900}))));
    assert_eq!(
        play.heard(),
        [
            r#"set {"tags":["important"],"untag":[],"priority":9,"skills":{"orders":2},"attributes":{"last_order":"4711"},"language":null}"#
        ]
    );
    let State::Queued(queued) = &play.turn.state else { panic!("{:?}", play.turn) };
    assert_eq!(
        (queued.team.as_deref(), queued.priority, queued.skills["orders"]),
        (Some("sales"), Some(5), 1)
    );
    assert!(play.notes().contains("vars.order.state == 'sent'"), "{}", play.notes());
    assert!(play.notes().contains("`office` is open"), "{}", play.notes());
    assert_eq!(play.turn.vars["seen"], json!("yes"));
}

#[test]
fn other_answers_lead_elsewhere() {
    for (said, expected) in
        [("2", "billing"), ("A BILL ", "billing"), ("bill", "billing"), ("2.", "billing"), ("2)", "billing")]
    {
        let mut play = Play::new(OPEN, facts("Hi"));
        play.say(said);
        assert_eq!(team(&play.turn.state), Some(expected), "{said}");
    }
    // German words for somebody whose language is German, English titles understood all the same.
    let mut german = facts("Hallo");
    german.contact.language = Some("de-AT".into());
    let mut play = Play::new(OPEN, german);
    assert_eq!(play.heard(), ["Hallo Ann!", "Worum geht es?"]);
    play.say("x");
    assert_eq!(play.heard(), ["Bitte wählen Sie.", "Worum geht es?"]);
    play.say("x");
    assert_eq!(team(&play.turn.state), Some("sales"));
}

#[test]
fn the_language_is_detected() {
    let facts =
        facts("Guten Tag, meine Bestellung ist leider noch immer nicht angekommen. Können Sie mir helfen?");
    let play = Play::new(OPEN, facts);
    assert_eq!(play.heard()[1..], ["Hallo Ann!", "Worum geht es?"]);
    assert_eq!(play.turn.vars["language"], json!("de"));
    assert_eq!(play.run().language.as_deref(), Some("de"));
}

#[test]
fn calls_that_fail_go_on_without() {
    for input in [Input::LookedUp(Err("503".into())), Input::Timeout] {
        let mut play = Play::new(OPEN, facts("Hi"));
        play.say("1").say("4711");
        play.at += 10_000;
        play.give(input);
        assert_eq!(team(&play.turn.state), Some("sales"));
        assert_eq!(play.turn.vars["order"], Value::Null);
    }
    let mut play = Play::new(OPEN, facts("Hi"));
    play.say("1").say("4711").give(Input::LookedUp(Ok(json!({"state": "sent"}))));
    assert_eq!((play.heard(), &play.turn.state), (vec!["It is on its way.".to_owned()], &State::Closed));
}

#[test]
fn out_of_hours_a_call_is_offered() {
    let mut play = Play::new(CLOSED, facts("Hi"));
    play.say("x").say("x");
    assert_eq!(play.heard(), ["We are back at Mon 2026-11-30 09:00.", "When may we call?"]);
    assert_eq!(play.turn.vars["opens_at"], json!("2026-11-30T09:00:00+01:00"));
    let Some(Output::Ask { choices, .. }) = play.turn.outputs.last() else { panic!("{:?}", play.turn) };
    let titles: Vec<_> = choices.iter().map(|choice| choice.title.as_str()).collect();
    assert_eq!(titles, ["Mon 2026-11-30 09:00", "Tue 2026-12-01 09:00", "Wed 2026-12-02 09:00"]);
    let asked = play.run().clone();
    for (said, expected) in [
        ("2", "2026-12-01T08:00:00Z"),
        ("time_3", "2026-12-02T08:00:00Z"),
        ("tue 2026-12-01 09:00", "2026-12-01T08:00:00Z"),
        ("2026-12-03 14:30", "2026-12-03T13:30:00Z"),
        // Sunday at noon, and two hours from now: moved to Monday morning.
        ("12:00", "2026-11-30T08:00:00Z"),
        ("2h", "2026-11-30T08:00:00Z"),
    ] {
        play.turn.state = State::Waiting(asked.clone());
        play.say(said);
        assert_eq!(play.heard(), [format!("snooze {expected}")], "{said}");
        assert_eq!(play.run().waits, Waits::Callback);
    }
    // What they say in between changes nothing; then the time comes.
    let before = play.run().clone();
    play.say("are you there?");
    assert_eq!(play.run(), &before);
    play.wait();
    assert_eq!(team(&play.turn.state), Some("sales"));
    for said in ["tomorrow", "2026-11-01 10:00", "9", "2030-01-01 10:00", ""] {
        play.turn.state = State::Waiting(asked.clone());
        play.say(said);
        assert_eq!(play.heard(), ["When may we call?"], "{said}");
    }
    // The contact's own clocks.
    play.facts.contact.time_zone = Some("America/New_York".into());
    play.turn.state = State::Waiting(asked);
    play.say("2026-11-30 09:00");
    assert_eq!(play.heard(), ["snooze 2026-11-30T14:00:00Z"]);
}

#[test]
fn a_bot_answers_until_it_hands_over() {
    let mut play = Play::new(OPEN, facts("Hi"));
    play.say("other");
    assert_eq!((play.heard(), play.run().waits), (vec!["bot answers".to_owned()], Waits::Bot));
    let vars = BTreeMap::from([("page".to_owned(), json!(3))]);
    play.give(Input::BotAnswered { texts: vec!["See page 3.".into(), " ".into()], vars });
    assert_eq!((play.heard(), play.run().waits), (vec!["See page 3.".to_owned()], Waits::Contact));
    assert_eq!(play.run().until, Some(play.at + 3_600_000));
    play.say("a person, please");
    assert_eq!(play.heard(), ["bot answers"]);
    let asked = play.run().clone();
    play.give(Input::BotHandedOver { reason: "asked for a person".into() });
    assert_eq!(team(&play.turn.state), Some("sales"));
    assert_eq!((&play.turn.vars["faq"], &play.turn.vars["page"]), (&json!("asked for a person"), &json!(3)));
    // One that is slow, and a contact who says nothing more.
    play.turn.state = State::Waiting(asked.clone());
    play.wait();
    assert_eq!(
        (team(&play.turn.state), &play.turn.vars["faq"]),
        (Some("sales"), &json!("no answer in time"))
    );
    play.turn.state = State::Waiting(asked);
    play.give(Input::BotAnswered { texts: vec![], vars: BTreeMap::new() }).wait();
    assert_eq!(play.turn.state, State::Closed);
}

#[test]
fn nobody_who_answers_is_waited_for_only_so_long() {
    let mut play = Play::new(OPEN, facts("Hi"));
    let before = play.run().clone();
    play.at += 899_999;
    play.give(Input::Timeout);
    assert_eq!(play.run(), &before, "not yet");
    play.wait();
    assert_eq!(play.turn.state, State::Closed);
}

#[test]
fn what_is_not_waited_for_changes_nothing() {
    let mut play = Play::new(OPEN, facts("Hi"));
    let before = play.run().clone();
    play.give(Input::LookedUp(Ok(json!(1)))).give(Input::BotHandedOver { reason: String::new() });
    assert_eq!(play.run(), &before);
    assert_eq!(play.turn.outputs, []);
    assert_eq!(play.turn.trace[0].did, Did::Noted("not waited for: nothing changes".into()));
}

#[test]
fn a_rating_is_asked_for_when_a_ticket_is_closed() {
    let mut closed = facts("thanks");
    closed.ticket.status = "closed".into();
    for (said, expected, score) in [
        (&["5"][..], &["Csat 5", "Thank you."][..], Some(5)),
        (&["great", " 1 "], &["Csat 1", "Thank you."], Some(1)),
        (&["6", "0"], &[], None),
    ] {
        let mut play = Play::new(OPEN, closed.clone());
        play.turn = play.set.start_on_close("support", &play.facts, play.at).unwrap();
        let Output::AskRating { kind, text } = &play.turn.outputs[0] else { panic!("{:?}", play.turn) };
        assert_eq!((*kind, text.as_str()), (RatingKind::Csat, "How was it, from 1 to 5?"));
        for said in said {
            play.say(said);
        }
        assert_eq!(play.heard(), expected, "{said:?}");
        assert_eq!(play.turn.state, State::Ended);
        assert_eq!(play.turn.vars.get("rating"), score.map(Value::from).as_ref());
    }
    assert_eq!(support().start_on_close("none", &closed, 0), None);
}

#[test]
fn who_has_a_ticket_keeps_it() {
    let text = "name = \"a\"\nversion = \"1\"\n[[start]]\n[[step]]\nid = \"x\"\nsay = \"Hi\"\n";
    let set = FlowSet::parse(&[("a.toml", text)], known()).unwrap();
    let mut facts = facts("Hi");
    assert_eq!(team(&set.start("a", &facts, 0).state), Some("default"));
    facts.ticket.team = Some("billing".into());
    assert_eq!(set.start("a", &facts, 0).state, State::Ended);
}

#[test]
fn values_that_are_not_there_are_left_out_and_told() {
    let mut nameless = facts("Hi");
    nameless.contact.name = None;
    let play = Play::new(OPEN, nameless);
    assert_eq!(play.heard()[0], "Hello !");
    let did = Did::LeftOut { expression: "contact.name".into(), reason: "No such key: name".into() };
    assert!(play.turn.trace.iter().any(|step| step.did == did && step.step == "hello"), "{}", play.notes());
}

#[test]
fn a_run_outlives_its_version() {
    let mut play = Play::new(OPEN, facts("Hi"));
    let run = play.run().clone();
    let newer = SUPPORT.replace("Which number?", "What number?");
    let parse = || FlowSet::parse(&[("support.toml", &newer)], known()).unwrap();
    // The older one is there: it goes on as it was.
    play.set = parse().with_older([("support.toml", SUPPORT)]);
    play.say("1");
    assert_eq!(play.heard(), ["Which number?"]);
    // It is not: the ticket is not lost.
    play.set = parse();
    play.turn = play.set.resume(&run, Input::Timeout, &play.facts, play.at);
    assert_eq!(team(&play.turn.state), Some("default"));
    assert!(play.notes().contains("is no longer there"), "{}", play.notes());
    // Teams, bots and calendars that are gone by then.
    let known = Known { bots: Default::default(), calendars: Default::default(), ..known() };
    let text = "name = \"a\"\nversion = \"1\"\n[[start]]\n[[step]]\nid = \"x\"\nend = true\n";
    play.set = FlowSet::parse(&[("a.toml", text)], known).unwrap().with_older([("support.toml", SUPPORT)]);
    play.turn.state = State::Waiting(run);
    play.say("other");
    assert_eq!(team(&play.turn.state), Some("sales"));
    assert!(play.notes().contains("no such bot any more") && play.notes().contains("taken as open"));
}

#[test]
fn flows_that_hand_over_to_each_other_come_to_an_end() {
    let text = |name: &str, other: &str| {
        let start = if name == "a" { "[[start]]\n" } else { "" };
        format!(
            "name = \"{name}\"\nversion = \"1\"\n{start}[[step]]\nid = \"x\"\ntransfer = {{ flow = \"{other}\" }}\n"
        )
    };
    let (a, b) = (text("a", "b"), text("b", "a"));
    let set = FlowSet::parse(&[("a.toml", &a), ("b.toml", &b)], known())
        .unwrap_or_else(|found| panic!("{}", list(&found)));
    let turn = set.start("a", &facts("Hi"), 0);
    assert_eq!(team(&turn.state), Some("default"));
    assert!(format!("{:?}", turn.trace.last()).contains("more than 100 steps"));
}

#[test]
fn no_time_is_too_early_or_too_late() {
    for at in [0, 1, 7_258_118_399_999, 7_258_118_400_000, i64::MAX as u64, u64::MAX] {
        let (set, facts) = (support(), facts("Hi"));
        let mut turn = set.start("support", &facts, at);
        for said in ["x", "x", "2h", "1"] {
            let State::Waiting(run) = &turn.state else { break };
            turn = set.resume(run, Input::Message { text: said.into(), choice: None }, &facts, at);
        }
        assert!(matches!(turn.state, State::Waiting(_) | State::Queued(_)), "{at}: {:?}", turn.state);
    }
}

#[test]
fn a_bot_that_never_stops_is_stopped() {
    let mut play = Play::new(OPEN, facts("Hi"));
    play.say("other");
    for round in 0..=TURNS_ALONE_MAX {
        assert!(matches!(play.turn.state, State::Waiting(_)), "{round}");
        play.give(Input::BotAnswered { texts: vec!["and another thing".into()], vars: BTreeMap::new() });
    }
    assert_eq!(team(&play.turn.state), Some("default"));
    assert_eq!(play.turn.outputs, []);
}
