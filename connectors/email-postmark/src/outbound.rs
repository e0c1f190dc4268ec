//! One message is one mail: everything is composed and checked first, then handed to Postmark in one call.
//!
//! Postmark has no idempotency key, so that the call is not repeatable; and the Message-ID is Postmark's.
//!
//! `https://postmarkapp.com/developer/api/email-api`, read 2026-08.

mod failure;
mod own;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trunkline_sdk::email::compose::{self, Content, File, Provider, Sender};
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{ANSWERS, refuse, unconfirmed};
use trunkline_sdk::prelude::*;

use crate::record::METADATA;
use crate::wire;
use own::Own;

/// 50 recipients with the contact.
const POSTMARK: Provider = Provider { name: "Postmark", text_size_max: 5_000_000, copies_max: 49 };

/// Postmark takes mails of 10 MB with their files in Base64, in lines: 37 % more than they are. What is left of
/// 10,000,000 / 1.37 is for headers.
const CONTENT_SIZE_MAX: usize = 7_200_000;
/// The longest value in `Metadata`.
const METADATA_SIZE_MAX: usize = 80;
/// What the fields of a call have beside texts and files.
const CALL_OVERHEAD: usize = 64 << 10;

const HOST: &str = "https://api.postmarkapp.com";
const SERVER_TOKEN: &str = "server_token";
const MESSAGE_STREAM: &str = "message_stream";

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let mail = Mail::compose(message, context)?;
    let answer = Calls::new(context).make_with(|| mail.call())?;
    failure::accepted(answer, context.now)?;
    let accepted = serde_json::from_slice::<Accepted>(&answer.body).ok().and_then(|answer| answer.message_id);
    match accepted.filter(|id| !id.trim().is_empty()) {
        Some(id) => Ok(vec![mail.receipt(wire::message_id(id.trim()))]),
        // Taken perhaps, but statuses and answers could not be told to be about it.
        None => {
            let what = "Postmark's answer has no `MessageID`".to_owned();
            Err(unconfirmed(Failure { reason: FailureReason::Other, code: None, message: Some(what) }).into())
        }
    }
}

/// `{"To":"ada@example.net","SubmittedAt":"2026-02-03T09:00:00Z","MessageID":"22222222-…","ErrorCode":0,"Message":"OK"}`
#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "MessageID", default, deserialize_with = "lenient")]
    message_id: Option<Text>,
}

/// A mail that Postmark can make of its fields.
struct Mail<'a> {
    fields: Map<String, Value>,
    content: Content<'a>,
    degraded: Vec<String>,
    path: &'static str,
}

impl<'a> Mail<'a> {
    /// Checks the whole message.
    fn compose(message: &'a Outgoing, context: &Context) -> Result<Self, Failure> {
        let sender = Sender::of(message, context)?;
        let mut own = Own::default();
        let content = Content::of(message, &POSTMARK, |index, part, notes| own.take(index, part, notes))?;
        let is_template = own.template.is_some();
        let content = content.finish(is_template, false)?;
        let size = content.size();
        if size > CONTENT_SIZE_MAX {
            let what = format!(
                "the mail has {size} bytes, at most {CONTENT_SIZE_MAX} fit: Postmark takes 10 MB, \
                 and files grow by 37 % on the way"
            );
            return Err(refuse("too_long", what));
        }
        let mut degraded = content.degraded.clone();
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
        put("From", json!(sender.header()));
        put("To", json!(compose::to(message)?));
        let copies = compose::copies(message, &POSTMARK)?;
        for (name, addresses) in [("Cc", copies.shown), ("Bcc", copies.blind)] {
            if !addresses.is_empty() {
                put(name, json!(addresses.join(", ")));
            }
        }
        if let Some(address) = compose::answer_to(message)? {
            put("ReplyTo", json!(address));
        }
        match own.template {
            Some(template) => {
                if message.subject.is_some() {
                    degraded.push("the subject is the template's".to_owned());
                }
                template.into_iter().for_each(|(name, value)| put(&name, value));
            }
            None => {
                let (subject, notes) = compose::subject(message, false, &sender);
                degraded.extend(notes);
                put("Subject", json!(subject.unwrap_or_default()));
                for (name, text) in [("TextBody", &content.text), ("HtmlBody", &content.page)] {
                    if let Some(text) = text {
                        put(name, json!(text));
                    }
                }
            }
        }
        let headers = compose::headers(message).into_iter().chain(compose::automation(message)?);
        let headers = headers.map(|(name, value)| json!({ "Name": name, "Value": value }));
        let headers: Vec<Value> = headers.chain(own.headers).collect();
        if !headers.is_empty() {
            put("Headers", Value::Array(headers));
        }
        // What statuses come back with.
        let mut metadata = own.metadata;
        for (name, value) in METADATA.into_iter().zip([&message.id, &sender.address]) {
            if value.len() <= METADATA_SIZE_MAX {
                metadata.insert(name.to_owned(), json!(value));
            }
        }
        put("Metadata", Value::Object(metadata));
        if let Some(stream) = context.setting(MESSAGE_STREAM) {
            put("MessageStream", json!(stream.trim()));
        }
        own.fields.into_iter().for_each(|(name, value)| put(&name, value));
        let path = if is_template { "/email/withTemplate" } else { "/email" };
        Ok(Self { fields, content, degraded, path })
    }

    fn call(&self) -> Call {
        let files = self.content.files.iter().map(Attachment).collect();
        let body = Body { fields: &self.fields, files };
        // In one piece of memory: growing would need up to three times as much.
        let mut json = Vec::with_capacity(self.content.size() / 3 * 4 + CALL_OVERHEAD);
        // Texts and texts: nothing of it can fail.
        serde_json::to_writer(&mut json, &body).unwrap_or_default();
        let call = Call::post(format!("{HOST}{}", self.path), "application/json", json);
        let mut call = call.header("accept", "application/json");
        call.credentials
            .push(Credential::Header(("x-postmark-server-token".to_owned(), SERVER_TOKEN.to_owned())));
        call
    }

    fn receipt(self, message_id: String) -> Receipt {
        let answers = self.content.answers.map(|answers| (ANSWERS.to_owned(), answers));
        Receipt { message_id, part: 0, degraded: self.degraded, attributes: answers.into_iter().collect() }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    fields: &'a Map<String, Value>,
    #[serde(rename = "Attachments", skip_serializing_if = "Vec::is_empty")]
    files: Vec<Attachment<'a>>,
}

/// A file, whose Base64 is made when it is written: of one after the other.
struct Attachment<'a>(&'a File<'a>);

impl Serialize for Attachment<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let Self(file) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Name", &file.name)?;
        map.serialize_entry("Content", &signature::base64(&file.bytes))?;
        map.serialize_entry("ContentType", &file.content_type)?;
        if let Some(id) = &file.content_id {
            map.serialize_entry("ContentID", &format!("cid:{id}"))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(parts: Vec<OutgoingPart>) -> Option<String> {
        let message = Outgoing {
            id: "01990000-0000-7000-8000-000000000001".into(),
            account: "help@example.org".into(),
            to: vec![Identifier::new(IdentifierScheme::Email, "ada@example.net")],
            thread: None,
            parts,
            subject: None,
            reply_to: None,
            last_inbound_at: None,
            attributes: Attributes::new(),
        };
        match send(&message, &Context::default()) {
            Err(Unfinished::Call(call)) => {
                assert!(call.request.body.capacity() < 10_000_000, "written without growing");
                None
            }
            Err(Unfinished::Failed(failed)) => failed.failure.code,
            Ok(_) => panic!("nothing was called"),
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_before_the_call() {
        let text = |size| OutgoingPart::Text("a".repeat(size));
        let file =
            |size| OutgoingPart::Media(Media::new(MediaKind::File, MediaSource::Bytes(vec![b'-'; size])));
        assert_eq!(refused(vec![text(3), file(CONTENT_SIZE_MAX - 3)]), None);
        assert_eq!(refused(vec![text(3), file(CONTENT_SIZE_MAX - 2)]).as_deref(), Some("too_long"));
        assert_eq!(refused(vec![text(5_000_000 - 2)]), None);
        assert_eq!(refused(vec![text(5_000_000 - 1)]).as_deref(), Some("too_long"));
        assert_eq!(refused(vec![OutgoingPart::Html("a".repeat(5_000_001))]).as_deref(), Some("too_long"));
    }
}
