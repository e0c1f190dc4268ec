//! The envelope of SNS: JSON, sent as `text/plain`.

use serde::Deserialize;
use trunkline_sdk::json::lenient;
use trunkline_sdk::prelude::*;
use trunkline_sdk::{Interrupt, malformed, malformed_json};

/// What an envelope is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It carries a message.
    Notification,
    /// It asks whether the topic may send here.
    SubscriptionConfirmation,
    /// It says that the topic sends here no longer.
    UnsubscribeConfirmation,
}

/// An envelope, as far as it is signed or needed to verify it.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub kind: Kind,
    /// The same at every attempt.
    pub id: String,
    pub topic: String,
    pub subject: Option<String>,
    pub message: String,
    /// When it was published, which every attempt repeats.
    pub timestamp: String,
    pub token: Option<String>,
    pub subscribe_url: Option<String>,
    pub version: String,
    /// In Base64.
    pub signature: String,
    pub certificate_url: Option<String>,
}

/// `{"Type":"Notification","MessageId":"…","TopicArn":"arn:aws:sns:eu-west-1:111122223333:in-mail","Message":"{…}",
/// "Timestamp":"2026-02-01T10:00:00.000Z","SignatureVersion":"1","Signature":"…","SigningCertURL":"https://…"}`
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Wire {
    #[serde(default, deserialize_with = "lenient")]
    r#type: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    message_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    topic_arn: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    subject: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    timestamp: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    token: Option<String>,
    #[serde(default, rename = "SubscribeURL", deserialize_with = "lenient")]
    subscribe_url: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    signature_version: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    signature: Option<String>,
    #[serde(default, rename = "SigningCertURL", alias = "SigningCertUrl", deserialize_with = "lenient")]
    signing_cert_url: Option<String>,
}

impl Envelope {
    /// Reads a body. What is signed and missing, or would leave open where a field ends, is refused.
    pub fn read(request: &Request) -> Result<Self, Interrupt> {
        if request.header("x-amz-sns-rawdelivery").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            let detail =
                "raw message delivery is switched on at the subscription: it leaves out the signature";
            return Err(Refusal::new(RefusalReason::MissingSignature, 401, detail).into());
        }
        // An array would pass for an object with its members in order.
        if !request.body.trim_ascii_start().starts_with(b"{") {
            return Err(malformed("the body is no JSON object"));
        }
        let wire: Wire = serde_json::from_slice(&request.body).map_err(|error| malformed_json(&error))?;
        let kind = match wire.r#type.as_deref() {
            Some("Notification") => Kind::Notification,
            Some("SubscriptionConfirmation") => Kind::SubscriptionConfirmation,
            Some("UnsubscribeConfirmation") => Kind::UnsubscribeConfirmation,
            _ => return Err(malformed("`Type` is none that SNS has")),
        };
        let present = |name: &str, value: Option<String>| {
            value.ok_or_else(|| malformed(format!("`{name}` is missing or no text")))
        };
        let signed = |name: &str| signature::missing(&format!("`{name}`"));
        let envelope = Self {
            kind,
            id: present("MessageId", wire.message_id)?,
            topic: present("TopicArn", wire.topic_arn)?,
            subject: wire.subject,
            message: present("Message", wire.message)?,
            timestamp: present("Timestamp", wire.timestamp)?,
            token: wire.token,
            subscribe_url: wire.subscribe_url,
            version: wire.signature_version.ok_or_else(|| signed("SignatureVersion"))?,
            signature: wire.signature.filter(|text| !text.is_empty()).ok_or_else(|| signed("Signature"))?,
            certificate_url: wire.signing_cert_url,
        };
        envelope.check(request)?;
        Ok(envelope)
    }

    /// The headers are not signed: they must say nothing else. And no line end may move what is signed from one field
    /// into another, which would make a second message of the first one; only the message itself has lines.
    fn check(&self, request: &Request) -> Result<(), Interrupt> {
        let kind = self.kind.name();
        for (name, value) in [("message-type", kind), ("message-id", &self.id), ("topic-arn", &self.topic)] {
            let header = request.header(&format!("x-amz-sns-{name}"));
            if header.is_some_and(|header| header != value) {
                return Err(malformed(format!("`x-amz-sns-{name}` is not what the body says")));
            }
        }
        let texts = [Some(&self.id), Some(&self.topic), Some(&self.timestamp)];
        let maybe = [self.subject.as_ref(), self.token.as_ref(), self.subscribe_url.as_ref()];
        if texts.into_iter().chain(maybe).flatten().any(|text| text.contains(['\n', '\r'])) {
            return Err(malformed("a field other than `Message` has several lines"));
        }
        Ok(())
    }

    /// What is signed: names and values, a line each, by name.
    pub fn signed_text(&self) -> String {
        let of_subscription = self.kind != Kind::Notification;
        let fields = [
            ("Message", Some(&self.message)),
            ("MessageId", Some(&self.id)),
            ("Subject", self.subject.as_ref().filter(|_| !of_subscription)),
            ("SubscribeURL", self.subscribe_url.as_ref().filter(|_| of_subscription)),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_ref().filter(|_| of_subscription)),
            ("TopicArn", Some(&self.topic)),
        ];
        let mut text = String::with_capacity(self.message.len() + 1_024);
        for (name, value) in fields.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            text.extend([name, "\n", value, "\n"]);
        }
        text.extend(["Type\n", self.kind.name(), "\n"]);
        text
    }
}

impl Kind {
    /// As it stands in `Type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}
