//! Mail that came in: the mail itself, or where S3 has it.

use std::borrow::Cow;

use serde::Deserialize;
use trunkline_sdk::email::{self, Delivery, Headers, Mail, address};
use trunkline_sdk::json::{RawValue, Text, lenient};
use trunkline_sdk::prelude::*;
use trunkline_sdk::time::iso8601;

/// How many of our mailboxes get an event of their own: each holds the whole mail.
const RECIPIENTS_MAX: usize = 100;

/// `{"notificationType":"Received","mail":{…},"receipt":{…},"content":"From: …"}`
#[derive(Deserialize, Default)]
#[serde(default)]
struct Received {
    #[serde(deserialize_with = "lenient")]
    mail: Option<Envelope>,
    #[serde(deserialize_with = "lenient")]
    receipt: Option<Receipt>,
    #[serde(deserialize_with = "lenient")]
    content: Option<String>,
}

/// `{"timestamp":"…","source":"ada@example.net","messageId":"o3vrn…","destination":["help@example.org"],
/// "headersTruncated":false,"headers":[{"name":"From","value":"…"}]}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Envelope {
    #[serde(deserialize_with = "lenient")]
    timestamp: Option<String>,
    #[serde(deserialize_with = "lenient")]
    source: Option<String>,
    #[serde(deserialize_with = "lenient")]
    message_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    destination: Option<Vec<Text>>,
    #[serde(deserialize_with = "lenient")]
    headers: Option<Vec<Header>>,
    #[serde(deserialize_with = "lenient")]
    common_headers: Option<CommonHeaders>,
}

#[derive(Deserialize)]
struct Header {
    name: Text,
    value: Text,
}

/// The headers that SES reads. They are there even where the list was cut off before them.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct CommonHeaders {
    #[serde(deserialize_with = "lenient")]
    from: Option<Vec<Text>>,
    #[serde(deserialize_with = "lenient")]
    to: Option<Vec<Text>>,
    #[serde(deserialize_with = "lenient")]
    cc: Option<Vec<Text>>,
    #[serde(deserialize_with = "lenient")]
    reply_to: Option<Vec<Text>>,
    #[serde(deserialize_with = "lenient")]
    message_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    date: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    subject: Option<Text>,
}

impl CommonHeaders {
    fn pairs(self) -> impl Iterator<Item = (String, String)> {
        let joined = |values: Option<Vec<Text>>| {
            values.map(|values| values.iter().map(|value| &**value).collect::<Vec<_>>().join(", "))
        };
        let values = [
            ("From", joined(self.from)),
            ("To", joined(self.to)),
            ("Cc", joined(self.cc)),
            ("Reply-To", joined(self.reply_to)),
            ("Message-ID", self.message_id.map(String::from)),
            ("Date", self.date.map(String::from)),
            ("Subject", self.subject.map(String::from)),
        ];
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }
}

/// `{"recipients":["help@example.org"],"spamVerdict":{"status":"PASS"},"dmarcPolicy":"reject","action":{"type":"SNS"}}`
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Receipt {
    #[serde(deserialize_with = "lenient")]
    timestamp: Option<String>,
    #[serde(deserialize_with = "lenient")]
    recipients: Option<Vec<Text>>,
    #[serde(deserialize_with = "lenient")]
    spam_verdict: Option<Verdict>,
    #[serde(deserialize_with = "lenient")]
    virus_verdict: Option<Verdict>,
    #[serde(deserialize_with = "lenient")]
    spf_verdict: Option<Verdict>,
    #[serde(deserialize_with = "lenient")]
    dkim_verdict: Option<Verdict>,
    #[serde(deserialize_with = "lenient")]
    dmarc_verdict: Option<Verdict>,
    #[serde(deserialize_with = "lenient")]
    dmarc_policy: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    action: Option<Action>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Verdict {
    #[serde(deserialize_with = "lenient")]
    status: Option<Text>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Action {
    #[serde(deserialize_with = "lenient")]
    r#type: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    encoding: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    bucket_name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    object_key: Option<Text>,
}

/// The events of a mail, for each mailbox of ours that it was sent to. None where the notification is none of a mail.
pub fn events(raw: &RawValue) -> Vec<Event> {
    let Ok(received) = serde_json::from_str::<Received>(raw.get()) else { return Vec::new() };
    let (Some(envelope), receipt) = (received.mail, received.receipt.unwrap_or_default()) else {
        return Vec::new();
    };
    let attributes = attributes(&envelope, &receipt);
    let action = receipt.action.unwrap_or_default();
    // Who it was sent to is in the receipt; the other list is made of headers.
    let recipients = receipt.recipients.filter(|recipients| !recipients.is_empty()).or(envelope.destination);
    let mut mailboxes: Vec<String> = Vec::new();
    for mailbox in recipients.unwrap_or_default().iter().filter_map(|recipient| address(recipient)) {
        if !mailboxes.contains(&mailbox) && mailboxes.len() <= RECIPIENTS_MAX {
            mailboxes.push(mailbox);
        }
    }
    let too_many = mailboxes.len() > RECIPIENTS_MAX;
    mailboxes.truncate(RECIPIENTS_MAX);
    let Some(last) = mailboxes.pop() else { return Vec::new() };
    let mut mail = match received.content.filter(|content| !content.is_empty()) {
        Some(content) => Mail::parse(bytes(content, action.encoding.as_deref())),
        None => elsewhere(envelope.headers, envelope.common_headers, envelope.message_id.as_deref(), &action),
    };
    mail.truncated |= too_many;
    let delivery = |account: String| Delivery {
        account,
        sender: envelope.source.clone(),
        received_at: receipt.timestamp.as_deref().or(envelope.timestamp.as_deref()).and_then(iso8601),
        attributes: attributes.clone(),
    };
    let mut events = Vec::new();
    for mailbox in mailboxes {
        events.extend(email::events(mail.clone(), &delivery(mailbox)));
    }
    events.extend(email::events(mail, &delivery(last)));
    events
}

/// The bytes of a mail. Without a word about its form it is one in Base64 if it can be: no mail looks like that.
fn bytes(content: String, encoding: Option<&str>) -> Cow<'static, [u8]> {
    let is_text = encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("BASE64"));
    let lines = || content.split_whitespace().collect::<String>();
    match (!is_text).then(|| signature::base64_decode(&lines())).flatten() {
        Some(bytes) => Cow::Owned(bytes),
        None => Cow::Owned(content.into_bytes()),
    }
}

/// A mail whose content is not in the notification: its headers, and the whole of it as a reference where S3 has it.
fn elsewhere(
    headers: Option<Vec<Header>>,
    common: Option<CommonHeaders>,
    ses_id: Option<&str>,
    action: &Action,
) -> Mail {
    let mut pairs: Vec<(String, String)> =
        headers.into_iter().flatten().map(|header| (header.name.0, header.value.0)).collect();
    for (name, value) in common.into_iter().flat_map(CommonHeaders::pairs) {
        if !pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            pairs.push((name, value));
        }
    }
    let mut mail = Mail::from_parts(Headers::from_pairs(pairs), None, None);
    if let (None, Some(id)) = (mail.message_id(), ses_id) {
        // Headers alone may be those of another mail as well.
        mail.fingerprint = signature::content_id("ses", &[id]);
    }
    mail.truncated = true;
    if let (Some(bucket), Some(key)) = (&action.bucket_name, &action.object_key) {
        let source = MediaSource::Reference(format!("s3://{}/{}", bucket.0, key.0));
        let mut whole = Media::new(MediaKind::File, source);
        whole.content_type = Some("message/rfc822".to_owned());
        whole.name = Some("message.eml".to_owned());
        mail.attach(whole);
    }
    mail
}

fn attributes(envelope: &Envelope, receipt: &Receipt) -> Attributes {
    let verdict = |verdict: &Option<Verdict>| verdict.as_ref()?.status.clone();
    let action = receipt.action.as_ref();
    let values = [
        ("ses_message_id", envelope.message_id.clone()),
        ("spam_verdict", verdict(&receipt.spam_verdict)),
        ("virus_verdict", verdict(&receipt.virus_verdict)),
        ("spf_verdict", verdict(&receipt.spf_verdict)),
        ("dkim_verdict", verdict(&receipt.dkim_verdict)),
        ("dmarc_verdict", verdict(&receipt.dmarc_verdict)),
        ("dmarc_policy", receipt.dmarc_policy.clone()),
        ("action", action.and_then(|action| action.r#type.clone())),
    ];
    let present =
        values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), String::from(value?))));
    present.filter(|(_, value)| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mailbox_has_the_mail_up_to_a_bound() {
        for (count, expected) in [(1, 1), (RECIPIENTS_MAX, RECIPIENTS_MAX), (500, RECIPIENTS_MAX)] {
            let recipients: Vec<String> =
                (0..count).map(|number| format!("box{number}@example.org")).collect();
            let notification = serde_json::json!({
                "mail": { "messageId": "o3vrnil0" },
                "receipt": { "recipients": recipients },
                "content": "From: ada@example.net\r\nMessage-ID: <m-4@example.net>\r\n\r\nhi\r\n",
            });
            let raw = serde_json::value::to_raw_value(&notification).expect("JSON");
            let events = events(&raw);
            assert_eq!(events.len(), expected, "{count}");
            let told = events.iter().filter(|event| event.attribute("truncated") == Some("true")).count();
            assert_eq!(told, if count > expected { expected } else { 0 }, "{count}");
        }
    }
}
