//! One message is one mail: everything is composed and checked first, then handed to Mailgun in one call.
//!
//! Mailgun has no idempotency key, so that the call is not repeatable. The Message-ID is made of the message's
//! id: where a mail goes out twice after all, most mailboxes show it once.
//!
//! `https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages`, read 2026-07.

mod cards;
mod content;
mod copies;
mod failure;
mod fields;
mod files;
mod sender;
mod thread;

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{ANSWERS, attribute, refuse};
use trunkline_sdk::prelude::*;
use trunkline_sdk::{email, form, multipart};

use crate::API_KEY;
use content::Content;
use sender::Sender;

/// Mailgun takes mails of 25 MB as they go out, where files are Base64 in lines: 37 % more than they are. What
/// is left of 25,000,000 / 1.37 is for headers and texts.
const CONTENT_SIZE_MAX: usize = 18_000_000;
/// "16 KB" for options, headers and variables together; not said whether that is 16,384.
const OPTIONS_SIZE_MAX: usize = 16_000;
/// The variable with which a status comes back: `notification.rs` reads it.
const REFERENCE_VARIABLE: &str = "v:msg";

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let mail = Mail::compose(message, context)?;
    let answer = Calls::new(context).make_with(|| mail.call())?;
    let own = mail.message_id.clone();
    let message_id = failure::accepted(answer, context.now)
        .map(|answer| serde_json::from_slice::<Accepted>(&answer.body).ok().and_then(Accepted::id))?;
    // An answer that cannot be read: the mail is sent, and its id is the one that we gave it.
    Ok(vec![mail.receipt(message_id.unwrap_or(own))])
}

/// `{"id":"<…@mg.example.org>","message":"Queued. Thank you."}`
#[derive(Deserialize)]
struct Accepted {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<Text>,
}

impl Accepted {
    /// Without brackets, as statuses have it.
    fn id(self) -> Option<String> {
        email::message_id(&self.id?)
    }
}

/// A mail that Mailgun can make of its fields.
struct Mail<'a> {
    /// Without brackets.
    message_id: String,
    url: String,
    /// Of the boundary.
    seed: String,
    fields: Vec<(String, String)>,
    content: Content<'a>,
    degraded: Vec<String>,
}

impl<'a> Mail<'a> {
    /// Checks the whole message.
    fn compose(message: &'a Outgoing, context: &Context) -> Result<Self, Failure> {
        let sender = Sender::of(message, context)?;
        let content = Content::of(message)?;
        let mut degraded = content.degraded.clone();
        let message_id = thread::message_id(message, &sender.domain);

        let mut fields = vec![("from".to_owned(), sender.header()), ("to".to_owned(), copies::to(message)?)];
        fields.extend(copies::fields(message)?);
        let (subject, notes) = thread::subject(message, &content, &sender);
        degraded.extend(notes);
        fields.extend(subject.map(|subject| ("subject".to_owned(), subject)));
        fields.extend(content.text.clone().map(|text| ("text".to_owned(), text)));
        fields.extend(content.page.clone().map(|page| ("html".to_owned(), page)));
        fields.push(("h:Message-Id".to_owned(), format!("<{message_id}>")));
        fields.extend(thread::headers(message));
        fields.extend(automation(message)?);
        fields.push((REFERENCE_VARIABLE.to_owned(), message.id.clone()));
        fields.extend(content.fields.iter().cloned());
        bounded(&fields, &content)?;
        let seed = signature::hex(&signature::sha256(&[message.id.as_bytes()])[..8]);
        Ok(Self { message_id, url: sender.url, seed, fields, content, degraded })
    }

    /// A form while there are no files: that is most mails, and nothing in a text can end it. Else `multipart`.
    fn call(&self) -> Call {
        let files = &self.content.files;
        let call = if files.is_empty() {
            let pairs = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Call::post(&self.url, "application/x-www-form-urlencoded", form::encode(pairs))
        } else {
            let fields = self.fields.iter().map(|(name, value)| multipart::Part {
                name: name.clone(),
                file_name: None,
                content_type: None,
                body: value.as_bytes(),
            });
            let parts: Vec<_> = fields.chain(files.iter().map(files::File::part)).collect();
            let boundary = multipart::boundary_for(&self.seed, &parts);
            let content_type = format!("multipart/form-data; boundary={boundary}");
            Call::post(&self.url, &content_type, multipart::encode(&boundary, &parts))
        };
        call.basic("api", API_KEY)
    }

    fn receipt(self, message_id: String) -> Receipt {
        let answers = self.content.answers.map(|answers| (ANSWERS.to_owned(), answers));
        Receipt { message_id, part: 0, degraded: self.degraded, attributes: answers.into_iter().collect() }
    }
}

/// A message that nobody wrote, where the sender says so: what answers mails by itself must not answer it.
fn automation(message: &Outgoing) -> Result<Vec<(String, String)>, Failure> {
    let Some(kind) = attribute(message, "auto_submitted") else { return Ok(Vec::new()) };
    if !matches!(kind, "auto-replied" | "auto-generated" | "auto-notified") {
        let what = "attribute `auto_submitted`: `auto-replied`, `auto-generated` or `auto-notified`";
        return Err(refuse("unsupported", what));
    }
    // RFC 3834: two machines would never stop.
    if let Some(machine) = attribute(message, "auto").filter(|_| kind == "auto-replied") {
        let what = format!("an automatic answer to a mail that a machine wrote (`auto` is `{machine}`)");
        return Err(refuse("unsupported", what));
    }
    Ok(vec![
        ("h:Auto-Submitted".to_owned(), kind.to_owned()),
        ("h:X-Auto-Response-Suppress".to_owned(), "All".to_owned()),
    ])
}

fn bounded(fields: &[(String, String)], content: &Content) -> Result<(), Failure> {
    let options = fields.iter().filter(|(name, _)| name.as_bytes().get(1) == Some(&b':'));
    let options_size: usize = options.map(|(name, value)| name.len() + value.len()).sum();
    if options_size > OPTIONS_SIZE_MAX {
        let what = format!(
            "headers, variables and options have {options_size} bytes, Mailgun takes {OPTIONS_SIZE_MAX}"
        );
        return Err(refuse("too_long", what));
    }
    let size = content.size();
    if size > CONTENT_SIZE_MAX {
        let what = format!(
            "the mail has {size} bytes, at most {CONTENT_SIZE_MAX} fit: Mailgun takes 25 MB, \
             and files grow by 37 % on the way"
        );
        return Err(refuse("too_long", what));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(parts: Vec<OutgoingPart>) -> Option<Failure> {
        let message = Outgoing {
            id: "01990000-0000-7000-8000-000000000001".into(),
            account: "help@mg.example.org".into(),
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
                assert!(call.request.body.capacity() < 20_000_000, "written without growing");
                None
            }
            Err(Unfinished::Failed(failed)) => Some(failed.failure),
            Ok(_) => panic!("nothing was called"),
        }
    }

    fn file(size: usize) -> OutgoingPart {
        OutgoingPart::Media(Media::new(MediaKind::File, MediaSource::Bytes(vec![b'-'; size])))
    }

    #[test]
    fn what_does_not_fit_is_refused_before_the_call() {
        let text = |size| OutgoingPart::Text("a".repeat(size));
        let page = |size| OutgoingPart::Html("a".repeat(size));
        let code = |parts| refused(parts).and_then(|failure| failure.code);
        assert_eq!(code(vec![text(3), file(9_000_000), file(CONTENT_SIZE_MAX - 9_000_003)]), None);
        assert_eq!(
            code(vec![text(3), file(9_000_000), file(CONTENT_SIZE_MAX - 9_000_002)]).as_deref(),
            Some("too_long")
        );
        assert_eq!(code(vec![text((2 << 20) - 2)]), None);
        assert_eq!(code(vec![text(2 << 20)]).as_deref(), Some("too_long"));
        assert_eq!(code(vec![text(1), page(2 << 20)]).as_deref(), Some("too_long"));
        assert_eq!(code(vec![page((2 << 20) + 1)]).as_deref(), Some("too_long"));
    }
}
