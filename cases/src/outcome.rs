//! The outcome of a call as it stands in a case file: pretty JSON.

use serde_json::{Map, Value, json};
use trunkline_model::{Call, Credential, ReceiveStep, Request};

/// The JSON of what `receive` answered, with a line end.
pub fn outcome(step: &ReceiveStep) -> String {
    pretty(&match step {
        ReceiveStep::Call(call) => json!({ "call": self::call(call) }),
        ReceiveStep::Answer(answer) => json!({
            "answer": {
                "status": answer.response.status,
                "headers": headers(&answer.response.headers),
                "body": String::from_utf8_lossy(&answer.response.body),
            },
            "events": answer.events,
        }),
        ReceiveStep::Refuse(refusal) => json!({
            "refuse": { "status": refusal.status, "reason": refusal.reason, "detail": refusal.detail }
        }),
    })
}

/// As it stands in a file.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("JSON values serialize");
    text.push('\n');
    text
}

pub(crate) fn call(call: &Call) -> Value {
    json!({
        "method": call.request.method,
        "url": call.request.url,
        "headers": headers(&call.request.headers),
        "body": String::from_utf8_lossy(&call.request.body),
        "credentials": credentials(&call.credentials),
        "cacheable": call.cacheable,
        "repeatable": call.repeatable,
    })
}

/// What the host is to add to a call.
pub(crate) fn credentials(credentials: &[Credential]) -> Value {
    credentials.iter().map(credential).collect()
}

/// JSON as JSON, a form as a list of its fields, anything else as text.
pub(crate) fn body(request: &Request) -> Value {
    let media_type = request.header("content-type").unwrap_or_default();
    if media_type.starts_with("application/json") {
        return serde_json::from_slice(&request.body)
            .unwrap_or_else(|error| json!(format!("no JSON: {error}")));
    }
    if media_type.starts_with("application/x-www-form-urlencoded") {
        let fields = form_urlencoded::parse(&request.body);
        return fields.map(|(name, value)| Value::from(format!("{name}={value}"))).collect();
    }
    Value::from(String::from_utf8_lossy(&request.body))
}

fn credential(credential: &Credential) -> Value {
    match credential {
        Credential::Bearer(setting) => json!({ "bearer": setting }),
        Credential::Basic(pair) => json!({ "basic": pair }),
        Credential::Header(pair) => json!({ "header": pair }),
        Credential::Query(pair) => json!({ "query": pair }),
        Credential::Form(pair) => json!({ "form": pair }),
        Credential::Path(setting) => json!({ "path": setting }),
        Credential::Other(pair) => json!({ "other": pair }),
    }
}

pub(crate) fn headers(headers: &[(String, String)]) -> Map<String, Value> {
    headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
}
