//! Inbound mail, which Postmark has taken apart: `RawEmail` beside it where the stream includes it.

use serde::Deserialize;
use trunkline_sdk::email::{self, Delivery, Headers, Mail, address, attachment};
use trunkline_sdk::json::{RawValue, Text, lenient, text};
use trunkline_sdk::prelude::*;

/// What Postmark found about a mail. Written as attributes in snake_case.
const VERDICTS: [&str; 4] = ["X-Spam-Status", "X-Spam-Score", "X-Spam-Tests", "Received-SPF"];

/// `{"FromFull":{"Email":"ada@example.net","Name":"Ada","MailboxHash":""},"To":"\"Help\" <help+c42@in.example.org>",
/// "OriginalRecipient":"help+c42@in.example.org","Subject":"Re: order","MessageID":"11111111-…","TextBody":"thanks","Headers":[…],
/// "Attachments":[…]}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Inbound<'a> {
    #[serde(rename = "MessageID", deserialize_with = "lenient")]
    message_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    message_stream: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    from: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    from_full: Option<Party>,
    #[serde(deserialize_with = "lenient")]
    to: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    cc: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    original_recipient: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    subject: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    reply_to: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    mailbox_hash: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    date: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    text_body: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    html_body: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    stripped_text_reply: Option<Text>,
    #[serde(borrow)]
    headers: Option<&'a RawValue>,
    #[serde(borrow)]
    attachments: Option<&'a RawValue>,
    #[serde(borrow)]
    raw_email: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Party {
    #[serde(deserialize_with = "lenient")]
    email: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    name: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Field {
    name: Text,
    #[serde(default, deserialize_with = "lenient")]
    value: Option<Text>,
}

/// The test button of the console writes `Data` for `Content`.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "PascalCase")]
struct Attached<'a> {
    #[serde(deserialize_with = "lenient")]
    name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    content_type: Option<Text>,
    #[serde(rename = "ContentID", deserialize_with = "lenient")]
    content_id: Option<Text>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// The events of a mail. None where the object cannot be read.
pub fn events(raw: &RawValue) -> Option<Vec<Event>> {
    let inbound: Inbound = serde_json::from_str(raw.get()).ok()?;
    let given: Vec<(String, String)> = items(inbound.headers)
        .filter_map(|item| serde_json::from_str::<Field>(item.get()).ok())
        .map(|field| (field.name.into(), field.value.map(String::from).unwrap_or_default()))
        .collect();
    // Postmark's own stands first; at any other place the sender wrote it.
    let sender = given.first().filter(|(name, _)| name.eq_ignore_ascii_case("return-path"));
    let sender = sender.map(|(_, value)| value.trim().trim_matches(['<', '>']).to_owned());
    let mut attributes = inbound.attributes();
    for name in VERDICTS {
        let name_of = name.to_lowercase().replace('-', "_");
        attributes.extend(verdict(&given, name).map(|value| (name_of, value.to_owned())));
    }
    let delivery = Delivery { account: inbound.account(), sender, received_at: None, attributes };
    let (mut mail, odd) = inbound.mail(given);
    mail.new_text = inbound.stripped_text_reply.map(String::from).filter(|text| !text.trim().is_empty());
    let mut events = email::events(mail, &delivery);
    if let Some(EventKind::Message(message)) = events.first_mut().map(|event| &mut event.kind) {
        let odd =
            odd.into_iter().map(|item| Opaque { name: "attachment".into(), payload: item.get().into() });
        message.parts.extend(odd.map(Part::Other));
    }
    Some(events)
}

impl<'a> Inbound<'a> {
    /// The envelope's recipient. The headers may name anybody.
    fn account(&self) -> String {
        let recipient = self.original_recipient.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let to = || email::mailboxes(self.to.as_deref()?).into_iter().next().map(|mailbox| mailbox.address);
        match recipient {
            Some(recipient) => address(recipient).unwrap_or_else(|| recipient.to_lowercase()),
            None => to().unwrap_or_default(),
        }
    }

    fn attributes(&self) -> Attributes {
        let values = [
            ("postmark_message_id", &self.message_id),
            ("mailbox_hash", &self.mailbox_hash),
            ("message_stream", &self.message_stream),
        ];
        let filled = values.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        filled
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The mail, and the attachments that cannot be read.
    fn mail(&self, given: Vec<(String, String)>) -> (Mail, Vec<&'a RawValue>) {
        // As it came, where it came through JSON as it was: bytes beyond ASCII have no place there.
        let whole =
            self.raw_email.and_then(text).filter(|whole| !whole.trim().is_empty() && whole.is_ascii());
        if let Some(whole) = whole {
            let mut mail = Mail::parse(whole.as_bytes().into());
            if let Some(id) = self.message_id.as_deref().filter(|_| mail.message_id().is_none()) {
                id.clone_into(&mut mail.fingerprint);
            }
            return (mail, Vec::new());
        }
        let body = |text: &Option<Text>| {
            let text = text.as_deref().filter(|text| !text.trim().is_empty());
            text.map(|text| text.replace("\r\n", "\n").replace(['\r', '\0'], "\n"))
        };
        let mut mail =
            Mail::from_parts(self.all_headers(given), body(&self.text_body), body(&self.html_body));
        if let Some(id) = self.message_id.as_deref().filter(|_| mail.message_id().is_none()) {
            id.clone_into(&mut mail.fingerprint);
        }
        let mut odd = Vec::new();
        for item in items(self.attachments) {
            match media(item) {
                Some(media) => mail.attach(media),
                None => odd.push(item),
            }
        }
        (mail, odd)
    }

    /// With those that Postmark takes out of the list.
    fn all_headers(&self, given: Vec<(String, String)>) -> Headers {
        let from = self.from_full.as_ref().and_then(Party::header);
        let from = from.or_else(|| self.from.as_deref().map(str::to_owned));
        let text = |text: &Option<Text>| text.as_deref().map(str::to_owned);
        let own = [
            ("From", from),
            ("To", text(&self.to)),
            ("Cc", text(&self.cc)),
            ("Reply-To", text(&self.reply_to)),
            ("Subject", text(&self.subject)),
            ("Date", text(&self.date)),
        ];
        let own = own.into_iter().filter_map(|(name, value)| {
            Some((name.to_owned(), value.filter(|value| !value.trim().is_empty())?))
        });
        Headers::from_pairs(own.chain(given))
    }
}

impl Party {
    fn header(&self) -> Option<String> {
        let email = self.email.as_deref().filter(|email| !email.is_empty())?;
        Some(match self.name.as_deref().filter(|name| !name.trim().is_empty()) {
            Some(name) => format!("\"{}\" <{email}>", name.replace('\\', "\\\\").replace('"', "\\\"")),
            None => email.to_owned(),
        })
    }
}

/// The items of a list; of anything else but nothing, that itself.
fn items(raw: Option<&RawValue>) -> impl Iterator<Item = &RawValue> {
    let list = raw
        .filter(|raw| raw.get() != "null")
        .map(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).unwrap_or_else(|_| vec![raw]));
    list.into_iter().flatten()
}

fn media(raw: &RawValue) -> Option<Media> {
    let item: Attached = serde_json::from_str(raw.get()).ok().filter(|_| raw.get().starts_with('{'))?;
    let bytes = bytes(item.content.or(item.data)?)?;
    let content_type = item.content_type.as_deref().and_then(|declared| declared.split(';').next());
    let content_type = content_type.map(str::trim);
    let mut media = attachment(content_type, item.name.as_deref(), bytes);
    let id =
        item.content_id.as_deref().map(|id| id.trim().trim_start_matches("cid:").trim_matches(['<', '>']));
    media.content_id = id.filter(|id| !id.is_empty()).map(str::to_owned);
    Some(media)
}

/// Decodes Base64 where it stands: a file of 24 MB has no room for a copy of its text.
fn bytes(raw: &RawValue) -> Option<Vec<u8>> {
    let quoted = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    match signature::base64_decode(quoted) {
        Some(bytes) => Some(bytes),
        None => {
            // Escaped, in lines, or without what pads it.
            let mut plain: String = text(raw)?.chars().filter(|letter| !letter.is_whitespace()).collect();
            plain.truncate(plain.trim_end_matches('=').len());
            let padding = (4 - plain.len() % 4) % 4;
            plain.extend(std::iter::repeat_n('=', padding));
            signature::base64_decode(&plain)
        }
    }
}

/// The sender can write a header of that name too: where there are several values that differ, none is believed.
fn verdict<'a>(given: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values =
        given.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let first = values.next().filter(|value| !value.is_empty())?;
    values.all(|value| value == first).then_some(first)
}
