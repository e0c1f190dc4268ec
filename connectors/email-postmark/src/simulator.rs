//! The inverse: Postmark's JSON for an event.

use serde_json::{Map, Value, json};
use trunkline_sdk::basic_auth;
use trunkline_sdk::email::{self, Mail};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::to_iso8601;

use crate::record::METADATA;
use crate::{CREDENTIALS, bounce, wire};

/// The webhook with user and password. None for what e-mail has not, or Postmark has no webhook for.
pub fn webhook(event: &Event, url: &str, context: &Context) -> Option<Request> {
    let body = match &event.kind {
        EventKind::Message(_) => mail(event)?,
        // The name of an event stands in it.
        EventKind::Other(opaque) => {
            let object = serde_json::from_str::<Map<String, Value>>(&opaque.payload).ok()?;
            let named = object.get("RecordType").and_then(Value::as_str) == Some(&opaque.name);
            named.then_some(Value::Object(object))?
        }
        _ => record(event, context.now)?,
    };
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("authorization".to_owned(), basic_auth::header(context.setting(CREDENTIALS)?)),
    ];
    Some(Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers,
        body: body.to_string().into_bytes(),
    })
}

/// A mail that Postmark has taken apart.
fn mail(event: &Event) -> Option<Value> {
    let mail = email::written(event)?;
    let name = event.contact.as_ref()?.name.as_deref();
    let files = mail.files.iter().map(|media| {
        let MediaSource::Bytes(bytes) = &media.source else { return None };
        Some(json!({
            "Name": media.name,
            "Content": signature::base64(bytes),
            "ContentType": media.content_type,
            "ContentLength": bytes.len(),
            "ContentID": media.content_id,
        }))
    });
    let files = files.collect::<Option<Vec<Value>>>()?;
    // Postmark takes these out of the list.
    let (own, others): (Vec<_>, Vec<_>) =
        mail.headers.into_iter().partition(|(name, _)| matches!(*name, "From" | "To" | "Subject"));
    let subject = own.into_iter().find(|(name, _)| *name == "Subject").map(|(_, subject)| subject);
    let path = ("Return-Path", format!("<{}>", mail.address));
    let headers = std::iter::once(path).chain(others);
    let headers: Vec<Value> = headers.map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    Some(json!({
        "FromName": name,
        "MessageStream": "inbound",
        "From": mail.address,
        "FromFull": { "Email": mail.address, "Name": name, "MailboxHash": "" },
        "To": event.account,
        "ToFull": [{ "Email": event.account, "Name": "", "MailboxHash": "" }],
        "Cc": "", "CcFull": [], "Bcc": "", "BccFull": [],
        "OriginalRecipient": event.account,
        "Subject": subject.unwrap_or_default(),
        "MessageID": uuid(&event.id),
        "ReplyTo": "", "MailboxHash": "", "Date": "",
        "TextBody": mail.text,
        "HtmlBody": mail.page.unwrap_or_default(),
        "StrippedTextReply": "", "Tag": "",
        "Headers": headers,
        "Attachments": files,
    }))
}

/// A record about a mail that was sent.
fn record(event: &Event, now: u64) -> Option<Value> {
    let recipient = event.contact.as_ref().and_then(Mail::address_of)?;
    let time = to_iso8601(event.occurred_at.unwrap_or(now));
    let mut record =
        json!({ "ServerID": 1, "MessageStream": "outbound", "MessageID": uuid(""), "Metadata": {} });
    if !event.account.is_empty() {
        record["Metadata"][METADATA[1]] = json!(event.account);
    }
    let mut fill = |kind: &str, recipient_name: &str, time_name: &str| {
        record["RecordType"] = json!(kind);
        record[recipient_name] = json!(recipient);
        record[time_name] = json!(time);
    };
    match &event.kind {
        EventKind::Status(status) => {
            let bounce = match (&status.state, &status.failure) {
                (DeliveryState::Delivered, None) => {
                    fill("Delivery", "Recipient", "DeliveredAt");
                    None
                }
                (DeliveryState::Read, None) => {
                    fill("Open", "Recipient", "ReceivedAt");
                    None
                }
                (DeliveryState::Other(name), None) if name == "clicked" => {
                    fill("Click", "Recipient", "ReceivedAt");
                    None
                }
                (DeliveryState::Failed, Some(failure)) => Some((bounce::name(&failure.reason), failure)),
                (DeliveryState::Other(name), Some(failure)) if name == "deferred" => {
                    Some(("Transient", failure))
                }
                _ => return None,
            };
            if let Some((class, failure)) = bounce {
                fill("Bounce", "Email", "BouncedAt");
                // A type of the same class, if it is one.
                let code =
                    failure.code.as_deref().filter(|code| bounce::outcome(code) == bounce::outcome(class));
                record["Type"] = json!(code.unwrap_or(class));
                record["Details"] = json!(failure.message);
            }
            record["MessageID"] = json!(wire::postmark_id(&status.message_id));
            if let Some(reference) = &status.client_reference {
                record["Metadata"][METADATA[0]] = json!(reference);
            }
        }
        EventKind::Consent(consent) => match (&consent.state, consent.origin.as_str()) {
            (ConsentState::Revoked, "complaint") if consent.scope == "all" => {
                fill("SpamComplaint", "Email", "BouncedAt");
                record["Type"] = json!("SpamComplaint");
            }
            (ConsentState::Revoked, "unsubscribe") if consent.scope != "all" => {
                fill("SubscriptionChange", "Recipient", "ChangedAt");
                record["MessageStream"] = json!(consent.scope);
                record["Origin"] = json!("Recipient");
                record["SuppressSending"] = json!(true);
                record["SuppressionReason"] = json!("ManualSuppression");
            }
            (ConsentState::Revoked | ConsentState::Granted, origin @ ("unsubscribe" | "subscribe"))
                if consent.scope == "all"
                    && (origin == "subscribe") == (consent.state == ConsentState::Granted) =>
            {
                fill("Bounce", "Email", "BouncedAt");
                record["Type"] = json!(if origin == "subscribe" { "Subscribe" } else { "Unsubscribe" });
            }
            _ => return None,
        },
        _ => return None,
    }
    Some(record)
}

/// A UUID that depends on the text alone; all zeros for none.
fn uuid(text: &str) -> String {
    let hash = if text.is_empty() { [0; 32] } else { signature::sha256(&[text.as_bytes()]) };
    let hex = signature::hex(&hash[..16]);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests;
