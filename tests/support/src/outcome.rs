//! The outcome of a call as it stands in a case file: pretty JSON.

use serde_json::{Map, Value, json};
use trunkline_model::{Call, Credential, ReceiveStep};

/// The JSON of what `receive` answered, with a line end.
pub fn outcome(step: &ReceiveStep) -> String {
    let value = match step {
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
    };
    let mut text = serde_json::to_string_pretty(&value).expect("JSON values serialize");
    text.push('\n');
    text
}

fn call(call: &Call) -> Value {
    json!({
        "method": call.request.method,
        "url": call.request.url,
        "headers": headers(&call.request.headers),
        "body": String::from_utf8_lossy(&call.request.body),
        "credentials": call.credentials.iter().map(credential).collect::<Vec<_>>(),
        "cacheable": call.cacheable,
    })
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

fn headers(headers: &[(String, String)]) -> Map<String, Value> {
    headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect()
}
