//! What holds for any flow and whatever is said to it.

use proptest::prelude::*;

use super::*;
use crate::flow::{Action, Answer, FlowDigest, plain};
use crate::interpret::answer::choose;
use crate::run::VARS_MAX;

/// A step that leads to one of `count` steps; it may lead back.
fn any_step(at: usize, count: usize) -> impl Strategy<Value = String> {
    let target = move || (0..count).prop_map(|to| format!("s{to}"));
    let action = prop_oneof![
        Just("say = \"{{ contact.name }} {{ vars.v }}\"".to_owned()),
        Just("set = { tags = [\"t\"], vars = { v = \"{{ message.text }}\" } }".to_owned()),
        Just("language = { among = [\"en\", \"de\"] }".to_owned()),
        (target(), target()).prop_map(|(a, b)| format!("hours = {{ open = \"{a}\", closed = \"{b}\" }}")),
        (target(), target()).prop_map(|(a, b)| {
            format!("if = {{ when = \"message.text.contains('a')\", then = \"{a}\", else = \"{b}\" }}")
        }),
        (target(), target(), target()).prop_map(|(a, b, c)| format!(
            "ask = {{ text = \"?\", choices = [{{ id = \"yes\", title = \"Yes\", next = \"{a}\" }}, {{ id = \"no\", title = \"No\" }}], \
             retries = 1, otherwise = \"{b}\", timeout = \"5m\", on_timeout = \"{c}\" }}"
        )),
        prop::sample::select(vec!["text", "email", "number"])
            .prop_map(|kind| format!("ask = {{ text = \"?\", as = \"{kind}\", into = \"v\", retries = 0 }}")),
        target().prop_map(|to| format!("look_up = {{ url = \"https://a.example/{{{{ vars.v }}}}\", into = \"v\", on_error = \"{to}\" }}")),
        target().prop_map(|to| format!("bot = {{ name = \"answers\", timeout = \"1m\", on_timeout = \"{to}\" }}")),
        Just("callback = { text = \"When?\", retries = 1 }".to_owned()),
        Just("rate = { kind = \"nps\", text = \"?\" }".to_owned()),
        Just("queue = { team = \"sales\" }".to_owned()),
        Just("transfer = { flow = \"rest\" }".to_owned()),
        Just("transfer = { agent = \"ann\" }".to_owned()),
        Just("close = true".to_owned()),
        Just("end = true".to_owned()),
    ];
    (action, prop::option::of(target())).prop_map(move |(action, next)| {
        let last = ["queue", "transfer", "close", "end"].iter().any(|last| action.starts_with(last));
        let next = next.filter(|_| !last).map(|next| format!("next = \"{next}\"\n")).unwrap_or_default();
        format!("[[step]]\nid = \"s{at}\"\n{next}{action}\n")
    })
}

/// The text of any flow: circles and steps that nothing leads to among them.
fn any_flow() -> impl Strategy<Value = String> {
    (1usize..9).prop_flat_map(|count| (0..count).map(|at| any_step(at, count)).collect::<Vec<_>>()).prop_map(
        |steps| {
            let head =
                "name = \"any\"\nversion = \"1\"\ncalendar = \"office\"\nvars = [\"v\"]\non_close = \"s0\"\n";
            format!("{head}{}", steps.concat())
        },
    )
}

fn any_input() -> impl Strategy<Value = (Input, u64)> {
    let text = "yes|No|1|2\\.|3|9|a@b\\.de|14:30|2h|\\PC{0,12}";
    let input = prop_oneof![
        6 => (text, prop::option::of("yes|no|time_1|x")).prop_map(|(text, choice)| Input::Message { text, choice }),
        3 => Just(Input::Timeout),
        2 => prop_oneof![
            Just(Input::LookedUp(Ok(json!({"a": [1, {"b": "c"}]})))),
            Just(Input::LookedUp(Ok(Value::String("ä".repeat(10_000))))),
            Just(Input::LookedUp(Err("503".to_owned()))),
        ],
        2 => prop::collection::btree_map("[a-z]{1,2}", Just(json!(1)), 0..4)
            .prop_map(|vars| Input::BotAnswered { texts: vec!["Hm.".to_owned()], vars }),
        1 => "\\PC{0,8}".prop_map(|reason| Input::BotHandedOver { reason }),
    ];
    (input, prop::sample::select(vec![0u64, 1_000, 70_000, 400_000, 90_000_000]))
}

/// Takes a flow in as an older version, whose circles nobody looks for: what bounds a turn must not depend on that.
fn set(text: &str) -> FlowSet {
    let rest =
        "name = \"rest\"\nversion = \"1\"\n[[start]]\n[[step]]\nid = \"x\"\nqueue = { team = \"billing\" }\n";
    let set =
        FlowSet::parse(&[("rest.toml", rest)], known()).unwrap_or_else(|found| panic!("{}", list(&found)));
    set.with_older([("any.toml", text)])
}

fn check(turn: &Turn, facts: &Facts) -> Result<(), TestCaseError> {
    prop_assert!(turn.outputs.len() <= 2 * STEPS_A_TURN_MAX + 25, "{} outputs", turn.outputs.len());
    prop_assert!(turn.trace.len() <= TRACE_MAX && turn.vars.len() <= VARS_MAX);
    prop_assert!(!turn.trace.is_empty(), "nothing says why");
    match &turn.state {
        State::Waiting(run) => prop_assert_eq!(&run.vars, &turn.vars),
        State::Queued(queued) => prop_assert!(queued.team.is_some() || queued.agent.is_some()),
        State::Closed => {}
        State::Ended => prop_assert!(facts.ticket.status == "closed" || facts.ticket.team.is_some()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// Each turn ends within its bounds and leaves the ticket somewhere; a run that was written down and read again has
    /// the same future.
    #[test]
    fn no_ticket_is_lost(
        text in any_flow(),
        inputs in prop::collection::vec(any_input(), 0..20),
        closed in any::<bool>(),
        team in any::<bool>(),
    ) {
        let set = set(&text);
        let mut facts = facts("a");
        facts.ticket.team = team.then(|| "billing".to_owned());
        facts.ticket.status = if closed { "closed" } else { "open" }.to_owned();
        let mut at = ms(CLOSED);
        let flow = set.version(&FlowDigest::of(&text)).expect(&text);
        let mut turn = Walk::new(&set, flow, &facts, at, &facts.ticket.vars).go(Some(0));
        check(&turn, &facts)?;
        for (input, wait_ms) in inputs {
            let State::Waiting(run) = &turn.state else { break };
            at += wait_ms;
            if let Input::Message { text, .. } = &input {
                facts.message = Some(crate::facts::MessageFacts { text: text.clone(), ..Default::default() });
            }
            let kept: Run = serde_json::from_str(&serde_json::to_string(run).unwrap()).unwrap();
            prop_assert_eq!(&kept, run);
            let again = set.resume(&kept, input.clone(), &facts, at);
            turn = set.resume(run, input, &facts, at);
            prop_assert_eq!(&again, &turn);
            prop_assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&turn).unwrap());
            check(&turn, &facts)?;
        }
    }

    /// Id, number and title, however they are written, are the same choice; what is none of them is none.
    #[test]
    fn the_ways_to_choose_are_one(
        titles in prop::collection::btree_set("[A-Za-zÄÖäöß][A-Za-zäöüÄ ]{0,10}[a-zß]", 1..8),
        pick in 0usize..8,
        spaces in " {0,3}",
    ) {
        let titles: Vec<_> = titles.into_iter().collect();
        let compared: std::collections::BTreeSet<_> = titles.iter().map(|title| plain(title)).collect();
        prop_assume!(compared.len() == titles.len());
        let choices: Vec<_> = titles.iter().enumerate().map(|(n, title)| format!("{{ id = \"id_{n}\", title = \"{title}\" }}")).collect();
        let text = format!(
            "name = \"a\"\nversion = \"1\"\n[[start]]\n[[step]]\nid = \"x\"\nask = {{ text = \"?\", choices = [{}] }}\n",
            choices.join(", "),
        );
        let set = FlowSet::parse(&[("a.toml", &text)], known()).unwrap_or_else(|found| panic!("{}", list(&found)));
        let flow = set.flow("a").unwrap();
        let Action::Ask(ask) = &flow.steps[0].action else { panic!("{:?}", flow.steps) };
        let Answer::Choices(choices) = &ask.answer else { panic!("{ask:?}") };
        let pick = pick % titles.len();
        let (title, number, id) = (&titles[pick], (pick + 1).to_string(), format!("id_{pick}"));
        let ways = [
            title.clone(), title.to_uppercase(), title.to_lowercase(), title.replace(' ', "  "), number.clone(), format!("{number}."),
            format!("{number})"), id.clone(), id.to_uppercase(),
        ];
        for way in &ways {
            let said = format!("{spaces}{way}{spaces}");
            let found = choose(choices, (&said, None)).map(|choice| choice.id.as_str());
            prop_assert_eq!(found, Some(id.as_str()), "{}", said);
        }
        prop_assert_eq!(choose(choices, ("", Some(&id))).map(|choice| choice.id.as_str()), Some(id.as_str()));
        for none in ["0", "99", "", "id_99", "-1"] {
            prop_assert!(choose(choices, (none, None)).is_none(), "{}", none);
        }
    }
}
