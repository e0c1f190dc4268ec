//! The desk: one contact on two channels, a flow, an agent, what survives, who may what, and why.

use serde_json::{Value, json};

use crate::host::{Host, TOKEN, components};
use crate::http::{self, Answer};
use crate::pages::{CONNECTIONS, Told, session, write};
use crate::samples::{line_text, send};

const AGENT: &str = "token-of-ana-0123456789";
const OTHER: &str = "token-of-ben-0123456789";
const BOSS: &str = "token-of-the-boss-0123456789";
const PROGRAM: &str = "token-of-a-program-0123456789";

const DESK: &str = r#"
default_team = "support"
[teams.support]
offer_seconds = 600
[teams.billing]
[agents.ana]
teams = ["support", "billing"]
[agents.ben]
teams = ["support"]
"#;

const FLOW: &str = r#"
name = "welcome"
version = "1"

[[start]]

[[step]]
id = "menu"
[step.ask]
text = "What is it about?"
choices = [
    { id = "bill", title = "A bill", next = "bill" },
    { id = "else", title = "Something else", next = "rest" },
]
timeout = "1h"
on_timeout = "rest"

[[step]]
id = "bill"
queue = { team = "billing", priority = 5 }

[[step]]
id = "rest"
queue = { team = "support" }
"#;

fn tokens() -> String {
    let tokens = [
        ("ana", AGENT, "agent"),
        ("ben", OTHER, "agent"),
        ("boss", BOSS, "supervisor"),
        ("crm", PROGRAM, "integration"),
    ];
    let tokens = tokens
        .map(|(name, token, scope)| format!("[tokens.{name}]\ntoken = \"{token}\"\nscope = \"{scope}\"\n"));
    format!("{CONNECTIONS}[desk]\npath = \"desk\"\n{}", tokens.concat())
}

fn prepare(desk: &str, flow: &str) -> Host {
    let host = Host::prepare(&components(), &tokens());
    let folder = host.config.with_file_name("desk");
    std::fs::create_dir_all(folder.join("flows")).expect("a folder");
    std::fs::write(folder.join("desk.toml"), desk).expect("a file");
    std::fs::write(folder.join("flows/welcome.toml"), flow).expect("a file");
    host
}

fn ask(host: &Host, token: &str, path: &str, body: &Value) -> Answer {
    let headers =
        [("content-type", "application/json".to_owned()), ("authorization", format!("Bearer {token}"))]
            .map(|(name, value)| (name.to_owned(), value));
    http::request(host.address, "POST", path, &headers, body.to_string().as_bytes())
}

fn get(host: &Host, path: &str) -> Value {
    let answer = http::get(host.address, path, TOKEN);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

/// The only ticket, once it is as wanted: the desk hears what the journal has, and not before.
fn ticket(host: &Host, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2_000 {
        let page = get(host, "/v1/tickets");
        if let [ticket] = page["tickets"].as_array().expect("a list").as_slice()
            && wanted(ticket)
        {
            return ticket.clone();
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    panic!("{:#}\n{}", get(host, "/v1/tickets"), host.log());
}

#[test]
fn a_contact_is_asked_queued_answered_and_explained() {
    let mut host = prepare(DESK, FLOW);
    host.run();
    let token = session(&host, "adaadaadaadaadaadaadaa");
    write(&host, &token, "a1", "Hello?");
    let mut told = Told::follow(&host, &token, None);
    assert_eq!(told.next_text().1, "visitor: Hello?");
    let (_, asked) = told.next().expect("the flow asks");
    assert_eq!(asked["parts"][0]["choices"]["options"][0]["title"], "A bill");
    let waits = ticket(&host, |ticket| ticket["flow"]["step"] == "menu" && ticket["said"] == 1);
    assert_eq!((&waits["status"], &waits["waiting"]), (&json!("open"), &json!(false)));
    write(&host, &token, "a2", "a bill");
    let queued = ticket(&host, |ticket| ticket["waiting"] == true);
    assert_eq!((&queued["team"], &queued["priority"]), (&json!("billing"), &json!(5)));

    // Nobody is there; then the only one who may.
    for (agent, token) in [("ben", OTHER), ("ana", AGENT)] {
        let path = format!("/v1/agents/{agent}/presence");
        assert_eq!(ask(&host, token, &path, &json!({ "presence": "online" })).status, 200);
    }
    let offered = ticket(&host, |ticket| ticket["held"]["offered"] == true);
    assert_eq!(offered["held"]["agent"], "ana");
    let (id, generation) = (offered["id"].as_str().expect("an id"), &offered["held"]["generation"]);
    let on =
        |token: &str, what: &str, body: Value| ask(&host, token, &format!("/v1/tickets/{id}/{what}"), &body);
    let hold = json!({ "generation": generation });
    assert_eq!(on(OTHER, "accept", hold.clone()).status, 409, "it is another's");
    assert_eq!(on(AGENT, "reply", json!({ "generation": generation, "text": "Too early" })).status, 409);
    assert_eq!(on(AGENT, "accept", hold.clone()).status, 200);
    assert_eq!(on(AGENT, "reply", json!({ "generation": generation, "text": "Which one?" })).status, 200);
    assert_eq!(told.next_text().1, "visitor: a bill");
    assert_eq!(told.next_text().1, "us: Which one?");
    // Who has it may pass it on; whoever had it may not go on.
    assert_eq!(on(AGENT, "transfer", json!({ "generation": generation, "team": "support" })).status, 200);
    let problem = on(AGENT, "close", hold.clone());
    assert_eq!((problem.status, &problem.json()["code"]), (409, &json!("ticket_owner")));
    let passed = ticket(&host, |ticket| ticket["team"] == "support");

    // Nothing is lost by a crash.
    host.kill_9();
    host.wait();
    host.run();
    let after = ticket(&host, |_| true);
    assert_eq!(after, passed);
    let on =
        |token: &str, what: &str, body: Value| ask(&host, token, &format!("/v1/tickets/{id}/{what}"), &body);
    assert_eq!(on(BOSS, "assign", json!({ "agent": "ben" })).status, 200);
    let owned = ticket(&host, |ticket| ticket["held"]["offered"] == false);
    let hold = json!({ "generation": owned["held"]["generation"] });
    assert_eq!(on(OTHER, "close", hold).status, 200);
    let closed = ticket(&host, |ticket| ticket["status"] == "closed");
    assert!(closed["first_response_at"].is_string() && closed["closed_at"].is_string(), "{closed}");

    let timeline = get(&host, &format!("/v1/tickets/{id}/timeline?limit=200"));
    let kinds: Vec<&str> = timeline["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["what"]["entry"].as_str().expect("a kind"))
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "heard").count(), 2, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "sent").count(), 2, "the question and the answer");
    let first = &timeline["entries"][0];
    assert_eq!(first["event"]["data"]["kind"]["message"]["parts"][0]["text"], "Hello?");
    assert_eq!(first["why"], Value::Null, "only where it is asked for");
    let event = first["event"]["id"].as_str().expect("an id");
    let why = get(&host, &format!("/v1/explain/{event}"));
    assert_eq!(why["entries"][0]["why"]["flow"][0]["flow"], "welcome", "{why:#}");
    let shown = host.command(&["explain", event]);
    let shown = String::from_utf8(shown.stdout).expect("text");
    assert!(shown.contains("flow") && shown.contains("welcome"), "{shown}");
    let numbers = get(&host, "/v1/numbers");
    let counts = &numbers["rows"][0]["counts"];
    assert_eq!(
        (&counts["opened"], &counts["closed"], &counts["messages_in"]),
        (&json!(1), &json!(1), &json!(2))
    );
}

#[test]
fn two_channels_are_one_contact_where_somebody_says_so() {
    let mut host = prepare(DESK, FLOW);
    host.run();
    let token = session(&host, "adaadaadaadaadaadaadaa");
    write(&host, &token, "a1", "Hello?");
    ticket(&host, |_| true);
    assert_eq!(
        send(&host, &line_text("01JAAAAAAAAAAAAAAAAAAAA009", "U00000000000000000000000000000009")).status,
        200
    );
    let contacts = || get(&host, "/v1/contacts")["contacts"].as_array().expect("a list").clone();
    for _ in 0..2_000 {
        if contacts().len() == 2 {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    let found = contacts();
    assert_eq!(found.len(), 2, "{found:?}");
    let id = |at: usize| found[at]["id"].as_str().expect("an id").to_owned();
    let merge = format!("/v1/contacts/{}/merge", id(0));
    assert_eq!(ask(&host, AGENT, &merge, &json!({ "from": id(1) })).status, 403);
    assert_eq!(ask(&host, BOSS, &merge, &json!({ "from": id(1) })).status, 200);
    let one = contacts();
    assert_eq!((one.len(), one[0]["identities"].as_array().map(Vec::len)), (1, Some(2)));
    let timeline = get(&host, &format!("/v1/contacts/{}/timeline", id(0)));
    let heard = timeline["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|entry| entry["what"]["entry"] == "heard");
    assert_eq!(heard.count(), 2, "of both channels");
    let undo = format!("/v1/merges/{}/undo", one[0]["merges"][0].as_str().expect("a merge"));
    assert_eq!(ask(&host, BOSS, &undo, &json!({})).status, 204);
    assert_eq!(contacts(), found, "both are what they were");
    let describe = format!("/v1/contacts/{}/describe", id(0));
    let about = json!({ "attributes": { "plan": "paid" }, "language": "de" });
    assert_eq!(ask(&host, PROGRAM, &describe, &about).status, 200);
    assert_eq!(contacts()[0]["attributes"]["plan"], "paid");
    assert_eq!(ask(&host, PROGRAM, &describe, &json!({ "time_zone": "Mars/Olympus" })).status, 422);
    assert_eq!(http::get(host.address, "/v1/tickets", "no-token-at-all-0123").status, 401);
    // A contact who is removed is gone here as well.
    let erase = json!({ "contact": "id:U00000000000000000000000000000009" });
    assert_eq!(ask(&host, TOKEN, "/v1/contacts/erase", &erase).status, 200);
    assert_eq!(contacts().len(), 1);
    let left = get(&host, "/v1/tickets").to_string();
    assert!(!left.contains("U00000000000000000000000000000009"), "{left}");
}

#[test]
fn what_is_wrong_with_a_desk_is_said_before_anything_starts() {
    for (desk, flow, said) in [
        ("default_team = \"nobody\"\n[teams.support]\n", FLOW, "desk.toml: "),
        (
            DESK,
            "name = \"welcome\"\nversion = \"1\"\n[[start]]\n[[step]]\nid = \"a\"\nsay = \"x\"\nnext = \"b\"\n",
            "welcome.toml:",
        ),
        (&format!("{DESK}[kinds]\nfax = \"paper\"\n"), FLOW, "`kinds` names `fax`, which is no connection"),
    ] {
        let host = prepare(desk, flow);
        let output = host.command(&["check"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(said), "{text}");
    }
}
