//! What every channel's case files hold, kept and read once more: the same connector reads the same.

use std::collections::BTreeMap;
use std::path::Path;

use trunkline_cases::{Case, case_files};
use trunkline_core::journal::{Journal, JournalOptions, Webhook};
use trunkline_model::manifest::Manifest;
use trunkline_model::{Context, ReceiveStep};
use trunkline_runtime::{Connector, Engine, EngineOptions};

use super::{count, lines};
use crate::host::{Host, component_files, components, root};

/// Settings of a connection, as a case file has them.
type Settings = Vec<(String, String)>;

/// A connection for each set of settings that the cases of a channel have.
struct Channel {
    connector: String,
    connections: BTreeMap<Settings, String>,
}

impl Channel {
    fn connection(&mut self, settings: &Settings) -> String {
        let next = format!("{}-{}", self.connector, self.connections.len());
        self.connections.entry(settings.clone()).or_insert(next).clone()
    }

    /// What stands in the configuration for it. What is required and no case has is anything.
    fn configuration(&self, manifest: &Manifest) -> String {
        let mut text = String::new();
        for (settings, name) in &self.connections {
            text += &format!(
                "[connections.{name}]\nconnector = \"{}\"\n[connections.{name}.settings]\n",
                self.connector
            );
            for setting in manifest.settings.keys() {
                let values: Vec<&str> = settings
                    .iter()
                    .filter(|(key, _)| key == setting)
                    .map(|(_, value)| value.as_str())
                    .collect();
                let values = match values.as_slice() {
                    [] if manifest.settings[setting].required => vec!["invented-value"],
                    _ => values,
                };
                if !values.is_empty() {
                    text += &format!("{setting} = {}\n", serde_json::json!(values));
                }
            }
        }
        text
    }
}

/// Has the connector read a case as it would have when it came, and keeps it. False: there is nothing to keep.
async fn keep(journal: &Journal, connector: &Connector, channel: &mut Channel, case: Case) -> bool {
    let Context { settings, now, exchanges } = case.context.clone();
    // A host does not start with a required setting that is empty.
    let required =
        |name: &str| connector.manifest().settings.get(name).is_some_and(|setting| setting.required);
    if settings.iter().any(|(name, value)| value.is_empty() && required(name)) {
        return false;
    }
    let step = connector.receive_step(case.request.clone(), case.context).await;
    // Calls are answered by nobody here.
    let Ok(ReceiveStep::Answer(answer)) = step else { return false };
    if answer.events.is_empty() || !exchanges.is_empty() {
        return false;
    }
    let webhook = Webhook {
        connection: channel.connection(&settings),
        connector: channel.connector.clone(),
        component: connector.digest().to_owned(),
        received_at: now,
        handed_in_at: None,
        method: case.request.method,
        url: case.request.url,
        headers: case.request.headers,
        body: case.request.body,
        events: answer.events,
    };
    // A case with the events of another is counted, not kept.
    journal
        .append(webhook)
        .await
        .expect("the journal takes it")
        .events
        .iter()
        .any(|event| event.seq.is_some())
}

async fn keep_all(store: &Path) -> (usize, String) {
    let journal = Journal::open(store, JournalOptions::default()).expect("a journal");
    let cache = Some(store.with_file_name("compiled"));
    let engine = Engine::new(&EngineOptions { calls_max: 1, cache }).expect("an engine");
    let (mut kept, mut configuration) = (0, String::new());
    for file in component_files() {
        let connector = Connector::load(&engine, &file).await.expect("a connector");
        let id = connector.manifest().id.clone();
        let mut channel = Channel { connector: id.clone(), connections: BTreeMap::new() };
        for file in case_files(&root().join("connectors").join(&id)) {
            let case = Case::read(&file).expect("a case file");
            kept += usize::from(keep(&journal, &connector, &mut channel, case).await);
        }
        configuration += &channel.configuration(connector.manifest());
    }
    journal.close().await.expect("it closes");
    (kept, configuration)
}

#[test]
fn unchanged_traffic_of_every_channel_differs_in_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let (kept, configuration) = runtime.block_on(keep_all(&store));
    let host =
        Host::start(&components(), &format!("[store]\npath = \"{}\"\n{configuration}", store.display()));
    let names =
        configuration.lines().filter_map(|line| line.strip_prefix("[connections.")?.strip_suffix(']'));
    let (mut webhooks, mut events) = (0, 0);
    for name in names.filter(|name| !name.contains('.')) {
        let shown =
            lines(&host, &["replay", "--connection", name, "--since", "2001-01-01", "--dry-run", "--json"]);
        let others: Vec<_> = shown
            .iter()
            .filter(|line| line.get("summary").is_none() && line.get("progress").is_none())
            .collect();
        assert!(others.is_empty(), "{name}: {others:#?}");
        webhooks += count(&shown, "webhooks");
        events += count(&shown, "same");
    }
    println!("{webhooks} webhooks of {kept} kept, {events} events the same");
    assert!(webhooks as usize == kept && kept > 200, "{webhooks} of {kept}");
}
