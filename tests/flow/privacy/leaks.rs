//! Everything that the case files of all channels hold of people, and every secret of the configuration, looked for in
//! the log at its most talkative, in the metrics and in every error that the API gives.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use trunkline_cases::Case;
use trunkline_cases::provider::{Action, Provider};
use trunkline_model::Request;

use crate::consumer::Consumer;
use crate::host::{Host, TOKEN, components, root};
use crate::http::{self, Answer};
use crate::samples::{connection, provider, try_send};

/// Channel, connection, settings.
type Channel = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Channel, connection as its case files call it, and settings: secrets among them.
const CHANNELS: [Channel; 5] = [
    (
        "email-mailgun",
        "mail",
        &[
            ("signing_key", "key-signing-invented"),
            ("tolerance_hours", "24"),
            ("api_key", "fake-password"),
            ("sender", "help@mg.example.org"),
        ],
    ),
    ("line", "line", &[("channel_secret", "channel-secret-1"), ("channel_access_token", "fake-token")]),
    (
        "messenger",
        "messenger",
        &[
            ("app_secret", "app-secret-1"),
            ("verify_token", "verify-token-1"),
            ("page_access_token", "fake-token"),
            ("page_id", "303030303030303"),
        ],
    ),
    (
        "sms-twilio",
        "sms-twilio",
        &[
            ("account_sid", "AC00000000000000000000000000000009"),
            ("auth_token", "tok_invented_0001"),
            ("sender", "+15005550199"),
        ],
    ),
    (
        "whatsapp",
        "whatsapp",
        &[
            ("app_secret", "app-secret-1"),
            ("verify_token", "verify-token-1"),
            ("access_token", "fake-token"),
            ("phone_number_id", "202020202020202"),
        ],
    ),
];

/// What proves somebody, and stands in the configuration or in a request.
const SECRETS: [&str; 13] = [
    "key-signing-invented",
    "fake-password",
    "channel-secret-1",
    "fake-token",
    "app-secret-1",
    "verify-token-1",
    "tok_invented_0001",
    TOKEN,
    "user-of-the-consumer",
    "password-of-the-consumer",
    "path-of-the-consumer",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
    "a-wrong-token-of-somebody",
];

/// What is written to contacts.
const WORDS: &str = "words-for-the-contact-alone";

/// The cases of a channel, with their names.
fn cases(channel: &str) -> Vec<(String, Case)> {
    let folder = root().join(format!("connectors/{channel}/testdata"));
    let defaults = std::fs::read_to_string(folder.join("defaults.txt")).expect("defaults");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs().to_string();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("inbound"))
        .expect("cases")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.sort();
    let read = |file: PathBuf| {
        // So that signatures with a time are of now.
        let source = std::fs::read_to_string(&file).expect("a case").replace("1700000000", &now);
        let source = source.replace("1790000000", &now);
        let name = format!("{channel}/{}", file.file_stem().expect("a name").to_string_lossy());
        (name, Case::parse(&defaults, &source).expect("a case"))
    };
    files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "case")).map(read).collect()
}

/// Members of an event that hold what is somebody's.
const PERSONAL: [&str; 16] = [
    "value",
    "name",
    "text",
    "html",
    "quoted",
    "caption",
    "subject",
    "title",
    "body",
    "vcard",
    "address",
    "note",
    "data",
    "avatar_url",
    "username",
    "answer",
];

/// Everything personal in JSON.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if PERSONAL.contains(&name.as_str()) => {
                        for line in text.lines().map(str::trim).filter(|line| line.chars().count() >= 6) {
                            found.insert(line.chars().take(60).collect());
                        }
                    }
                    member => collect(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// A word in lower case is a name that a protocol has for something.
fn is_personal(text: &str) -> bool {
    !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

struct House {
    host: Host,
    consumer: Consumer,
    providers: Vec<Provider>,
}

fn house() -> House {
    let consumer = Consumer::start(|_| 500);
    let mut config = format!(
        "[destinations.dead]\nkind = \"webhook\"\n\
         url = \"http://user-of-the-consumer:password-of-the-consumer@127.0.0.1:1/path-of-the-consumer?k=path-of-the-consumer\"\n\
         secret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n\
         [destinations.failing]\nkind = \"webhook\"\nurl = \"http://{}/path-of-the-consumer\"\n\
         secret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n",
        consumer.address
    );
    let mut providers = Vec::new();
    for (channel, name, settings) in CHANNELS {
        let provider = provider(channel);
        config.push_str(&connection(name, channel, &provider, settings));
        providers.push(provider);
    }
    House { host: Host::talking(&components(), &config, "trace"), consumer, providers }
}

fn post(host: &Host, path: &str, body: &str, token: &str) -> Answer {
    let headers = [
        ("authorization".to_owned(), format!("Bearer {token}")),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    http::request(host.address, "POST", path, &headers, body.as_bytes())
}

/// Notes what is said where it is an error.
fn note(said: &mut Vec<String>, about: &str, answer: &Answer) {
    if answer.status >= 400 {
        said.push(format!("{about}: {}", String::from_utf8_lossy(&answer.body)));
    }
}

/// Sends every case, as it is and spoiled.
fn receive(house: &House, markers: &mut BTreeSet<String>, said: &mut Vec<String>) -> usize {
    let mut taken = 0;
    for (channel, ..) in CHANNELS {
        for (name, case) in cases(channel) {
            let expected: Value = serde_json::from_str(&case.expected).unwrap_or_default();
            collect(&expected["events"], markers);
            let answer = try_send(house.host.address, &case.request).expect("an answer");
            taken += usize::from(answer.status == 200);
            note(said, &name, &answer);
            let spoiled =
                Request { body: [b"spoiled ", case.request.body.as_slice()].concat(), ..case.request };
            note(said, &name, &try_send(house.host.address, &spoiled).expect("an answer"));
        }
    }
    taken
}

/// What the contacts of all channels are written to, with providers that quote what they refuse.
fn answer(house: &House, markers: &BTreeSet<String>, said: &mut Vec<String>) {
    let events = house.host.api("/v1/events?order=newest&limit=1000&kind=message");
    let mut conversations = BTreeSet::new();
    for event in events["events"].as_array().expect("a list") {
        conversations.insert(event["subject"].as_str().expect("a conversation").to_owned());
    }
    for provider in &house.providers {
        let markers: Vec<String> = markers.iter().take(50).cloned().collect();
        provider.on_request(move |seen| {
            let quoted = String::from_utf8_lossy(&seen.body).into_owned();
            let status = [400, 401, 403, 429, 500][seen.body.len() % 5];
            let body =
                json!({ "message": quoted, "error": { "message": quoted, "code": 100 }, "quoted": markers });
            Action::Status(
                status,
                vec![("content-type".into(), "application/json".into())],
                body.to_string().into(),
            )
        });
    }
    for conversation in &conversations {
        for (text, subject) in [(WORDS, None), ("", None), (WORDS, Some(WORDS))] {
            let request = json!({ "conversation": conversation, "text": text, "subject": subject });
            note(said, conversation, &post(&house.host, "/v1/messages", &request.to_string(), TOKEN));
        }
        let gone = json!({ "conversation": format!("{conversation}0"), "text": WORDS });
        note(said, "no conversation", &post(&house.host, "/v1/messages", &gone.to_string(), TOKEN));
    }
    for marker in markers {
        for (_, name, _) in CHANNELS {
            let request =
                json!({ "connection": name, "to": marker, "text": WORDS, "attributes": { "x": marker } });
            note(said, "to", &post(&house.host, "/v1/messages", &request.to_string(), TOKEN));
        }
    }
    for body in [
        json!({ "connection": { "a": WORDS }, "to": WORDS }),
        json!({ "connection": format!("+{WORDS}"), "to": WORDS, "text": WORDS }),
        json!({ "connection": "line", "to": WORDS, "parts": [{ "media": { "kind": "image", "source": { "url": WORDS } } }] }),
        json!({ "connection": "line", "to": WORDS, "parts": [{ "location": WORDS }] }),
        json!({ "connection": "line", "to": WORDS, "text": WORDS, "reply_to": format!("evt_{WORDS}") }),
    ] {
        note(said, "message", &post(&house.host, "/v1/messages", &body.to_string(), TOKEN));
    }
    note(said, "token", &post(&house.host, "/v1/messages", "{}", "a-wrong-token-of-somebody"));
    note(
        said,
        "json",
        &post(&house.host, "/v1/messages", &format!("{{\"text\": \"{WORDS}\" {WORDS}"), TOKEN),
    );
    for path in [
        format!("/v1/events?after={WORDS}"),
        format!("/v1/events?{WORDS}=1"),
        format!("/v1/events/{WORDS}"),
        format!("/v1/webhooks/{WORDS}"),
        format!("/v1/media/{WORDS}"),
        format!("/v1/messages/{WORDS}"),
        format!("/v1/messages?state={WORDS}"),
        format!("/v1/streams/{WORDS}"),
        format!("/hooks/{WORDS}"),
        format!("/{WORDS}"),
    ] {
        note(said, "path", &http::get(house.host.address, &path, TOKEN));
    }
    let contact = json!({ "contact": WORDS }).to_string();
    note(said, "erase", &post(&house.host, "/v1/contacts/erase", &contact, TOKEN));
}

/// Files of all media items: fetched, and refused.
fn fetch(host: &Host, said: &mut Vec<String>) {
    let events = host.api("/v1/events?limit=1000&kind=message");
    for event in events["events"].as_array().expect("a list") {
        for part in event["data"]["kind"]["message"]["parts"].as_array().into_iter().flatten() {
            let Some(id) = part["media"]["attributes"]["media_id"].as_str() else { continue };
            note(said, "media", &http::get(host.address, &format!("/v1/media/{id}"), TOKEN));
        }
    }
}

#[test]
fn neither_people_nor_secrets_stand_in_log_metrics_or_errors() {
    let mut house = house();
    let (mut markers, mut said) = (BTreeSet::new(), Vec::new());
    let taken = receive(&house, &mut markers, &mut said);
    markers.retain(|marker| is_personal(marker));
    assert!(taken > 300 && markers.len() > 200, "{taken} webhooks, {} markers", markers.len());
    fetch(&house.host, &mut said);
    answer(&house, &markers, &mut said);
    // Each has refused something, and quoted it.
    for provider in &house.providers {
        assert!(provider.wait_for(3, Duration::from_secs(30)).len() >= 3);
    }
    house.consumer.next();
    let metrics = http::request(house.host.address, "GET", "/metrics", &[], b"");
    said.push(format!("metrics: {}", String::from_utf8_lossy(&metrics.body)));
    assert_eq!(house.host.terminate(), Some(0));
    let log = house.host.log();
    assert!(log.contains("webhook refused") && log.contains("event not delivered"), "it talks");
    assert!(said.len() > 500, "{} errors", said.len());
    let texts: Vec<(String, String)> = log
        .lines()
        .map(|line| ("log".to_owned(), line.to_owned()))
        .chain(said.into_iter().map(|text| {
            text.split_once(": ").map(|(about, text)| (about.into(), text.into())).unwrap_or_default()
        }))
        .collect();
    let mut leaks = BTreeSet::new();
    for (about, text) in &texts {
        let found = markers.iter().map(String::as_str).chain(SECRETS).chain([WORDS]);
        if let Some(marker) = found.into_iter().find(|marker| text.contains(marker)) {
            let text: String = text.chars().skip_while(|first| first.is_ascii_digit()).take(300).collect();
            leaks.insert(format!("`{marker}` in {about}: {text}"));
        }
    }
    let shown: Vec<&String> = leaks.iter().take(60).collect();
    assert!(leaks.is_empty(), "{} leaks:\n{shown:#?}", leaks.len());
}
