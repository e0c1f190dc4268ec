//! From a message to what a mail is made of: texts, files, headers, addresses. What a provider wants of it, a form or JSON, is
//! the connector's own.
//!
//! Text and HTML are two renderings of one mail, not a sequence. Whatever can be refused is refused here, before any call.

mod cards;
mod content;
mod copies;
mod files;
pub mod native;
mod sender;
mod thread;

pub use content::{Content, escaped};
pub use copies::{Copies, answer_to, copies, plain_address, to};
pub use files::File;
pub use sender::{Sender, one_line};
pub use thread::{headers, is_id, message_id, subject};

use trunkline_model::{Failure, Outgoing};

use crate::outbound::{attribute, refuse};

/// What the providers differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provider {
    /// As people know it.
    pub name: &'static str,
    /// Bytes of text, and of HTML.
    pub text_size_max: usize,
    /// Addresses that get copies.
    pub copies_max: usize,
}

/// Headers that are made here or by a provider, in lower case: one that comes again could lead a mail elsewhere.
const OWN_HEADERS: [&str; 17] = [
    "from",
    "to",
    "cc",
    "bcc",
    "sender",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "return-path",
    "received",
    "mime-version",
    "auto-submitted",
    "x-auto-response-suppress",
    "dkim-signature",
    "apparently-to",
];
/// Beginnings of such headers.
const OWN_HEADER_FAMILIES: [&str; 2] = ["content-", "resent-"];

/// Whether a sender may give a header of this name along with a mail.
pub fn is_free_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_token =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let own_family = OWN_HEADER_FAMILIES.iter().any(|family| name.starts_with(family));
    is_token && !own_family && !OWN_HEADERS.contains(&name.as_str())
}

/// The headers of a message that nobody wrote, where the sender says so in the attribute `auto_submitted`: what answers mails
/// by itself must not answer it.
pub fn automation(message: &Outgoing) -> Result<Vec<(&'static str, String)>, Failure> {
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
    Ok(vec![("Auto-Submitted", kind.to_owned()), ("X-Auto-Response-Suppress", "All".to_owned())])
}

#[cfg(test)]
mod tests {
    use super::is_free_header;

    #[test]
    fn what_is_made_here_is_not_given_along() {
        for name in ["X-Order", "Reply-To", "List-Unsubscribe", "x"] {
            assert!(is_free_header(name), "{name}");
        }
        for name in ["to", "BCC", "Message-Id", "Content-Type", "Resent-To", "", "X Y", "X\r\nBcc", "a:b"] {
            assert!(!is_free_header(name), "{name:?}");
        }
    }
}
