//! What goes wrong, by its stable code, and how it is described.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use trunkline_model::Failure;
use trunkline_policy::problem;

use super::components::Components;
use super::operation::Access;

/// Every code of the API with what it means.
const CODES: &[(&str, &str)] = &[
    ("account", "which number, page or mailbox of ours it comes from is not known"),
    ("agent", "whom the token speaks for is not said"),
    ("api_closed", "`api_token` is not set, so nobody may use the API"),
    ("body", "the body is empty or did not arrive whole"),
    ("clock", "it was received later than now: the clocks of edge and host are apart"),
    ("connection", "there is no such connection, or none is named"),
    ("connector", "the connector failed"),
    ("contact", "it is no identifier of a person, or cannot be said of the contact"),
    ("content_encoding", "`Content-Encoding` is another than `gzip`, or not what the body is"),
    ("content_type", "the body is of another media type"),
    ("contract", "the events are not what a connector may answer with, or the value of a secret is in them"),
    ("conversation", "there is no such conversation"),
    ("damaged", "what is kept cannot be read"),
    ("delivery_state", "the delivery is in another state"),
    ("desk", "the desk does not read or write"),
    ("destination", "there is no such destination"),
    ("edge_connection", "the edge may not hand in webhooks of this connection"),
    ("edge_connector", "the connector of the edge is another than that of the connection"),
    ("edge_version", "the edge is newer than this host"),
    ("generation", "which ticket the agent has seen is not said"),
    ("head", "the head of the request is too large"),
    ("host_restarted", "the host was started anew since `host` was shown"),
    ("idempotency_key", "the header is empty, too long or not ASCII"),
    ("idempotency_key_reused", "another request came with this key before"),
    ("invalid", "the connector refuses the message; `failure` says why"),
    ("journal", "the journal does not read or write"),
    ("json", "the body is not the JSON that is expected"),
    ("media", "a file is not there, or its URL is not allowed"),
    ("media_busy", "too many files of this connection are fetched at once"),
    ("media_damaged", "other bytes came than the provider had announced"),
    ("media_gone", "the provider does not have the file any more; `failure` may say more"),
    ("media_preparing", "the provider does not have the file ready"),
    ("media_rate_limited", "the provider asks for fewer calls"),
    ("media_too_large", "the file is larger than `media.fetch_bytes_max`"),
    ("media_type", "the provider answered with a page in place of the file"),
    ("media_unauthorized", "the provider refuses the connection's credential, or none is set"),
    ("media_unavailable", "the provider could not be asked, or fails"),
    ("no_ability", "the connector cannot do this"),
    ("no_desk", "this host has no desk"),
    ("not_found", "there is no such thing"),
    ("not_hosted", "the file is at a public `url` that this host does not fetch"),
    ("numbers", "numbers cannot be given so: the title says why"),
    ("opted_out", "the contact does not want to be written to"),
    ("overload", "more is under way than the host can take"),
    ("own_account", "the identifier is that of an account of ours"),
    ("parameter", "a parameter of the path or the query is unknown or cannot be read"),
    ("parts", "there are no parts, or too many"),
    ("queue_full", "too many messages of this connection wait"),
    ("range", "nothing of the file is in that range"),
    ("readers", "too many readers at once"),
    ("replay_running", "another replay runs"),
    ("reply_to", "the message that is answered is not known"),
    ("scope", "the token may not do this"),
    ("signature", "the request is not signed by an edge of this host"),
    ("state", "the message is in another state"),
    ("stopping", "the host is shutting down"),
    ("store", "the host cannot read or write files"),
    ("target", "where the ticket goes is not said, or twice"),
    ("ticket_owner", "somebody else has the ticket, or nobody"),
    ("ticket_state", "the ticket is in another state"),
    ("time", "the request took too long"),
    ("time_range", "a time cannot be read, or the range has no time in it"),
    ("to", "whom it goes to is missing or empty"),
    ("token", "a valid bearer token is needed"),
    ("too_large", "the body is too large"),
    ("unauthorized", "the provider does not take our credentials; `failure` says more"),
    ("unreachable", "the contact cannot be reached on this channel"),
    ("window_closed", "the contact has not written for too long: only a template may be sent"),
];

/// What any request may get.
const ALWAYS: &[(u16, &str)] = &[(408, "time"), (431, "head")];
/// What any request that needs a token may get.
const WITHOUT_TOKEN: &[(u16, &str)] = &[(401, "token"), (401, "api_closed")];

/// What any request may get that an edge is to sign.
const UNSIGNED: &[(u16, &str)] = &[(401, "signature")];

/// The meaning of a code.
fn meaning(code: &str) -> &'static str {
    CODES.iter().find(|(known, _)| *known == code).map_or("", |(_, meaning)| meaning)
}

/// The answers of an operation that may go wrong in these ways, by status.
pub fn responses(access: Access, problems: &[(u16, &'static str)]) -> Map<String, Value> {
    let own = match access {
        Access::Token | Access::Desk | Access::StreamToken => WITHOUT_TOKEN,
        Access::Edge => UNSIGNED,
        Access::Open => &[],
    };
    let mut codes: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (status, code) in own.iter().chain(problems).chain(ALWAYS) {
        codes.entry(*status).or_default().push(code);
    }
    let describe = |(status, codes): (u16, Vec<&str>)| {
        let response = match (status, codes.as_slice()) {
            (401, ["token", "api_closed"]) => reference("Unauthorized"),
            (408, ["time"]) => reference("TooSlow"),
            (431, ["head"]) => reference("HeadTooLarge"),
            (status, codes) => response(status, codes),
        };
        (status.to_string(), response)
    };
    codes.into_iter().map(describe).collect()
}

/// What [`responses`] refers to.
pub fn shared() -> Value {
    json!({
        "Unauthorized": response(401, &["token", "api_closed"]),
        "TooSlow": response(408, &["time"]),
        "HeadTooLarge": response(431, &["head"]),
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{name}") })
}

fn response(status: u16, codes: &[&str]) -> Value {
    let meanings: Vec<String> = codes.iter().map(|code| format!("- `{code}`: {}.", meaning(code))).collect();
    let mut response = json!({
        "description": meanings.join("\n"),
        "content": {
            problem::CONTENT_TYPE: {
                "schema": {
                    "allOf": [{ "$ref": "#/components/schemas/Problem" }],
                    "properties": { "status": { "const": status }, "code": { "enum": codes } },
                },
            },
        },
    });
    let header = match status {
        401 if codes.contains(&"token") => {
            Some(("WWW-Authenticate", "`Bearer`, where a token would help.", "string"))
        }
        503 => Some(("Retry-After", "Seconds after which it may be asked again.", "integer")),
        _ => None,
    };
    if let Some((name, description, kind)) = header {
        response["headers"] = json!({ name: { "description": description, "schema": { "type": kind } } });
    }
    response
}

/// The schema of all problems.
pub fn schema(components: &mut Components) -> Value {
    let failure = components.responses.subschema_for::<Failure>();
    json!({
        "description": "An error: problem details by RFC 9457.",
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string", "format": "uri", "description": "`urn:trunkline:problem:{code}`." },
            "title": { "type": "string", "description": "For people; may change." },
            "status": { "type": "integer", "description": "HTTP status." },
            "code": { "type": "string", "description": "For programs; never changes." },
            "hint": { "type": "string", "description": "What to do about it." },
            "url": { "type": "string", "description": "Of `not_hosted`: where the file is, for everyone." },
            "failure": {
                "allOf": [failure],
                "description": "Where a connector refuses a message, or has no file: its own words.",
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::openapi::operations;

    #[test]
    fn every_code_has_a_meaning_and_a_use() {
        let operations = operations();
        let own = operations.iter().flat_map(|operation| &operation.problems);
        let used: BTreeSet<_> =
            own.chain(ALWAYS).chain(WITHOUT_TOKEN).chain(UNSIGNED).map(|(_, code)| *code).collect();
        let known: BTreeSet<_> = CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(used, known);
        assert_eq!(known.len(), CODES.len());
        assert!(CODES.is_sorted());
    }
}
