//! Case files.

use serde_json::Value;
use trunkline_sdk::prelude::*;

use crate::Webchat;

#[test]
fn case_files() {
    trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<Webchat>);
}

#[test]
fn page_case_files() {
    trunkline_cases::run_page_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::open::<Webchat>);
}

#[test]
fn shown_case_files() {
    trunkline_cases::run_shown_cases(env!("CARGO_MANIFEST_DIR"), <Webchat as trunkline_sdk::Page>::show);
}

#[test]
fn outbound_case_files() {
    trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<Webchat>);
}

fn get(url: &str) -> Response {
    let request = Request { method: "GET".to_owned(), url: url.to_owned(), ..Request::default() };
    let settings = [("title", "Shop \"</script>"), ("session_secret", "not to be told")];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let context = Context { settings, ..Context::default() };
    match trunkline_sdk::open::<Webchat>(&request, &context) {
        PageStep::Answer(response) => response,
        other => panic!("{other:?}"),
    }
}

/// Whoever asks gets it, without an origin: it holds what the widget looks like, and nothing else of the connection.
#[test]
fn the_script_is_for_everybody() {
    let script = get("https://hooks.example.org/below/pages/webchat/chat.js?v=1");
    assert_eq!((script.status, script.header("x-content-type-options")), (200, Some("nosniff")));
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    let text = String::from_utf8(script.body).expect("UTF-8");
    let look = text.lines().find_map(|line| line.strip_prefix("const LOOK = ")).expect("a line");
    let look: Value = serde_json::from_str(look.trim_end_matches(';')).expect("JSON");
    assert_eq!(look["title"], "Shop \"</script>");
    for part in [include_str!("../widget/talk.js"), include_str!("../widget/window.js")] {
        assert!(text.contains(part));
    }
    assert!(!text.contains("not to be told"));
    assert_eq!(get("https://hooks.example.org/pages/webchat/chat.js/x").status, 404);
}

/// Markup is made by nobody: what people write is text wherever the script puts it.
#[test]
fn the_script_writes_no_markup() {
    let script = concat!(include_str!("../widget/talk.js"), include_str!("../widget/window.js"));
    for way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        ".style=",
        "import(",
    ] {
        assert!(!script.contains(way), "{way}");
    }
}

/// Each language has the same words.
#[test]
fn the_words_are_all_there() {
    let words: Value = serde_json::from_str(include_str!("../widget/words.json")).expect("JSON");
    let names = |language: &Value| language.as_object().expect("words").keys().cloned().collect::<Vec<_>>();
    for (language, found) in words.as_object().expect("languages") {
        assert_eq!(names(found), names(&words["en"]), "{language}");
    }
}
