//! Case files of the functions that make calls: `outbound.send`, `media.locate`, `profiles.look-up`.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use trunkline_model::{
    Call, Contact, Context, Exchange, Media, MediaStep, Outgoing, ProfileStep, Response, SendStep, Thread,
};

use crate::case::{
    CaseError, Directives, about, directives, error, head_and_body, header_line, input_and_expected, is_head,
    read_text, write_expected,
};
use crate::outcome::{body, credentials, headers};

const ANSWER: &str = "\n--- answer\n";

/// A parsed case file: the argument, and what the provider answers to each call in turn.
#[derive(Debug, Clone)]
pub struct CallCase {
    /// What it shows.
    pub about: String,
    /// Settings and time.
    pub context: Context,
    /// The argument as JSON.
    pub input: Value,
    /// In the order of the calls.
    pub answers: Vec<Response>,
    /// The outcome as it stands in the file.
    pub expected: String,
    source: String,
}

/// What one round gave.
#[derive(Debug, Clone)]
pub enum Round {
    /// A call is to be made.
    Call(Call),
    /// It is done: a name and what stands behind it.
    Done(&'static str, Value),
}

impl CallCase {
    /// Reads a file, with the directives of `testdata/defaults.txt` before its own.
    pub fn read(file: &Path) -> Result<Self, CaseError> {
        let (defaults, source) = read_text(file)?;
        Self::parse(&defaults, &source)
    }

    /// Parses the text of a case file.
    ///
    /// ```text
    /// # What this shows.
    /// @now 1790000000000
    /// @setting sender 15550001111
    ///
    /// { "to": ..., "parts": [...] }
    /// --- answer
    /// 200
    /// content-type: application/json
    ///
    /// {"id":"7"}
    /// --- expect
    /// { "calls": [...], "sent": [...] }
    /// ```
    pub fn parse(defaults: &str, source: &str) -> Result<Self, CaseError> {
        let (input, expected) = input_and_expected(source);
        let mut sections = input.split(ANSWER);
        let argument = sections.next().unwrap_or_default();
        let directives = Directives::of(defaults, argument)?;
        let json: String = argument.lines().skip_while(is_head).flat_map(|line| [line, "\n"]).collect();
        let input = serde_json::from_str(&json)
            .map_err(|cause| error(format!("the argument is no JSON: {cause}")))?;
        Ok(Self {
            about: about(source),
            context: Context { settings: directives.settings, now: directives.now, exchanges: Vec::new() },
            input,
            answers: sections.map(answer).collect::<Result<_, _>>()?,
            expected: expected.to_owned(),
            source: source.to_owned(),
        })
    }

    /// The argument of `outbound.send`. What a case does not say is invented here.
    pub fn outgoing(&self) -> Result<Outgoing, String> {
        let mut input = self.input.clone();
        if let Some(object) = input.as_object_mut() {
            object.entry("id").or_insert(json!("01990000-0000-7000-8000-000000000001"));
        }
        serde_json::from_value(input).map_err(|error| format!("no message: {error}"))
    }

    /// The arguments of `media.locate`: `{"media": ..., "account": ...}`.
    pub fn media(&self) -> Result<(Media, String), String> {
        Ok((self.member("media")?, self.member("account")?))
    }

    /// The arguments of `profiles.look-up`: `{"contact": ..., "account": ..., "thread": ...}`.
    pub fn profile(&self) -> Result<(Contact, String, Option<Thread>), String> {
        Ok((self.member("contact")?, self.member("account")?, self.member("thread")?))
    }

    fn member<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, String> {
        serde_json::from_value(self.input[name].clone()).map_err(|error| format!("`{name}`: {error}"))
    }

    /// Calls `round` again and again with the answers so far, and gives the outcome as it stands in a case file.
    pub fn play(&self, mut round: impl FnMut(&Context) -> Round) -> String {
        let mut context = self.context.clone();
        let mut answers = self.answers.iter();
        let mut outcome = Map::new();
        let mut calls = Vec::new();
        loop {
            match round(&context) {
                Round::Call(call) => {
                    calls.push(self::call(&call));
                    let Some(answer) = answers.next() else {
                        outcome.insert("awaits".to_owned(), json!("an answer"));
                        break;
                    };
                    context.exchanges.push(Exchange { request: call.request, response: answer.clone() });
                }
                Round::Done(name, value) => {
                    outcome.insert(name.to_owned(), value);
                    break;
                }
            }
        }
        if answers.len() > 0 {
            outcome.insert("answers_left".to_owned(), json!(answers.len()));
        }
        let mut whole = Map::new();
        whole.insert("calls".to_owned(), Value::Array(calls));
        whole.extend(outcome);
        let mut text = serde_json::to_string_pretty(&whole).expect("JSON values serialize");
        text.push('\n');
        text
    }

    /// The case as text without its outcome, with every setting in it.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", directives(&self.context), self.input);
        for answer in &self.answers {
            text += &format!("--- answer\n{}\n", answer.status);
            for (name, value) in &answer.headers {
                text += &format!("{name}: {value}\n");
            }
            text += &format!("\n{}\n", String::from_utf8_lossy(&answer.body));
        }
        text
    }

    /// Replaces the outcome in the file.
    pub fn write_expected(&self, file: &Path, found: &str) -> Result<(), CaseError> {
        write_expected(file, &self.source, found)
    }
}

/// `--- answer`, then the status, headers, an empty line, and the body without its last line end.
fn answer(section: &str) -> Result<Response, CaseError> {
    let (head, body) = head_and_body(section);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    Ok(Response {
        status: status.parse().map_err(|_| error(format!("not a status: `{status}`")))?,
        headers: lines.map(header_line).collect::<Result<_, _>>()?,
        body: body.as_bytes().to_vec(),
    })
}

/// A round of `outbound.send`, as it stands in a case file.
pub fn sent(step: SendStep) -> Round {
    match step {
        SendStep::Call(call) => Round::Call(call),
        SendStep::Sent(receipts) => Round::Done("sent", json!(receipts)),
        SendStep::Failed(failed) => {
            let mut value = json!(failed.failure);
            if !failed.receipts.is_empty() {
                value["receipts"] = json!(failed.receipts);
            }
            Round::Done("failed", value)
        }
    }
}

/// A round of `media.locate`.
pub fn located(step: MediaStep) -> Round {
    match step {
        MediaStep::Call(call) => Round::Call(call),
        MediaStep::Fetch(call) => Round::Done("fetch", self::call(&call)),
        MediaStep::Failed(failure) => Round::Done("failed", json!(failure)),
    }
}

/// A round of `profiles.look-up`.
pub fn looked_up(step: ProfileStep) -> Round {
    match step {
        ProfileStep::Call(call) => Round::Call(call),
        ProfileStep::Found(contact) => Round::Done("found", json!(contact)),
        ProfileStep::Unknown => Round::Done("unknown", json!(true)),
    }
}

/// Runs every `testdata/outbound/*.case` of a connector's folder, like [`run_cases`](crate::run_cases).
pub fn run_outbound_cases(connector: impl AsRef<Path>, send: impl Fn(&Outgoing, &Context) -> SendStep) {
    run(connector.as_ref(), "outbound", |case| {
        let message = case.outgoing()?;
        Ok(case.play(|context| sent(send(&message, context))))
    });
}

/// Runs every `testdata/media/*.case`.
pub fn run_media_cases(connector: impl AsRef<Path>, locate: impl Fn(&Media, &str, &Context) -> MediaStep) {
    run(connector.as_ref(), "media", |case| {
        let (media, account) = case.media()?;
        Ok(case.play(|context| located(locate(&media, &account, context))))
    });
}

/// Runs every `testdata/profiles/*.case`.
pub fn run_profile_cases(
    connector: impl AsRef<Path>,
    look_up: impl Fn(&Contact, &str, Option<&Thread>, &Context) -> ProfileStep,
) {
    run(connector.as_ref(), "profiles", |case| {
        let (contact, account, thread) = case.profile()?;
        Ok(case.play(|context| looked_up(look_up(&contact, &account, thread.as_ref(), context))))
    });
}

/// The case files of a function that makes calls: `outbound`, `media`, `profiles`. Panics where there is none.
pub fn call_case_files(connector: &Path, kind: &str) -> Vec<PathBuf> {
    crate::files(connector, kind)
}

pub(crate) fn run(connector: &Path, kind: &str, play: impl Fn(&CallCase) -> Result<String, String>) {
    let files = call_case_files(connector, kind);
    crate::run_files(&files, |file, bless| {
        let case = CallCase::read(file).map_err(|error| error.to_string())?;
        let found = play(&case)?;
        if found == case.expected {
            return Ok(());
        }
        if bless {
            return case.write_expected(file, &found).map_err(|error| error.to_string());
        }
        Err(crate::difference(&case.expected, &found))
    });
}

/// A call as it stands in a case file: bodies in a form that can be read.
fn call(call: &Call) -> Value {
    let mut value = json!({
        "method": call.request.method,
        "url": call.request.url,
        "headers": headers(&call.request.headers),
    });
    if !call.request.body.is_empty() {
        value["body"] = body(&call.request);
    }
    value["credentials"] = credentials(&call.credentials);
    value["repeatable"] = json!(call.repeatable);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Shows\n# this.\n@setting from 7\n\n{\"account\":\"7\",\"to\":[],\"parts\":[{\"text\":\"a\"}]}\n\
                        --- answer\n200\ncontent-type: application/json\n\n{\"id\":1}\n--- answer\n500\n--- expect\n{}\n";

    #[test]
    fn answers_are_given_in_turn() {
        let case = CallCase::parse("@now 5\n", TEXT).expect("valid");
        assert_eq!((case.about.as_str(), case.context.now, case.answers.len()), ("Shows this.", 5, 2));
        assert_eq!(case.answers[0].body, b"{\"id\":1}");
        assert_eq!(case.outgoing().expect("a message").account, "7");
        let played = case.play(|context| match context.exchanges.len() {
            2 => Round::Done("failed", json!(context.exchanges[1].response.status)),
            _ => Round::Call(Call::post("https://a.example", "application/json", "{\"a\":1}")),
        });
        let played: Value = serde_json::from_str(&played).expect("JSON");
        assert_eq!(played["calls"].as_array().map(Vec::len), Some(2));
        assert_eq!(played["calls"][0]["body"], json!({ "a": 1 }));
        assert_eq!(played["failed"], 500);
        let again = CallCase::parse("", &case.text()).expect("valid");
        assert_eq!((again.context, again.input, again.answers), (case.context, case.input, case.answers));
    }

    #[test]
    fn too_few_and_too_many_answers_show() {
        let case = CallCase::parse("", TEXT).expect("valid");
        let forever = case.play(|_| Round::Call(Call::get("https://a.example")));
        assert!(forever.contains("\"awaits\": \"an answer\""), "{forever}");
        let at_once = case.play(|_| Round::Done("sent", json!([])));
        assert!(at_once.contains("\"answers_left\": 2"), "{at_once}");
    }
}
