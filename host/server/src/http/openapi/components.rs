//! What the description refers to by name: schemas out of the types that the handlers read and write.
//!
//! OpenAPI 3.1 has the JSON Schema of 2020-12, so a derived schema stands as it is; only its place is another.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};
use trunkline_core::cloud_event;

/// Where schemas stand, as a reference has it after its `#`.
const PLACE: &str = "/components/schemas/";
/// Where the schema of events has its own.
const EVENT_PLACE: &str = "#/$defs/";
/// The event as it is delivered.
const EVENT: &str = "CloudEvent";

/// Collects what is referred to.
pub struct Components {
    /// Of what is read: a field with a default may be left out.
    pub requests: SchemaGenerator,
    /// Of what is written: only a field that is left out at times is optional.
    pub responses: SchemaGenerator,
}

impl Components {
    /// With nothing in it.
    pub fn new() -> Self {
        let settings =
            || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = PLACE.into());
        Self {
            requests: settings().for_deserialize().into_generator(),
            responses: settings().for_serialize().into_generator(),
        }
    }

    /// All that was referred to, by name, in the order of names.
    pub fn schemas(mut self) -> Map<String, Value> {
        let mut all = Map::new();
        let (event, parts) = event();
        add(&mut all, parts);
        add(&mut all, self.requests.take_definitions(true));
        let mut responses = self.responses.take_definitions(true);
        responses.remove(EVENT);
        add(&mut all, responses);
        all.insert(EVENT.to_owned(), event);
        all.sort_keys();
        all
    }
}

/// A name stands for one schema: what is read and written has the same in both.
fn add(all: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, schema) in more {
        let before = all.insert(name.clone(), schema);
        debug_assert!(before.is_none_or(|before| before == all[&name]), "two schemas are called `{name}`");
    }
}

/// The published schema of events in this place, and what it refers to.
fn event() -> (Value, Map<String, Value>) {
    let mut schema = cloud_event::event_schema();
    move_references(&mut schema);
    let Value::Object(members) = &mut schema else { return (schema, Map::new()) };
    // An identity of its own would make references relative to that.
    members.remove("$schema");
    members.remove("$id");
    let parts = match members.remove("$defs") {
        Some(Value::Object(parts)) => parts,
        _ => Map::new(),
    };
    (schema, parts)
}

fn move_references(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(reference) if name == "$ref" => {
                        if let Some(target) = reference.strip_prefix(EVENT_PLACE) {
                            *reference = format!("#{PLACE}{target}");
                        }
                    }
                    other => move_references(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        _ => {}
    }
}
