//! Where a call is: the query of the URLs that answers name. It is signed like the rest of the URL.

use trunkline_sdk::form::{self, Form};
use trunkline_sdk::prelude::*;

/// Requests of one call: a caller who presses keys for ever is hung up on.
pub const REQUESTS_MAX: u32 = 60;

/// What Twilio reports at a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// What the caller pressed or said.
    Input,
    /// How a call to somebody else ended.
    Dialed,
    /// How waiting in a queue ended.
    Queued,
    /// The caller has left a message: what comes next?
    Recorded,
    /// A recording can be fetched, or there is none.
    Recording,
    /// The words of a recording.
    Transcript,
}

impl Report {
    const ALL: [Self; 6] =
        [Self::Input, Self::Dialed, Self::Queued, Self::Recorded, Self::Recording, Self::Transcript];

    fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Dialed => "dialed",
            Self::Queued => "queued",
            Self::Recorded => "recorded",
            Self::Recording => "recording",
            Self::Transcript => "transcript",
        }
    }
}

/// A place in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// None: the call begins.
    pub report: Option<Report>,
    /// The step that the caller was at.
    pub step: String,
    /// The number of the request within the call, from 0.
    pub number: u32,
    /// Which message it is what the caller says, where that is not left to us.
    pub message: Option<String>,
}

impl Place {
    /// Of the query of a URL.
    pub fn of(query: &str) -> Self {
        let form = Form::parse(query.as_bytes()).unwrap_or_default();
        let text = |name: &str| form.text(name).filter(|value| !value.is_empty());
        let named = |name: &str| Report::ALL.into_iter().find(|report| report.name() == name);
        Self {
            report: text("report").and_then(named),
            step: text("step").unwrap_or(crate::menu::START).to_owned(),
            number: text("number").and_then(|number| number.parse().ok()).unwrap_or(0),
            message: text("message").map(str::to_owned),
        }
    }

    /// The URL of a report about this place.
    pub fn url(&self, request: &Request, report: Report, step: &str) -> String {
        let base = request.url.split(['?', '#']).next().unwrap_or_default();
        let number = self.number.saturating_add(1).to_string();
        let fields = [("report", report.name()), ("step", step), ("number", number.as_str())];
        format!("{base}?{}", form::encode(fields))
    }
}
