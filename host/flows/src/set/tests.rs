use proptest::prelude::*;

use super::*;
use crate::expression::tests::any_condition;
use crate::facts::Facts;
use crate::samples::{SUPPORT, facts, known, list, ms};
use crate::trace::{CANDIDATES_MAX, Outcome};

/// A flow with rules, which only ends.
fn flow(name: &str, rules: &[(&str, i64)]) -> String {
    let mut text = format!("name = \"{name}\"\nversion = \"1\"\n");
    for (when, priority) in rules {
        text.push_str(&format!("[[start]]\npriority = {priority}\n"));
        if !when.is_empty() {
            text.push_str(&format!("when = '''{when}'''\n"));
        }
    }
    text + "[[step]]\nid = \"x\"\nend = true\n"
}

fn parse(flows: &[(&str, &[(&str, i64)])]) -> Result<FlowSet, Vec<Problem>> {
    let files: Vec<_> =
        flows.iter().map(|(name, rules)| (format!("{name}.toml"), flow(name, rules))).collect();
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    FlowSet::parse(&files, known())
}

#[test]
fn the_first_rule_that_holds_says_where_it_begins() {
    let set = parse(&[
        ("b", &[("ticket.channel == 'chat'", 0)]),
        ("a", &[("message.text.contains('low')", 0), ("message.text.contains('high')", 5)]),
        ("rest", &[("", 9)]),
        ("vip", &[("'vip' in contact.tags", 3), ("contact.name == 'Bob'", 4)]),
    ])
    .unwrap();
    for (text, tag, channel, expected) in [
        ("low", "", "chat", "a"),
        ("none", "", "chat", "b"),
        ("none", "", "voice", "rest"),
        ("low", "vip", "chat", "vip"),
        ("high", "vip", "chat", "a"),
    ] {
        let mut facts = facts(text);
        facts.ticket.channel = channel.into();
        facts.contact.tags.insert(tag.into());
        let choice = set.choose(&facts, 0);
        assert_eq!(choice.flow.as_deref(), Some(expected), "{text} {tag} {channel}");
        let last = choice.trace.candidates.last().unwrap();
        assert_eq!(&*last.flow, expected);
        assert!(last.looked.as_ref().is_none_or(|looked| looked.outcome == Outcome::True));
    }
    let trace = set.choose(&facts("none"), 0).trace;
    let asked: Vec<_> = trace.candidates.iter().map(|one| (&*one.flow, one.priority)).collect();
    assert_eq!(asked, [("a", 5), ("vip", 4), ("vip", 3), ("a", 0), ("b", 0)]);
    let saw = &trace.candidates[1].looked.as_ref().unwrap().saw[0];
    assert_eq!((&*saw.path, saw.value.as_deref()), ("contact.name", Some("\"Ann\"")));
}

#[test]
fn without_flows_it_is_the_default_queue() {
    let set = FlowSet::parse(&[], known()).unwrap();
    assert_eq!(set.choose(&facts(""), 0).flow, None);
    assert_eq!(FlowSet::default().choose(&Facts::default(), 0).flow, None);
}

#[test]
fn rules_look_at_the_clocks_of_their_flow() {
    let berlin = format!("calendar = \"office\"\n{}", flow("berlin", &[("time.hour == 10", 0)]));
    let utc = flow("utc", &[("time.hour == 10", 0)]);
    let rest = flow("rest", &[("", 0)]);
    let set = FlowSet::parse(&[("a", &berlin), ("b", &utc), ("c", &rest)], known()).unwrap();
    for (at, expected) in [
        ("2026-11-30T09:30:00Z", "berlin"),
        ("2026-11-30T10:30:00Z", "utc"),
        ("2026-11-30T11:30:00Z", "rest"),
    ] {
        assert_eq!(set.choose(&facts(""), ms(at)).flow.as_deref(), Some(expected), "{at}");
    }
}

#[test]
fn problems_between_files_are_told() {
    for (flows, expected) in [
        (&[("a", &[("true", 0)][..])][..], "flows: no flow is the default (add a `[[start]]` without `when`"),
        (&[("a", &[("", 0)]), ("b", &[("", 0)])], "b.toml: the flow `b` is the default as well as `a`"),
        (&[("a", &[("", 0)]), ("a", &[])], "a.toml: the flow `a` is in `a.toml` as well"),
    ] {
        let problems = parse(flows).unwrap_err();
        assert!(list(&problems).contains(expected), "{}", list(&problems));
    }
    let text = flow("a", &[("", 0)]).replace("end = true", "transfer = { flow = \"b\" }");
    let problems = FlowSet::parse(&[("a.toml", &text)], known()).unwrap_err();
    assert_eq!(list(&problems), "a.toml:7: no flow is named `b` (there is `a`)");
    let lost = Known { default_team: "nobody".into(), ..known() };
    let problems = FlowSet::parse(&[("support.toml", SUPPORT)], lost).unwrap_err();
    assert!(
        list(&problems).starts_with("flows: the default team `nobody` is no team"),
        "{}",
        list(&problems)
    );
    let long = "#".repeat(FILE_BYTES_MAX + 1);
    assert!(FlowSet::parse(&[("a.toml", &long)], known()).is_err());
}

#[test]
fn older_versions_are_kept_by_their_text() {
    let newer = SUPPORT.replace("version = \"1\"", "version = \"2\"");
    let set = FlowSet::parse(&[("support.toml", &newer)], known()).unwrap();
    let old = FlowDigest::of(SUPPORT);
    assert_eq!(set.text(&old), None);
    let set =
        set.with_older([("support.toml", SUPPORT), ("broken.toml", "name = 1"), ("support.toml", SUPPORT)]);
    assert_eq!(set.text(&old), Some(("support.toml", SUPPORT)));
    assert_eq!(set.older.len(), 1);
    let flows: Vec<_> = set.flows().map(|(name, version, _)| (name, version)).collect();
    assert_eq!(flows, [("support", "2")]);
}

/// A thousand rules, the last of which holds.
fn thousand(when: impl Fn(usize) -> String) -> FlowSet {
    let rules: Vec<_> = (0..1_000).map(when).collect();
    let rules: Vec<_> = rules.iter().map(|when| (when.as_str(), 0)).collect();
    parse(&[("many", &rules), ("rest", &[("", 0)])]).unwrap()
}

/// Mean over some rounds, printed: `cargo test --release -p trunkline-flows thousand -- --nocapture`.
#[test]
fn a_thousand_rules_are_asked_in_no_time() {
    let sets = [
        (
            "by channel and word",
            thousand(|n| format!("ticket.channel == 'chat' && message.text.contains('word{n} ')")),
        ),
        (
            "by account",
            thousand(|n| format!("ticket.connection == 'shop-{n}' && !('staff' in contact.tags)")),
        ),
        // Nothing in these can be looked up: each is asked.
        ("by nothing but the condition", thousand(|n| format!("message.text.lower().contains('word{n} ')"))),
        (
            "by tag, or plan",
            thousand(|n| format!("'tag{n}' in contact.tags || contact.attributes.plan == 'p{n}'")),
        ),
    ];
    let mut facts = facts("please tell me about word999 as soon as you can");
    facts.ticket.connection = "shop-999".into();
    facts.contact.tags = ["a".to_owned(), "tag999".to_owned()].into();
    for (name, set) in sets {
        const ROUNDS: u32 = if cfg!(debug_assertions) { 10 } else { 2_000 };
        let begin = std::time::Instant::now();
        for _ in 0..ROUNDS {
            let choice = set.choose(&facts, 0);
            assert_eq!(choice.flow.as_deref(), Some("many"), "{name}");
            assert_eq!(choice.trace.candidates.len(), CANDIDATES_MAX);
            assert_eq!(choice.trace.left_out, 1_000 - CANDIDATES_MAX);
        }
        let mean = begin.elapsed() / ROUNDS;
        println!("1,000 rules {name}: {mean:?}");
        // Far from what it takes: a machine that is busy must not fail this.
        assert!(mean.as_millis() < 500, "{name}: {mean:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// Passing over rules that cannot hold chooses the same flow as asking every condition.
    #[test]
    fn passing_over_changes_no_choice(
        rules in prop::collection::vec((any_condition(), 0i64..3), 1..12),
        tags in prop::collection::btree_set("vip|press|x", 0..3),
        channel in "chat|voice|x",
        text in "Wo [0-9]{0,2}4711[?!]?|none",
        named in any::<bool>(),
    ) {
        let rule = |(n, (when, priority)): (usize, &(String, i64))| (format!("f{n}"), [(when.clone(), *priority)]);
        let flows: Vec<_> = rules.iter().enumerate().map(rule).collect();
        let flows: Vec<_> = flows.iter().map(|(name, [(when, priority)])| (name, [(when.as_str(), *priority)])).collect();
        let mut flows: Vec<_> = flows.iter().map(|(name, rules)| (name.as_str(), &rules[..])).collect();
        flows.push(("rest", &[("", 0)]));
        let set = parse(&flows).unwrap();
        let mut facts = facts(&text);
        facts.contact.tags = tags;
        facts.ticket.channel = channel;
        facts.ticket.priority = 3;
        // A table, and what is not a text: needs cannot tell, the condition can.
        facts.contact.attributes = [("plan".to_owned(), serde_json::json!("gold"))].into();
        if !named {
            facts.contact.name = None;
            facts.contact.attributes.clear();
        }
        let choice = set.choose(&facts, 0);
        prop_assert_eq!(&choice.flow, &set.choose_with(&facts, 0, false).flow);
        prop_assert_eq!(choice.clone(), set.choose(&facts, 0));
    }
}
