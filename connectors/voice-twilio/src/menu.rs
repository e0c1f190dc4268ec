//! What callers hear and may do: the setting `menu`, JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use trunkline_sdk::prelude::*;

/// The step that a call begins with.
pub const START: &str = "start";
/// Steps of a menu.
const STEPS_MAX: usize = 100;
/// What Twilio takes in one `Say`.
const SAY_CHARACTERS_MAX: usize = 4_096;
/// Where the setting is empty: whoever calls may leave a message.
const VOICEMAIL: &str = r#"{"start": {"say": "Please leave a message after the tone.", "record": {}}}"#;

/// Steps by name.
#[derive(Debug, Deserialize)]
pub struct Menu(BTreeMap<String, Step>);

/// What happens at one place, in this order.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Is spoken.
    pub say: Option<String>,
    /// The URL of a sound that is played.
    pub play: Option<String>,
    /// Is asked for.
    pub gather: Option<Gather>,
    /// A number (E.164) that is called.
    pub dial: Option<String>,
    /// The name of a queue that the caller waits in.
    pub enqueue: Option<String>,
    /// What the caller says is recorded.
    pub record: Option<Record>,
    /// The call is not taken: `busy` or `rejected`. Costs nothing.
    pub reject: Option<String>,
    /// The step after this one. None: the call ends.
    pub then: Option<String>,
}

/// What the caller presses or says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gather {
    /// `digits`, `speech`, or both with a blank between.
    #[serde(default = "digits")]
    pub input: String,
    /// So many digits. None: until `#`, or nothing is pressed for a while.
    pub digits: Option<u8>,
    /// Seconds of waiting.
    #[serde(default = "seconds")]
    pub seconds: u8,
    /// Words that are likely said, with commas between.
    #[serde(default)]
    pub hints: String,
    /// What each key leads to. Other keys lead to `then` of the step, or to the same step once more.
    #[serde(default)]
    pub options: BTreeMap<String, Option_>,
}

/// A key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Option_ {
    /// What the event says was chosen.
    pub title: String,
    /// The step that it leads to.
    pub step: String,
}

/// How a message is recorded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Seconds of a message.
    #[serde(default = "record_seconds")]
    pub seconds_max: u16,
    /// Whether Twilio is asked for the words. English only, at most two minutes.
    #[serde(default)]
    pub transcribe: bool,
}

fn digits() -> String {
    "digits".to_owned()
}

fn seconds() -> u8 {
    5
}

fn record_seconds() -> u16 {
    120
}

impl Menu {
    /// Of the settings. Refuses with 503 what is no menu: Twilio then asks the fallback URL.
    pub fn of(context: &Context) -> Result<Self, Refusal> {
        let text = context.setting("menu").unwrap_or(VOICEMAIL);
        let menu: Self = serde_json::from_str(text)
            .map_err(|error| signature::misconfigured(&format!("`menu` is no menu: {error}")))?;
        match menu.mistake() {
            Some(mistake) => Err(signature::misconfigured(&format!("`menu`: {mistake}"))),
            None => Ok(menu),
        }
    }

    /// The step of that name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.0.get(name)
    }

    fn mistake(&self) -> Option<String> {
        if !self.0.contains_key(START) {
            return Some(format!("there is no step `{START}`"));
        }
        if self.0.len() > STEPS_MAX {
            return Some(format!("{} steps, at most {STEPS_MAX}", self.0.len()));
        }
        self.0.iter().find_map(|(name, step)| {
            let gather = step.gather.iter().flat_map(|gather| gather.options.values());
            let next = gather.map(|option| &option.step).chain(&step.then);
            if let Some(missing) = next.into_iter().find(|next| !self.0.contains_key(*next)) {
                return Some(format!("step `{name}` leads to `{missing}`, which is not there"));
            }
            let said = step.say.as_ref().is_some_and(|say| say.chars().count() > SAY_CHARACTERS_MAX);
            said.then(|| format!("step `{name}` says more than {SAY_CHARACTERS_MAX} characters"))
        })
    }
}
