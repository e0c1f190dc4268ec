//! The actions of steps.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::Builder;
use crate::file::{
    AskText, BotText, CallbackText, IfText, KindText, LookUpText, QueueText, RateText, RatingKindText,
    SetText, StepText, TransferText, Word, Words, WordsText,
};
use crate::flow::{
    Action, Answer, Ask, Bot, CHOICES_MAX, Callback, FlowChoice, LookUp, Patience, Rate, Set, Target,
    Transfer,
};
use crate::language;
use crate::problem::nearest;

/// How often it is asked again where nothing is said about it.
const RETRIES: u8 = 2;
/// At most so often.
const RETRIES_MAX: u8 = 20;
/// How long a rating is waited for.
const RATING_MS: u64 = 86_400_000;
/// How long the answer to a call is waited for.
const LOOK_UP_MS: u64 = 10_000;
/// And that of a bot.
const BOT_MS: u64 = 20_000;
/// Methods of calls.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// What a step can be.
const ACTIONS: &str = "expected one of `say`, `ask`, `hours`, `language`, `look_up`, `bot`, `set`, `if`, `queue`, \
                       `transfer`, `callback`, `close`, `rate`, `end`";

impl Builder<'_, '_> {
    /// What a step does. None: something is wrong, and told.
    pub(super) fn action(&mut self, step: &StepText, next: Target) -> Option<Action> {
        let at = step.id.span().start;
        let mut found = Vec::new();
        found.extend(step.say.as_ref().map(|say| self.text(say).map(Action::Say)));
        found.extend(step.ask.as_ref().map(|ask| self.ask(ask, step, next)));
        found.extend(step.hours.as_ref().map(|hours| {
            let calendar = self.calendar_or(hours.calendar.as_ref(), at);
            let open = self.step_or(hours.open.as_ref(), next);
            Some(Action::Hours { calendar, open, closed: self.step_or(hours.closed.as_ref(), next) })
        }));
        found.extend(step.language.as_ref().map(|language| Some(self.language(&language.among))));
        found.extend(step.look_up.as_ref().map(|look_up| self.look_up(look_up, step, next)));
        found.extend(step.bot.as_ref().map(|bot| Some(self.bot(bot))));
        found.extend(step.set.as_ref().map(|set| Some(self.set(set, at))));
        found.extend(step.branch.as_ref().map(|branch| self.branches(branch, at, next)));
        found.extend(step.queue.as_ref().map(|queue| Some(self.queue(queue))));
        found.extend(step.transfer.as_ref().map(|transfer| self.transfer(transfer, at)));
        found.extend(step.callback.as_ref().map(|callback| self.callback(callback, at)));
        found.extend(step.rate.as_ref().map(|rate| self.rate(rate, next)));
        found.extend(step.close.as_ref().map(|flag| self.flag(flag, "close").then_some(Action::Close)));
        found.extend(step.end.as_ref().map(|flag| self.flag(flag, "end").then_some(Action::End)));
        if found.len() != 1 {
            let message = format!("the step `{}` has {} actions, not one", step.id.as_ref(), found.len());
            self.problems.add(at, message, ACTIONS);
            return None;
        }
        found.pop().flatten()
    }

    fn flag(&mut self, flag: &Spanned<bool>, name: &str) -> bool {
        if !flag.as_ref() {
            self.problems.add(flag.span().start, format!("`{name} = false` says nothing"), "remove the step");
        }
        *flag.as_ref()
    }

    fn ask(&mut self, ask: &AskText, step: &StepText, next: Target) -> Option<Action> {
        let text = self.text(&ask.text);
        let at = ask.text.span().start;
        let answer = match (&ask.kind, ask.choices.is_empty()) {
            (None, false) => Answer::Choices(self.choices(ask, next)),
            (Some(kind), true) => match kind.as_ref() {
                KindText::Email => Answer::Email,
                KindText::Number => Answer::Number,
                KindText::Text => Answer::Text,
            },
            (Some(kind), false) => {
                self.problems.add(
                    kind.span().start,
                    "a question has both `choices` and `as`",
                    "keep one of them",
                );
                return None;
            }
            (None, true) => {
                let hint = "add `choices`, or `as = \"text\"`, `\"email\"` or `\"number\"`";
                self.problems.add(at, "a question does not say what answers it takes", hint);
                return None;
            }
        };
        let patience = self.patience(
            (ask.retries, ask.again.as_ref(), ask.otherwise.as_ref()),
            (ask.timeout.as_ref(), ask.on_timeout.as_ref()),
            at,
        );
        let into = self.var(ask.into.as_ref().unwrap_or(&step.id));
        Some(Action::Ask(Ask { text: text?, answer, into, patience }))
    }

    fn patience(
        &mut self,
        (retries, again, otherwise): (Option<u8>, Option<&Words>, Option<&Word>),
        (timeout, on_timeout): (Option<&Word>, Option<&Word>),
        at: usize,
    ) -> Patience {
        if let Some(retries) = retries.filter(|retries| *retries > RETRIES_MAX) {
            self.problems.add(
                at,
                format!("`retries` is {retries}, at most {RETRIES_MAX}"),
                "nobody answers so often",
            );
        }
        if let (None, Some(step)) = (timeout, on_timeout) {
            let hint = "add `timeout`, such as `\"15m\"`";
            self.problems.add(step.span().start, "`on_timeout` without `timeout` is never used", hint);
        }
        Patience {
            retries: retries.unwrap_or(RETRIES),
            again: again.and_then(|again| self.text(again)),
            otherwise: otherwise.and_then(|step| self.step(step)),
            timeout_ms: self.duration(timeout),
            on_timeout: on_timeout.and_then(|step| self.step(step)),
        }
    }

    fn choices(&mut self, ask: &AskText, next: Target) -> Vec<FlowChoice> {
        if ask.choices.len() > CHOICES_MAX {
            let message = format!("{} choices, at most {CHOICES_MAX}", ask.choices.len());
            self.problems.add(ask.text.span().start, message, "ask in two steps");
        }
        // What an answer may say, and which choice it means.
        let mut said: BTreeMap<String, usize> = BTreeMap::new();
        let mut choices = Vec::new();
        for (place, choice) in ask.choices.iter().enumerate() {
            let titles = match choice.title.as_ref() {
                WordsText::One(title) => vec![title],
                WordsText::ByLanguage(titles) => titles.values().collect(),
            };
            let titles: BTreeSet<String> = titles.into_iter().map(|title| plain(title)).collect();
            for word in titles.iter().cloned().chain([plain(choice.id.as_ref()), (place + 1).to_string()]) {
                if word.contains("{{") {
                    let hint = "titles are compared with answers: write them out";
                    self.problems.add(
                        choice.title.span().start,
                        format!("the title `{word}` has a value in it"),
                        hint,
                    );
                }
                if said.insert(word.clone(), place).is_some_and(|other| other != place) {
                    let message = format!("`{word}` would be an answer for two choices");
                    self.problems.add(
                        choice.id.span().start,
                        message,
                        "each id, title and number stands for one",
                    );
                }
            }
            let next = self.step_or(choice.next.as_ref(), next);
            if let Some(title) = self.text(&choice.title) {
                choices.push(FlowChoice { id: choice.id.as_ref().clone(), title, titles, next });
            }
        }
        choices
    }

    fn language(&mut self, among: &[Word]) -> Action {
        for code in among {
            if !language::is_known(code.as_ref()) {
                let hint = nearest(code.as_ref(), language::codes());
                self.problems.add(
                    code.span().start,
                    format!("`{}` is not told from others", code.as_ref()),
                    hint,
                );
            }
        }
        Action::Language { among: among.iter().map(|code| code.as_ref().clone()).collect() }
    }

    fn look_up(&mut self, look_up: &LookUpText, step: &StepText, next: Target) -> Option<Action> {
        let at = look_up.url.span().start;
        let url = self.template(&look_up.url)?;
        if !names_host(url.begin()) {
            let message = format!("`{}` does not begin with a host", look_up.url.as_ref());
            self.problems.add(
                at,
                message,
                "write out scheme, host and a `/`: `https://crm.example/customers/{{ … }}`",
            );
        }
        let method =
            look_up.method.as_ref().map_or("GET".to_owned(), |method| method.as_ref().to_uppercase());
        if !METHODS.contains(&method.as_str()) {
            let at = look_up.method.as_ref().map_or(at, |method| method.span().start);
            self.problems.add(at, format!("`{method}` is no method"), nearest(&method, METHODS));
        }
        for name in look_up.headers.keys() {
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            {
                self.problems.add(at, format!("`{name}` is no name for a header"), "letters, digits and `-`");
            }
        }
        Some(Action::LookUp(LookUp {
            url,
            method,
            headers: self.templates(&look_up.headers),
            body: self.templates(&look_up.body),
            timeout_ms: self.duration(look_up.timeout.as_ref()).unwrap_or(LOOK_UP_MS),
            into: self.var(look_up.into.as_ref().unwrap_or(&step.id)),
            on_error: self.step_or(look_up.on_error.as_ref(), next),
        }))
    }

    fn bot(&mut self, bot: &BotText) -> Action {
        self.listed("bot", &bot.name, |known| known.bots.iter().map(String::as_str).collect());
        if let (None, Some(step)) = (&bot.timeout, &bot.on_timeout) {
            let hint = "add `timeout`, such as `\"15m\"`";
            self.problems.add(step.span().start, "`on_timeout` without `timeout` is never used", hint);
        }
        Action::Bot(Bot {
            name: bot.name.as_ref().clone(),
            answer_within_ms: self.duration(bot.answer_within.as_ref()).unwrap_or(BOT_MS),
            timeout_ms: self.duration(bot.timeout.as_ref()),
            on_timeout: bot.on_timeout.as_ref().and_then(|step| self.step(step)),
        })
    }

    fn set(&mut self, set: &SetText, at: usize) -> Action {
        self.skills(&set.skills, at);
        Action::Set(Set {
            tags: set.tags.iter().cloned().collect(),
            untag: set.untag.iter().cloned().collect(),
            priority: self.priority(set.priority.as_ref()),
            skills: set.skills.clone(),
            attributes: self.templates(&set.attributes),
            vars: self.templates(&set.vars),
            language: set.language.clone(),
        })
    }

    fn skills(&mut self, skills: &BTreeMap<String, u8>, at: usize) {
        if skills.len() > 50 {
            self.problems.add(at, format!("{} skills, at most 50", skills.len()), "nobody has them all");
        }
    }

    fn branches(&mut self, branch: &IfText, at: usize, next: Target) -> Option<Action> {
        let mut branches = Vec::new();
        match (&branch.when, &branch.then, branch.branches.is_empty()) {
            (Some(when), then, true) => {
                let then = self.step_or(then.as_ref(), next);
                branches.push((self.expression(when)?, then));
            }
            (None, None, false) => {
                for branch in &branch.branches {
                    let then = self.step(&branch.then);
                    branches.push((self.expression(&branch.when)?, then));
                }
            }
            _ => {
                let hint = "expected `when` with `then`, or `branches = [{ when = …, then = … }]`";
                self.problems.add(at, "an `if` has either one condition or branches", hint);
                return None;
            }
        }
        Some(Action::If { branches, otherwise: self.step_or(branch.otherwise.as_ref(), next) })
    }

    fn queue(&mut self, queue: &QueueText) -> Action {
        self.team_name(&queue.team);
        self.skills(&queue.skills, queue.team.span().start);
        let priority = self.priority(queue.priority.as_ref());
        Action::Queue { team: queue.team.as_ref().clone(), priority, skills: queue.skills.clone() }
    }

    fn transfer(&mut self, transfer: &TransferText, at: usize) -> Option<Action> {
        Some(Action::Transfer(match (&transfer.team, &transfer.agent, &transfer.flow) {
            (Some(team), None, None) => {
                self.team_name(team);
                Transfer::Team(team.as_ref().clone())
            }
            (None, Some(agent), None) => Transfer::Agent(agent.as_ref().clone()),
            (None, None, Some(flow)) => Transfer::Flow { name: flow.as_ref().clone(), at: flow.span().start },
            _ => {
                self.problems.add(at, "a transfer goes to one place", "expected `team`, `agent` or `flow`");
                return None;
            }
        }))
    }

    fn callback(&mut self, callback: &CallbackText, at: usize) -> Option<Action> {
        let calendar = self.calendar_or(callback.calendar.as_ref(), at);
        let text = self.text(&callback.text);
        let patience = self.patience(
            (callback.retries, callback.again.as_ref(), callback.otherwise.as_ref()),
            (callback.timeout.as_ref(), callback.on_timeout.as_ref()),
            at,
        );
        Some(Action::Callback(Callback { text: text?, calendar, patience }))
    }

    fn rate(&mut self, rate: &RateText, next: Target) -> Option<Action> {
        let text = self.text(&rate.text);
        Some(Action::Rate(Rate {
            csat: rate.kind == RatingKindText::Csat,
            text: text?,
            thanks: rate.thanks.as_ref().and_then(|thanks| self.text(thanks)),
            timeout_ms: self.duration(rate.timeout.as_ref()).unwrap_or(RATING_MS),
            on_timeout: self.step_or(rate.on_timeout.as_ref(), next),
        }))
    }

    /// The name of a variable.
    fn var(&mut self, name: &Word) -> String {
        if !super::is_name(name.as_ref()) {
            let hint = "expected small letters, digits and `_`, such as `order_number`, at most 40";
            self.problems.add(
                name.span().start,
                format!("`{}` is no name for a variable", name.as_ref()),
                hint,
            );
        }
        name.as_ref().clone()
    }
}

/// A text as answers are compared: single spaces, none around it, in letters that know no case (`ß` is `ss`).
pub(crate) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase().to_lowercase()
}

/// Whether scheme, host and the begin of the path stand there: no value may say where a call goes.
fn names_host(begin: &str) -> bool {
    let rest = begin.strip_prefix("https://").or_else(|| begin.strip_prefix("http://"));
    rest.and_then(|rest| rest.split_once('/')).is_some_and(|(host, _)| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
        !host.is_empty() && host.bytes().all(plain)
    })
}
