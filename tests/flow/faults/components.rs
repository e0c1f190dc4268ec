//! Components that mean harm: each ends in an error of its own name, and other connections do not notice.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use trunkline_model::Request;
use trunkline_policy::Settings;
use trunkline_runtime::{ComponentFile, Connector, Engine, EngineOptions};

use super::crafted::{ANSWERS, BROKEN, UNLOADABLE, component};
use super::figures::{Figures, number, p99, seed};
use super::steady::{Steady, compare, kept, times, unacknowledged};
use crate::host::{Host, test_components};
use crate::http;

/// Webhooks of the connection that is watched: one so often.
const EVERY: Duration = Duration::from_millis(20);
/// Webhooks with harm in them at once.
const AT_ONCE: usize = 4;

/// What the hostile guest is told, and what it counts as.
pub const TOLD: &[(&str, &str)] = &[
    ("trap", "trap"),
    ("recursion", "trap"),
    ("loop", "time"),
    ("greed", "memory"),
    ("endless allocation", "memory"),
    ("ten million events", "memory"),
    ("answer", "answer_size"),
    ("events", "contract"),
    // The SDK mends it; a component without the SDK is among the crafted ones.
    ("no id", "accepted"),
    ("status", "contract"),
    ("leak", "secret_in_answer"),
    ("leak in header", "secret_in_answer"),
    ("leak in event", "secret_in_answer"),
    ("call with a secret", "secret_in_answer"),
    // The host looks for the secret's text, not for what could be computed from it: a connector cannot send it
    // anywhere but into its own events.
    ("leak in disguise", "accepted"),
    ("call elsewhere", "call_forbidden"),
    ("call https://169.254.169.254/latest/meta-data/", "call_forbidden"),
    ("call https://127.0.0.1/", "call_forbidden"),
    ("call https://2130706433/", "call_forbidden"),
    ("call https://0x7f.1/", "call_forbidden"),
    ("call https://[::1]/", "call_forbidden"),
    ("call https://[::ffff:169.254.169.254]/", "call_forbidden"),
    ("call https://localhost/", "call_forbidden"),
    ("call https://keys.example.com:8080/", "call_forbidden"),
    ("call https://keys.example.com@127.0.0.1/", "call_forbidden"),
];

const CONNECTIONS: &str = r#"
[connections.bad]
connector = "hostile"
[connections.bad.settings]
secret = "a-secret-of-some-length"
[connections.good]
connector = "hostile"
[connections.good.settings]
secret = "another-secret-of-some-length"
"#;

fn outcome(host: &Host, connection: &str, name: &str) -> u64 {
    host.metric(&format!(
        "trunkline_webhooks_received_total{{connection=\"{connection}\",outcome=\"{name}\"}}"
    ))
}

fn post(host: &Host, connection: &str, body: &str) -> http::Answer {
    http::request(host.address, "POST", &format!("/hooks/{connection}"), &[], body.as_bytes())
}

/// The end of its log.
fn last(host: &Host) -> String {
    let log = host.log();
    log.lines().rev().take(5).collect::<Vec<_>>().join("\n")
}

fn good(number: u64) -> Request {
    Request {
        method: "POST".to_owned(),
        url: "https://hooks.example.org/hooks/good".to_owned(),
        headers: Vec::new(),
        body: format!("good {number}").into_bytes(),
    }
}

/// A folder with the hostile guest, all crafted components that load, and more.
fn folder(more: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.path().join(format!("{name}.wasm")), bytes).expect("a file");
    };
    put("hostile", &std::fs::read(test_components().join("hostile.wasm")).expect("a component"));
    put("crafted", &component("crafted"));
    for (name, _) in BROKEN {
        put(name, &component(name));
    }
    for (name, bytes) in more {
        put(name, bytes);
    }
    folder
}

#[test]
fn each_kind_of_harm_is_an_error_of_its_own_and_others_do_not_notice() {
    let time = Duration::from_millis(number("TRUNKLINE_HARM_MS", 150));
    let folder = folder(&[]);
    let mut more = format!("{CONNECTIONS}[connections.crafted]\nconnector = \"crafted\"\n");
    for (name, _) in BROKEN {
        more += &format!("[connections.{name}]\nconnector = \"{name}\"\n");
    }
    let host = Host::start(folder.path(), &more);
    let letters: Vec<String> = ('a'..).take(ANSWERS.len()).map(String::from).collect();
    let crafted =
        letters.iter().zip(ANSWERS).map(|(letter, (what, name))| ("crafted", &**letter, *what, *name));
    let told = TOLD.iter().map(|(told, name)| ("bad", *told, *told, *name));
    let broken = BROKEN.iter().map(|(what, name)| (*what, "x", *what, *name));

    let steady = Steady::start(host.address, EVERY, good);
    let ((), before) = steady.during(Duration::from_millis(1_000), || {});
    let before = p99(&times(&before));
    let mut worst = Duration::ZERO;
    let mut rows = Vec::new();
    for (connection, body, what, name) in told.chain(broken).chain(crafted) {
        let status = if name == "accepted" { 200 } else { 503 };
        let counted = outcome(&host, connection, name);
        let tried = AtomicU64::new(0);
        let begun = Instant::now();
        let harm = || loop {
            let answer = post(&host, connection, body);
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            assert_eq!(answer.status, status, "{what}: {said}\n{}", last(&host));
            assert!(!said.contains("a-secret"), "{what}: {said}");
            tried.fetch_add(1, Ordering::SeqCst);
            if begun.elapsed() >= time {
                break;
            }
        };
        let ((), during) = steady.during(time, || {
            std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(harm))));
        });
        let tried = tried.into_inner();
        let all = http::request(host.address, "GET", "/metrics", &[], b"").body;
        let all = String::from_utf8_lossy(&all).into_owned();
        let all: Vec<&str> = all.lines().filter(|line| line.contains("webhooks_received_total{")).collect();
        assert_eq!(outcome(&host, connection, name), counted + tried, "{what} counts as {name}: {all:#?}");
        let lost = unacknowledged(&during);
        assert!(lost.is_empty(), "{what}: {lost:?}");
        worst = worst.max(p99(&times(&during)));
        rows.push((what, tried, during, format!("ends as `{name}`, memory {} MiB", host.memory().1 >> 10)));
    }
    let sent = steady.end();
    assert!(unacknowledged(&sent).is_empty());
    let kept = kept(&host);
    let id = |number| format!("good {number}");
    for (what, tried, during, note) in &rows {
        let (lost, twice) = compare(during, &kept, id);
        let p99 = Some((before, p99(&times(during))));
        let fault = &format!("component: {what}");
        Figures { fault, tried: *tried, lost: Some(lost), duplicated: Some(twice), p99 }.hand_in(note);
    }
    assert_eq!(compare(&sent, &kept, id), (0, 0), "of {}", sent.len());
    assert!(!host.log().contains("a-secret"), "{}", host.log());
    assert!(!host.log().contains("panicked"), "{}", host.log());
    assert!(host.memory().0 < 512 << 10, "{} kB", host.memory().0);
    assert!(worst < before * 4 + Duration::from_millis(500), "{worst:?}, {before:?} before");
}

#[test]
fn a_name_that_stands_for_this_machine_is_not_called() {
    // A file of names of its own, where the operating system lets us have one.
    let hosts = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(hosts.path(), "127.0.0.1 localhost\n127.0.0.1 inside.example.com\n").expect("a file");
    let script = format!("mount --bind {} /etc/hosts && exec \"$0\" \"$@\"", hosts.path().display());
    let wrapper = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &script];
    let tried = std::process::Command::new(wrapper[0]).args(&wrapper[1..]).arg("true").output();
    let (host, expected): (_, &[u64]) = if tried.is_ok_and(|tried| tried.status.success()) {
        (Host::start_by(&wrapper, &test_components(), CONNECTIONS), &[1])
    } else {
        println!("no name space of our own: the name stands for nothing, which is another error");
        (Host::start(&test_components(), CONNECTIONS), &[0, 1])
    };
    assert_eq!(post(&host, "bad", "call https://inside.example.com/").status, 503);
    let forbidden = outcome(&host, "bad", "call_forbidden");
    assert!(expected.contains(&forbidden), "{}", host.log());
    assert_eq!(forbidden + outcome(&host, "bad", "call_not_sent"), 1, "{}", host.log());
}

#[test]
fn files_that_cannot_be_loaded_are_named_and_the_others_are_served() {
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let hostile = std::fs::read(test_components().join("hostile.wasm")).expect("a component");
    let mut files: Vec<(String, Vec<u8>)> =
        UNLOADABLE.iter().map(|(name, _)| ((*name).to_owned(), component(name))).collect();
    files.push(("empty".to_owned(), Vec::new()));
    files.push(("text".to_owned(), b"not a component".to_vec()));
    for part in 1..4 {
        files.push((format!("cut-{part}"), hostile[..random.usize(1..hostile.len())].to_vec()));
        files.push((format!("flipped-{part}"), flip(&hostile, &mut random)));
    }
    let listed: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let folder = folder(&listed);
    let host = Host::start(folder.path(), CONNECTIONS);
    assert_eq!(post(&host, "good", "fine").status, 200);
    let log = host.log();
    for (name, _) in &files {
        assert!(log.contains(&format!("{name}.wasm")), "seed {seed}, nothing about {name}:\n{log}");
    }
    for (name, said) in UNLOADABLE {
        let line = log.lines().find(|line| line.contains(&format!("{name}.wasm"))).unwrap_or_default();
        assert!(line.contains(said), "{name}: {line}");
    }
    let listed = host.command(&["connectors"]);
    let said = String::from_utf8_lossy(&listed.stderr).into_owned();
    assert_eq!(listed.status.code(), Some(1), "{said}");
    let count = |start: &str| said.lines().filter(|line| line.starts_with(start)).count();
    // The last line says how many.
    assert_eq!((count("error: "), count("hint: ")), (files.len() + 1, files.len()), "seed {seed}:\n{said}");
}

/// The same with one bit the other way round.
fn flip(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[random.usize(0..bytes.len())] ^= 1 << random.u8(0..8);
    flipped
}

#[test]
fn damaged_files_do_no_harm() {
    let flips = number("TRUNKLINE_FLIPS", 300);
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let hostile = std::fs::read(test_components().join("hostile.wasm")).expect("a component");
    let crafted = component("crafted");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let engine = Engine::new(&EngineOptions { calls_max: 8, cache: None }).expect("an engine");
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    let mut tried = 0;
    let mut slowest = Duration::ZERO;
    let mut run = |file: &str, bytes: &[u8]| {
        let begun = Instant::now();
        let end = runtime.block_on(end(&engine, file, bytes));
        slowest = slowest.max(begun.elapsed());
        *ends.entry(end).or_default() += 1;
        tried += 1;
    };
    for _ in 0..flips {
        run("crafted.wasm", &flip(&crafted, &mut random));
        run("crafted.wasm", &crafted[..random.usize(0..crafted.len())]);
        run("hostile.wasm", &hostile[..random.usize(0..hostile.len())]);
    }
    // The large one takes its time to be compiled.
    for _ in 0..flips / 30 {
        run("hostile.wasm", &flip(&hostile, &mut random));
    }
    let whole = ComponentFile::new("hostile.wasm".to_owned(), hostile);
    assert!(
        runtime.block_on(Connector::from_file(&engine, &whole)).is_ok(),
        "the engine is well, seed {seed}"
    );
    let figures =
        Figures { fault: "damaged component files", tried, lost: None, duplicated: None, p99: None };
    figures.hand_in(&format!("{ends:?}, the slowest {slowest:?}, seed {seed}"));
    assert!(slowest < Duration::from_secs(20), "{slowest:?}, seed {seed}");
    assert!(ends.keys().any(|end| end.starts_with("is not a component")), "{ends:?}");
}

/// How it ends to load a component and to call it.
async fn end(engine: &Engine, file: &str, bytes: &[u8]) -> String {
    let component = ComponentFile::new(file.to_owned(), bytes.to_vec());
    let connector = match Connector::from_file(engine, &component).await {
        Ok(connector) => connector,
        Err(error) => {
            assert!(error.hint().is_some(), "no hint for: {error}");
            let said = error.to_string().replace(&format!("`{file}` "), "");
            return said.split('`').next().unwrap_or_default().trim().to_owned();
        }
    };
    let settings = Settings::new([]);
    let mut ends = "loads".to_owned();
    for body in ["a", "i", "fine"] {
        let request = Request { body: body.into(), ..good(0) };
        match connector.receive(&request, &[], &settings, 1).await {
            Ok(_) => {}
            Err(error) => ends = format!("loads, then {}", error.name()),
        }
    }
    ends
}

#[test]
fn what_cannot_be_loaded_is_an_error_with_a_cure() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let engine = Engine::new(&EngineOptions { calls_max: 8, cache: None }).expect("an engine");
    for (name, said) in UNLOADABLE {
        let file = ComponentFile::new(format!("{name}.wasm"), component(name));
        let loaded = runtime.block_on(Connector::from_file(&engine, &file));
        let error = loaded.err().unwrap_or_else(|| panic!("{name} loads"));
        assert!(error.to_string().contains(said), "{name}: {error}");
        assert!(error.hint().is_some(), "{name}: no hint for {error}");
    }
}
