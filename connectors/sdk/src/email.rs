//! E-mail: one reader from bytes to a [`Mail`], and one way from a `Mail` to events.
//!
//! A provider that hands on the mail as it is gives its bytes to [`Mail::parse`]; one that has taken it apart
//! fills in a `Mail` itself, headers first ([`Headers::from_pairs`]). [`events`] then decides what it is: a
//! message, a bounce of ours, a complaint, a receipt. The envelope (who it was really sent to) comes from the
//! provider and never from the headers: [`Delivery`].
//!
//! Message ids are written without angle brackets everywhere: in message ids, references to messages, thread
//! ids and statuses, so that they compare equal wherever they come from.
//!
//! What goes the other way, from a message to the parts of a mail, is [`compose`].
//!
//! Nothing here fails: a broken mail is read as far as it goes. Everything is linear in the size of the mail.

mod address;
mod attachment;
mod automation;
mod charset;
mod complexity;
pub mod compose;
mod encoded_word;
mod entity;
mod event;
mod flowed;
mod header;
mod html;
mod mime;
mod quote;
mod report;
mod written;

pub use address::{Mailbox, address, mailboxes};
pub use attachment::{attachment, file_name, media_kind};
pub use charset::decoded;
pub use event::{Delivery, event_id, events};
pub use header::{Headers, message_id};
pub use html::text as text_of_html;
pub use report::{enhanced_code, smtp_reason};
pub use written::{Written, written};

use trunkline_model::Media;

/// The most bytes of text, and of HTML, that a message carries; the rest is cut off.
const BODY_SIZE_MAX: usize = 4 << 20;
/// The most attachments of one mail; the rest is left out.
const ATTACHMENTS_MAX: usize = 200;

/// A mail, taken apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mail {
    /// Its headers.
    pub headers: Headers,
    /// The plain text as written, where there is one.
    pub text: Option<String>,
    /// The HTML as written, where there is one.
    pub html: Option<String>,
    /// Where the provider has cut the text off: the new part of [`Mail::text`]. A hint only.
    pub new_text: Option<String>,
    /// Everything else: files, pictures, and the machine-readable parts of reports.
    pub attachments: Vec<Media>,
    /// The content cannot be read without a key.
    pub encrypted: bool,
    /// Something was left out or not taken apart because it exceeds a bound.
    pub truncated: bool,
    /// What an id is made of where the mail has no Message-ID, else empty: depends on the content alone.
    pub fingerprint: String,
}

impl Mail {
    /// A mail of which a provider gives the parts.
    pub fn from_parts(headers: Headers, text: Option<String>, html: Option<String>) -> Self {
        let mut mail = Self { headers, ..Self::default() };
        mail.text = text.map(|text| mail.bounded(text));
        mail.html = html.map(|html| mail.bounded(html));
        if mail.message_id().is_some() {
            return mail;
        }
        let mut pieces: Vec<&str> = mail.headers.iter().flat_map(|(name, value)| [name, value]).collect();
        pieces.extend([mail.text.as_deref().unwrap_or_default(), mail.html.as_deref().unwrap_or_default()]);
        mail.fingerprint = crate::signature::content_id("mail", &pieces);
        mail
    }

    /// Its own id, where it has one.
    pub fn message_id(&self) -> Option<String> {
        self.headers.ids("message-id").into_iter().next()
    }

    /// Adds an attachment, within the bound.
    pub fn attach(&mut self, media: Media) {
        if self.attachments.len() < ATTACHMENTS_MAX {
            self.attachments.push(media);
        } else {
            self.truncated = true;
        }
    }

    fn bounded(&mut self, mut text: String) -> String {
        if text.len() > BODY_SIZE_MAX {
            text.truncate(text.floor_char_boundary(BODY_SIZE_MAX));
            self.truncated = true;
        }
        text
    }
}
