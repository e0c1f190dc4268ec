//! `schema/*.json` is what the types say. `BLESS=1` (or `cargo xtask schema`) writes what is stale.

use serde_json::{Value, json};
use trunkline_model::CONTRACT_VERSION;
use trunkline_model::manifest::Manifest;

use crate::in_repository;

/// Compares a schema with its file, or writes it.
fn fresh(name: &str, schema: &Value) {
    let path = in_repository("schema").join(format!("{name}.schema.json"));
    let text = serde_json::to_string_pretty(schema).expect("a schema serializes") + "\n";
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(in_repository("schema")).expect("a folder for schemas");
        std::fs::write(&path, &text).expect("a writable folder");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "`schema/{name}.schema.json` is stale\n\nhint: run `cargo xtask schema`");
}

/// The schema of a connector's manifest, what identifies it first.
fn connector() -> Value {
    let generated = schemars::schema_for!(Manifest).to_value();
    let head = json!({
        "$schema": generated["$schema"],
        "$id": format!("urn:trunkline:connector:{CONTRACT_VERSION}"),
        "title": "connector.toml",
    });
    let (Value::Object(mut schema), Value::Object(rest)) = (head, generated) else {
        panic!("schemas are objects");
    };
    for (name, value) in rest {
        schema.entry(name).or_insert(value);
    }
    Value::Object(schema)
}

#[test]
fn schema_of_connectors_is_fresh() {
    fresh("connector", &connector());
}

#[test]
fn schema_of_events_is_fresh() {
    fresh("event", &trunkline_core::cloud_event::event_schema());
}

#[test]
fn schema_of_connectors_accepts_every_connector() {
    let validator = jsonschema::validator_for(&connector()).expect("a schema");
    let folders = std::fs::read_dir(in_repository("connectors")).expect("connectors");
    let mut accepted = 0;
    for folder in folders {
        let file = folder.expect("readable").path().join("connector.toml");
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let manifest = Manifest::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let value = serde_json::to_value(&manifest).expect("a manifest serializes");
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", file.display());
        accepted += 1;
    }
    assert!(accepted > 0, "no connector was found");
    assert!(!validator.is_valid(&json!({ "manifest_version": 1, "id": "post" })));
}
