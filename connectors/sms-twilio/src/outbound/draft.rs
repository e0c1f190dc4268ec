//! What is to be sent, before it has the form that Twilio takes.

use trunkline_sdk::prelude::*;

use super::native::FormFields;

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Message(Draft),
    /// Shows that we are writing, and marks the contact's message as read.
    Typing {
        part: usize,
        message_id: String,
    },
}

/// A file that Twilio fetches.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    pub url: String,
    /// Bytes, where they are known.
    pub size: u64,
}

/// One message at Twilio, or several where its text is long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The index of the first part that it carries.
    pub part: usize,
    pub body: String,
    pub media: Vec<Attachment>,
    /// How long `body` may be beside `media`, in UTF-16 code units.
    pub caption_units_max: usize,
    /// Parameters beyond those.
    pub fields: FormFields,
    /// Media that follow may be added to it: nothing says that its text belongs to one of them alone.
    pub open: bool,
    /// It is no template: it needs an open conversation window.
    pub free_form: bool,
    pub degraded: Vec<String>,
    pub attributes: Attributes,
}

impl Draft {
    /// A text, for whatever had to become one.
    pub fn text(part: usize, body: impl Into<String>) -> Self {
        Self { part, body: body.into(), free_form: true, ..Self::default() }
    }

    /// The same, with what a person should know about it.
    pub fn noting(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }
}
