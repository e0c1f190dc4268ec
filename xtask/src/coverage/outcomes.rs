//! What one case file of `testdata/outbound` shows: how a part is sent, or what becomes of an error.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::Value;
use trunkline_cases::CallCase;
use trunkline_model::{Media, MediaKind, Outgoing, OutgoingPart};

/// Media of a kind that the contract has no name for.
const OTHER_MEDIA: &str = "media: other";
/// What stands beside the parts.
const REPLY_TO: &str = "reply_to";
const SUBJECT: &str = "subject";

/// The rows of the table, in its order.
pub const ROWS: [&str; 19] = [
    "text",
    "html",
    "media: image",
    "media: video",
    "media: audio",
    "media: voice",
    "media: file",
    "media: sticker",
    OTHER_MEDIA,
    "location",
    "contacts",
    "choices",
    "template",
    "reaction",
    "read",
    "typing",
    "native",
    REPLY_TO,
    SUBJECT,
];

/// Parts of which some providers tell no id: they are sent although there is no receipt.
const WITHOUT_RECEIPT: [&str; 3] = ["reaction", "read", "typing"];

/// How a channel carries a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carried {
    /// As it was asked for.
    Native,
    /// Rendered otherwise.
    Degraded,
    /// Not, and that is said before any call.
    Refused,
}

impl Carried {
    /// As it stands on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Degraded => "degraded",
            Self::Refused => "refused",
        }
    }
}

/// An error of the provider, and what it is taken for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Error {
    /// The provider's code. None: it has none.
    pub code: Option<String>,
    /// The status of the answer. None: the call that it answers is not in the case.
    pub status: Option<u16>,
    /// The reason as the contract names it.
    pub reason: String,
}

/// How a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The provider has it.
    Sent,
    /// It was refused before any call.
    Refused,
    /// It failed after a call.
    Failed,
    /// The case ends before the message does.
    Open,
}

/// What a case shows.
#[derive(Debug, PartialEq)]
pub struct Shows {
    /// How it ends.
    pub end: End,
    /// Rows, and how that is carried.
    pub carried: Vec<(String, Carried)>,
    /// Where it failed after a call.
    pub error: Option<Error>,
}

/// What a case shows.
pub fn shows(case: &CallCase) -> Result<Shows> {
    let outcome: Value = serde_json::from_str(&case.expected).context("it expects no JSON")?;
    let message = case.outgoing().map_err(anyhow::Error::msg)?;
    let calls = outcome["calls"].as_array().map_or(0, Vec::len);
    let failed = outcome.get("failed");
    let end = match (outcome.get("sent"), failed) {
        (Some(_), _) => End::Sent,
        (None, Some(_)) if calls == 0 => End::Refused,
        (None, Some(_)) => End::Failed,
        (None, None) => End::Open,
    };
    let carried = match end {
        End::Sent => sent(&message, &outcome["sent"]),
        End::Refused => refused(&message, &outcome["failed"]).into_iter().collect(),
        End::Failed | End::Open => Vec::new(),
    };
    let error = failed.filter(|_| end == End::Failed).map(|failed| Error {
        code: failed["code"].as_str().map(str::to_owned),
        status: case.answers.get(calls - 1).map(|answer| answer.status),
        reason: reason(&failed["reason"]),
    });
    Ok(Shows { end, carried, error })
}

/// Of a message whose parts are of one kind. What is said of several kinds is said of none.
fn sent(message: &Outgoing, receipts: &Value) -> Vec<(String, Carried)> {
    let kinds: BTreeSet<String> = message.parts.iter().map(kind).collect();
    let Some(kind) = kinds.first().filter(|_| kinds.len() == 1) else { return Vec::new() };
    let receipts = receipts.as_array().map_or(&[][..], Vec::as_slice);
    // An answer that could not be read: it is sent, and nobody was told how.
    if receipts.is_empty() && !WITHOUT_RECEIPT.contains(&kind.as_str()) {
        return Vec::new();
    }
    let (reply_to, subject) = (message.reply_to.is_some(), message.subject.is_some());
    let degraded = receipts.iter().filter_map(|receipt| receipt["degraded"].as_array()).flatten();
    let mut rows = BTreeSet::new();
    for words in degraded.filter_map(Value::as_str) {
        // What the channel makes of a subject is said in so many words. An answer to a message is a case of its
        // own: what is otherwise about it is the answer.
        rows.insert(match (subject && words.contains("subject"), reply_to) {
            (true, _) => SUBJECT,
            (false, true) => REPLY_TO,
            (false, false) => kind,
        });
    }
    if rows.is_empty() {
        let beside = [(reply_to, REPLY_TO), (subject, SUBJECT)].into_iter().filter(|(is, _)| *is);
        let rows = std::iter::once(kind.as_str()).chain(beside.map(|(_, row)| row));
        return rows.map(|row| (row.to_owned(), Carried::Native)).collect();
    }
    rows.into_iter().map(|row| (row.to_owned(), Carried::Degraded)).collect()
}

/// The part that a refusal names, whatever stands beside it, or what else the message has.
fn refused(message: &Outgoing, failed: &Value) -> Option<(String, Carried)> {
    if failed["code"] != "unsupported" {
        return None;
    }
    let words = failed["message"].as_str().unwrap_or_default();
    let number = words.strip_prefix("part ").and_then(|rest| rest.split_once(':')).map(|(number, _)| number);
    let row = match number {
        Some(number) => kind(message.parts.get(number.parse::<usize>().ok()?)?),
        None if words.contains("subject") && message.subject.is_some() => SUBJECT.to_owned(),
        None if message.reply_to.is_some() => REPLY_TO.to_owned(),
        // The contact, or something that the sender gave along.
        None => return None,
    };
    Some((row, Carried::Refused))
}

fn kind(part: &OutgoingPart) -> String {
    let kind = match part {
        OutgoingPart::Media(Media { kind: MediaKind::Other(_), .. }) => OTHER_MEDIA,
        OutgoingPart::Media(media) => return format!("media: {}", media.kind.as_str()),
        OutgoingPart::Text(_) => "text",
        OutgoingPart::Html(_) => "html",
        OutgoingPart::Location(_) => "location",
        OutgoingPart::Contacts(_) => "contacts",
        OutgoingPart::Choices(_) => "choices",
        OutgoingPart::Template(_) => "template",
        OutgoingPart::Reaction(_) => "reaction",
        OutgoingPart::Read(_) => "read",
        OutgoingPart::Typing => "typing",
        OutgoingPart::Native(_) => "native",
    };
    kind.to_owned()
}

/// A reason is a name, or a name with what it holds.
fn reason(value: &Value) -> String {
    let name = value.as_object().and_then(|object| object.keys().next()).map(String::as_str);
    value.as_str().or(name).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the members of the message besides our side and the contact, the statuses of the answers, the outcome.
    fn shown(message: &str, answers: &[u16], outcome: &str) -> Shows {
        let answers: String = answers.iter().map(|status| format!("\n--- answer\n{status}")).collect();
        let text = format!("{{\"account\":\"7\",\"to\":[],{message}}}{answers}\n--- expect\n{outcome}\n");
        shows(&CallCase::parse("", &text).expect("a case")).expect("an outcome")
    }

    fn carried(message: &str, outcome: &str) -> Vec<(String, Carried)> {
        shown(message, &[], outcome).carried
    }

    fn all(carried: Carried, rows: &[&str]) -> Vec<(String, Carried)> {
        rows.iter().map(|row| ((*row).to_owned(), carried)).collect()
    }

    const TEXT: &str = r#""parts":[{"text":"a"},{"text":"b"}]"#;
    const PLAIN: &str = r#"{"calls":[{}],"sent":[{"message_id":"1","part":0}]}"#;

    #[test]
    fn what_is_sent_is_judged_by_its_receipts() {
        let degraded =
            r#"{"calls":[{}],"sent":[{"message_id":"1"},{"message_id":"2","degraded":["as text"]}]}"#;
        assert_eq!(carried(TEXT, PLAIN), all(Carried::Native, &["text"]));
        assert_eq!(carried(TEXT, degraded), all(Carried::Degraded, &["text"]));
        let voice = r#""parts":[{"media":{"kind":"voice","source":{"url":"https://a.example/v"}}}]"#;
        assert_eq!(carried(voice, PLAIN), all(Carried::Native, &["media: voice"]));
        assert_eq!(carried(r#""parts":[{"text":"a"},{"html":"b"}]"#, PLAIN), [], "two kinds");
        let none = r#"{"calls":[{}],"sent":[]}"#;
        assert_eq!(carried(r#""parts":["typing"]"#, none), all(Carried::Native, &["typing"]));
        assert_eq!(carried(TEXT, none), [], "nobody was told how");
    }

    #[test]
    fn what_stands_beside_the_parts_is_judged_apart() {
        let with = |more: &str| format!("{TEXT},{more}");
        let (reply, subject) = (with(r#""reply_to":{"id":"9"}"#), with(r#""subject":"s""#));
        let degraded = |words: &str| {
            format!(r#"{{"calls":[{{}}],"sent":[{{"message_id":"1","part":0,"degraded":["{words}"]}}]}}"#)
        };
        assert_eq!(carried(&reply, PLAIN), all(Carried::Native, &["text", "reply_to"]));
        assert_eq!(carried(&reply, &degraded("not quoted")), all(Carried::Degraded, &["reply_to"]));
        assert_eq!(carried(&subject, PLAIN), all(Carried::Native, &["text", "subject"]));
        assert_eq!(carried(&subject, &degraded("the subject as text")), all(Carried::Degraded, &["subject"]));
        assert_eq!(carried(&subject, &degraded("as text")), all(Carried::Degraded, &["text"]));
    }

    #[test]
    fn a_refusal_is_of_the_part_that_it_names() {
        let refused = |code: &str, words: &str| {
            format!(r#"{{"calls":[],"failed":{{"reason":"invalid","code":"{code}","message":"{words}"}}}}"#)
        };
        let two = r#""parts":[{"text":"a"},"typing"],"reply_to":{"id":"9"},"subject":"s""#;
        let part = refused("unsupported", "part 1: this channel has no typing");
        assert_eq!(carried(two, &part), all(Carried::Refused, &["typing"]));
        assert_eq!(carried(two, &refused("unsupported", "no subject")), all(Carried::Refused, &["subject"]));
        assert_eq!(carried(two, &refused("unsupported", "no answers")), all(Carried::Refused, &["reply_to"]));
        assert_eq!(carried(TEXT, &refused("unsupported", "no groups")), []);
        assert_eq!(carried(TEXT, &refused("too_long", "part 0: 9 of 8")), [], "it has such a part");
    }

    #[test]
    fn an_error_is_what_the_last_call_was_answered() {
        let limited = r#"{"calls":[{},{}],"failed":{"reason":{"rate_limited":5},"code":"80007"}}"#;
        let error =
            Error { code: Some("80007".to_owned()), status: Some(429), reason: "rate_limited".to_owned() };
        assert_eq!(shown(TEXT, &[200, 429], limited).error, Some(error));
        let nameless = shown(TEXT, &[502], r#"{"calls":[{}],"failed":{"reason":"transient"}}"#);
        assert_eq!(
            nameless.error.map(|error| (error.code, error.reason)),
            Some((None, "transient".to_owned()))
        );
        let early = shown(TEXT, &[], r#"{"calls":[],"failed":{"reason":"window_closed"}}"#);
        assert_eq!((early.end, early.error), (End::Refused, None));
        assert_eq!(shown(TEXT, &[], r#"{"calls":[{}],"awaits":"an answer"}"#).end, End::Open);
    }
}
