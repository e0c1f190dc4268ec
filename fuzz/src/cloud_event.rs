//! What consumers get: any event becomes valid JSON that says everything that the schema requires.
//!
//! An input is an event in JSON, and behind it in a line each what the host adds: connection, conversation, times.

use std::sync::LazyLock;

use serde_json::Value;
use serde_json::value::RawValue;
use trunkline_core::cloud_event;
use trunkline_core::journal::{StoredEvent, event_id};
use trunkline_model::{Event, event_json};

/// What must hold for every event.
pub fn check(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    let Some(Ok(event)) = lines.next().map(serde_json::from_str::<Event>) else { return false };
    let json = event_json(&event);
    let mut more = || lines.next().unwrap_or_default().to_owned();
    let (connection, conversation) = (more(), more());
    let mut number = || more().parse::<u64>().unwrap_or_default();
    let (seq, received_at) = (number(), number());
    let stored = StoredEvent {
        seq,
        id: event_id(&connection, &event.account, &event.id),
        connection,
        connector: "sample".to_owned(),
        conversation,
        kind: event.kind.name().to_owned(),
        received_at,
        occurred_at: event.occurred_at,
        webhook: 1,
        duplicates: 0,
        message: lines.next().map(str::to_owned),
        event: RawValue::from_string(json.clone()).expect("the JSON of an event is JSON"),
    };
    let rendered = cloud_event::render(&stored);
    assert_eq!(cloud_event::render(&stored), rendered, "the same event gives the same bytes");
    let value: Value = serde_json::from_slice(&rendered).expect("a cloud event is JSON");
    for name in required() {
        assert!(value.get(name).is_some(), "`{name}` is missing");
    }
    assert_eq!(value["connection"], stored.connection);
    assert_eq!(value["subject"], stored.conversation);
    assert_eq!(value["type"], format!("{}{}", cloud_event::TYPE_PREFIX, stored.kind));
    assert_eq!(value["sequence"].as_str().map(str::len), Some(20));
    let read: Event = serde_json::from_value(value["data"].clone()).expect("`data` is an event");
    assert_eq!(event_json(&read), json, "`data` is the event that it was");
    true
}

fn required() -> &'static [String] {
    static REQUIRED: LazyLock<Vec<String>> = LazyLock::new(|| {
        let schema = cloud_event::event_schema();
        let names = schema["required"].as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    });
    &REQUIRED
}
