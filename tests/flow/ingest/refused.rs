//! What is not taken, and what is said of it.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use trunkline_policy::ingest::{Ingest, Packed, VERSION};

use super::{
    Headers, OTHER_SECRET, SECRET, counted, duplicates, edge, hand_in, headers, message, now_ms, post, with,
};
use crate::bad_input::raw;
use crate::host::{Host, components};
use crate::http::Answer;
use crate::samples::CONNECTIONS;

const SENDER: &str = "U00000000000000000000000000000042";
/// Three times the body of a webhook, and 8 MiB.
const BODY_BYTES_MAX: usize = 65_536;
const SENT_BYTES_MAX: usize = 3 * BODY_BYTES_MAX + (8 << 20);
/// What the host may grow by, whatever is handed in.
const GROWTH_KILOBYTES_MAX: u64 = 64 << 10;

fn host(more: &str) -> Host {
    let edges = edge("fra", "") + &edge("iad", "connections = [\"whatsapp\"]\n");
    Host::start(&components(), &format!("{more}{CONNECTIONS}{edges}"))
}

/// Status and code.
fn said(answer: &Answer) -> (u16, String) {
    let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
    assert!(answer.status == 200 || answer.header("content-type") == Some("application/problem+json"));
    (answer.status, code)
}

/// Any body, signed by an edge.
fn signed(host: &Host, body: &[u8], more: &[(&str, &str)]) -> Answer {
    let packed = Packed { id: "ing_any".to_owned(), gzip: false, body: body.to_vec() };
    let headers = headers("fra", SECRET, &packed, now_ms() / 1_000);
    let headers = more.iter().fold(headers, |headers, (name, value)| with(headers, name, Some(value)));
    post(host, &headers, body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn nobody_but_an_edge_hands_in_and_all_others_are_told_the_same() {
    let host = host("");
    let packed = message("01JNOBODY", SENDER).pack();
    let now_s = now_ms() / 1_000;
    let good = headers("fra", SECRET, &packed, now_s);
    let signature = |headers: &Headers| {
        headers.iter().find(|(name, _)| name == "webhook-signature").expect("it").1.clone()
    };
    let mut other_body = packed.clone();
    other_body.body.push(b' ');
    let other_id = Packed { id: "ing_other".to_owned(), ..packed.clone() };
    let of_other_id = signature(&headers("fra", SECRET, &other_id, now_s));
    let mut told = Vec::new();
    for (what, headers, body, edge, outcome) in [
        ("no headers", Headers::new(), &packed.body, "unknown", "unknown_edge"),
        ("no edge", with(good.clone(), "trunkline-edge", None), &packed.body, "unknown", "unknown_edge"),
        (
            "another edge",
            with(good.clone(), "trunkline-edge", Some("lhr")),
            &packed.body,
            "unknown",
            "unknown_edge",
        ),
        ("no id", with(good.clone(), "webhook-id", None), &packed.body, "fra", "malformed"),
        ("no time", with(good.clone(), "webhook-timestamp", None), &packed.body, "fra", "malformed"),
        ("no signature", with(good.clone(), "webhook-signature", None), &packed.body, "fra", "mismatch"),
        ("another secret", headers("fra", OTHER_SECRET, &packed, now_s), &packed.body, "fra", "mismatch"),
        ("another body", good.clone(), &other_body.body, "fra", "mismatch"),
        ("another id", with(good.clone(), "webhook-id", Some("ing_other")), &packed.body, "fra", "mismatch"),
        (
            "its signature",
            with(good.clone(), "webhook-signature", Some(&of_other_id)),
            &packed.body,
            "fra",
            "mismatch",
        ),
        (
            "another time",
            with(good.clone(), "webhook-timestamp", Some(&(now_s + 1).to_string())),
            &packed.body,
            "fra",
            "mismatch",
        ),
        ("long ago", headers("fra", SECRET, &packed, now_s - 301), &packed.body, "fra", "stale"),
        ("ahead", headers("fra", SECRET, &packed, now_s + 330), &packed.body, "fra", "stale"),
    ] {
        let before = counted(&host, edge, outcome);
        let answer = post(&host, &headers, body);
        assert_eq!(said(&answer), (401, "signature".to_owned()), "{what}");
        assert_eq!(counted(&host, edge, outcome), before + 1, "{what}");
        told.push(answer.body);
    }
    assert!(told.iter().all(|body| *body == told[0]), "nobody learns which edges there are");
    let said = String::from_utf8_lossy(&told[0]).into_owned();
    assert!(!said.contains("fra") && !said.contains("v1,"), "{said}");
    let log = host.log();
    assert!(
        log.contains("no such edge") && log.contains("lhr") && log.contains("signature does not match"),
        "{log}"
    );
    assert_eq!(host.event_ids(), Vec::<String>::new());
    let answer = post(&host, &good, &packed.body);
    assert_eq!((answer.status, duplicates(&answer)), (200, vec![false]), "as it was meant");
}

#[test]
fn secrets_are_rotated_without_a_gap() {
    let rotating = format!("[edges.fra]\nsecret = [\"{OTHER_SECRET}\", \"{SECRET}\"]\n");
    let mut host = Host::start(&components(), &format!("{CONNECTIONS}{rotating}"));
    let sent = |host: &Host, secret: &str, id: &str| {
        let packed = message(id, SENDER).pack();
        post(host, &headers("fra", secret, &packed, now_ms() / 1_000), &packed.body).status
    };
    assert_eq!((sent(&host, SECRET, "1"), sent(&host, OTHER_SECRET, "2")), (200, 200));
    assert_eq!(host.terminate(), Some(0));
    let text = std::fs::read_to_string(&host.config).expect("a file");
    std::fs::write(&host.config, text.replace(&format!(", \"{SECRET}\""), "")).expect("written");
    host.run();
    assert_eq!((sent(&host, SECRET, "3"), sent(&host, OTHER_SECRET, "4")), (401, 200));
    assert_eq!(host.event_ids(), ["1", "2", "4"]);
}

#[test]
fn what_does_not_fit_this_host_is_refused_by_name() {
    let host = host("");
    let with_change = |change: fn(&mut Ingest)| {
        let mut ingest = message("01JREFUSED", SENDER);
        change(&mut ingest);
        ingest
    };
    let ahead = now_ms() + 6 * 60 * 1_000;
    for (ingest, status, code, outcome) in [
        (with_change(|ingest| ingest.connection = "nobody".to_owned()), 404, "connection", "connection"),
        (
            with_change(|ingest| ingest.connector.id = "whatsapp".to_owned()),
            409,
            "edge_connector",
            "edge_connector",
        ),
        (with_change(|ingest| ingest.connector.version = "a b".to_owned()), 422, "contract", "contract"),
        (with_change(|ingest| ingest.events[0].id = String::new()), 422, "contract", "contract"),
        (with_change(|ingest| ingest.events[0].id = "x".repeat(513)), 422, "contract", "contract"),
        (
            with_change(|ingest| {
                ingest.events[0].attributes = vec![("key".to_owned(), "channel-secret-1".to_owned())]
            }),
            422,
            "contract",
            "secret_in_answer",
        ),
        (with_change(|ingest| ingest.version = VERSION + 1), 409, "edge_version", "edge_version"),
        (Ingest { received_at: ahead, ..message("01JREFUSED", SENDER) }, 422, "clock", "clock"),
    ] {
        let before = counted(&host, "fra", outcome);
        let answer = hand_in(&host, &ingest);
        let told = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(said(&answer), (status, code.to_owned()), "{told}");
        assert!(!told.contains("channel-secret-1"), "{told}");
        assert_eq!(counted(&host, "fra", outcome), before + 1, "{outcome}");
    }
    let packed = message("01JREFUSED", SENDER).pack();
    let answer = post(&host, &headers("iad", SECRET, &packed, now_ms() / 1_000), &packed.body);
    assert_eq!(said(&answer), (403, "edge_connection".to_owned()));
    assert_eq!((counted(&host, "iad", "edge_connection"), counted(&host, "fra", "edge_connection")), (1, 0));
    let of_line = |outcome: &str| {
        host.metric(&format!(
            "trunkline_webhooks_received_total{{connection=\"line\",outcome=\"{outcome}\"}}"
        ))
    };
    assert_eq!((of_line("edge_connection"), of_line("contract"), of_line("clock")), (1, 3, 1));
    assert_eq!(host.event_ids(), Vec::<String>::new());
    let soon = Ingest { received_at: now_ms() + 4 * 60 * 1_000, ..message("01JSOON", SENDER) };
    assert_eq!(hand_in(&host, &soon).status, 200, "clocks may be a little apart");
}

#[test]
fn what_cannot_be_read_is_refused_and_nothing_of_it_is_repeated() {
    let host = host("");
    let json = serde_json::to_vec(&message("01JBODY", SENDER)).expect("JSON");
    let mut other_type: Value = serde_json::from_slice(&json).expect("JSON");
    other_type["connection"] = json!(["Ana Invented"]);
    let mut wrong_kind = other_type.clone();
    wrong_kind["connection"] = json!("line");
    wrong_kind["events"][0]["kind"] = json!({"Ana Invented": {}});
    let cut = gzip(&json);
    for (what, body, more, status, code) in [
        ("no JSON", b"Ana Invented".as_slice(), &[][..], 400, "json"),
        ("nothing", b"", &[], 400, "json"),
        ("an object", b"{}", &[], 400, "json"),
        ("another type", other_type.to_string().as_bytes(), &[], 400, "json"),
        ("another kind", wrong_kind.to_string().as_bytes(), &[], 400, "json"),
        ("no gzip", &json, &[("content-encoding", "gzip")], 400, "content_encoding"),
        (
            "half of gzip",
            &[&cut[..cut.len() / 2], &[0; 8]].concat(),
            &[("content-encoding", "gzip")],
            400,
            "content_encoding",
        ),
        ("another encoding", &json, &[("content-encoding", "br")], 415, "content_encoding"),
        ("another media type", &json, &[("content-type", "text/plain")], 415, "content_type"),
    ] {
        let answer = signed(&host, body, more);
        let told = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(said(&answer), (status, code.to_owned()), "{what}: {told}");
        assert!(!told.contains("Ana"), "{told}");
    }
    assert!(!host.log().contains("Ana"), "{}", host.log());
    assert_eq!(signed(&host, &json, &[("content-encoding", "identity")]).status, 200);
    let other_methods = crate::http::request(host.address, "GET", "/v1/ingest", &[], b"");
    assert_eq!(said(&other_methods), (405, "method".to_owned()));
}

#[test]
fn bombs_and_bodies_without_an_end_take_no_memory() {
    let host = host(&format!("[server.limits]\nbody_bytes_max = {BODY_BYTES_MAX}\n"));
    assert_eq!(hand_in(&host, &message("01JFIRST", SENDER)).status, 200);
    host.forget_peak();
    let (_, before) = host.memory();
    // 300 MiB of spaces; one that says so, and one that says that it is small.
    let bomb = gzip(&vec![b' '; 300 << 20]);
    let mut lying = bomb.clone();
    let end = lying.len() - 4;
    lying[end..].copy_from_slice(&1_000_u32.to_le_bytes());
    for (body, status, code) in [(&bomb, 413, "too_large"), (&lying, 400, "content_encoding")] {
        assert!(body.len() < 2 << 20);
        let answer = signed(&host, body, &[("content-encoding", "gzip")]);
        assert_eq!(said(&answer), (status, code.to_owned()));
    }
    let start = "POST /v1/ingest HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let answer = raw(&host, &format!("{start}content-length: {}\r\n\r\n", SENT_BYTES_MAX + 1));
    assert!(answer.starts_with("HTTP/1.1 413 "), "by what is announced: {answer}");
    let endless = " ".repeat(SENT_BYTES_MAX + 1);
    let answer =
        raw(&host, &format!("{start}transfer-encoding: chunked\r\n\r\n{:x}\r\n{endless}\r\n", endless.len()));
    assert!(answer.starts_with("HTTP/1.1 413 "), "by what comes: {answer}");
    let (peak, _) = host.memory();
    assert!(peak < before + GROWTH_KILOBYTES_MAX, "{before} kB grew to {peak} kB");
    let counts =
        [("fra", "too_large"), ("unknown", "too_large"), ("fra", "content_encoding"), ("fra", "accepted")];
    assert_eq!(counts.map(|(edge, outcome)| counted(&host, edge, outcome)), [1, 2, 1, 1]);
    // What a webhook of this size may become is taken.
    let mut large = message("01JLARGE", SENDER);
    large.webhook.body =
        (0..65_536_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(hand_in(&host, &large).status, 200);
}

#[test]
fn an_edge_is_told_to_come_again_while_the_journal_is_behind() {
    let host = host("[server.limits]\nrequests_per_connection_max = 1\n");
    assert_eq!(hand_in(&host, &message("01JFIRST", SENDER)).status, 200);
    let database = host.store().join("journal.sqlite");
    let slow = rusqlite::Connection::open(database).expect("the journal");
    slow.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let sent: Vec<_> = (0..2)
            .map(|number| {
                let host = &host;
                scope.spawn(move || hand_in(host, &message(&format!("01JSLOW{number}"), SENDER)))
            })
            .collect();
        while sent.iter().all(|sender| !sender.is_finished()) {
            assert!(begun.elapsed() < Duration::from_secs(8), "the second one waits");
            std::thread::park_timeout(Duration::from_millis(1));
        }
        slow.execute_batch("ROLLBACK").expect("let go");
        let mut answers: Vec<Answer> =
            sent.into_iter().map(|sender| sender.join().expect("no panic")).collect();
        answers.sort_by_key(|answer| answer.status);
        assert_eq!(answers[0].status, 200);
        assert_eq!(said(&answers[1]), (503, "overload".to_owned()));
        assert_eq!(answers[1].header("retry-after"), Some("2"));
    });
    let refused = "trunkline_webhooks_overloaded_total{connection=\"line\",reason=\"connection\"}";
    assert_eq!((host.metric(refused), counted(&host, "fra", "overload")), (1, 1));
}
