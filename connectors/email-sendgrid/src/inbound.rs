//! Inbound mail: as it is, or taken apart by SendGrid.

use serde_json::Value;
use trunkline_sdk::email::{self, Delivery, Headers, Mail, address, attachment};
use trunkline_sdk::multipart::Part as Field;
use trunkline_sdk::prelude::*;

use crate::form::Form;

/// The mail as it is: documents have both names.
const WHOLE: [&str; 2] = ["email", "rawEmail"];
/// What SendGrid found about a mail. Written as attributes in lower case.
const VERDICTS: [&str; 4] = ["dkim", "SPF", "spam_score", "sender_ip"];
/// The most mailboxes of one delivery.
const RECIPIENTS_MAX: usize = 20;
/// The most bytes of files that are there for each further mailbox, all together.
const COPIES_SIZE_MAX: usize = 8 << 20;

/// The events of a form.
pub fn events(content_type: &str, body: &[u8]) -> Result<Vec<Event>, &'static str> {
    let form = Form::read(content_type, body)?;
    let whole = WHOLE.iter().find_map(|name| form.bytes(name)).filter(|whole| !whole.trim_ascii().is_empty());
    let is_mail =
        whole.is_some() || ["headers", "envelope", "from"].iter().any(|name| form.bytes(name).is_some());
    if !is_mail {
        return Ok(vec![unknown(&form)]);
    }
    let mut mail = match whole {
        Some(whole) => Mail::parse(whole.into()),
        None => parsed(&form),
    };
    let envelope = form.object("envelope");
    let verdicts = VERDICTS.iter().filter_map(|name| {
        let value = form.text(name)?;
        Some((name.to_ascii_lowercase(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
    });
    let mut delivery = Delivery {
        account: String::new(),
        sender: envelope.get("from").and_then(Value::as_str).map(str::to_owned),
        received_at: None,
        attributes: verdicts.collect(),
    };
    let mut recipients = recipients(envelope.get("to"), &mail).into_iter();
    delivery.account = recipients.next().unwrap_or_default();
    let others: Vec<String> = recipients.collect();
    let copy = (!others.is_empty()).then(|| copy(&mut mail, others.len()));
    let mut events = email::events(mail, &delivery);
    // One delivery to several mailboxes: each has its event. What a report says is said once.
    if let (Some(copy), Some(EventKind::Message(_))) = (copy, events.first().map(|event| &event.kind)) {
        for account in others {
            delivery.account = account;
            events.extend(email::events(copy.clone(), &delivery));
        }
    }
    Ok(events)
}

/// The envelope's recipients, once each; without an envelope, the first that the mail itself names.
fn recipients(envelope: Option<&Value>, mail: &Mail) -> Vec<String> {
    let given: Vec<&str> = match envelope {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    };
    let mut recipients: Vec<String> = Vec::new();
    for text in given.into_iter().take(RECIPIENTS_MAX) {
        let recipient = address(text).unwrap_or_else(|| text.trim().to_lowercase());
        let known = recipients.iter().any(|known| known.eq_ignore_ascii_case(&recipient));
        if !recipient.is_empty() && !known {
            recipients.push(recipient);
        }
    }
    if recipients.is_empty() {
        let names = ["delivered-to", "x-original-to", "to", "cc"];
        let named = names.iter().find_map(|name| mail.headers.mailboxes(name).into_iter().next());
        recipients.extend(named.map(|mailbox| mailbox.address));
    }
    recipients
}

/// The mail once more, without its files where they would be too much memory.
fn copy(mail: &mut Mail, times: usize) -> Mail {
    let size = |media: &Media| media.size.unwrap_or_default();
    let size: u64 = mail.attachments.iter().map(size).sum();
    if size.saturating_mul(times as u64) <= COPIES_SIZE_MAX as u64 {
        return mail.clone();
    }
    let files = std::mem::take(&mut mail.attachments);
    let copy = Mail { truncated: true, ..mail.clone() };
    mail.attachments = files;
    copy
}

/// A mail of which SendGrid gives the parts.
fn parsed(form: &Form) -> Mail {
    let headers = match form.bytes("headers") {
        Some(block) => Headers::parse(block),
        None => {
            let names = [("From", "from"), ("To", "to"), ("Cc", "cc"), ("Subject", "subject")];
            Headers::from_pairs(
                names.into_iter().filter_map(|(name, field)| Some((name.to_owned(), form.text(field)?))),
            )
        }
    };
    let mut mail = Mail::from_parts(headers, form.body("text"), form.body("html"));
    let (info, ids) = (form.object("attachment-info"), form.object("content-ids"));
    for field in form.iter().filter(|field| is_attachment(&field.name)) {
        let info = info.get(&field.name);
        let by_id =
            ids.iter().find(|(_, name)| name.as_str() == Some(&field.name)).map(|(id, _)| id.as_str());
        mail.attach(media(field, info, by_id));
    }
    mail
}

/// Whatever has such a name, with a file name or without.
fn is_attachment(name: &str) -> bool {
    let number = name.strip_prefix("attachment");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn media(field: &Field, info: Option<&Value>, by_id: Option<&str>) -> Media {
    let told = |name: &str| {
        let value = info.and_then(|info| info.get(name)).and_then(Value::as_str);
        value.filter(|value| !value.trim().is_empty())
    };
    let content_type = told("type").or(field.content_type.as_deref());
    let content_type = content_type.and_then(|declared| declared.split(';').next()).map(str::trim);
    let name = told("filename").or(told("name")).or(field.file_name.as_deref());
    let mut media = attachment(content_type, name, field.body.to_vec());
    let id = told("content-id").or(by_id).map(|id| id.trim().trim_matches(['<', '>']));
    media.content_id = id.filter(|id| !id.is_empty()).map(str::to_owned);
    media
}

/// A genuine form of a shape that is not known, with its fields as JSON.
fn unknown(form: &Form) -> Event {
    let fields = form.iter().filter(|field| field.file_name.is_none());
    let fields = fields.filter_map(|field| Some((field.name.clone(), form.text(&field.name)?.into())));
    let payload = Value::Object(fields.collect()).to_string();
    let id = signature::content_id("form", &[&payload]);
    Event::new(id, "", EventKind::Other(Opaque { name: "form".to_owned(), payload }))
}
