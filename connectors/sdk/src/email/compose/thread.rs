//! What makes a mail part of a conversation: its id, the ids of those before it, and its subject.

use trunkline_model::Outgoing;

use super::sender::{Sender, one_line};
use crate::outbound::{LAST_MESSAGE_ID, attribute};
use crate::signature;

/// Bytes of `References`. A line of a mail has 998, and whether a provider folds this one is seldom said.
const REFERENCES_SIZE_MAX: usize = 900;
/// Bytes of one id that is referred to.
const ID_SIZE_MAX: usize = 400;
/// Bytes of a subject, for the same reason as those of `References`.
const SUBJECT_SIZE_MAX: usize = 900;
/// What programs write before the subject of an answer, in lower case.
const ANSWERS: [&str; 13] =
    ["re", "aw", "antw", "sv", "vs", "vá", "rif", "odp", "ynt", "res", "回复", "答复", "回覆"];

/// The id of the mail, without brackets: the same for every attempt.
pub fn message_id(message: &Outgoing, domain: &str) -> String {
    let plain = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let left = Some(message.id.as_str()).filter(plain).map(str::to_owned);
    let left = left.unwrap_or_else(|| signature::hex(&signature::sha256(&[message.id.as_bytes()])[..16]));
    format!("{left}@{domain}")
}

/// `In-Reply-To` and `References` of a mail that belongs to a conversation.
pub fn headers(message: &Outgoing) -> Vec<(&'static str, String)> {
    let Some(parent) = parent(message) else { return Vec::new() };
    let root = message.thread.as_ref().map(|thread| thread.id.as_str());
    let mut chain: Vec<&str> = root.into_iter().collect();
    if is_last(message, parent) {
        chain.extend(attribute(message, "references").into_iter().flat_map(str::split_whitespace));
    }
    chain.push(parent);
    let mut headers = Vec::new();
    if is_id(parent) {
        headers.push(("In-Reply-To", format!("<{parent}>")));
    }
    let references = references(&chain);
    if !references.is_empty() {
        headers.push(("References", references));
    }
    headers
}

/// The mail that is answered. Without thread and reference it is a new conversation.
fn parent(message: &Outgoing) -> Option<&str> {
    if let Some(answered) = &message.reply_to {
        return Some(&answered.id);
    }
    let thread = message.thread.as_ref()?;
    attribute(message, LAST_MESSAGE_ID).or(Some(&thread.id))
}

/// Whether the attributes are those of the mail that is answered.
fn is_last(message: &Outgoing, parent: &str) -> bool {
    attribute(message, LAST_MESSAGE_ID) == Some(parent)
}

/// The first id, and as many of the last ones as there is room for.
fn references(chain: &[&str]) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for id in chain.iter().filter(|id| is_id(id)) {
        // An id that comes again counts where it stands last; the root stays the first.
        if ids.first() != Some(id) {
            ids.retain(|known| known != id);
            ids.push(id);
        }
    }
    let Some((first, rest)) = ids.split_first() else { return String::new() };
    let mut room = REFERENCES_SIZE_MAX.saturating_sub(first.len() + 2);
    let mut kept = Vec::new();
    for id in rest.iter().rev() {
        let Some(left) = room.checked_sub(id.len() + 3) else { break };
        room = left;
        kept.push(*id);
    }
    let kept = std::iter::once(*first).chain(kept.into_iter().rev());
    kept.map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
}

/// What can stand in brackets in a header.
pub fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>".contains(&byte);
    (1..=ID_SIZE_MAX).contains(&id.len()) && id.bytes().all(plain)
}

/// The subject, and what is to be said of it. None: that of the template, where the body is one.
pub fn subject(message: &Outgoing, is_template: bool, sender: &Sender) -> (Option<String>, Option<String>) {
    let given = message.subject.as_deref().map(one_line).filter(|subject| !subject.is_empty());
    if given.is_none() && is_template {
        return (None, None);
    }
    let subject = given.or_else(|| answered_subject(message).map(|subject| answer_to(&subject)));
    match subject {
        Some(subject) if subject.len() > SUBJECT_SIZE_MAX => {
            let cut = subject.floor_char_boundary(SUBJECT_SIZE_MAX - '…'.len_utf8());
            (
                Some(format!("{}…", subject[..cut].trim_end())),
                Some("the subject was too long and is cut".to_owned()),
            )
        }
        Some(subject) => (Some(subject), None),
        None => {
            let subject = format!("Message from {}", sender.name.as_ref().unwrap_or(&sender.address));
            let note = format!("there was no subject: `{subject}` is put in its place");
            (Some(subject), Some(note))
        }
    }
}

/// The latest subject of the conversation: the contact may have changed it.
fn answered_subject(message: &Outgoing) -> Option<String> {
    parent(message)?;
    let title = || message.thread.as_ref()?.title.as_deref();
    let subject = attribute(message, "subject").or_else(title).map(one_line)?;
    Some(subject).filter(|subject| !subject.is_empty())
}

/// With one `Re: ` before it, whatever was there.
fn answer_to(subject: &str) -> String {
    let mut rest = subject.trim();
    while let Some(after) = without_prefix(rest) {
        rest = after.trim_start();
    }
    if rest.is_empty() { "Re:".to_owned() } else { format!("Re: {rest}") }
}

/// `RE: a`, `Re[2]: a`, `回复：a` without what says that it is an answer.
fn without_prefix(subject: &str) -> Option<&str> {
    let (prefix, after) = subject.split_once([':', '：'])?;
    let word = prefix.split(['[', '(']).next().unwrap_or_default();
    let count = prefix[word.len()..].trim();
    let inner = count.trim_matches(['[', ']', '(', ')']);
    let is_answer = ANSWERS.contains(&word.trim().to_lowercase().as_str());
    (is_answer && inner.bytes().all(|byte| byte.is_ascii_digit())).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_so_once() {
        for (subject, expected) in [
            ("Order 7", "Re: Order 7"),
            ("Re: Order 7", "Re: Order 7"),
            ("RE: AW: re[2]: Order 7", "Re: Order 7"),
            ("Re (3) : Order: 7", "Re: Order: 7"),
            ("回复：订单", "Re: 订单"),
            ("Fwd: Order 7", "Re: Fwd: Order 7"),
            ("Reply: a", "Re: Reply: a"),
            ("Re[x]: a", "Re: Re[x]: a"),
            ("Re:", "Re:"),
            ("", "Re:"),
        ] {
            assert_eq!(answer_to(subject), expected, "{subject}");
        }
    }

    #[test]
    fn the_root_and_the_latest_are_kept() {
        assert_eq!(references(&["a@x", "a@x", "b@x", "c@x", "b@x"]), "<a@x> <c@x> <b@x>");
        assert_eq!(references(&["a@x", "b c@x", "d@x>\r\nX: 1", "é@x"]), "<a@x>");
        assert_eq!(references(&[]), "");
        let long: Vec<String> = (0..50).map(|number| format!("{number:0>60}@x")).collect();
        let chain: Vec<&str> = long.iter().map(String::as_str).collect();
        let kept = references(&chain);
        assert!(kept.len() <= REFERENCES_SIZE_MAX, "{}", kept.len());
        assert!(kept.starts_with(&format!("<{}>", long[0])) && kept.ends_with(&format!("<{}>", long[49])));
    }

    #[test]
    fn an_id_of_another_form_is_hashed() {
        let mut message: Outgoing = serde_json::from_value(
            serde_json::json!({ "id": "a b>\r\n", "account": "", "to": [], "parts": [] }),
        )
        .expect("a message");
        assert_eq!(message_id(&message, "x.example").len(), 32 + 1 + 9);
        message.id = "01990000-0000-7000-8000-000000000001".to_owned();
        assert_eq!(message_id(&message, "x.example"), "01990000-0000-7000-8000-000000000001@x.example");
    }
}
