//! The inverse: a mail as Inbound Parse posts it, with user and password. What SendGrid signs cannot be made here: its private key
//! is SendGrid's.

use serde_json::json;
use trunkline_sdk::basic_auth;
use trunkline_sdk::email;
use trunkline_sdk::multipart::{self, Part as Field};
use trunkline_sdk::prelude::*;

use crate::proof::CREDENTIALS;

/// The webhook of a mail. None for everything else, and without `credentials`.
pub fn webhook(event: &Event, url: &str, context: &Context) -> Option<Request> {
    let authorization = basic_auth::header(context.setting(CREDENTIALS)?);
    let mail = email::written(event)?;
    let files = mail.files.iter().map(|media| match &media.source {
        MediaSource::Bytes(bytes) => Some((*media, bytes)),
        _ => None,
    });
    let files = files.collect::<Option<Vec<_>>>()?;
    let block = mail.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>();
    let mut fields = vec![
        ("headers", block),
        ("from", mail.address.to_owned()),
        ("to", event.account.clone()),
        ("envelope", json!({ "to": [event.account], "from": mail.address }).to_string()),
        ("charsets", json!({ "text": "utf-8", "html": "utf-8" }).to_string()),
        ("attachments", files.len().to_string()),
        ("text", mail.text),
    ];
    fields.extend(mail.page.map(|page| ("html", page.to_owned())));
    let info = files.iter().enumerate().map(|(position, (media, _))| {
        let told =
            json!({ "filename": media.name, "type": media.content_type, "content-id": media.content_id });
        (format!("attachment{}", position + 1), told)
    });
    fields.push(("attachment-info", serde_json::Value::Object(info.collect()).to_string()));
    let mut parts: Vec<Field> = fields
        .iter()
        .map(|(name, value)| Field {
            name: (*name).to_owned(),
            file_name: None,
            content_type: None,
            body: value.as_bytes(),
        })
        .collect();
    parts.extend(files.iter().enumerate().map(|(position, (media, bytes))| Field {
        name: format!("attachment{}", position + 1),
        file_name: Some(media.name.clone().unwrap_or_default()),
        content_type: media.content_type.clone(),
        body: bytes,
    }));
    let boundary = multipart::boundary_for("simulated", &parts);
    let headers = vec![
        ("content-type".to_owned(), format!("multipart/form-data; boundary={boundary}")),
        ("authorization".to_owned(), authorization),
    ];
    let body = multipart::encode(&boundary, &parts);
    Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body })
}

#[cfg(test)]
mod tests;
