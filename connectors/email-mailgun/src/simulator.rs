//! The inverse: Mailgun's form or JSON for an event.

use serde_json::{Value, json};
use trunkline_sdk::email::{self, Mail, Written};
use trunkline_sdk::prelude::*;
use trunkline_sdk::{form, multipart};

use crate::proof;

const BOUNDARY: &str = "trunkline-simulated-5e2d9c41b7a8";

/// The signed webhook. None for what e-mail has not, or Mailgun has no webhook for.
pub fn webhook(event: &Event, url: &str, context: &Context) -> Option<Request> {
    let timestamp = (context.now / 1000).to_string();
    // As random as it has to be: different for every event, the same for the same.
    let seed = serde_json::to_string(event).ok()?;
    let token: String = signature::hex(&signature::sha256(&[seed.as_bytes()])).chars().take(50).collect();
    let signature = proof::signature(&timestamp, &token, context)?;
    let (content_type, body) = match &event.kind {
        EventKind::Message(_) => {
            let mail = email::written(event)?;
            let mut fields = fields(event, &mail)?;
            for (name, value) in [("timestamp", timestamp), ("token", token), ("signature", signature)] {
                fields.push((name.to_owned(), value));
            }
            encoded(&fields, &mail.files)?
        }
        _ => {
            let signature = json!({ "timestamp": timestamp, "token": token, "signature": signature });
            let data = event_data(event, context.now)?;
            (
                "application/json".to_owned(),
                format!("{{\"signature\":{signature},\"event-data\":{data}}}").into_bytes(),
            )
        }
    };
    let headers = vec![("content-type".to_owned(), content_type)];
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body })
}

/// The fields of a mail that Mailgun has taken apart, without files.
fn fields(event: &Event, mail: &Written) -> Option<Vec<(String, String)>> {
    let headers: Vec<_> =
        mail.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut fields = headers.clone();
    fields.push(("message-headers".to_owned(), serde_json::to_string(&headers).ok()?));
    fields.push(("recipient".to_owned(), event.account.clone()));
    fields.push(("sender".to_owned(), mail.address.to_owned()));
    fields.extend(mail.page.map(|page| ("body-html".to_owned(), page.to_owned())));
    fields.push(("body-plain".to_owned(), mail.text.clone()));
    Some(fields)
}

/// Urlencoded, or multipart where there are files: as Mailgun does it.
fn encoded(fields: &[(String, String)], media: &[&Media]) -> Option<(String, Vec<u8>)> {
    let mut fields = fields.to_vec();
    let mut files = Vec::new();
    let mut stored = Vec::new();
    let mut content_ids = serde_json::Map::new();
    for (position, media) in media.iter().enumerate() {
        let field = format!("attachment-{}", position + 1);
        if let Some(id) = &media.content_id {
            content_ids.insert(format!("<{id}>"), json!(field));
        }
        match &media.source {
            MediaSource::Bytes(bytes) => files.push(multipart::Part {
                name: field,
                file_name: Some(media.name.clone().unwrap_or_default()),
                content_type: media.content_type.clone(),
                body: bytes,
            }),
            MediaSource::Reference(url) => stored.push(json!({
                "url": url, "content-type": media.content_type, "name": media.name, "size": media.size,
            })),
            MediaSource::Url(_) => return None,
        }
    }
    // One route does one or the other.
    if !stored.is_empty() && !files.is_empty() {
        return None;
    }
    let mut front = Vec::new();
    if !content_ids.is_empty() {
        front.push(("content-id-map".to_owned(), Value::Object(content_ids).to_string()));
    }
    if !stored.is_empty() {
        front.push(("attachments".to_owned(), Value::Array(stored).to_string()));
    }
    fields.splice(0..0, front);
    if files.is_empty() {
        let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        return Some(("application/x-www-form-urlencoded".to_owned(), form::encode(pairs).into_bytes()));
    }
    let mut parts: Vec<multipart::Part> = fields
        .iter()
        .map(|(name, value)| multipart::Part {
            name: name.clone(),
            file_name: None,
            content_type: None,
            body: value.as_bytes(),
        })
        .collect();
    parts.extend(files);
    Some((format!("multipart/form-data; boundary={BOUNDARY}"), multipart::encode(BOUNDARY, &parts)))
}

/// `event-data` as JSON text.
fn event_data(event: &Event, now: u64) -> Option<String> {
    if let EventKind::Other(opaque) = &event.kind {
        // The name of an event stands in it.
        let object = serde_json::from_str::<serde_json::Map<String, Value>>(&opaque.payload).ok()?;
        let named = object.get("event").and_then(Value::as_str) == Some(&opaque.name);
        return named.then(|| opaque.payload.clone());
    }
    let milliseconds = event.occurred_at.unwrap_or(now);
    let mut data = json!({
        "id": event.id,
        "timestamp": milliseconds as f64 / 1000.0,
        "recipient": event.contact.as_ref().and_then(Mail::address_of),
        "message": { "headers": { "from": event.account } },
        "user-variables": {},
    });
    let name = match &event.kind {
        EventKind::Status(status) => {
            data["message"]["headers"]["message-id"] = json!(status.message_id);
            if let Some(reference) = &status.client_reference {
                data["user-variables"] = json!({ "msg": reference });
            }
            fill_status(status, &mut data)?
        }
        EventKind::Consent(consent) if consent.state == ConsentState::Revoked => {
            match consent.origin.as_str() {
                "unsubscribe" => {
                    if consent.scope != "all" {
                        data["mailing-list"] = json!({ "address": consent.scope });
                    }
                    "unsubscribed"
                }
                "complaint" => "complained",
                _ => return None,
            }
        }
        _ => return None,
    };
    data["event"] = json!(name);
    Some(data.to_string())
}

fn fill_status(status: &Status, data: &mut Value) -> Option<&'static str> {
    if let Some(failure) = &status.failure {
        let code = failure.code.as_deref().unwrap_or_default();
        let member = if code.contains('.') { "enhanced-code" } else { "code" };
        data["delivery-status"] = json!({ member: code, "message": failure.message });
        data["reason"] = json!(match failure.reason {
            FailureReason::OptedOut => "suppress-unsubscribe",
            FailureReason::Unreachable => "bounce",
            FailureReason::Unauthorized => "espblock",
            FailureReason::Transient => "old",
            _ => "generic",
        });
    }
    Some(match &status.state {
        DeliveryState::Accepted => "accepted",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Read => "opened",
        DeliveryState::Failed => {
            data["severity"] = json!("permanent");
            "failed"
        }
        DeliveryState::Other(name) if name == "deferred" => {
            data["severity"] = json!("temporary");
            "failed"
        }
        DeliveryState::Other(name) if name == "clicked" => "clicked",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
