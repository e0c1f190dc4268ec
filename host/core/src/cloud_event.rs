//! An event as a consumer gets it: [CloudEvents 1.0] in the structured JSON form, and the schema of that.
//!
//! The event's own JSON goes through as it was stored; nothing is parsed on the way out.
//!
//! [CloudEvents 1.0]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md (read 2026-08-01)

use jiff::Timestamp;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use trunkline_model::{Event, EventKind};

use crate::journal::StoredEvent;

/// Version of the CloudEvents specification.
pub const SPEC_VERSION: &str = "1.0";
/// What every type starts with; the kind of event follows.
pub const TYPE_PREFIX: &str = "trunkline.";
/// What every source starts with; the name of the connection follows.
pub const SOURCE_PREFIX: &str = "/connections/";
/// Media type of `data`.
pub const DATA_CONTENT_TYPE: &str = "application/json";
/// Identifies [`event_schema`].
pub const DATA_SCHEMA: &str = "urn:trunkline:event:0.1.0";
/// Media type of the whole, for the header `content-type`.
pub const CONTENT_TYPE: &str = "application/cloudevents+json; charset=utf-8";

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: String,
    r#type: String,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    dataschema: &'static str,
    connection: &'a str,
    connector: &'a str,
    sequence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    messageid: Option<&'a str>,
    data: &'a RawValue,
}

/// The body of a delivery. The same event gives the same bytes.
pub fn render(stored: &StoredEvent) -> Vec<u8> {
    let event = CloudEvent {
        specversion: SPEC_VERSION,
        id: &stored.id,
        source: format!("{SOURCE_PREFIX}{}", stored.connection),
        r#type: format!("{TYPE_PREFIX}{}", stored.kind),
        subject: &stored.conversation,
        time: time(stored),
        datacontenttype: DATA_CONTENT_TYPE,
        dataschema: DATA_SCHEMA,
        connection: &stored.connection,
        connector: &stored.connector,
        // Compared as text by the `sequence` extension, hence all digits that a number can have.
        sequence: format!("{:020}", stored.seq),
        messageid: stored.message.as_deref(),
        data: &stored.event,
    };
    serde_json::to_vec(&event).expect("texts and checked JSON always serialize")
}

/// The provider's time, else ours. A provider's nonsense must not make an event undeliverable.
fn time(stored: &StoredEvent) -> String {
    let timestamp = |ms: u64| Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok();
    let time = stored.occurred_at.and_then(timestamp).or_else(|| timestamp(stored.received_at));
    time.unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// The JSON Schema of what [`render`] gives.
pub fn event_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let data = generator.subschema_for::<Event>();
    let definitions = generator.take_definitions(true);
    let types: Vec<String> = EventKind::NAMES.iter().map(|kind| format!("{TYPE_PREFIX}{kind}")).collect();
    let properties = json!({
        "specversion": { "const": SPEC_VERSION },
        "id": {
            "type": "string",
            "pattern": "^evt_[0-9a-f]{32}$",
            "description": "The same for every delivery of the event: what a consumer recognizes repeats by.",
        },
        "source": { "type": "string", "format": "uri-reference", "description": "`/connections/{connection}`." },
        "type": { "enum": types, "description": "`trunkline.{kind}`." },
        "subject": { "type": "string", "description": "The conversation. Its events are delivered in order." },
        "time": {
            "type": "string",
            "format": "date-time",
            "description": "The provider's clock where it says, else when the event was received.",
        },
        "datacontenttype": { "const": DATA_CONTENT_TYPE },
        "dataschema": { "const": DATA_SCHEMA },
        "connection": { "type": "string", "description": "The connection that it came in on." },
        "connector": { "type": "string", "description": "Id of the connector that read it." },
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{20}$",
            "description": "Rises with every event of this host; compare as text.",
        },
        "messageid": {
            "type": "string",
            "format": "uuid",
            "description": "Id of the message sent through `POST /v1/messages` that this is about, where it is known.",
        },
        "data": data,
    });
    let names = properties.as_object().into_iter().flatten().map(|(name, _)| name);
    let required: Vec<&String> = names.filter(|name| *name != "messageid").collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": DATA_SCHEMA,
        "title": "Trunkline event",
        "description": "A CloudEvents 1.0 event in the structured JSON form.",
        "type": "object",
        "required": required,
        "properties": properties,
        "$defs": definitions,
    })
}

#[cfg(test)]
mod tests {
    use trunkline_model::{
        Contact, IdentifierScheme, Location, Media, MediaKind, MediaSource, Message, Part,
    };

    use super::*;
    use crate::samples::stored;

    /// Enough of JSON Schema for the one schema above; what it does not know it refuses.
    fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
        let Some(rules) = schema.as_object() else { return Ok(()) };
        for (rule, argument) in rules {
            let kept = match rule.as_str() {
                "$ref" => {
                    let pointer = argument.as_str().unwrap().trim_start_matches('#');
                    let target = root.pointer(pointer).ok_or(format!("{argument} leads nowhere"))?;
                    return check(root, target, value);
                }
                "type" => {
                    let types = argument.as_array().cloned().unwrap_or_else(|| vec![argument.clone()]);
                    types.iter().any(|name| is_of_type(value, name.as_str().unwrap()))
                }
                "const" => argument == value,
                "enum" => argument.as_array().unwrap().contains(value),
                "required" => argument
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|name| value.get(name.as_str().unwrap()).is_some()),
                "properties" => {
                    for (name, schema) in argument.as_object().unwrap() {
                        if let Some(member) = value.get(name) {
                            check(root, schema, member).map_err(|error| format!("{name}: {error}"))?;
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = rules.get("properties").and_then(Value::as_object);
                    let mut others = value.as_object().into_iter().flatten();
                    others.all(|(name, member)| {
                        known.is_some_and(|known| known.contains_key(name))
                            || *argument != json!(false) && check(root, argument, member).is_ok()
                    })
                }
                "items" => {
                    value.as_array().into_iter().flatten().all(|item| check(root, argument, item).is_ok())
                }
                "oneOf" | "anyOf" => {
                    let fits =
                        argument.as_array().unwrap().iter().filter(|one| check(root, one, value).is_ok());
                    let count = fits.count();
                    count == 1 || count > 1 && rule == "anyOf"
                }
                "minimum" => value.as_f64().is_none_or(|number| number >= argument.as_f64().unwrap()),
                "$schema" | "$id" | "$defs" | "title" | "description" | "format" | "pattern" => true,
                unknown => return Err(format!("unknown rule {unknown}")),
            };
            if !kept {
                return Err(format!("{value} breaks {rule}: {argument}"));
            }
        }
        Ok(())
    }

    fn is_of_type(value: &Value, name: &str) -> bool {
        match name {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("no such type: {other}"),
        }
    }

    #[test]
    fn an_event_is_rendered_as_agreed() {
        let rendered = String::from_utf8(render(&stored(42, "shop/account/alice"))).unwrap();
        let expected = concat!(
            r#"{"specversion":"1.0","id":"evt_ID","source":"/connections/shop","#,
            r#""type":"trunkline.message","subject":"shop/account/alice","time":"2023-11-14T22:13:20.123Z","#,
            r#""datacontenttype":"application/json","dataschema":"urn:trunkline:event:0.1.0","#,
            r#""connection":"shop","connector":"sample","sequence":"00000000000000000042","#,
            r#""data":{"id":"m42","account":"account","occurred_at":1700000000123,"#,
            r#""contact":{"identifiers":[{"scheme":"phone","value":"shop/account/alice"}]},"#,
            r#""kind":{"message":{"id":"m42","parts":[{"text":"text of m42"}]}}}}"#,
        );
        let id = crate::journal::event_id("shop", "account", "m42");
        assert_eq!(rendered, expected.replace("evt_ID", &id));
    }

    #[test]
    fn the_time_is_the_providers_while_it_makes_sense() {
        let table = [
            (Some(0), 5, "1970-01-01T00:00:00Z"),
            (None, 1_700_000_001_000, "2023-11-14T22:13:21Z"),
            (Some(u64::MAX), 1_700_000_001_000, "2023-11-14T22:13:21Z"),
            (Some(i64::MAX as u64), 1_700_000_001_000, "2023-11-14T22:13:21Z"),
            (None, u64::MAX, "1970-01-01T00:00:00Z"),
        ];
        for (occurred_at, received_at, expected) in table {
            let stored = StoredEvent { occurred_at, received_at, ..stored(1, "c") };
            assert_eq!(time(&stored), expected);
        }
    }

    #[test]
    fn what_is_rendered_fits_the_schema() {
        let schema = event_schema();
        assert_eq!(schema["$id"], DATA_SCHEMA);
        let media = Media {
            size: Some(3),
            attributes: vec![("page".into(), "1".into())],
            ..Media::new(MediaKind::Image, MediaSource::Reference("blob:00".into()))
        };
        let parts = vec![Part::Text("a".into()), Part::Media(media), Part::Location(Location::default())];
        let rich = Event {
            contact: Some(Contact::new(IdentifierScheme::Other("sip".into()), "x")),
            attributes: vec![("a".into(), "b".into())],
            ..Event::new("1", "account", EventKind::Message(Message::new("1", parts)))
        };
        let raw = RawValue::from_string(serde_json::to_string(&rich).unwrap()).unwrap();
        for stored in [stored(1, "c"), StoredEvent { event: raw, ..stored(1, "c") }] {
            let value: Value = serde_json::from_slice(&render(&stored)).unwrap();
            check(&schema, &schema, &value).unwrap();
        }
    }

    #[test]
    fn the_schema_refuses_what_is_no_event() {
        let schema = event_schema();
        let good: Value = serde_json::from_slice(&render(&stored(1, "c"))).unwrap();
        let table = [
            ("/specversion", json!("0.3")),
            ("/type", json!("trunkline.unknown")),
            ("/data", json!({})),
            ("/data/kind", json!({ "unknown": {} })),
            ("/data/kind/message/parts", json!("none")),
            ("/data/occurred_at", json!("yesterday")),
        ];
        for (pointer, bad) in table {
            let mut value = good.clone();
            *value.pointer_mut(pointer).unwrap() = bad;
            assert!(check(&schema, &schema, &value).is_err(), "{pointer}");
        }
        let mut short = good;
        short.as_object_mut().unwrap().remove("subject");
        assert!(check(&schema, &schema, &short).is_err());
    }
}
