//! From the form of a file to a flow: every name is looked up, every expression compiled, every problem told.

mod actions;
mod vars;

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::{Flow, FlowDigest, STEPS_MAX, Start, Step, Target, duration, graph};
use crate::expression::{Expression, ExpressionError, Names};
use crate::file::{self, Word, Words, WordsText};
use crate::problem::{Problems, nearest};
use crate::set::Known;
use crate::template::{Template, Text};

pub(crate) use actions::plain;

/// Rules of a flow.
const STARTS_MAX: usize = 10_000;
/// Languages of a text.
const LANGUAGES_MAX: usize = 50;

/// Compiles a file. `known`: None for an older version, whose teams, bots and calendars may be gone.
pub(crate) fn build(
    file: &str,
    text: &str,
    known: Option<&Known>,
    problems: &mut Problems<'_>,
) -> Option<Flow> {
    let read = file::read(text, problems)?;
    let vars = vars::of(&read);
    let mut index = BTreeMap::new();
    for (at, step) in read.steps.iter().enumerate() {
        let id = step.id.as_ref();
        if !is_name(id) {
            let hint = "expected small letters, digits and `_`, such as `ask_order`, at most 40";
            problems.add(step.id.span().start, format!("`{id}` is no name for a step"), hint);
        }
        if index.insert(id.clone(), at).is_some() {
            problems.add(step.id.span().start, format!("two steps are named `{id}`"), "rename one of them");
        }
    }
    let count = read.steps.len();
    if count == 0 || count > STEPS_MAX {
        let message = format!("{count} steps, expected 1 to {STEPS_MAX}");
        problems.add(0, message, "add `[[step]]` tables, or hand over to another flow with `transfer`");
    }
    let mut build =
        Builder { problems, known, index: &index, vars: &vars, calendar: read.head.calendar.as_ref() };
    let name = build.name(&read.head.name);
    if let Some(calendar) = &read.head.calendar {
        build.calendar_name(calendar);
    }
    let on_close = read.head.on_close.as_ref().and_then(|target| build.step(target));
    let starts = build.starts(&read.starts);
    let mut steps = Vec::new();
    for (at, step) in read.steps.iter().enumerate() {
        let following = Some(at + 1).filter(|next| *next < count);
        let next = step.next.as_ref().map_or(following, |next| build.step(next));
        if let Some(action) = build.action(step, next) {
            if action.is_last()
                && let Some(next) = &step.next
            {
                let message = format!("nothing comes after `{}`, so `next` is never used", action.name());
                build.problems.add(next.span().start, message, "remove `next`");
            }
            steps.push(Step { id: step.id.as_ref().clone(), action, next });
        }
    }
    if !problems.is_empty() {
        return None;
    }
    let flow = Flow {
        name: name.into(),
        version: read.head.version.clone(),
        digest: FlowDigest::of(text),
        file: file.to_owned(),
        text: text.to_owned(),
        calendar: read.head.calendar.map(Spanned::into_inner),
        language: read.head.language.unwrap_or_else(|| "en".to_owned()).to_lowercase(),
        on_close,
        starts,
        steps,
        index,
    };
    // An older version was looked through when it was new.
    if known.is_none() {
        return Some(flow);
    }
    let place = |at: usize| {
        read.steps.get(at).map_or((0, ""), |step| (step.id.span().start, step.id.as_ref().as_str()))
    };
    for at in graph::unreachable(&flow) {
        let (start, id) = place(at);
        problems.add(start, format!("nothing leads to the step `{id}`"), "name it in a `next`, or remove it");
    }
    if let Some(at) = graph::circle(&flow) {
        let (start, id) = place(at);
        let hint = "let one of its steps wait, with `ask` for example, or lead out of it";
        problems.add(start, format!("the step `{id}` leads back to itself, and nobody is waited for"), hint);
    }
    problems.is_empty().then_some(flow)
}

/// What the parts of a file are held against.
struct Builder<'a, 'p> {
    problems: &'a mut Problems<'p>,
    known: Option<&'a Known>,
    index: &'a BTreeMap<String, usize>,
    vars: &'a BTreeSet<String>,
    /// The calendar of the flow.
    calendar: Option<&'a Word>,
}

impl Builder<'_, '_> {
    fn names(&self) -> Names<'_> {
        Names { vars: Some(self.vars), teams: self.known.map(|known| &known.teams) }
    }

    fn tell(&mut self, at: usize, errors: Vec<ExpressionError>) {
        for error in errors {
            self.problems.add(at, error.message, error.hint);
        }
    }

    fn name(&mut self, name: &Word) -> String {
        let text = name.as_ref();
        if text.is_empty() || text.len() > 80 || text.chars().any(char::is_control) {
            self.problems.add(
                name.span().start,
                format!("`{text}` is no name for a flow"),
                "1 to 80 letters",
            );
        }
        text.clone()
    }

    fn starts(&mut self, starts: &[file::StartText]) -> Vec<Start> {
        if starts.len() > STARTS_MAX {
            let message = format!("{} rules, at most {STARTS_MAX}", starts.len());
            self.problems.add(0, message, "join some with `||`");
        }
        let mut compiled = Vec::new();
        for start in starts {
            let when = start.when.as_ref().map(|when| self.expression(when));
            if when.as_ref().is_none_or(Option::is_some) {
                compiled.push(Start { when: when.flatten(), priority: start.priority });
            }
        }
        compiled
    }

    fn expression(&mut self, source: &Word) -> Option<Expression> {
        Expression::compile(source.as_ref(), self.names())
            .map_err(|errors| self.tell(source.span().start, errors))
            .ok()
    }

    fn template(&mut self, text: &Word) -> Option<Template> {
        Template::compile(text.as_ref(), self.names())
            .map_err(|errors| self.tell(text.span().start, errors))
            .ok()
    }

    fn templates(&mut self, texts: &BTreeMap<String, Word>) -> BTreeMap<String, Template> {
        texts.iter().filter_map(|(name, text)| Some((name.clone(), self.template(text)?))).collect()
    }

    fn text(&mut self, words: &Words) -> Option<Text> {
        let at = words.span().start;
        let by = match words.as_ref() {
            WordsText::One(text) => BTreeMap::from([(String::new(), text.clone())]),
            WordsText::ByLanguage(by) => by.clone(),
        };
        if by.is_empty() || by.len() > LANGUAGES_MAX {
            let message = format!("text in {} languages, expected 1 to {LANGUAGES_MAX}", by.len());
            self.problems.add(at, message, "such as `{ en = \"Hello\" }`");
            return None;
        }
        let mut texts = BTreeMap::new();
        for (language, text) in by {
            if text.trim().is_empty() {
                self.problems.add(at, "a text is empty", "say something, or leave the step out");
                return None;
            }
            match Template::compile(&text, self.names()) {
                Ok(template) => drop(texts.insert(language.to_lowercase(), template)),
                Err(errors) => self.tell(at, errors),
            }
        }
        Some(Text::new(texts))
    }

    /// A step by its id.
    fn step(&mut self, id: &Word) -> Target {
        let found = self.index.get(id.as_ref()).copied();
        if found.is_none() {
            let hint = nearest(id.as_ref(), self.index.keys().map(String::as_str));
            self.problems.add(id.span().start, format!("no step is named `{}`", id.as_ref()), hint);
        }
        found
    }

    fn step_or(&mut self, id: Option<&Word>, next: Target) -> Target {
        id.map_or(next, |id| self.step(id))
    }

    fn duration(&mut self, text: Option<&Word>) -> Option<u64> {
        let text = text?;
        let found = duration::parse(text.as_ref());
        if found.is_none() {
            let message = format!("`{}` is no time to wait", text.as_ref());
            self.problems.add(
                text.span().start,
                message,
                "expected `30s`, `15m`, `2h` or `1d`, at most 366 days",
            );
        }
        found
    }

    /// Whether a name is one of those that are known. An older version is not asked.
    fn listed(&mut self, what: &str, name: &Word, names: impl Fn(&Known) -> Vec<&str>) {
        let Some(known) = self.known else { return };
        let names = names(known);
        if !names.contains(&name.as_ref().as_str()) {
            let hint = nearest(name.as_ref(), names);
            self.problems.add(name.span().start, format!("no {what} is named `{}`", name.as_ref()), hint);
        }
    }

    fn calendar_name(&mut self, name: &Word) {
        self.listed("calendar", name, |known| known.calendars.keys().map(String::as_str).collect());
    }

    fn team_name(&mut self, name: &Word) {
        self.listed("team", name, |known| known.teams.iter().map(String::as_str).collect());
    }

    /// The calendar that a step names, else that of the flow.
    fn calendar_or(&mut self, name: Option<&Word>, at: usize) -> String {
        if let Some(name) = name {
            self.calendar_name(name);
        }
        let Some(name) = name.or(self.calendar) else {
            self.problems.add(at, "no calendar is named", "add `calendar` here or at the top of the file");
            return String::new();
        };
        name.as_ref().clone()
    }

    fn priority(&mut self, priority: Option<&Spanned<u8>>) -> Option<u8> {
        let priority = priority?;
        if *priority.as_ref() > 9 {
            let message = format!("the priority `{}` is not 0 to 9", priority.as_ref());
            self.problems.add(priority.span().start, message, "9 comes first");
        }
        Some(*priority.as_ref())
    }
}

/// What stands in expressions without quotes.
fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
