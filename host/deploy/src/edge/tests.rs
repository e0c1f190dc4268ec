//! Which connections make an edge, and which do not.

use super::*;
use crate::samples::{connections, manifest};

fn refused(connections: &BTreeMap<String, Connection>) -> (String, String) {
    let refusal = Edge::new(connections).expect_err("refused");
    (refusal.to_string(), refusal.hint())
}

fn with_settings(id: &str, names: &[&str]) -> Manifest {
    let text: String = names.iter().map(|name| format!("[settings.{name}]\nhelp = \"Any.\"\n")).collect();
    manifest(id, &text)
}

#[test]
fn connections_of_a_connector_share_a_component() {
    let edge = Edge::new(&connections()).expect("valid");
    let components: Vec<_> = edge.components().iter().map(|one| (&*one.id, one.connections.len())).collect();
    assert_eq!(components, [("pigeon", 1), ("post", 2)]);
    let names: Vec<_> =
        edge.connections().into_iter().map(|(component, one)| (&*one.name, &*component.id)).collect();
    assert_eq!(names, [("loft", "pigeon"), ("sales-eu", "post"), ("support", "post")]);
}

#[test]
fn a_component_may_call_what_any_of_its_connections_may() {
    let mut connections = connections();
    let hosts = |connections: &_| Edge::new(connections).expect("valid").components()[1].hosts.clone();
    assert_eq!(hosts(&connections), ["api.post.example", "*.files.post.example"]);
    for name in ["support", "sales-eu"] {
        connections.get_mut(name).expect("there").hosts = Some(vec!["eu.files.post.example".to_owned()]);
    }
    assert_eq!(hosts(&connections), ["eu.files.post.example"]);
    connections.get_mut("support").expect("there").hosts = None;
    assert_eq!(hosts(&connections), ["eu.files.post.example", "api.post.example", "*.files.post.example"]);
}

#[test]
fn nothing_is_no_edge() {
    let (error, hint) = refused(&BTreeMap::new());
    assert_eq!(error, "there is no connection to serve");
    assert!(hint.contains("--all"), "{hint}");
}

#[test]
fn names_that_spin_does_not_take_are_refused_with_one_that_it_takes() {
    let one = |name: &str, manifest: Manifest| {
        BTreeMap::from([(name.to_owned(), Connection { manifest, hosts: None })])
    };
    for (connections, error, hint) in [
        (
            one("post-2", with_settings("post", &["key"])),
            "connection `post-2` cannot have the variable `post_2_key` on Spin: `2` must begin with a letter",
            "rename the connection, for example `post2`",
        ),
        (
            one("post", with_settings("post", &["key_2"])),
            "connection `post` cannot have the variable `post_key_2` on Spin: `2` must begin with a letter",
            "rename setting `key_2` in the `connector.toml` of `post`",
        ),
        (
            one("mail", with_settings("post-4", &[])),
            "connector `post-4` cannot be a component of Spin: `4` must begin with a letter",
            "rename the connector, its folder and its file, for example `post4`",
        ),
    ] {
        assert_eq!(refused(&connections), (error.to_owned(), hint.to_owned()));
    }
    // Without a setting there is no variable, and a URL may have such a name.
    assert!(Edge::new(&one("post-2", with_settings("post", &[]))).is_ok());
}

#[test]
fn one_variable_for_two_things_is_refused() {
    let connection = |manifest| Connection { manifest, hosts: None };
    let both = BTreeMap::from([
        ("support".to_owned(), connection(with_settings("post", &["eu_key"]))),
        ("support-eu".to_owned(), connection(with_settings("pigeon", &["key"]))),
    ]);
    assert_eq!(
        refused(&both),
        (
            "`support_eu_key` would be the variable of `eu_key` of connection `support` and of `key` of \
             connection `support-eu`"
                .to_owned(),
            "rename connection `support-eu`".to_owned()
        )
    );
    let own = BTreeMap::from([("ingest".to_owned(), connection(with_settings("post", &["secret"])))]);
    assert_eq!(
        refused(&own),
        (
            "`ingest_secret` would be the variable of the edge itself and of `secret` of connection `ingest`"
                .to_owned(),
            "rename connection `ingest`".to_owned()
        )
    );
    let loopback =
        BTreeMap::from([("dangerous".to_owned(), connection(with_settings("post", &["loopback"])))]);
    assert_eq!(refused(&loopback).1, "rename connection `dangerous`", "it would name hosts of this machine");
    let text = "[settings.key]\nhelp = \"Any.\"\nmultiple = true\n[settings.key_previous]\nhelp = \"Any.\"\n";
    let within = BTreeMap::from([("support".to_owned(), connection(manifest("post", text)))]);
    assert_eq!(
        refused(&within),
        (
            "`support_key_previous` would be the variable of the previous `key` of connection `support` and of \
             `key_previous` of connection `support`"
                .to_owned(),
            "rename one of the settings in the `connector.toml`".to_owned()
        )
    );
}
