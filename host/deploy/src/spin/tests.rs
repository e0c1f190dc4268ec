//! The manifest, word for word and as a program reads it.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::*;
use crate::edge::Connection;
use crate::samples::{connections, golden, manifest as sample};

const LAYOUT: Layout<'_> = Layout {
    command: "trunkline edge spin",
    adapter: "target/edge/spin.wasm",
    connectors: "target/connectors",
    build: Some(Build { command: "make", watch: &["src/**/*.rs"] }),
};

fn written(connections: &BTreeMap<String, Connection>) -> String {
    manifest(&Edge::new(connections).expect("valid"), &LAYOUT)
}

fn parsed(connections: &BTreeMap<String, Connection>) -> Table {
    toml::from_str(&written(connections)).expect("TOML")
}

fn keys(table: &Value) -> Vec<&str> {
    table.as_table().expect("a table").keys().map(String::as_str).collect()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|value| value.as_str().expect("a text")).collect()
}

#[test]
fn the_text_is_this() {
    golden("spin.toml", &written(&connections()));
}

#[test]
fn every_connection_has_its_route_and_the_first_component_the_outbox() {
    let manifest = parsed(&connections());
    let triggers = manifest["trigger"]["http"].as_array().expect("triggers");
    let routes: Vec<_> = triggers
        .iter()
        .map(|trigger| {
            (trigger["route"].as_str().expect("a text"), trigger["component"].as_str().expect("a text"))
        })
        .collect();
    assert_eq!(
        routes,
        [
            ("/hooks/loft", "pigeon"),
            ("/hooks/sales-eu", "post"),
            ("/hooks/support", "post"),
            ("/outbox", "pigeon")
        ]
    );
    let served = |id: &str| manifest["component"][id]["variables"]["connections"].as_str();
    assert_eq!((served("post"), served("pigeon")), (Some("sales-eu support"), Some("loft")));
}

#[test]
fn hosts_of_the_manifest_may_be_called_and_nothing_else() {
    let manifest = parsed(&connections());
    let hosts = |id: &str| texts(&manifest["component"][id]["allowed_outbound_hosts"]);
    assert_eq!(hosts("pigeon"), ["{{ ingest_url }}"]);
    assert_eq!(
        hosts("post"),
        ["{{ ingest_url }}", "https://api.post.example", "https://*.files.post.example"]
    );
}

#[test]
fn every_setting_is_a_variable_and_secrets_are_marked() {
    let connections = connections();
    let manifest = parsed(&connections);
    let declared = manifest["variables"].as_table().expect("a table");
    let mut expected: Vec<String> =
        ["ingest_url", "ingest_secret", "edge", "public_url", "outbox"].map(str::to_owned).into();
    for (name, connection) in &connections {
        for (setting, said) in &connection.manifest.settings {
            let variable = variables::setting(name, setting);
            let found = &declared[&variable];
            assert_eq!(found.get("secret").and_then(Value::as_bool), said.secret.map(|_| true), "{variable}");
            assert_eq!(
                found["default"].as_str(),
                Some(said.default.as_deref().unwrap_or_default()),
                "{variable}"
            );
            expected.push(variable);
            if said.multiple {
                let previous = variables::previous(name, setting);
                assert_eq!(declared[&previous]["secret"].as_bool(), Some(true), "{previous}");
                expected.push(previous);
            }
        }
    }
    expected.sort();
    assert_eq!(declared.keys().cloned().collect::<Vec<_>>(), expected);
    for (name, said) in declared {
        assert!(said["default"].is_str(), "`{name}` would keep everything from starting");
        assert_eq!(said.get("secret").is_some(), said.get("secret").and_then(Value::as_bool) == Some(true));
    }
    assert_eq!(declared["ingest_secret"]["secret"].as_bool(), Some(true));
}

#[test]
fn a_component_gets_the_variables_of_its_own_connections() {
    let manifest = parsed(&connections());
    let mapped = &manifest["component"]["pigeon"]["variables"];
    let expected =
        ["connections", "edge", "ingest_secret", "ingest_url", "loft_ring", "outbox", "public_url"];
    assert_eq!(keys(mapped), expected);
    for name in expected.iter().filter(|name| **name != "connections") {
        assert_eq!(mapped[*name].as_str(), Some(&*format!("{{{{ {name} }}}}")));
    }
    assert_eq!(keys(&manifest["component"]["post"]["variables"]).len(), 6 + 2 * 5);
}

#[test]
fn the_connector_is_a_dependency_by_both_interfaces() {
    let manifest = parsed(&connections());
    let component = &manifest["component"]["post"];
    assert_eq!(component["source"].as_str(), Some("target/edge/spin.wasm"));
    assert_eq!(component["sqlite_databases"], Value::from(vec!["default"]));
    let dependencies = &component["dependencies"];
    assert_eq!(keys(dependencies), ["trunkline:connector/inbound@0.1.0", "trunkline:edge/about"]);
    for name in keys(dependencies) {
        assert_eq!(dependencies[name]["path"].as_str(), Some("target/connectors/post.wasm"));
        assert!(dependencies[name].get("inherit_configuration").is_none(), "nothing is inherited");
    }
    assert_eq!(
        dependencies["trunkline:edge/about"]["export"].as_str(),
        Some("trunkline:connector/about@0.1.0")
    );
    assert!(component.get("dependencies_inherit_configuration").is_none());
}

#[test]
fn odd_texts_stay_texts_and_nobody_need_build() {
    let text = "hosts = [\"a.example\"]\n[settings.odd]\nhelp = \"Odd.\"\ndefault = \"\\\"{{ x }}\\\"\\n[component.evil]\"\n";
    let mut odd = sample("odd", text);
    odd.title = "Odd\n[component.evil]\" # title".to_owned();
    let connections = BTreeMap::from([("one".to_owned(), Connection { manifest: odd.clone(), hosts: None })]);
    let edge = Edge::new(&connections).expect("valid");
    let manifest: Table = toml::from_str(&manifest(&edge, &Layout { build: None, ..LAYOUT })).expect("TOML");
    assert_eq!(keys(&manifest["component"]), ["odd"]);
    assert_eq!(manifest["component"]["odd"]["description"].as_str(), Some(&*odd.title));
    assert_eq!(manifest["variables"]["one_odd"]["default"].as_str(), Some("\"{{ x }}\"\n[component.evil]"));
    assert!(manifest["component"]["odd"].get("build").is_none());
}

#[test]
fn long_lists_have_a_line_for_each_element() {
    let long: Vec<String> = (0..9).map(|number| format!("https://host-{number}.example")).collect();
    let text = list("hosts", &long);
    assert_eq!(text.lines().count(), 11);
    let read: Table = toml::from_str(&text).expect("TOML");
    assert_eq!(texts(&read["hosts"]), long);
    assert_eq!(list("hosts", &[]), "hosts = []\n");
}
