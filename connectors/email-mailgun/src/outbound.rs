//! One message is one mail: everything is composed and checked first, then handed to Mailgun in one call.
//!
//! Mailgun has no idempotency key, so that the call is not repeatable. The Message-ID is made of the message's
//! id: where a mail goes out twice after all, most mailboxes show it once.
//!
//! `https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages`, read 2026-07.

mod domain;
mod failure;
mod fields;

use serde::Deserialize;
use trunkline_sdk::email::compose::{self, Content, File, Provider, Sender};
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{ANSWERS, refuse};
use trunkline_sdk::prelude::*;
use trunkline_sdk::{email, form, multipart};

use crate::API_KEY;

/// Mailgun says no number for texts; mail programs show a tenth of this. It takes 1,000 copies, which is no conversation any
/// more.
const MAILGUN: Provider = Provider { name: "Mailgun", text_size_max: 2 << 20, copies_max: 100 };

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
        let through = domain::Domain::of(&sender, context)?;
        let mut own = Vec::new();
        let content = Content::of(message, &MAILGUN, |index, part, notes| {
            own.extend(fields::own(index, part, notes)?);
            Ok(())
        })?;
        let named = own.iter().filter(|(name, _)| name == "template").count();
        if named > 1 {
            return Err(refuse("too_many", "one template in a mail"));
        }
        let content = content.finish(named == 1, own.iter().any(|(name, _)| name == "amp-html"))?;
        let mut degraded = content.degraded.clone();
        let message_id = compose::message_id(message, &through.name);

        let mut fields = vec![("from".to_owned(), sender.header()), ("to".to_owned(), compose::to(message)?)];
        let copies = compose::copies(message, &MAILGUN)?;
        for (field, addresses) in [("cc", copies.shown), ("bcc", copies.blind)] {
            if !addresses.is_empty() {
                fields.push((field.to_owned(), addresses.join(", ")));
            }
        }
        let (subject, notes) = compose::subject(message, named == 1, &sender);
        degraded.extend(notes);
        fields.extend(subject.map(|subject| ("subject".to_owned(), subject)));
        fields.extend(content.text.clone().map(|text| ("text".to_owned(), text)));
        fields.extend(content.page.clone().map(|page| ("html".to_owned(), page)));
        fields.push(("h:Message-Id".to_owned(), format!("<{message_id}>")));
        let headers = compose::headers(message).into_iter().chain(compose::automation(message)?);
        fields.extend(headers.map(|(name, value)| (format!("h:{name}"), value)));
        fields.push((REFERENCE_VARIABLE.to_owned(), message.id.clone()));
        fields.extend(own);
        bounded(&fields, &content)?;
        let seed = signature::hex(&signature::sha256(&[message.id.as_bytes()])[..8]);
        Ok(Self { message_id, url: through.url, seed, fields, content, degraded })
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
            let parts: Vec<_> = fields.chain(files.iter().map(file)).collect();
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

/// The part of the form. Mailgun makes the Content-ID of a shown file of its name.
fn file<'a>(file: &'a File<'_>) -> multipart::Part<'a> {
    let field = if file.content_id.is_some() { "inline" } else { "attachment" };
    multipart::Part {
        name: field.to_owned(),
        file_name: Some(file.content_id.as_ref().unwrap_or(&file.name).clone()),
        content_type: Some(file.content_type.clone()),
        body: &file.bytes,
    }
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
