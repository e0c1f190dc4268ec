//! What each action does when it is come to.

use serde_json::Value;

use super::{Flowing, Walk};
use crate::flow::{Action, Answer, Ask, LookUp, Rate, Set, Step, Target, Transfer};
use crate::hours::Calendar;
use crate::language;
use crate::run::{AskChoice, Call, Changes, Output, Queued, RatingKind, Run, State, Waits};
use crate::template::Into;

/// Longer than a call may last, for one whose answer never comes.
const LOOK_UP_GRACE_MS: u64 = 5_000;

impl Walk<'_> {
    pub(super) fn take(&mut self, step: &Step) -> Flowing {
        match &step.action {
            Action::Say(text) => {
                self.say(text);
                Flowing::To(step.next)
            }
            Action::Ask(ask) => {
                let mut run = self.wait(step, Waits::Answer, ask.patience.timeout_ms);
                run.retries = ask.patience.retries;
                self.ask(ask);
                Flowing::Done(State::Waiting(run))
            }
            Action::Hours { calendar, open, closed } => Flowing::To(self.hours(calendar, *open, *closed)),
            Action::Language { among } => {
                self.detect(among);
                Flowing::To(step.next)
            }
            Action::LookUp(look_up) => {
                let call = self.call(look_up);
                self.outputs.push(Output::LookUp(call));
                let timeout_ms = look_up.timeout_ms + LOOK_UP_GRACE_MS;
                Flowing::Done(State::Waiting(self.wait(step, Waits::LookUp, Some(timeout_ms))))
            }
            Action::Bot(bot) => {
                let (name, timeout_ms) = (bot.name.clone(), bot.answer_within_ms);
                if !self.set.known.bots.contains(&name) {
                    return self.without_bot(step, "there is no such bot any more");
                }
                self.outputs.push(Output::AskBot { name, timeout_ms });
                Flowing::Done(State::Waiting(self.wait(step, Waits::Bot, Some(timeout_ms))))
            }
            Action::Set(set) => {
                self.set(set);
                Flowing::To(step.next)
            }
            Action::If { branches, otherwise } => {
                let held = branches.iter().find(|(condition, _)| self.holds(condition));
                Flowing::To(held.map_or(*otherwise, |(_, target)| *target))
            }
            Action::Queue { team, priority, skills } => {
                let queued = Queued {
                    team: Some(team.clone()),
                    agent: None,
                    priority: *priority,
                    skills: skills.clone(),
                };
                Flowing::Done(self.queue(queued))
            }
            Action::Transfer(transfer) => self.transfer(transfer),
            Action::Callback(callback) => {
                let mut run = self.wait(step, Waits::CallbackTime, callback.patience.timeout_ms);
                run.retries = callback.patience.retries;
                run.offered = self.offer(callback);
                self.ask_callback(callback, &run.offered);
                Flowing::Done(State::Waiting(run))
            }
            Action::Close => Flowing::Done(State::Closed),
            Action::Rate(rate) => {
                self.ask_rating(rate);
                let run = self.wait(step, Waits::Rating, Some(rate.timeout_ms));
                Flowing::Done(State::Waiting(Run { retries: 1, ..run }))
            }
            Action::End => Flowing::Done(self.finish()),
        }
    }

    pub(super) fn ask(&mut self, ask: &Ask) {
        let text = self.words(&ask.text);
        let choices = match &ask.answer {
            Answer::Choices(choices) => choices
                .iter()
                .map(|choice| AskChoice { id: choice.id.clone(), title: self.words(&choice.title) })
                .collect(),
            Answer::Email | Answer::Number | Answer::Text => Vec::new(),
        };
        self.outputs.push(Output::Ask { text, choices });
    }

    pub(super) fn ask_rating(&mut self, rate: &Rate) {
        let text = self.words(&rate.text);
        self.outputs.push(Output::AskRating { kind: kind(rate), text });
    }

    fn hours(&mut self, name: &str, open: Target, closed: Target) -> Target {
        let Some(calendar) = self.calendar(name) else {
            self.note(&format!("there is no calendar `{name}` any more: taken as open"));
            return open;
        };
        let is_open = calendar.is_open(self.at);
        self.set_var("open", is_open);
        if is_open {
            self.note(&format!("`{name}` is open"));
            return open;
        }
        let opens_at = calendar.opens_at(self.at);
        let (iso, text) = opens_at.map_or((Value::Null, Value::Null), |opens_at| {
            (Value::from(self.iso(calendar, opens_at)), Value::from(self.time_text(calendar, opens_at)))
        });
        self.note(&match iso.as_str() {
            Some(iso) => format!("`{name}` is closed until {iso}"),
            None => format!("`{name}` is closed, and does not open within a year"),
        });
        self.set_var("opens_at", iso);
        self.set_var("opens_at_text", text);
        closed
    }

    /// RFC 3339, as the contact's clocks show it.
    pub(super) fn iso(&self, calendar: &Calendar, at: u64) -> String {
        let zoned = crate::hours::timestamp(at).to_zoned(self.zone(calendar));
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    fn detect(&mut self, among: &[String]) {
        let text = self.facts.message.as_ref().map_or("", |message| message.text.as_str());
        match language::detect(text, among) {
            Some(code) => {
                self.note(&format!("written in `{code}`"));
                self.language = Some(code.to_owned());
                self.set_var("language", code);
                let language = Some(code.to_owned());
                self.outputs.push(Output::Set(Changes { language, ..Changes::default() }));
            }
            None => self.note("the language cannot be told for sure"),
        }
    }

    fn call(&mut self, look_up: &LookUp) -> Call {
        let url = self.render(&look_up.url, Into::Url);
        let headers = look_up.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), self.render(value, Into::Header))).collect();
        let body: serde_json::Map<_, _> = look_up
            .body
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(self.render(value, Into::People))))
            .collect();
        let body = Some(Value::Object(body)).filter(|_| !look_up.body.is_empty());
        Call { method: look_up.method.clone(), url, headers, body, timeout_ms: look_up.timeout_ms }
    }

    fn set(&mut self, set: &Set) {
        let attributes = set.attributes.iter();
        let attributes = attributes
            .map(|(name, value)| (name.clone(), Value::from(self.render(value, Into::People))))
            .collect();
        for (name, value) in &set.vars {
            let value = self.render(value, Into::People);
            self.set_var(name, value);
        }
        if let Some(language) = &set.language {
            self.language = Some(language.clone());
        }
        let changes = Changes {
            tags: set.tags.clone(),
            untag: set.untag.clone(),
            priority: set.priority,
            skills: set.skills.clone(),
            attributes,
            language: set.language.clone(),
        };
        if changes != Changes::default() {
            self.outputs.push(Output::Set(changes));
        }
    }

    fn queue(&mut self, mut queued: Queued) -> State {
        if let Some(team) = &queued.team
            && !self.set.known.teams.contains(team)
        {
            self.note(&format!("there is no team `{team}` any more: to the default queue"));
            queued.team = Some(self.set.known.default_team.clone());
        }
        State::Queued(queued)
    }

    fn transfer(&mut self, transfer: &Transfer) -> Flowing {
        match transfer {
            Transfer::Team(team) => {
                Flowing::Done(self.queue(Queued { team: Some(team.clone()), ..Queued::default() }))
            }
            Transfer::Agent(agent) => {
                Flowing::Done(State::Queued(Queued { agent: Some(agent.clone()), ..Queued::default() }))
            }
            Transfer::Flow { name, .. } => match self.set.flow(name) {
                Some(flow) => Flowing::Into(flow.clone()),
                None => Flowing::Done(self.give_up(&format!("there is no flow `{name}` any more"))),
            },
        }
    }
}

/// What the score of a rating means.
pub(super) fn kind(rate: &Rate) -> RatingKind {
    if rate.csat { RatingKind::Csat } else { RatingKind::Nps }
}
