use crate::problem::Problems;
use crate::samples::{SUPPORT, known, list};

/// The problems of a file, as they are shown.
fn problems(text: &str) -> Vec<String> {
    let mut problems = Problems::new("a.toml", text);
    let known = known();
    let flow = super::build("a.toml", text, Some(&known), &mut problems);
    let found = problems.into_found();
    assert_eq!(flow.is_none(), !found.is_empty(), "{}", list(&found));
    found.iter().map(ToString::to_string).collect()
}

/// A flow of these lines; the first of them is the third of the file.
fn flow(lines: &str) -> String {
    format!("name = \"a\"\nversion = \"1\"\n{lines}")
}

#[test]
fn the_sample_has_no_problem() {
    assert_eq!(problems(SUPPORT), Vec::<String>::new());
}

#[test]
fn each_problem_says_where_and_what_to_do() {
    for (lines, expected) in [
        ("[[step]]\nid = \"x\"\nend = tru\n", "a.toml:5: "),
        ("x = 1\n[[step]]\nid = \"x\"\nend = true\n", "a.toml:3: unknown field `x`"),
        ("[[step]]\nid = \"x\"\nsya = \"hi\"\n", "a.toml:5: unknown field `sya`"),
        ("[[step]]\nid = \"x\"\nend = false\n", "a.toml:5: `end = false` says nothing (remove the step)"),
        ("", "a.toml:1: 0 steps, expected 1 to 500"),
        ("[[step]]\nid = \"X y\"\nend = true\n", "a.toml:4: `X y` is no name for a step"),
        (
            "[[step]]\nid = \"x\"\nsay = \"1\"\n[[step]]\nid = \"x\"\nend = true\n",
            "a.toml:7: two steps are named `x`",
        ),
        ("[[step]]\nid = \"x\"\n", "a.toml:4: the step `x` has 0 actions, not one (expected one of `say`"),
        ("[[step]]\nid = \"x\"\nsay = \"1\"\nend = true\n", "a.toml:4: the step `x` has 2 actions"),
        (
            "[[step]]\nid = \"x\"\nsay = \"1\"\nnext = \"yy\"\n[[step]]\nid = \"yes\"\nend = true\n",
            "a.toml:6: no step is named `yy` (",
        ),
        (
            "[[step]]\nid = \"x\"\nqueue = { team = \"sale\" }\n",
            "a.toml:5: no team is named `sale` (did you mean `sales`?)",
        ),
        (
            "[[step]]\nid = \"x\"\nbot = { name = \"answer\" }\n",
            "a.toml:5: no bot is named `answer` (did you mean `answers`?)",
        ),
        ("[[step]]\nid = \"x\"\nhours = {}\n", "a.toml:4: no calendar is named (add `calendar`"),
        (
            "[[step]]\nid = \"x\"\nhours = { calendar = \"ofice\" }\n",
            "a.toml:5: no calendar is named `ofice` (did you mean `office`?)",
        ),
        (
            "[[step]]\nid = \"x\"\nqueue = { team = \"sales\", priority = 10 }\n",
            "a.toml:5: the priority `10` is not 0 to 9 (9 comes first)",
        ),
        (
            "[[step]]\nid = \"x\"\nqueue = { team = \"sales\" }\nnext = \"x\"\n",
            "a.toml:6: nothing comes after `queue`, so `next` is never used (remove `next`)",
        ),
        (
            "[[step]]\nid = \"x\"\nend = true\n[[step]]\nid = \"y\"\nend = true\n",
            "a.toml:7: nothing leads to the step `y`",
        ),
        (
            "[[step]]\nid = \"x\"\nsay = \"1\"\n[[step]]\nid = \"y\"\nsay = \"2\"\nnext = \"x\"\n",
            "the step `x` leads back to itself, and nobody is waited for",
        ),
        (
            "[[step]]\nid = \"x\"\nif = { when = \"contact.nam == 'a'\", then = \"x\" }\n",
            "a.toml:5: no field of `contact` is named `nam` (did you mean `name`?)",
        ),
        ("[[step]]\nid = \"x\"\nif = { then = \"x\" }\n", "a.toml:4: an `if` has either one condition"),
        (
            "[[step]]\nid = \"x\"\nsay = \"{{ vars.emial }}\"\n",
            "a.toml:5: no variable is named `emial` (no step sets it",
        ),
        ("[[step]]\nid = \"x\"\nsay = \"{{ contact.name\"\n", "a.toml:5: `{{` without `}}`"),
        ("[[step]]\nid = \"x\"\nsay = { en = \" \" }\n", "a.toml:5: a text is empty"),
        ("[[step]]\nid = \"x\"\nsay = 1\n", "a.toml:5: expected a text, or texts by language"),
        (
            "[[step]]\nid = \"x\"\nask = { text = \"?\" }\n",
            "a.toml:5: a question does not say what answers it takes",
        ),
        (
            "[[step]]\nid = \"x\"\nask = { text = \"?\", as = \"text\", timeout = \"15\" }\n",
            "a.toml:5: `15` is no time to wait (expected `30s`",
        ),
        (
            "[[step]]\nid = \"x\"\nask = { text = \"?\", as = \"text\", on_timeout = \"x\" }\n",
            "a.toml:5: `on_timeout` without `timeout` is never used",
        ),
        (
            "[[step]]\nid = \"x\"\nask = { text = \"?\", as = \"text\", into = \"A\" }\n",
            "a.toml:5: `A` is no name for a variable",
        ),
        (
            "[[step]]\nid = \"x\"\nask = { text = \"?\", choices = [{ id = \"a\", title = \"Yes\" }, { id = \"b\", title = \"yes \" }] }\n",
            "a.toml:5: `yes` would be an answer for two choices",
        ),
        (
            "[[step]]\nid = \"x\"\nask = { text = \"?\", choices = [{ id = \"2\", title = \"A\" }, { id = \"b\", title = \"B\" }] }\n",
            "a.toml:5: `2` would be an answer for two choices",
        ),
        (
            "[[step]]\nid = \"x\"\nlook_up = { url = \"https://{{ contact.name }}/\" }\n",
            "a.toml:5: `https://{{ contact.name }}/` does not begin with a host",
        ),
        (
            "[[step]]\nid = \"x\"\nlook_up = { url = \"https://a.example{{ contact.name }}\" }\n",
            "a.toml:5: `https://a.example{{ contact.name }}` does not begin with a host",
        ),
        (
            "[[step]]\nid = \"x\"\nlook_up = { url = \"https://a.example/\", method = \"GTE\" }\n",
            "a.toml:5: `GTE` is no method (there is `GET`, `POST`",
        ),
        ("[[step]]\nid = \"x\"\ntransfer = {}\n", "a.toml:4: a transfer goes to one place"),
        (
            "[[step]]\nid = \"x\"\nlanguage = { among = [\"en\", \"xx\"] }\n",
            "a.toml:5: `xx` is not told from others",
        ),
        ("on_close = \"rate\"\n[[step]]\nid = \"x\"\nend = true\n", "a.toml:3: no step is named `rate`"),
        (
            "[[start]]\nwhen = \"ticket.channel =\"\n[[step]]\nid = \"x\"\nend = true\n",
            "a.toml:4: `ticket.channel =` does not parse",
        ),
    ] {
        let found = problems(&flow(lines));
        assert!(found.iter().any(|found| found.contains(expected)), "{lines}\n{expected}\n{found:#?}");
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let text = flow(concat!(
        "[[start]]\nwhen = \"x\"\n",
        "[[step]]\nid = \"a\"\nsay = \"{{ y }}\"\nnext = \"nowhere\"\n",
        "[[step]]\nid = \"b\"\nqueue = { team = \"none\" }\n",
    ));
    let found = problems(&text);
    assert_eq!(found.len(), 4, "{found:#?}");
    // Tables that are not as they should be, too.
    let text = flow("[[step]]\nid = \"a\"\nx = 1\n[[step]]\nid = \"b\"\ny = 1\n");
    assert_eq!(problems(&text).len(), 2);
}

#[test]
fn an_older_version_may_name_what_is_gone() {
    let text = flow(
        "[[step]]\nid = \"a\"\nbot = { name = \"gone\" }\n[[step]]\nid = \"b\"\nqueue = { team = \"gone\" }\n",
    );
    let mut problems = Problems::new("a.toml", &text);
    assert!(super::build("a.toml", &text, None, &mut problems).is_some());
}

#[test]
fn a_circle_is_found_behind_other_steps() {
    let text = flow(concat!(
        "[[step]]\nid = \"a\"\nsay = \"1\"\n",
        "[[step]]\nid = \"b\"\nif = { when = \"ticket.messages > 1\", then = \"e\" }\n",
        "[[step]]\nid = \"c\"\nsay = \"2\"\n",
        "[[step]]\nid = \"d\"\nsay = \"3\"\nnext = \"b\"\n",
        "[[step]]\nid = \"e\"\nend = true\n",
    ));
    let found = problems(&text);
    assert!(found.len() == 1 && found[0].contains("leads back to itself"), "{found:?}");
    // With a question inside, the contact decides.
    let text = text.replace("say = \"3\"", "ask = { text = \"?\", as = \"text\" }");
    assert_eq!(problems(&text), Vec::<String>::new());
}
