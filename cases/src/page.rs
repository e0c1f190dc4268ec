//! Case files of what a page asks and is told: `page.open` and `page.show`.

use std::path::Path;

use serde_json::{Value, json};
use trunkline_model::{Context, Event, PageStep, Request};

use crate::calls::{CallCase, Round, run};
use crate::case::Case;
use crate::outcome::{call, headers, pretty};

/// The JSON of what `open` answered, with a line end. A body that is JSON is shown as such.
pub fn opened(step: &PageStep) -> String {
    pretty(&match step {
        PageStep::Call(call) => json!({ "call": self::call(call) }),
        PageStep::Answer(response) => json!({
            "answer": {
                "status": response.status,
                "headers": headers(&response.headers),
                "body": json_or_text(&String::from_utf8_lossy(&response.body)),
            }
        }),
        PageStep::Follow(feed) => {
            let mut value = json!(feed);
            value["headers"] = headers(&feed.headers).into();
            json!({ "follow": value })
        }
    })
}

/// What `show` told, as it stands in a case file.
pub fn shown(told: Option<String>) -> Round {
    match told {
        Some(told) => Round::Done("shown", json_or_text(&told)),
        None => Round::Done("untold", json!(true)),
    }
}

impl CallCase {
    /// The argument of `page.show`.
    pub fn event(&self) -> Result<Event, String> {
        serde_json::from_value(self.input.clone()).map_err(|error| format!("no event: {error}"))
    }
}

/// Runs every `testdata/page/*.case` of a connector's folder: requests, written as those of
/// [`run_cases`](crate::run_cases).
pub fn run_page_cases(connector: impl AsRef<Path>, open: impl Fn(&Request, &Context) -> PageStep) {
    crate::run_files(&crate::files(connector.as_ref(), "page"), |file, bless| {
        let case = Case::read(file).map_err(|error| error.to_string())?;
        let found = opened(&open(&case.request, &case.context));
        if found == case.expected {
            return Ok(());
        }
        if bless {
            return case.write_expected(file, &found).map_err(|error| error.to_string());
        }
        Err(crate::difference(&case.expected, &found))
    });
}

/// Runs every `testdata/shown/*.case`: an event as JSON, and what the page is told.
pub fn run_shown_cases(connector: impl AsRef<Path>, show: impl Fn(&Event, &Context) -> Option<String>) {
    run(connector.as_ref(), "shown", |case| {
        let event = case.event()?;
        Ok(case.play(|context| shown(show(&event, context))))
    });
}

fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Contact, Feed, IdentifierScheme, Response};

    use super::*;

    #[test]
    fn outcomes_can_be_read() {
        let answer =
            PageStep::Answer(Response::with_body(401, "application/json", "{\"error\":\"session\"}"));
        let value: Value = serde_json::from_str(&opened(&answer)).expect("JSON");
        assert_eq!(value["answer"]["body"]["error"], "session");
        let contact = Some(Contact::new(IdentifierScheme::Id, "v1"));
        let feed = Feed { account: "chat".into(), contact, after: Some("evt_1".into()), ..Feed::default() };
        let value: Value = serde_json::from_str(&opened(&PageStep::Follow(feed))).expect("JSON");
        assert_eq!(
            value["follow"],
            json!({ "account": "chat", "contact": { "identifiers": [{ "scheme": "id", "value": "v1" }] },
                    "after": "evt_1", "headers": {} })
        );
    }
}
