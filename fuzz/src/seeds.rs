//! What fuzzing starts from: the case files, in the notation of each target.

use std::collections::BTreeSet;

use serde_json::Value;
use trunkline_cases::{CallCase, Case, call_case_files, case_files};
use trunkline_model::header;

use crate::receive::TAMPER;
use crate::subject::{Subject, subjects};

/// The longest entry of a dictionary.
const ENTRY_BYTES_MAX: usize = 40;

/// An input by name.
pub struct Seed {
    /// A file name.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

fn seed(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Seed {
    Seed { name: name.into(), bytes: bytes.into() }
}

/// The webhooks of a connector's cases by name.
fn cases(subject: &Subject) -> Vec<(String, Case)> {
    let files = case_files(&subject.folder());
    let read = files.into_iter().filter_map(|file| {
        let name = file.file_stem()?.to_string_lossy().into_owned();
        Some((name, Case::read(&file).ok()?))
    });
    read.collect()
}

/// For `receive`: each case, and each once more with a change after the signature.
pub fn webhooks(subject: &Subject) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (index, (name, case)) in cases(subject).into_iter().enumerate() {
        let whole = |head: &str| [head.as_bytes(), b"\n", &case.request.body].concat();
        seeds.push(seed(name.as_str(), whole(&case.head())));
        let tampered = format!("{TAMPER}{} x\n{}", index * 7, case.head());
        seeds.push(seed(format!("{name}-tampered"), whole(&tampered)));
    }
    seeds
}

/// For `send`: each case.
pub fn messages(subject: &Subject) -> Vec<Seed> {
    let files = call_case_files(&subject.folder(), "outbound");
    let read = files.into_iter().filter_map(|file| {
        let name = file.file_stem()?.to_string_lossy().into_owned();
        Some(seed(name, CallCase::read(&file).ok()?.text()))
    });
    read.collect()
}

/// The outcome of each case with events, by name.
fn outcomes() -> Vec<(String, Value)> {
    let mut outcomes = Vec::new();
    for subject in subjects() {
        for (name, case) in cases(subject) {
            let outcome = serde_json::from_str::<Value>(&case.expected).unwrap_or_default();
            outcomes.push((format!("{}-{name}", subject.id), outcome));
        }
    }
    outcomes
}

/// For `cloud-event`: every event of every case.
pub fn events() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, outcome) in outcomes() {
        for (index, event) in outcome["events"].as_array().into_iter().flatten().enumerate() {
            let text = format!(
                "{event}\nshop\nshop/+15550001111\n7\n1790000000000\n01990000-0000-7000-8000-000000000001\n"
            );
            seeds.push(seed(format!("{name}-{index}"), text));
        }
    }
    seeds
}

/// The bodies of webhooks of a media type, with it.
fn bodies(media_type: &str) -> Vec<(String, String, Vec<u8>)> {
    let mut bodies = Vec::new();
    for subject in subjects() {
        for (name, case) in cases(subject) {
            let content_type = header(&case.request.headers, "content-type").unwrap_or_default();
            if content_type.starts_with(media_type) {
                bodies.push((format!("{}-{name}", subject.id), content_type.to_owned(), case.request.body));
            }
        }
    }
    bodies
}

/// For `sdk-json`.
pub fn json_values() -> Vec<Seed> {
    let mut seeds: Vec<Seed> =
        bodies("application/json").into_iter().map(|(name, _, body)| seed(name, body)).collect();
    for (name, text) in [
        ("number", "1e308"),
        ("text", "\"12.5\""),
        ("time", "1700000000.123"),
        ("lenient", "{\"id\":7,\"amount\":\"1.5\",\"list\":[1,\"a\",true]}"),
    ] {
        seeds.push(seed(name, text));
    }
    seeds
}

/// For `sdk-form`.
pub fn forms() -> Vec<Seed> {
    bodies("application/x-www-form-urlencoded").into_iter().map(|(name, _, body)| seed(name, body)).collect()
}

/// For `sdk-multipart`.
pub fn multiparts() -> Vec<Seed> {
    let bodies = bodies("multipart/form-data").into_iter();
    bodies.map(|(name, head, body)| seed(name, [head.as_bytes(), b"\n", &body].concat())).collect()
}

/// The fields of multipart forms that hold a whole mail, by name.
pub fn mails() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, content_type, body) in bodies("multipart/form-data") {
        let parts = trunkline_sdk::multipart::parse(&content_type, &body).unwrap_or_default();
        let mail = parts.iter().find(|part| part.name.ends_with("-mime"));
        seeds.extend(mail.map(|part| seed(name, part.body)));
    }
    seeds
}

/// For `sdk-mail-parts`: what the mails of [`mails`] consist of.
pub fn mail_parts() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for Seed { name, bytes } in mails() {
        let mail = trunkline_sdk::email::Mail::parse(bytes.into());
        let mut text = "ada@example.net\n".to_owned();
        for (name, value) in mail.headers.iter() {
            text += &format!("{name}: {value}\n");
        }
        let body = mail.text.unwrap_or_default().replace("\n\n", "\n");
        seeds.push(seed(name, format!("{text}\n{body}\n\n{}", mail.html.unwrap_or_default())));
    }
    seeds
}

/// For `sdk-twilio`: the webhooks of every connector that are signed as Twilio signs.
pub fn twilio() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for subject in subjects() {
        for (name, case) in cases(subject) {
            if header(&case.request.headers, "x-twilio-signature").is_some() {
                seeds.push(seed(name, [case.head().as_bytes(), b"\n", &case.request.body].concat()));
            }
        }
    }
    seeds
}

/// For `sdk-signature`.
pub fn signatures() -> Vec<Seed> {
    let message = "what do ya want for nothing?";
    [
        ("sha1-hex", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("sha256-hex", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("sha1-base64", "7/zfauXrL6LSdBbV8YTfnCWafHk="),
        ("sha256-base64", "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
    ]
    .map(|(name, given)| seed(name, format!("{given}\nJefe\n1790000000000\n1790000300000\n{message}")))
    .into()
}

/// For `sdk-text`: what people wrote in the cases.
pub fn texts() -> Vec<Seed> {
    let mut texts = BTreeSet::new();
    for (_, outcome) in outcomes() {
        strings(&outcome["events"], &mut |name, text| {
            if name == Some("text") {
                texts.insert(text.to_owned());
            }
        });
    }
    let seeds = texts.into_iter().enumerate();
    seeds.map(|(index, text)| seed(index.to_string(), format!("{}\n{text}", 4 + index % 60))).collect()
}

/// For `ingest`: the events of every case with their webhook, as they are and compressed.
pub fn ingests() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, outcome) in outcomes().into_iter().filter(|(_, outcome)| outcome["events"].is_array()) {
        let text = serde_json::json!({
            "version": 1,
            "connection": "shop",
            "connector": { "id": "sample", "version": "0.1.0" },
            "received_at": 1_790_000_000_000_u64,
            "webhook": { "method": "POST", "url": "https://hooks.example.org/hooks/shop", "headers": [["x", "1"]], "body": "e30=" },
            "events": outcome["events"],
        });
        let plain = text.to_string().into_bytes();
        let ingest = trunkline_policy::ingest::unpack(&plain, false, 16 << 20).expect("events of a case");
        seeds.push(seed(format!("{name}-packed"), ingest.pack().body));
        seeds.push(seed(name, plain));
    }
    seeds
}

/// For `configuration`: the default file, each of its sections that is shown in a comment, and a connection of every
/// connector with all of its settings.
pub fn configurations() -> Vec<Seed> {
    let default = trunkline_config::DEFAULT;
    let shown: Vec<&str> = default.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
    let mut seeds = vec![seed("default", default), seed("empty", "config_version = 1\n")];
    let starts = (0..shown.len()).filter(|index| shown[*index].starts_with('['));
    for start in starts {
        let keys = shown[start + 1..].iter().take_while(|line| !line.starts_with('['));
        // Sentences of the comments are no keys.
        let keys: Vec<&str> = keys
            .filter(|line| line.split(" = ").next().is_some_and(|key| !key.contains(' ')))
            .copied()
            .collect();
        let text = format!("config_version = 1\n{}\n{}\n", shown[start], keys.join("\n"));
        seeds.push(seed(format!("section-{start}"), text));
    }
    for subject in subjects() {
        let mut text = format!(
            "config_version = 1\n[server]\napi_token = \"a-token-for-this-machine\"\n[connections.a]\nconnector = \"{}\"\n\
             [connections.a.settings]\n",
            subject.id
        );
        for name in subject.manifest.settings.keys() {
            text += &format!("{name} = \"invented-{name}\"\n");
        }
        text += "[destinations.live]\nkind = \"stream\"\n[destinations.crm]\nkind = \"webhook\"\nurl = \"https://crm.example.org/in\"\n\
                 secret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n[[routes]]\nto = [\"live\"]\nevents = [\"message\"]\n";
        seeds.push(seed(format!("connection-{}", subject.id), text));
    }
    seeds
}

/// Calls for every text of a JSON value, with the name of the member where it has one.
fn strings(value: &Value, found: &mut impl FnMut(Option<&str>, &str)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) => found(Some(name), text),
                    other => strings(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::String(text) => found(None, text),
        _ => {}
    }
}

/// Words that occur in the seeds, in the notation of libFuzzer's dictionaries: names of members, fields and headers.
pub fn dictionary(seeds: &[Seed]) -> String {
    let mut words = BTreeSet::new();
    for seed in seeds {
        let text = String::from_utf8_lossy(&seed.bytes);
        for word in text.split(|letter: char| !(letter.is_ascii_alphanumeric() || "_-.:/".contains(letter))) {
            let name = word.bytes().any(|byte| byte.is_ascii_alphabetic());
            if name && (3..=ENTRY_BYTES_MAX).contains(&word.len()) {
                words.insert(word.to_owned());
            }
        }
    }
    words.iter().map(|word| format!("\"{word}\"\n")).collect()
}
