use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::facts::{Facts, MessageFacts, QueueFacts};
use crate::hours::{Calendar, CalendarConfig};

fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.contact.language = Some("de".into());
    facts.contact.tags = ["vip".to_owned(), "press".to_owned()].into();
    facts.contact.attributes =
        [("plan".to_owned(), json!("gold")), ("orders".to_owned(), json!([{"id": 7}]))].into();
    facts.ticket.channel = "chat".into();
    facts.ticket.priority = 3;
    facts.message = Some(MessageFacts { text: "Wo ist meine BESTELLUNG 4711?".into(), ..Default::default() });
    facts.queues = [("sales".to_owned(), QueueFacts { waiting: 12, ..Default::default() })].into();
    facts
}

fn test(source: &str) -> Outcome {
    let expression =
        Expression::compile(source, Names::default()).unwrap_or_else(|errors| panic!("{errors:?}"));
    let (facts, vars) = (facts(), BTreeMap::from([("n".to_owned(), json!(2))]));
    let roots = Roots::new(&facts, &vars);
    expression.test(&Scene::new(&roots, None, 1_795_800_000_000))
}

#[test]
fn conditions_hold_or_do_not() {
    for (source, holds) in [
        ("true", true),
        ("ticket.channel == 'chat'", true),
        ("ticket.channel in ['voice', 'chat']", true),
        ("ticket.priority > 3", false),
        ("ticket.priority == 3", true),
        ("'vip' in contact.tags && size(contact.tags) == 2", true),
        ("contact.tags.exists(tag, tag.startsWith('pre'))", true),
        ("contact.attributes.plan == 'gold'", true),
        ("contact.attributes['plan'] == 'gold'", true),
        ("contact.attributes.orders[0].id == 7", true),
        ("has(contact.name)", false),
        ("has(contact.attributes.plan)", true),
        ("contact.?name.orValue('nobody') == 'nobody'", true),
        ("message.text.lower().contains('bestellung')", true),
        ("message.text.matches('[0-9]{4}')", true),
        ("message.text.matches('(?i)^bestellung')", false),
        ("queue.sales.waiting >= 12", true),
        ("vars.n + 1 == 3", true),
        ("time.weekday == 'sat' && time.hour == 7 && time.date == '2026-11-28'", false),
        ("contact.attributes.map(name, name) == ['orders', 'plan']", true),
        ("size(contact.attributes) == 2 && 'plan' in contact.attributes", true),
    ] {
        let expected = if holds { Outcome::True } else { Outcome::False };
        assert_eq!(test(source), expected, "{source}");
    }
}

#[test]
fn what_is_not_there_counts_as_false() {
    for source in
        ["contact.name == 'x'", "contact.name != 'x'", "!(contact.name == 'x')", "1", "ticket.team > 2"]
    {
        assert!(matches!(test(source), Outcome::Failed(_)), "{source}: {:?}", test(source));
    }
    assert_eq!(test("contact.name == 'x' || true"), Outcome::True);
}

#[test]
fn what_cannot_be_used_is_refused() {
    let vars = BTreeSet::from(["email".to_owned()]);
    let teams = BTreeSet::from(["sales".to_owned()]);
    let names = Names { vars: Some(&vars), teams: Some(&teams) };
    for (source, message, hint) in [
        ("", "the expression is empty", "say a condition"),
        ("1 +", "`1 +` does not parse", "expected CEL"),
        ("contct.name == 'x'", "nothing is named `contct`", "did you mean `contact`?"),
        ("contact.nmae == 'x'", "no field of `contact` is named `nmae`", "did you mean `name`?"),
        ("vars.emial == 'x'", "no variable is named `emial`", "did you mean `email`?"),
        ("queue.sale.waiting > 1", "no team is named `sale`", "did you mean `sales`?"),
        ("queue.sales.wait > 1", "no field of a queue is named `wait`", "did you mean `waiting`?"),
        ("message.text.contain('x')", "no function is named `contain`", "did you mean `contains`?"),
        ("message.text.matches(contact.name)", "the pattern of `matches` is not a text", "write the pattern"),
        ("message.text.matches('(')", "the pattern `(` cannot be used", ""),
        ("message.text.matches('(a{1,900}){1,900}')", "the pattern", ""),
        ("{'a': 1}.a == 1", "tables cannot be written", "use a list"),
        ("[1].all(a, [2].all(b, a < b))", "a loop inside of a loop", "use `in`"),
        ("((((((((((((((((((((((((((1))))))))))))))))))))))))))", "`((", "split it"),
    ] {
        let errors = Expression::compile(source, names).expect_err(source);
        assert!(errors[0].message.starts_with(message), "{source}: {errors:?}");
        assert!(errors[0].hint.contains(hint), "{source}: {errors:?}");
    }
    let long = format!("'{}' == ''", "a".repeat(2_000));
    assert!(Expression::compile(&long, names).is_err());
    let many = vec!["true"; 300].join("||");
    assert!(Expression::compile(&many, names).is_err());
}

#[test]
fn the_clocks_are_those_of_the_calendar() {
    let config = CalendarConfig {
        time_zone: "America/New_York".into(),
        fri: vec!["09:00-17:00".into()],
        ..Default::default()
    };
    let calendar = Calendar::new(&config).unwrap();
    let (facts, vars) = (facts(), BTreeMap::new());
    let roots = Roots::new(&facts, &vars);
    let scene = Scene::new(&roots, Some(&calendar), 1_795_815_000_000);
    for (source, holds) in [
        ("time.weekday == 'fri' && time.hour == 16 && time.minute == 30", Outcome::True),
        ("time.open", Outcome::True),
        ("time.now == 1795815000000", Outcome::True),
    ] {
        assert_eq!(Expression::compile(source, Names::default()).unwrap().test(&scene), holds, "{source}");
    }
}

#[test]
fn a_trace_tells_what_was_seen() {
    let source = "ticket.channel == 'chat' && contact.name == 'x'";
    let expression = Expression::compile(source, Names::default()).unwrap();
    let (facts, vars) = (facts(), BTreeMap::new());
    let roots = Roots::new(&facts, &vars);
    let scene = Scene::new(&roots, None, 0);
    let looked = expression.looked(&scene, expression.test(&scene));
    assert_eq!(&*looked.when, source);
    assert_eq!(looked.outcome, Outcome::Failed("No such key: name".to_owned()));
    let saw: Vec<_> = looked.saw.iter().map(|saw| (&*saw.path, saw.value.as_deref())).collect();
    assert_eq!(saw, [("contact.name", None), ("ticket.channel", Some("\"chat\""))]);
}

/// Conditions of simple and other parts, true and false ones.
pub(crate) fn any_condition() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "ticket.channel == 'chat'",
        "'chat' == ticket.channel",
        "ticket.channel == 'voice'",
        "ticket.channel in ['chat', 'voice']",
        "ticket.channel in ['voice']",
        "ticket.channel in [ticket.channel]",
        "ticket.priority == 3",
        "ticket.priority == 3.0",
        "ticket.priority == '3'",
        "ticket.priority in [1, 2]",
        "'vip' in contact.tags",
        "'none' in contact.tags",
        "'plan' in contact.attributes",
        "contact.tags == ['press', 'vip']",
        "contact.name == 'x'",
        "contact.?name == 'x'",
        "has(contact.language)",
        "!has(contact.name)",
        "message.text.contains('4711')",
        "message.text.contains('none')",
        "message.text.startsWith('Wo')",
        "message.text.endsWith('?')",
        "message.text.endsWith('!')",
        "contact.attributes.plan == 'gold'",
        "contact.attributes['plan'].startsWith('g')",
        "contact.attributes.orders.contains('x')",
        "time.weekday == 'sat'",
        "true",
    ]);
    let joined = (prop::collection::vec(part, 1..5), prop::collection::vec(0..4u8, 4));
    joined.prop_map(|(parts, joins)| {
        let mut text = String::new();
        for (index, part) in parts.iter().enumerate() {
            let join = joins[index % 4];
            text = match (index, join) {
                (0, _) => (*part).to_owned(),
                (_, 0) => format!("{text} || {part}"),
                (_, 1) => format!("({text}) && {part}"),
                _ => format!("{text} && {part}"),
            };
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    /// Needs only ever say no to what is not true.
    #[test]
    fn a_true_condition_has_its_needs(source in any_condition()) {
        let expression = Expression::compile(&source, Names::default()).unwrap();
        let (facts, vars) = (facts(), BTreeMap::new());
        let roots = Roots::new(&facts, &vars);
        let scene = Scene::new(&roots, None, 0);
        let may_hold = |need: &Need| need.may_hold(&Seen::of(scene.find(&need.path)));
        let all = expression.needs().iter().all(|row| row.iter().any(may_hold));
        prop_assert!(all || expression.test(&scene) != Outcome::True, "{}", source);
    }

    /// Whatever is written, it is read or refused.
    #[test]
    fn no_text_breaks_the_parser(source in "[a-z.()\\[\\]{}!?:&|<>='\"+*/%0-9 -]{0,60}") {
        if let Ok(expression) = Expression::compile(&source, Names::default()) {
            let (facts, vars) = (facts(), BTreeMap::new());
            let roots = Roots::new(&facts, &vars);
            let outcome = expression.test(&Scene::new(&roots, None, 0));
            prop_assert!(matches!(outcome, Outcome::True | Outcome::False | Outcome::Failed(_)));
        }
    }
}
