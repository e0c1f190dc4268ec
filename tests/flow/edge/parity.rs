//! Every case file of every channel, sent to a host and sent to an edge in front of another: the same answers, and byte for
//! byte the same events.

use std::collections::BTreeMap;
use std::path::Path;

use trunkline_cases::{Case, case_files};
use trunkline_model::Request;
use trunkline_model::manifest::Manifest;
use trunkline_policy::variables;

use super::serving::{Edge, composed, edges};
use crate::host::{Host, component_files, components, root};
use crate::http::{self, Answer};

/// The second at which the cases of a channel with a clock of its own were signed.
const SIGNED_AT: &str = "1700000000";

type Settings = Vec<(String, String)>;

/// What is sent, in order, and to which connections.
#[derive(Default)]
struct Traffic {
    connections: BTreeMap<(String, Settings), String>,
    requests: Vec<(String, String, Request)>,
}

impl Traffic {
    /// The cases of a channel, each sent to a connection with its settings. What signs the URL is signed for that one.
    fn add(&mut self, connector: &str, folder: &Path, now_s: u64) {
        let defaults = std::fs::read_to_string(folder.join("testdata/defaults.txt")).unwrap_or_default();
        for file in case_files(folder) {
            let source = std::fs::read_to_string(&file).expect("a case file");
            let settings = Case::parse(&defaults, &source).expect("a case").context.settings;
            let next = format!("c{}", self.connections.len());
            let key = (connector.to_owned(), settings);
            let connection = self.connections.entry(key).or_insert(next).clone();
            let own = format!("https://hooks.example.org/hooks/{connection}");
            // A few show that URLs elsewhere are signed as they are.
            let Some(place) = source.find("https://hooks.example.org/hooks/") else { continue };
            let rest = &source[place..];
            let end = rest.find(['?', '\n', ' ']).expect("an end");
            let source = source.replace(&rest[..end], &own).replace(SIGNED_AT, &now_s.to_string());
            let case = Case::parse(&defaults, &source).expect("a case");
            let name = file.strip_prefix(root()).expect("ours").display().to_string();
            self.requests.push((connector.to_owned(), name, case.request));
        }
    }

    /// What stands in the configuration of both hosts.
    fn configuration(&self, manifests: &BTreeMap<String, Manifest>) -> String {
        let mut text = edges();
        for ((connector, settings), name) in &self.connections {
            text += &format!(
                "[connections.{name}]\nconnector = \"{connector}\"\n[connections.{name}.settings]\n"
            );
            for (setting, values) in values(&manifests[connector], settings) {
                text += &format!("{setting} = {}\n", serde_json::json!(values));
            }
        }
        text
    }

    /// The same for the edge of a connector.
    fn variables(&self, connector: &str, manifest: &Manifest) -> Vec<(String, String)> {
        let of = self.connections.iter().filter(|((of, _), _)| of == connector);
        let names: Vec<&str> = of.clone().map(|(_, name)| name.as_str()).collect();
        let mut variables = vec![(variables::CONNECTIONS.to_owned(), names.join(" "))];
        for ((_, settings), name) in of {
            for (setting, values) in values(manifest, settings) {
                assert!(values.len() <= 2, "an edge holds a value and the one before it");
                let named = [variables::setting(name, &setting), variables::previous(name, &setting)];
                variables.extend(named.into_iter().zip(values));
            }
        }
        variables
    }
}

/// What is required and no case has is anything.
fn values(manifest: &Manifest, settings: &Settings) -> Vec<(String, Vec<String>)> {
    let named = manifest.settings.iter().map(|(name, declared)| {
        let mut values: Vec<String> =
            settings.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect();
        values.retain(|value| !value.is_empty());
        if values.is_empty() && declared.required && declared.default.is_none() {
            values.push("invented-value".to_owned());
        }
        (name.clone(), values)
    });
    named.filter(|(_, values)| !values.is_empty()).collect()
}

fn send(address: std::net::SocketAddr, request: &Request) -> Answer {
    let path = request.url.strip_prefix("https://hooks.example.org").expect("its URL");
    http::request(address, &request.method, path, &request.headers, &request.body)
}

/// What a provider may look at.
fn seen(answer: &Answer) -> (u16, Option<&str>, String) {
    (answer.status, answer.header("content-type"), String::from_utf8_lossy(&answer.body).into_owned())
}

#[test]
fn an_event_taken_in_at_the_edge_is_the_event_taken_in_by_the_host() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let (mut traffic, mut manifests) = (Traffic::default(), BTreeMap::new());
    for path in component_files() {
        let id = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let folder = root().join("connectors").join(&id);
        let manifest = std::fs::read_to_string(folder.join("connector.toml")).expect("a manifest");
        manifests.insert(id, Manifest::parse(&manifest).expect("valid"));
    }
    for id in manifests.keys() {
        traffic.add(id, &root().join("connectors").join(id), now.as_secs());
    }
    let configuration = traffic.configuration(&manifests);
    let (direct, behind) =
        (Host::start(&components(), &configuration), Host::start(&components(), &configuration));
    let mut edges: BTreeMap<&str, Edge> = manifests
        .iter()
        .map(|(id, manifest)| {
            let variables = traffic.variables(id, manifest);
            let variables: Vec<(&str, &str)> =
                variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            (id.as_str(), Edge::spawn(&composed(id), behind.address, &variables))
        })
        .collect();
    edges.values_mut().for_each(Edge::wait_until_ready);

    let mut answered = BTreeMap::<u16, usize>::new();
    for (connector, case, request) in &traffic.requests {
        let (by_host, at_edge) =
            (send(direct.address, request), send(edges[connector.as_str()].address, request));
        let log = || format!("{case}\n{}", edges[connector.as_str()].log());
        assert_eq!(seen(&at_edge), seen(&by_host), "{}", log());
        *answered.entry(by_host.status).or_default() += 1;
    }
    let (expected, found) = (direct.comparable_events(), behind.comparable_events());
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
    println!(
        "{} cases, answered {answered:?}; {} events, each the same byte for byte",
        traffic.requests.len(),
        found.len()
    );
    assert!(traffic.requests.len() > 500 && found.len() > 250, "the cases of five channels");
}
