//! A person is removed from a running host, by the API and by the command line: looked for in the bytes of every file.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trunkline_cases::provider::{Action, Provider};
use trunkline_model::Request;

use crate::host::{Host, TOKEN, components};
use crate::http::{self, Answer};
use crate::samples::{case, connection, provider, send};

/// What a contact's picture consists of: the digest of the case file is that of these bytes.
const PICTURE: &[u8] = b"test";
/// Who is in the case files.
const ID: &str = "MX.1a2B3c4D5e6F";
const NUMBER: &str = "5215550002222";

struct House {
    host: Host,
    provider: Provider,
}

/// Nobody listens there: what is to be delivered waits.
const DESTINATION: &str = "[destinations.crm]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:1/\"\n\
                           secret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n";

fn house() -> House {
    let provider = provider("whatsapp");
    provider.on_request(|seen| match seen.host == "lookaside.fbsbx.com" && seen.status == 200 {
        true => {
            let headers = vec![("content-type".to_owned(), "image/jpeg".to_owned())];
            Action::Status(200, headers, PICTURE.to_vec())
        }
        false => Action::Answer,
    });
    let settings = [
        ("app_secret", "app-secret-1"),
        ("verify_token", "verify-token-1"),
        ("access_token", "fake-token"),
        ("phone_number_id", "202020202020202"),
    ];
    let config = format!("{DESTINATION}{}", connection("whatsapp", "whatsapp", &provider, &settings));
    House { host: Host::start(&components(), &config), provider }
}

fn post(host: &Host, path: &str, body: &Value) -> Answer {
    let headers = [
        ("authorization".to_owned(), format!("Bearer {TOKEN}")),
        ("content-type".to_owned(), "application/json".to_owned()),
        ("trunkline-actor".to_owned(), "tests".to_owned()),
    ];
    http::request(host.address, "POST", path, &headers, body.to_string().as_bytes())
}

/// Files of the store in which these words stand.
fn standing(host: &Host, words: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    look(&host.store(), words.as_bytes(), &mut found);
    found
}

fn look(folder: &Path, words: &[u8], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            look(&path, words, found);
        } else if std::fs::read(&path).expect("a file").windows(words.len()).any(|window| window == words) {
            found.push(path);
        }
    }
}

/// The files that were fetched.
fn fetched(host: &Host) -> usize {
    let mut found = Vec::new();
    let media = host.store().join("media");
    if media.is_dir() {
        look(&media, PICTURE, &mut found);
    }
    found.len()
}

/// A text of somebody else.
fn another() -> Request {
    let case = case("whatsapp", "text");
    let mut body = String::from_utf8(case.request.body.clone()).expect("text");
    for (of_ana, of_another) in [
        ("wamid.AAA111", "wamid.of-another"),
        (ID, "MX.somebody.else.9"),
        (NUMBER, "5215550009999"),
        ("Ana P.", "Bo B."),
        ("anap", "bob"),
        ("hola", "hello"),
    ] {
        body = body.replace(of_ana, of_another);
    }
    case.resigned(body.into_bytes()).expect("signed in a header")
}

/// A text and a picture of one person, a text of another, an answer to both.
fn fill(house: &House) {
    let host = &house.host;
    assert_eq!(send(host, &case("whatsapp", "text").request).status, 200);
    assert_eq!(send(host, &another()).status, 200);
    let picture = case("whatsapp", "image");
    let body = String::from_utf8(picture.request.body.clone())
        .expect("text")
        .replace("wamid.AAA111", "wamid.picture");
    let picture = picture.resigned(body.into_bytes()).expect("signed in a header");
    assert_eq!(send(host, &picture).status, 200);
    let events = host.api("/v1/events?order=newest&limit=1&kind=message");
    let parts =
        events["events"][0]["data"]["kind"]["message"]["parts"].as_array().expect("a message").clone();
    let media = parts.iter().find(|part| part.get("media").is_some()).expect("a picture");
    let id = media["media"]["attributes"]["media_id"].as_str().expect("an id");
    assert_eq!(http::get(host.address, &format!("/v1/media/{id}"), TOKEN).status, 200);
    for (to, words) in
        [(format!("+{NUMBER}"), "answer_to_ana"), ("+4917055555".to_owned(), "answer_to_another")]
    {
        let message = json!({ "connection": "whatsapp", "to": to,
            "parts": [{ "template": { "name": words, "language": "de", "parameters": {} } }] });
        assert_eq!(post(host, "/v1/messages", &message).status, 202);
    }
    let _ = house.provider.wait_for(4, std::time::Duration::from_secs(30));
}

const OF_ANA: [&str; 5] = [NUMBER, ID, "Ana P.", "hola", "answer_to_ana"];

#[test]
fn nothing_of_a_person_is_left_in_the_store() {
    let house = house();
    let host = &house.host;
    fill(&house);
    for words in OF_ANA {
        assert!(!standing(host, words).is_empty(), "{words} stands there before");
    }
    assert_eq!(fetched(host), 1);
    let output = host.command(&["erase", "--contact", "+52 1 555 000 2222", "--dry-run", "--json"]);
    let counted: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&counted["dry_run"], &counted["media"]), (&json!(true), &json!(1)));
    assert!(!standing(host, "hola").is_empty(), "a dry run removes nothing");

    let output = host.command(&["erase", "--contact", &format!("id:{ID}")]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("hint: `--dry-run` says what would be removed, `--yes` removes it"), "{said}");

    let output = host.command(&["erase", "--contact", &format!("id:{ID}"), "--yes"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("id:{ID}")) && said.contains(&format!("phone:+{NUMBER}\n")), "{said}");
    for words in OF_ANA {
        assert_eq!(standing(host, words), [] as [PathBuf; 0], "{words}");
    }
    assert_eq!(fetched(host), 0);
    assert!(!standing(host, "answer_to_another").is_empty(), "others stay");
    let left = host.api("/v1/messages");
    assert_eq!(left["messages"].as_array().map(Vec::len), Some(1));

    let again = post(host, "/v1/contacts/erase", &json!({ "contact": format!("id:{ID}") })).json();
    assert_eq!((&again["events"], &again["webhooks"], &again["messages"]), (&json!(0), &json!(0), &json!(0)));
    // A provider's repetition does not bring anybody back.
    assert_eq!(send(host, &case("whatsapp", "text").request).status, 200);
    assert_eq!(standing(host, NUMBER), [] as [PathBuf; 0]);

    let audit = host.api("/v1/audit");
    let records = audit["records"].as_array().expect("a list");
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record["action"] == "contact.erase"));
    assert_eq!((&records[0]["actor"], &records[0]["subject"]), (&json!("tests"), &json!("all connections")));
    for words in OF_ANA {
        assert!(!audit.to_string().contains(words), "{audit}");
        assert!(!host.log().contains(words), "{}", host.log());
    }
}

#[test]
fn an_export_has_a_last_line_and_no_secrets() {
    let house = house();
    let host = &house.host;
    fill(&house);
    let file = host.store().with_file_name("ana.ndjson");
    let output = host.command(&[
        "export",
        "--contact",
        &format!("phone:+{NUMBER}"),
        "--connection",
        "whatsapp",
        "--output",
        file.to_str().expect("a path"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(&file).expect("a file");
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let count = |record: &str| records.iter().filter(|found| found["record"] == record).count();
    assert_eq!((count("person"), count("conversation"), count("media"), count("end")), (1, 2, 1, 1));
    assert!(count("event") >= 3 && count("message") == 1 && count("webhook") >= 2, "{text}");
    assert_eq!(records.last().expect("one")["records"], json!(records.len() - 1));
    assert!(text.contains("hola") && text.contains("answer_to_ana"), "{text}");
    for secret in
        ["app-secret-1", "fake-token", "sha256=", "x-hub-signature", "answer_to_another", "MX.somebody"]
    {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let part = file.with_extension("ndjson.part");
    assert!(!part.exists());
}

#[test]
fn what_is_no_person_is_refused_without_repeating_it() {
    let house = house();
    let host = &house.host;
    assert_eq!(send(host, &case("whatsapp", "text").request).status, 200);
    for path in ["/v1/contacts/erase", "/v1/contacts/export"] {
        for (request, status, code) in [
            (json!({ "contact": "nobody-at-all" }), 400, "contact"),
            (json!({ "contact": "username:anap" }), 400, "contact"),
            (json!({ "contact": "+4917012345", "connection": "whatsap" }), 404, "connection"),
            (json!({ "contact": "id:202020202020202" }), 409, "own_account"),
            (json!({ "contact": { "phone": "nobody-at-all" } }), 400, "json"),
            (json!({ "contact": "+4917012345", "more": "nobody-at-all" }), 400, "json"),
            (json!({}), 400, "json"),
        ] {
            let answer = post(host, path, &request);
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(
                (answer.status, answer.json()["code"].as_str()),
                (status, Some(code)),
                "{request}: {said}"
            );
            assert!(!said.contains("nobody-at-all") && !said.contains("anap"), "{said}");
        }
    }
    let hint =
        post(host, "/v1/contacts/erase", &json!({ "contact": "+4917012345", "connection": "whatsap" }))
            .json();
    assert_eq!(hint["hint"], "did you mean `whatsapp`?");
    let output = host.command(&["erase", "--contact", "nobody-at-all", "--yes"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("hint: for example `phone:+491701234567`"), "{said}");
}
