//! The case files of every channel, at a host and through an edge: the same events, and the same event once on both roads.

use serde_json::Value;
use trunkline_cases::{Case, case_files};
use trunkline_core::journal::event_id;
use trunkline_model::{Context, ReceiveStep, RefusalReason, Request, Response};
use trunkline_policy::ingest::Ingest;
use trunkline_runtime::{Connector, Engine, EngineOptions};

use super::{counted, duplicates, edge, hand_in, ingest, message, now_ms};
use crate::host::{Host, cache, components, root};
use crate::samples::{self, CONNECTIONS, MORE_CONNECTIONS, line_text};

/// Connections of the samples, with their connectors.
const CHANNELS: [(&str, &str); 5] = [
    ("whatsapp", "whatsapp"),
    ("line", "line"),
    ("messenger", "messenger"),
    ("sms-twilio", "sms-twilio"),
    ("mail", "email-mailgun"),
];

/// A webhook that a channel takes now, what it is answered, and what an edge makes of it.
struct Webhook {
    name: String,
    request: Request,
    response: Response,
    ingest: Ingest,
}

/// Has the connector read a case as of now. None: no events, or it needs a call.
async fn read(
    connector: &Connector,
    connection: &str,
    case: &Case,
) -> Option<Result<(Request, Response, Ingest), RefusalReason>> {
    let context = Context { now: now_ms(), ..case.context.clone() };
    let step = connector.receive_step(case.request.clone(), context.clone()).await.expect("an answer");
    match step {
        ReceiveStep::Answer(answer) if !answer.events.is_empty() => {
            let mut ingest =
                ingest(connection, &connector.manifest().id, case.request.clone(), answer.events);
            ingest.received_at = context.now;
            Some(Ok((case.request.clone(), answer.response, ingest)))
        }
        ReceiveStep::Refuse(refusal) => Some(Err(refusal.reason)),
        _ => None,
    }
}

/// The same case, written now: its seconds wherever they stand, and its signature by that.
fn renewed(file: &std::path::Path, case: &Case) -> Case {
    let text = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let defaults = text(root().join(file).parent().expect("inbound").with_file_name("defaults.txt"));
    let written = (case.context.now - 300_000) / 1_000;
    let now = (now_ms() / 1_000 - 300).to_string();
    let source = text(file.to_owned()).replace(&written.to_string(), &now);
    Case::parse(&defaults, &source).expect("a case file")
}

/// Every case of a channel with the settings that the connection of the samples has.
async fn webhooks(engine: &Engine, connection: &str, channel: &str) -> Vec<Webhook> {
    let file = components().join(format!("{channel}.wasm"));
    let connector = Connector::load(engine, &file).await.expect("a connector");
    let folder = root().join("connectors").join(channel);
    let (mut webhooks, mut settings) = (Vec::new(), None);
    for file in case_files(&folder) {
        let name = format!("{channel}/{}", file.file_stem().expect("a name").display());
        let case = Case::read(&file).expect("a case file");
        let usual = std::fs::read_to_string(folder.join("testdata/defaults.txt")).expect("defaults");
        let usual = settings.get_or_insert_with(|| {
            Case::parse(&usual, "POST https://x.example/\n").expect("a case").context.settings
        });
        let here = format!("https://hooks.example.org/hooks/{connection}");
        let of_connection = case.context.settings == *usual && case.context.exchanges.is_empty();
        if !of_connection || !case.request.url.starts_with(&here) {
            continue;
        }
        let mut found = read(&connector, connection, &case).await;
        if matches!(found, Some(Err(RefusalReason::Stale))) {
            found = read(&connector, connection, &renewed(&file, &case)).await;
        }
        if let Some(Ok((request, response, ingest))) = found {
            webhooks.push(Webhook { name, request, response, ingest });
        }
    }
    webhooks
}

fn all_webhooks() -> Vec<Webhook> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(async {
        let engine = Engine::new(&EngineOptions { calls_max: 1, cache: Some(cache()) }).expect("an engine");
        let mut all = Vec::new();
        for (connection, channel) in CHANNELS {
            let of_channel = webhooks(&engine, connection, channel).await;
            println!("{channel}: {} case files", of_channel.len());
            assert!(of_channel.len() >= 60, "{channel}: {}", of_channel.len());
            all.extend(of_channel);
        }
        all
    })
}

#[test]
fn every_channel_gives_the_same_events_on_both_roads() {
    let connections = format!("{CONNECTIONS}{MORE_CONNECTIONS}");
    let direct = Host::start(&components(), &format!("{connections}{}", edge("fra", "")));
    let handed = Host::start(&components(), &format!("{connections}{}", edge("fra", "")));
    let webhooks = all_webhooks();
    let mut new = 0;
    for webhook in &webhooks {
        let answer = samples::send(&direct, &webhook.request);
        assert_eq!(answer.status, webhook.response.status, "{}", webhook.name);
        let answer = hand_in(&handed, &webhook.ingest);
        assert_eq!(answer.status, 200, "{}: {}", webhook.name, String::from_utf8_lossy(&answer.body));
        let (given, expected) = (answer.json(), &webhook.ingest);
        let ids: Vec<String> = expected
            .events
            .iter()
            .map(|event| event_id(&expected.connection, &event.account, &event.id))
            .collect();
        let answered: Vec<&str> = given["events"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|event| event["id"].as_str().expect("an id"))
            .collect();
        assert_eq!(answered, ids, "{}", webhook.name);
        new += duplicates(&answer).into_iter().filter(|duplicate| !duplicate).count();
    }
    let (at_host, at_edge) = (direct.comparable_events(), handed.comparable_events());
    assert_eq!(at_host.len(), at_edge.len());
    for (at_host, at_edge) in at_host.iter().zip(&at_edge) {
        assert_eq!(at_host, at_edge);
    }
    assert_eq!(at_edge.len(), new);
    println!("{} webhooks, {new} events the same", webhooks.len());
    assert!(webhooks.len() > 400, "{}", webhooks.len());
    assert_eq!(counted(&handed, "fra", "accepted"), webhooks.len() as u64);

    // Once more, each on the other road.
    for webhook in &webhooks {
        let answer = hand_in(&direct, &webhook.ingest);
        assert!(
            answer.status == 200 && duplicates(&answer).into_iter().all(|known| known),
            "{}",
            webhook.name
        );
        assert_eq!(
            samples::send(&handed, &webhook.request).status,
            webhook.response.status,
            "{}",
            webhook.name
        );
    }
    assert_eq!(
        (direct.comparable_events().len(), handed.comparable_events().len()),
        (new, new),
        "none came twice"
    );
}

#[test]
fn what_was_read_at_an_edge_is_kept_as_what_was_read_here() {
    let host = Host::start(&components(), &format!("{CONNECTIONS}{}", edge("fra", "")));
    let mut late = message("01JEDGE", "U00000000000000000000000000000042");
    late.received_at = now_ms() - 3 * 60 * 60 * 1_000;
    let answer = hand_in(&host, &late);
    assert_eq!((answer.status, duplicates(&answer)), (200, vec![false]));
    let id = answer.json()["events"][0]["id"].as_str().expect("an id").to_owned();
    let origin = host.api(&format!("/v1/events/{id}"));
    assert_eq!(origin["received_at"], late.received_at);
    let webhook = host.api(&format!("/v1/webhooks/{}", origin["webhook"]));
    for (field, expected) in [
        ("connection", "line".to_owned()),
        ("connector", "line".to_owned()),
        ("component", "line@0.9.1".to_owned()),
        ("method", "POST".to_owned()),
        ("url", late.webhook.url.clone()),
        ("body", String::from_utf8(late.webhook.body.clone()).expect("text")),
    ] {
        assert_eq!(webhook[field], expected, "{field}");
    }
    assert_eq!(webhook["received_at"], late.received_at);
    assert_eq!(webhook["headers"], serde_json::json!(late.webhook.headers));
    assert_eq!(duplicates(&hand_in(&host, &late)), [true]);
    assert_eq!(
        host.metric("trunkline_webhooks_received_total{connection=\"line\",outcome=\"accepted\"}"),
        2,
        "counted as a webhook of its connection"
    );
    assert_eq!(host.metric("trunkline_events_duplicated_total{connection=\"line\"}"), 1);

    // Read by the component of this host now, as of when it came to the edge.
    let asked = ["replay", "--connection", "line", "--since", "4h", "--until", "2h", "--dry-run", "--json"];
    let said = host.command(&asked);
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let said = String::from_utf8(said.stdout).expect("text");
    let summary: Value = serde_json::from_str(said.lines().last().expect("a summary")).expect("JSON");
    assert_eq!(
        (summary["summary"]["webhooks"].as_u64(), summary["summary"]["failed"].as_u64()),
        (Some(1), Some(0))
    );

    // The event of a webhook that came here is known when an edge hands it in, under the id that the connector gives.
    assert_eq!(samples::send(&host, &line_text("01JHOST", "U00000000000000000000000000000043")).status, 200);
    let twice = message("01JHOST", "U00000000000000000000000000000043");
    assert_eq!(duplicates(&hand_in(&host, &twice)), [true]);
}

#[test]
fn it_works_without_the_token_of_the_api() {
    let mut host = Host::prepare(&components(), &format!("{CONNECTIONS}{}", edge("fra", "")));
    let text = std::fs::read_to_string(&host.config).expect("a file");
    let without: String =
        text.lines().filter(|line| !line.starts_with("api_token")).map(|line| format!("{line}\n")).collect();
    assert_ne!(text, without);
    std::fs::write(&host.config, without).expect("written");
    host.run();
    let answer = crate::http::get(host.address, "/v1/events", crate::host::TOKEN);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("api_closed")));
    assert_eq!(hand_in(&host, &message("01JCLOSED", "U00000000000000000000000000000044")).status, 200);
}
