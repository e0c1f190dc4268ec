//! What is to be sent, before it has the form that Telnyx takes.

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;

/// Where a message is posted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Route {
    /// SMS and MMS, to one or to a group.
    #[default]
    Message,
    Rcs,
    Whatsapp,
}

/// A file that Telnyx fetches.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    pub url: String,
    /// Bytes, where they are known.
    pub size: u64,
}

/// One message at Telnyx, or several where its text is long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The index of the first part that it carries.
    pub part: usize,
    pub route: Route,
    pub text: String,
    pub subject: Option<String>,
    pub media: Vec<Attachment>,
    /// Fields of Telnyx's, as they are.
    pub fields: Map<String, Value>,
    /// Media that follow may be added to it: nothing says that its text belongs to one of them alone.
    pub open: bool,
    pub degraded: Vec<String>,
    pub attributes: Attributes,
}

impl Draft {
    /// A text, for whatever had to become one.
    pub fn text(part: usize, text: impl Into<String>) -> Self {
        Self { part, text: text.into(), ..Self::default() }
    }

    /// The same, with what a person should know about it.
    pub fn noting(mut self, what: impl Into<String>) -> Self {
        self.degraded.push(what.into());
        self
    }
}
