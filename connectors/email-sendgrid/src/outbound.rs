//! One message is one mail: everything is composed and checked first, then handed to SendGrid in one call.
//!
//! SendGrid has no idempotency key, so that the call is not repeatable. The Message-ID is made of the message's id: where a mail
//! goes out twice after all, most mailboxes show it once.
//!
//! `https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send`, read 2026-08.

mod failure;
mod own;

use serde::Serialize;
use serde_json::{Map, Value, json};
use trunkline_sdk::email::compose::{self, Content, File, Provider, Sender};
use trunkline_sdk::outbound::{ANSWERS, refuse};
use trunkline_sdk::prelude::*;

use crate::event::ARGUMENTS;
use own::Own;

/// SendGrid says no number for texts; mail programs show a tenth of this. It takes 1,000 recipients, which is no conversation any
/// more.
const SENDGRID: Provider = Provider { name: "SendGrid", text_size_max: 2 << 20, copies_max: 100 };

/// SendGrid takes calls of 30 MB, where files are in Base64; mailboxes take 25 MB, where it is in lines.
const CONTENT_SIZE_MAX: usize = 18_000_000;
/// Bytes of `custom_args`, names and values.
const ARGUMENTS_SIZE_MAX: usize = 9_999;
/// What the fields of a call have beside texts and files.
const CALL_OVERHEAD: usize = 64 << 10;

const API_KEY: &str = "api_key";
const REGION: &str = "region";

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let mail = Mail::compose(message, context)?;
    let answer = Calls::new(context).make_with(|| mail.call())?;
    failure::accepted(answer, context.now)?;
    let theirs = answer.header("x-message-id").filter(|id| !id.is_empty());
    Ok(vec![mail.receipt(theirs)])
}

/// A mail that SendGrid can make of its fields.
struct Mail<'a> {
    /// Without brackets.
    message_id: String,
    host: &'static str,
    fields: Map<String, Value>,
    content: Content<'a>,
    degraded: Vec<String>,
}

impl<'a> Mail<'a> {
    /// Checks the whole message.
    fn compose(message: &'a Outgoing, context: &Context) -> Result<Self, Failure> {
        let sender = Sender::of(message, context)?;
        let host = host(context)?;
        let mut own = Own::default();
        let content = Content::of(message, &SENDGRID, |index, part, notes| own.take(index, part, notes))?;
        let content = content.finish(own.template.is_some(), false)?;
        let size = content.size();
        if size > CONTENT_SIZE_MAX {
            let what = format!(
                "the mail has {size} bytes, at most {CONTENT_SIZE_MAX} fit: SendGrid takes 30 MB, \
                 and files grow by 37 % on the way"
            );
            return Err(refuse("too_long", what));
        }
        let mut degraded = content.degraded.clone();
        let message_id = compose::message_id(message, sender.domain());
        let mut personalization = recipients(message)?;
        personalization
            .insert("custom_args".to_owned(), arguments(message, &sender, &message_id, own.arguments)?);

        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        put("from", party(&sender.address, sender.name.as_deref()));
        if let Some(address) = compose::answer_to(message)? {
            put("reply_to", party(&address, None));
        }
        match own.template {
            Some(template) => {
                if message.subject.is_some() {
                    degraded.push("the subject is the template's".to_owned());
                }
                put("template_id", json!(template.id));
                if !template.data.is_empty() {
                    personalization.insert("dynamic_template_data".to_owned(), Value::Object(template.data));
                }
            }
            None => {
                let (subject, notes) = compose::subject(message, false, &sender);
                degraded.extend(notes);
                put("subject", json!(subject.unwrap_or_default()));
                // The text first: SendGrid insists.
                let renderings = [("text/plain", &content.text), ("text/html", &content.page)];
                let renderings = renderings
                    .into_iter()
                    .filter_map(|(kind, text)| Some(json!({ "type": kind, "value": text.as_ref()? })));
                put("content", renderings.collect());
            }
        }
        put("personalizations", json!([personalization]));
        let mut headers = Map::from_iter([("Message-ID".to_owned(), json!(format!("<{message_id}>")))]);
        let made = compose::headers(message).into_iter().chain(compose::automation(message)?);
        headers.extend(made.map(|(name, value)| (name.to_owned(), json!(value))));
        headers.extend(own.headers);
        put("headers", Value::Object(headers));
        own.fields.into_iter().for_each(|(name, value)| put(&name, value));
        Ok(Self { message_id, host, fields, content, degraded })
    }

    fn call(&self) -> Call {
        let files = self.content.files.iter().map(Attachment).collect();
        let body = Body { fields: &self.fields, files };
        // In one piece of memory: growing would need up to three times as much.
        let mut json = Vec::with_capacity(self.content.size() / 3 * 4 + CALL_OVERHEAD);
        // Texts and texts: nothing of it can fail.
        serde_json::to_writer(&mut json, &body).unwrap_or_default();
        Call::post(format!("https://{}/v3/mail/send", self.host), "application/json", json).bearer(API_KEY)
    }

    fn receipt(self, theirs: Option<&str>) -> Receipt {
        let answers = self.content.answers.map(|answers| (ANSWERS.to_owned(), answers));
        let theirs = theirs.map(|id| ("sg_message_id".to_owned(), id.to_owned()));
        let attributes = answers.into_iter().chain(theirs).collect();
        Receipt { message_id: self.message_id, part: 0, degraded: self.degraded, attributes }
    }
}

fn host(context: &Context) -> Result<&'static str, Failure> {
    match context.setting(REGION).map(str::trim) {
        None | Some("global") => Ok("api.sendgrid.com"),
        Some("eu") => Ok("api.eu.sendgrid.com"),
        Some(_) => {
            let message = Some("`region` is neither `global` nor `eu`".to_owned());
            Err(Failure { reason: FailureReason::Unauthorized, code: None, message })
        }
    }
}

fn party(address: &str, name: Option<&str>) -> Value {
    match name {
        Some(name) => json!({ "email": address, "name": name }),
        None => json!({ "email": address }),
    }
}

/// Everybody once: SendGrid refuses a mail that names somebody twice.
fn recipients(message: &Outgoing) -> Result<Map<String, Value>, Failure> {
    let to = compose::to(message)?;
    let copies = compose::copies(message, &SENDGRID)?;
    let mut known = Vec::new();
    let mut fields = Map::new();
    for (name, addresses) in [("to", vec![to]), ("cc", copies.shown), ("bcc", copies.blind)] {
        let mut parties = Vec::new();
        for address in addresses {
            let key = address.to_lowercase();
            if !known.contains(&key) {
                known.push(key);
                parties.push(party(&address, None));
            }
        }
        if !parties.is_empty() {
            fields.insert(name.to_owned(), Value::Array(parties));
        }
    }
    Ok(fields)
}

/// What events come back with.
fn arguments(
    message: &Outgoing,
    sender: &Sender,
    message_id: &str,
    mut arguments: Map<String, Value>,
) -> Result<Value, Failure> {
    for (name, value) in ARGUMENTS.into_iter().zip([&*message.id, &*sender.address, message_id]) {
        arguments.insert(name.to_owned(), json!(value));
    }
    let size = |(name, value): (&String, &Value)| name.len() + value.as_str().map_or(0, str::len);
    let size: usize = arguments.iter().map(size).sum();
    if size > ARGUMENTS_SIZE_MAX {
        let what = format!("`custom_args` have {size} bytes, SendGrid takes {ARGUMENTS_SIZE_MAX}");
        return Err(refuse("too_long", what));
    }
    Ok(Value::Object(arguments))
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    fields: &'a Map<String, Value>,
    #[serde(rename = "attachments", skip_serializing_if = "Vec::is_empty")]
    files: Vec<Attachment<'a>>,
}

/// A file, whose Base64 is made when it is written: of one after the other.
struct Attachment<'a>(&'a File<'a>);

impl Serialize for Attachment<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let Self(file) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("content", &signature::base64(&file.bytes))?;
        map.serialize_entry("filename", &file.name)?;
        map.serialize_entry("type", &file.content_type)?;
        match &file.content_id {
            Some(id) => {
                map.serialize_entry("disposition", "inline")?;
                map.serialize_entry("content_id", id)?;
            }
            None => map.serialize_entry("disposition", "attachment")?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
