//! The form of a flow file. What each key means for the contact is said at the step that it becomes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::problem::Problems;

/// A word in the file, with its place.
pub(crate) type Word = Spanned<String>;
/// Text for people, with its place.
pub(crate) type Words = Spanned<WordsText>;

/// One text for all, or one for each language.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a text, or texts by language: `{ en = \"Hello\", de = \"Hallo\" }`")]
pub(crate) enum WordsText {
    One(String),
    ByLanguage(BTreeMap<String, String>),
}

/// A file, read.
pub(crate) struct File {
    pub head: Head,
    pub starts: Vec<StartText>,
    pub steps: Vec<StepText>,
}

/// What stands before the first table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    /// Unique among all flows.
    pub name: Word,
    /// For people; a run knows its version by what is in the file.
    pub version: String,
    /// Whose clocks `time` shows, and what `hours` asks by default.
    pub calendar: Option<Word>,
    /// For contacts whose language is not known or has no text.
    pub language: Option<String>,
    /// Where it begins when the ticket is closed.
    pub on_close: Option<Word>,
    /// Variables that other flows set before.
    #[serde(default)]
    pub vars: Vec<String>,
}

/// A rule that chooses the flow for a new ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartText {
    /// None: for what no other rule matches.
    pub when: Option<Word>,
    /// The highest is asked first.
    #[serde(default)]
    pub priority: i64,
}

/// A step: exactly one action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepText {
    pub id: Word,
    pub next: Option<Word>,
    pub say: Option<Words>,
    pub ask: Option<AskText>,
    pub hours: Option<HoursText>,
    pub language: Option<LanguageText>,
    pub look_up: Option<LookUpText>,
    pub bot: Option<BotText>,
    pub set: Option<SetText>,
    #[serde(rename = "if")]
    pub branch: Option<IfText>,
    pub queue: Option<QueueText>,
    pub transfer: Option<TransferText>,
    pub callback: Option<CallbackText>,
    pub close: Option<Spanned<bool>>,
    pub rate: Option<RateText>,
    pub end: Option<Spanned<bool>>,
}

/// Asks, and waits for the answer: one of the choices, or words of some kind. It is kept as a variable.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskText {
    pub text: Words,
    #[serde(default)]
    pub choices: Vec<ChoiceText>,
    #[serde(rename = "as")]
    pub kind: Option<Spanned<KindText>>,
    /// The variable. The id of the step by default.
    pub into: Option<Word>,
    /// How often it is asked again after an answer that cannot be used. 2 by default.
    pub retries: Option<u8>,
    /// Said before it is asked again.
    pub again: Option<Words>,
    /// Where it goes on after the last try. The default queue by default.
    pub otherwise: Option<Word>,
    /// `15m`. Without end by default.
    pub timeout: Option<Word>,
    pub on_timeout: Option<Word>,
}

/// What words are taken for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindText {
    Email,
    Number,
    Text,
}

/// A choice: a button where the channel has them, a number elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoiceText {
    pub id: Word,
    pub title: Words,
    pub next: Option<Word>,
}

/// Goes one way while a team is there, another while it is not; `vars.opens_at_text` then says when it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursText {
    pub calendar: Option<Word>,
    pub open: Option<Word>,
    pub closed: Option<Word>,
}

/// Finds out in which language the contact writes, and goes on in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageText {
    /// ISO 639-1. Empty: any.
    #[serde(default)]
    pub among: Vec<Word>,
}

/// Calls a system of the business, and keeps the JSON that it answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookUpText {
    /// Scheme and host are written out; values in the rest are escaped.
    pub url: Word,
    /// `GET` by default.
    pub method: Option<Word>,
    #[serde(default)]
    pub headers: BTreeMap<String, Word>,
    #[serde(default)]
    pub body: BTreeMap<String, Word>,
    pub timeout: Option<Word>,
    pub into: Option<Word>,
    pub on_error: Option<Word>,
}

/// Lets a bot answer until it hands over; then comes `next`. Why it did is kept under the id of the step.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BotText {
    pub name: Word,
    /// How long one answer may take: `20s` by default.
    pub answer_within: Option<Word>,
    pub timeout: Option<Word>,
    pub on_timeout: Option<Word>,
}

/// Changes the ticket, its contact, variables, the language that is spoken.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetText {
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub untag: Vec<String>,
    pub priority: Option<Spanned<u8>>,
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Word>,
    #[serde(default)]
    pub vars: BTreeMap<String, Word>,
    pub language: Option<String>,
}

/// Goes the way of the first condition that holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IfText {
    pub when: Option<Word>,
    pub then: Option<Word>,
    #[serde(default)]
    pub branches: Vec<BranchText>,
    #[serde(rename = "else")]
    pub otherwise: Option<Word>,
}

/// One way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BranchText {
    pub when: Word,
    pub then: Word,
}

/// Puts the ticket into the queue of a team. The flow is over.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueText {
    pub team: Word,
    pub priority: Option<Spanned<u8>>,
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
}

/// Hands over to a team, an agent or another flow.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferText {
    pub team: Option<Word>,
    pub agent: Option<Word>,
    pub flow: Option<Word>,
}

/// Asks when the contact may be called, and goes on with `next` at that time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallbackText {
    pub text: Words,
    pub calendar: Option<Word>,
    pub retries: Option<u8>,
    /// Said before it is asked again.
    pub again: Option<Words>,
    /// Where it goes on after the last try. The default queue by default.
    pub otherwise: Option<Word>,
    /// `15m`. Without end by default.
    pub timeout: Option<Word>,
    pub on_timeout: Option<Word>,
}

/// Asks for a rating: `csat`, 1 to 5, or `nps`, 0 to 10. Who does not answer need not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateText {
    pub kind: RatingKindText,
    pub text: Words,
    pub thanks: Option<Words>,
    pub timeout: Option<Word>,
    pub on_timeout: Option<Word>,
}

/// What a rating asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RatingKindText {
    Csat,
    Nps,
}

/// Reads a file. None: something is wrong, and told.
pub(crate) fn read(text: &str, problems: &mut Problems<'_>) -> Option<File> {
    let mut table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            tell(&error, problems);
            return None;
        }
    };
    // Each table on its own: one mistake must not hide the next.
    let starts = take(&mut table, "start", problems);
    let steps = take(&mut table, "step", problems);
    let head = one(Spanned::new(0..0, DeValue::Table(table)), problems);
    if !problems.is_empty() {
        return None;
    }
    Some(File { head: head?, starts, steps })
}

/// The entries of a list of tables; a table alone is a list of one.
fn take<T: DeserializeOwned>(table: &mut DeTable<'_>, name: &str, problems: &mut Problems<'_>) -> Vec<T> {
    let Some(value) = table.remove(name) else { return Vec::new() };
    let span = value.span();
    match value.into_inner() {
        DeValue::Array(values) => values.into_iter().filter_map(|value| one(value, problems)).collect(),
        value => one(Spanned::new(span, value), problems).into_iter().collect(),
    }
}

fn one<T: DeserializeOwned>(value: Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<T> {
    T::deserialize(ValueDeserializer::from(value)).map_err(|error| tell(&error, problems)).ok()
}

fn tell(error: &toml::de::Error, problems: &mut Problems<'_>) {
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    // The mistake that the format invites.
    let misplaced = ["next", "id"].iter().any(|key| message.starts_with(&format!("unknown field `{key}`")));
    let hint = if misplaced { "in a step it stands before its tables, such as `[step.ask]`" } else { "" };
    problems.add(error.span().map_or(0, |span| span.start), message, hint);
}
