//! The table as an OpenAPI 3.1 document.
//!
//! <https://spec.openapis.org/oas/v3.1.1.html> (read 2026-08-01)

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::components::Components;
use super::operation::{Access, Answer, Content, Operation, Request, SchemaOf};
use super::{operations, problems};

/// What it is, for whoever opens it first.
const DESCRIPTION: &str = "Messages of every channel in and out. Events come as CloudEvents 1.0; messages are queued \
    durably and sent in order within a conversation.\n\nEvery error is a problem by RFC 9457 with a stable `code`. \
    Unknown members of answers are to be ignored: there will be more. Unknown members of requests are refused.";

const EDGE_SIGNATURE: &str = "By the [Standard Webhooks](https://www.standardwebhooks.com) specification, with a `secret` \
    of the edge in the configuration: `v1,` and Base64 of the HMAC-SHA256 over `webhook-id`, `webhook-timestamp` and the \
    body as it is sent (compressed, where it is), with dots between them. Several stand with spaces between them. The \
    time may be five minutes away from the host's.";

/// The whole document. The same on every host of a version.
pub fn document() -> Value {
    let mut components = Components::new();
    let mut paths = Map::new();
    for operation in operations() {
        let described = describe(&operation, &mut components);
        let methods = paths.entry(operation.path).or_insert_with(|| json!({}));
        methods[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    let problem = problems::schema(&mut components);
    let mut schemas = components.schemas();
    schemas.insert("Problem".to_owned(), problem);
    schemas.sort_keys();
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Trunkline",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Customer messages of every channel as one stream, and the way back.",
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The host that serves this." }],
        "tags": [
            { "name": "messages", "description": "To contacts." },
            { "name": "files", "description": "That messages and events refer to." },
            { "name": "events", "description": "From contacts and providers." },
            { "name": "deliveries", "description": "To destinations, where they failed." },
            { "name": "desk", "description": "Contacts, tickets, queues, numbers. Only where the host has a desk." },
            { "name": "contacts", "description": "What is kept of one person." },
            { "name": "connectors", "description": "That read and write for the connections." },
            { "name": "edges", "description": "That took webhooks in elsewhere." },
            { "name": "host", "description": "Its health and its descriptions." },
        ],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`api_token` under `[server]` of the configuration.",
                },
                "scopedToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "One of `tokens` in the configuration; its `scope` says what for.",
                },
                "streamToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`token` of the destination; `api_token` where it has none.",
                },
                "edgeSignature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "webhook-signature",
                    "description": EDGE_SIGNATURE,
                },
            },
            "responses": problems::shared(),
            "schemas": schemas,
        },
    })
}

fn describe(operation: &Operation, components: &mut Components) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
    });
    if let Some(description) = operation.description {
        described["description"] = description.into();
    }
    match operation.access {
        Access::Token => {}
        Access::Desk => described["security"] = json!([{ "token": [] }, { "scopedToken": [] }]),
        Access::StreamToken => described["security"] = json!([{ "streamToken": [] }]),
        Access::Edge => described["security"] = json!([{ "edgeSignature": [] }]),
        Access::Open => described["security"] = json!([]),
    }
    let parameters = parameters(operation, &mut components.requests);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(request) = &operation.request {
        described["requestBody"] = body(request, &mut components.requests);
    }
    let mut responses = Map::new();
    if let Some(answer) = &operation.answer {
        responses.insert(answer.status.to_string(), success(answer, &mut components.responses));
        if let Some(description) = operation.part {
            let part = Answer { status: 206, description, ..answer.clone() };
            responses.insert(part.status.to_string(), success(&part, &mut components.responses));
        }
    }
    responses.extend(problems::responses(operation.access, &operation.problems));
    described["responses"] = responses.into();
    described
}

fn parameters(operation: &Operation, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let fixed = operation.parameters.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.required,
            "description": parameter.description,
            "schema": parameter.schema,
        })
    });
    let mut parameters: Vec<Value> = fixed.collect();
    if let Some(query) = operation.query {
        parameters.extend(query_parameters(query, schemas));
    }
    parameters
}

/// The fields of a type as parameters. An optional one is left out, not null.
fn query_parameters(query: SchemaOf, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let mut schema = query(schemas).to_value();
    let Some(Value::Object(fields)) = schema.get_mut("properties").map(Value::take) else {
        return Vec::new();
    };
    let parameter = |(name, mut field): (String, Value)| {
        let description = field.as_object_mut().and_then(|field| field.remove("description"));
        json!({ "name": name, "in": "query", "description": description, "schema": without_null(field) })
    };
    fields.into_iter().map(parameter).collect()
}

fn without_null(mut schema: Value) -> Value {
    if let Some([kind, null]) = schema["type"].as_array().map(Vec::as_slice)
        && null == "null"
    {
        schema["type"] = kind.clone();
    }
    if let Some([one, null]) = schema["anyOf"].as_array().map(Vec::as_slice)
        && null["type"] == "null"
    {
        return one.clone();
    }
    schema
}

fn body(request: &Request, schemas: &mut SchemaGenerator) -> Value {
    let mut content = content(request.content, schemas);
    if !request.examples.is_empty() {
        let example = |(name, summary, value): &(&str, &str, Value)| {
            ((*name).to_owned(), json!({ "summary": summary, "value": value }))
        };
        let examples: Map<String, Value> = request.examples.iter().map(example).collect();
        for media_type in content.values_mut() {
            media_type["examples"] = examples.clone().into();
        }
    }
    json!({ "description": request.description, "required": true, "content": content })
}

fn content(content: Content, schemas: &mut SchemaGenerator) -> Map<String, Value> {
    let (media_type, described) = match content {
        Content::Json(schema) => {
            let schema: Schema = schema(schemas);
            ("application/json", json!({ "schema": schema }))
        }
        Content::Lines(schema) => {
            // A form for lines is what OpenAPI 3.1 does not have: it is said in words, and what they refer to is there.
            let line: Value = schema(schemas).to_value();
            let reference = line["$ref"].as_str().unwrap_or_default();
            let description = format!("JSON objects, one a line, each as `{reference}` says.");
            ("application/x-ndjson", json!({ "schema": { "type": "string", "description": description } }))
        }
        Content::Opaque(media_type) => (media_type, json!({})),
    };
    Map::from_iter([(media_type.to_owned(), described)])
}

fn success(answer: &Answer, schemas: &mut SchemaGenerator) -> Value {
    let mut response =
        json!({ "description": answer.description, "content": content(answer.content, schemas) });
    for (name, description) in answer.headers {
        response["headers"][*name] = json!({ "description": description, "schema": { "type": "string" } });
    }
    for (operation, parameter, pointer) in answer.links {
        let parameters = json!({ *parameter: format!("$response.body#{pointer}") });
        response["links"][*operation] = json!({ "operationId": operation, "parameters": parameters });
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100, "{}", found.len());
        for reference in found {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(
                target.is_some_and(|target| target.as_object().is_some_and(|target| !target.is_empty())),
                "{reference}"
            );
        }
    }

    #[test]
    fn a_parameter_is_never_null() {
        for operation in operations() {
            for parameter in parameters(&operation, &mut Components::new().requests) {
                assert!(!parameter["schema"].to_string().contains("null"), "{parameter}");
                assert!(parameter["description"].is_string(), "{parameter}");
            }
        }
    }
}
