//! What is to be sent, before it has the form that Vonage takes.

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Message(Draft),
    /// Marks a message of the contact's as read.
    Seen {
        part: usize,
        /// Its id, as a segment of a path.
        path: String,
        /// And shows that we are writing.
        typing: bool,
    },
}

/// One message at Vonage, or several where its text is long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The index of the first part that it carries.
    pub part: usize,
    /// Another channel than that of the message: MMS beside SMS.
    pub channel: Option<&'static str>,
    /// A message of the kind `text`, where it is not empty.
    pub text: String,
    /// `message_type` with its content, for everything else.
    pub fields: Map<String, Value>,
    /// It is no template: it needs an open conversation window.
    pub free_form: bool,
    /// It can show which message it answers.
    pub quotes: bool,
    pub degraded: Vec<String>,
    pub attributes: Attributes,
}

impl Draft {
    /// A text, for whatever had to become one.
    pub fn text(part: usize, text: impl Into<String>) -> Self {
        Self { part, text: text.into(), free_form: true, ..Self::default() }
    }

    /// A message of another kind, with its content under the name of the kind.
    pub fn of(part: usize, kind: &str, content: Value) -> Self {
        let mut fields = Map::new();
        fields.insert("message_type".to_owned(), kind.into());
        fields.insert(kind.to_owned(), content);
        Self { part, fields, free_form: true, ..Self::default() }
    }

    /// The same, with what a person should know about it.
    pub fn noting(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }
}
