//! The manifest of a SpinApp, word for word.

use super::*;
use crate::samples::{connections, golden};

fn app(values: &[(&str, Value)]) -> App<'static> {
    App {
        command: "trunkline edge manifest",
        name: "trunkline-edge",
        image: "registry.example.com/edge:1",
        replicas: 2,
        secret: "edge-secrets",
        values: values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
    }
}

fn edge() -> Edge {
    Edge::new(&connections()).expect("valid")
}

fn shown(value: &str) -> Value {
    Value::Shown(value.to_owned())
}

#[test]
fn the_text_is_this() {
    let values = [
        ("ingest_url", shown("https://trunkline.example.com")),
        ("support_office", shown("7")),
        ("sales_eu_office", Value::Kept),
    ];
    golden("spinapp.yaml", &manifest(&edge(), &app(&values)));
}

#[test]
fn no_secret_has_a_value_whatever_is_given() {
    let values = [("support_signing_key", shown("in the clear")), ("ingest_secret", shown("in the clear"))];
    let text = manifest(&edge(), &app(&values));
    assert!(!text.contains("in the clear"), "{text}");
    for variable in edge().variables().iter().filter(|variable| variable.secret) {
        assert!(text.contains(&format!("          key: {}\n", variable.name)), "{}", variable.name);
        assert!(text.contains(&format!("--from-literal={}=...", variable.name)), "{}", variable.name);
    }
}

#[test]
fn what_is_not_set_is_known() {
    assert_eq!(unset(&edge(), &app(&[])), ["ingest_url", "public_url", "sales_eu_office", "support_office"]);
    let values = [
        ("ingest_url", shown("https://trunkline.example.com")),
        ("public_url", shown("https://hooks.example.com")),
        ("sales_eu_office", Value::Kept),
        ("support_office", shown("7")),
    ];
    assert_eq!(unset(&edge(), &app(&values)), [""; 0]);
}

#[test]
fn names_are_those_of_kubernetes() {
    for (text, label, subdomain) in [
        ("edge", true, true),
        ("edge-2", true, true),
        ("2-edge", false, true),
        ("edge.secrets", false, true),
        ("Edge", false, false),
        ("edge-", false, false),
        ("edge_2", false, false),
        ("", false, false),
        ("a..b", false, false),
    ] {
        assert_eq!((is_label(text), is_subdomain(text)), (label, subdomain), "{text}");
    }
    assert!(is_label(&"a".repeat(63)) && !is_label(&"a".repeat(64)) && !is_subdomain(&"a".repeat(254)));
}
