//! What connectors that send have in common: messages made ready, sent in turn, and what a channel lacks.

use serde::Serialize;
use trunkline_model::{
    Attributes, Call, Choices, Failure, FailureReason, IdentifierScheme, Outgoing, Receipt, Response,
    SendFailure,
};

use crate::calls::{Calls, Sent, Unfinished};

/// The receipt's attribute with the answers of a numbered list.
pub const ANSWERS: &str = "answers";
/// The receipt's attribute with the names of what this message has used up.
pub const SPENT: &str = "spent";
/// The message's attribute with the id of the contact's last message, whose attributes the others are.
pub const LAST_MESSAGE_ID: &str = "last_message_id";

/// One call of a message, and what its receipt will say.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The index of the first part that it carries.
    pub part: u32,
    /// What is to be called.
    pub call: Call,
    /// What had to be rendered otherwise.
    pub degraded: Vec<String>,
    /// For the receipt.
    pub attributes: Attributes,
}

impl Prepared {
    /// A call that renders that part as it was asked for.
    pub fn new(part: usize, call: Call) -> Self {
        let part = u32::try_from(part).unwrap_or(u32::MAX);
        Self { part, call, degraded: Vec::new(), attributes: Attributes::new() }
    }

    /// The receipt for a message of that id.
    pub fn receipt(&self, message_id: impl Into<String>) -> Receipt {
        Receipt {
            message_id: message_id.into(),
            part: self.part,
            degraded: self.degraded.clone(),
            attributes: self.attributes.clone(),
        }
    }
}

/// Makes the calls one after the other. `read` takes the receipts out of an answer, or says why there are none:
/// then what was sent before is told along.
pub fn in_turn(
    calls: &mut Calls,
    prepared: &[Prepared],
    read: impl Fn(&Prepared, &Response) -> Result<Vec<Receipt>, Failure>,
) -> Sent {
    let mut receipts = Vec::new();
    for message in prepared {
        let answer = calls.make(message.call.clone())?;
        match read(message, answer) {
            Ok(more) => receipts.extend(more),
            Err(failure) => return Err(Unfinished::Failed(SendFailure { failure, receipts })),
        }
    }
    Ok(receipts)
}

/// The idempotency key of the call of that number: the message's id for the first one, and a UUID (version 8)
/// made of both for the others. The same for every attempt.
pub fn retry_key(message: &Outgoing, number: usize) -> String {
    if number == 0 {
        return message.id.clone();
    }
    let mut key = [0; 16];
    key.copy_from_slice(
        &crate::signature::sha256(&[message.id.as_bytes(), &(number as u64).to_be_bytes()])[..16],
    );
    key[6] = key[6] & 0x0f | 0x80;
    key[8] = key[8] & 0x3f | 0x80;
    let hex = hex::encode(key);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The first identifier of that scheme.
pub fn address<'a>(message: &'a Outgoing, scheme: &IdentifierScheme) -> Option<&'a str> {
    let found = message.to.iter().find(|identifier| identifier.scheme == *scheme)?;
    Some(found.value.as_str()).filter(|value| !value.is_empty())
}

/// The value of an attribute, where it is not empty.
pub fn attribute<'a>(message: &'a Outgoing, name: &str) -> Option<&'a str> {
    let found = message.attributes.iter().find(|(key, _)| key == name)?;
    Some(found.1.as_str()).filter(|value| !value.is_empty())
}

/// Refuses before any call: the message is not to be repeated as it is. `code` is one of those in
/// `wit/outbound.wit`: `unsupported`, `too_long`, `too_many`, `missing`.
pub fn refuse(code: &str, what: impl Into<String>) -> Failure {
    Failure { reason: FailureReason::Invalid, code: Some(code.to_owned()), message: Some(what.into()) }
}

/// The code of a failure that leaves open whether the contact gets the message.
pub const UNCONFIRMED: &str = "unconfirmed";

/// The same failure where the provider may have the message all the same, and has no key that would keep a second
/// try from being a second message: the host holds it, or tries again as the operator has set.
pub fn unconfirmed(failure: Failure) -> Failure {
    let words: Vec<String> = failure.code.into_iter().chain(failure.message).collect();
    Failure {
        reason: FailureReason::Other,
        code: Some(UNCONFIRMED.to_owned()),
        message: Some(format!("it may have arrived ({})", words.join(": "))),
    }
}

/// Refuses a part that this channel does not have.
pub fn unsupported(part: usize, what: &str) -> Failure {
    refuse("unsupported", format!("part {part}: this channel has no {what}"))
}

/// Refuses outside of the time in which a contact may be written to freely.
pub fn window_closed(what: impl Into<String>) -> Failure {
    Failure { reason: FailureReason::WindowClosed, code: None, message: Some(what.into()) }
}

/// Options as a numbered list.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbered {
    /// The question, then a line an option.
    pub text: String,
    /// The value of the attribute [`ANSWERS`]. Links have no answer.
    pub answers: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    answer: String,
    id: &'a str,
    title: &'a str,
}

/// Refuses a choice that lacks something, before any call: its text, options, a title, an id or URL.
pub fn require_complete(part: usize, choices: &Choices) -> Result<(), Failure> {
    let missing = |what: &str| Err(refuse("missing", format!("part {part}: {what}")));
    if choices.text.trim().is_empty() {
        return missing("choices without a text");
    }
    if choices.options.is_empty() {
        return missing("choices without options");
    }
    for option in &choices.options {
        if option.title.trim().is_empty() {
            return missing("an option without a title");
        }
        if option.url.as_ref().unwrap_or(&option.id).trim().is_empty() {
            return missing("an option without an id or URL");
        }
    }
    Ok(())
}

/// Options for a channel without buttons. The digit that comes back becomes a `choice` at the host.
pub fn numbered(choices: &Choices) -> Numbered {
    let mut text = choices.text.trim_end().to_owned();
    let mut answers = Vec::new();
    for option in &choices.options {
        if !text.is_empty() {
            text.push('\n');
        }
        match &option.url {
            Some(url) => text += &format!("{}: {url}", option.title),
            None => {
                let answer = (answers.len() + 1).to_string();
                text += &format!("{answer}. {}", option.title);
                answers.push(Answer { answer, id: &option.id, title: &option.title });
            }
        }
        if let Some(description) = option.description.as_deref().filter(|text| !text.is_empty()) {
            text += &format!(" ({description})");
        }
    }
    Numbered { text, answers: serde_json::to_string(&answers).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use trunkline_model::{ChoiceOption, Context, Exchange};

    use super::*;

    fn option(id: &str, title: &str, url: Option<&str>) -> ChoiceOption {
        ChoiceOption { id: id.into(), title: title.into(), description: None, url: url.map(str::to_owned) }
    }

    #[test]
    fn options_become_a_list_and_links_have_no_number() {
        let options = vec![
            option("a", "Yes", None),
            option("x", "Read", Some("https://example.org")),
            option("b", "No \"never\"", None),
        ];
        let numbered = numbered(&Choices { text: "Sure?\n".into(), options, label: None });
        assert_eq!(numbered.text, "Sure?\n1. Yes\nRead: https://example.org\n2. No \"never\"");
        assert_eq!(
            numbered.answers,
            r#"[{"answer":"1","id":"a","title":"Yes"},{"answer":"2","id":"b","title":"No \"never\""}]"#
        );
    }

    #[test]
    fn a_failure_in_the_middle_tells_what_was_sent() {
        let prepared: Vec<_> =
            (0..2).map(|part| Prepared::new(part, Call::get("https://a.example"))).collect();
        let read = |message: &Prepared, answer: &Response| match answer.status {
            200 => Ok(vec![message.receipt(format!("m{}", message.part))]),
            _ => Err(refuse("400", "no")),
        };
        let exchange = |status| Exchange { response: Response::empty(status), ..Exchange::default() };
        let send = |statuses: &[u16]| {
            let exchanges = statuses.iter().map(|status| exchange(*status)).collect();
            in_turn(&mut Calls::new(&Context { exchanges, ..Context::default() }), &prepared, read)
        };
        assert!(matches!(send(&[]), Err(Unfinished::Call(_))));
        assert!(matches!(send(&[200]), Err(Unfinished::Call(_))));
        assert_eq!(send(&[200, 200]).expect("sent").len(), 2);
        let Err(Unfinished::Failed(failed)) = send(&[200, 400]) else { panic!("it failed") };
        assert_eq!(failed.receipts, [prepared[0].receipt("m0")]);
    }
}
