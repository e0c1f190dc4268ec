//! What was kept, as the API gives it: events with the webhooks that brought them. What is derived here is what the
//! published description of the API says.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use trunkline_core::journal::StoredWebhook;

/// Events as they are delivered, with what is needed to read on.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventList {
    /// In the order that was asked for.
    #[schemars(with = "Vec<CloudEvent>")]
    pub events: Vec<Value>,
    /// `after` of the next page. Null: this page is empty.
    pub next_after: Option<u64>,
}

/// An event, and where it came from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventOrigin {
    /// As it is delivered.
    #[schemars(with = "CloudEvent")]
    pub event: Value,
    /// When it came in, milliseconds since the Unix epoch.
    pub received_at: u64,
    /// How often it came again.
    pub duplicates: u64,
    /// Number of the webhook that brought it first.
    pub webhook: u64,
}

/// How the body of a webhook stands in JSON.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyEncoding {
    /// As it came, since it is UTF-8.
    Text,
    /// As standard Base64.
    Base64,
}

/// The request of a provider, as it came in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub struct WebhookView {
    /// Its number.
    id: u64,
    /// The connection that it came in on.
    connection: String,
    /// Id of the connector that read it.
    connector: String,
    /// Hex SHA-256 of the component that read it; `<connector>@<version>` of one that read it at an edge.
    component: String,
    /// When it came in, milliseconds since the Unix epoch.
    received_at: u64,
    /// Of the request.
    method: String,
    /// As the provider called it.
    url: String,
    /// Names and values, in order of arrival.
    headers: Vec<(String, String)>,
    /// How `body` is to be read.
    body_encoding: BodyEncoding,
    /// The body.
    body: String,
}

impl From<StoredWebhook> for WebhookView {
    fn from(stored: StoredWebhook) -> Self {
        let (body_encoding, body) = match String::from_utf8(stored.body) {
            Ok(text) => (BodyEncoding::Text, text),
            Err(error) => (BodyEncoding::Base64, trunkline_model::base64_text(error.as_bytes())),
        };
        Self {
            id: stored.id,
            connection: stored.connection,
            connector: stored.connector,
            component: stored.component,
            received_at: stored.received_at,
            method: stored.method,
            url: stored.url,
            headers: stored.headers,
            body_encoding,
            body,
        }
    }
}

/// Stands for the event's own schema, which is published by itself.
pub struct CloudEvent;

impl JsonSchema for CloudEvent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CloudEvent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // The description of the API has it in this place; see `openapi/components.rs`.
        schemars::Schema::default()
    }
}
