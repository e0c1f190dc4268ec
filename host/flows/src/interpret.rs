//! From step to step: what a flow does with what it is given. Nothing here waits, calls or asks for the time.
//!
//! A turn always ends, after at most [`STEPS_A_TURN_MAX`] steps, and the ticket is never lost: it waits in the flow, in a
//! queue, is closed, or stays with the team that has it. Whatever cannot go on goes to the default queue.

mod answer;
mod callback;
mod resume;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::expression::{Expression, Roots, Scene, shorten};
use crate::facts::Facts;
use crate::flow::{Flow, Step, Target};
use crate::hours::Calendar;
use crate::run::{Input, Output, Queued, Run, State, TRACE_MAX, Turn, Vars, Waits};
use crate::set::FlowSet;
use crate::template::{Into, Template, Text};
use crate::trace::{Did, Outcome, TraceStep};

/// Steps of one turn. What goes on for longer goes in circles.
pub const STEPS_A_TURN_MAX: usize = 100;
/// Turns in which the contact says nothing: calls, bots, times that come.
pub const TURNS_ALONE_MAX: u8 = 50;
/// Bytes of what a trace quotes.
const QUOTE_BYTES_MAX: usize = 200;

impl FlowSet {
    /// Starts a flow for a ticket. `at`: milliseconds since the Unix epoch.
    ///
    /// A flow that is not there puts the ticket into the default queue.
    pub fn start(&self, flow: &str, facts: &Facts, at: u64) -> Turn {
        let Some(found) = self.flow(flow) else { return self.nowhere(flow, facts, "there is no such flow") };
        Walk::new(self, found, facts, at, &facts.ticket.vars).go(Some(0))
    }

    /// Starts what a flow does when its ticket is closed, such as asking for a rating. None: it does nothing.
    pub fn start_on_close(&self, flow: &str, facts: &Facts, at: u64) -> Option<Turn> {
        let found = self.flow(flow)?;
        let step = found.on_close?;
        Some(Walk::new(self, found, facts, at, &facts.ticket.vars).go(Some(step)))
    }

    /// Goes on with a flow that waits. What it does not wait for changes nothing.
    ///
    /// A run whose version is no longer there ends in the default queue.
    pub fn resume(&self, run: &Run, input: Input, facts: &Facts, at: u64) -> Turn {
        let newest = self.flow(&run.flow).filter(|flow| flow.digest == run.digest);
        let version = newest.or_else(|| self.version(&run.digest).filter(|flow| *flow.name == *run.flow));
        let Some(flow) = version else {
            let reason = format!("version {} is no longer there", run.digest);
            return Turn { vars: run.vars.clone(), ..self.nowhere(&run.flow, facts, &reason) };
        };
        let mut walk = Walk::new(self, flow, facts, at, &run.vars);
        walk.language = run.language.clone();
        walk.resume(run, input)
    }

    fn nowhere(&self, flow: &str, facts: &Facts, reason: &str) -> Turn {
        let did = Did::Noted(format!("to the default queue: {reason}"));
        Turn {
            outputs: Vec::new(),
            state: self.default_queue(),
            vars: Vars::new(&facts.ticket.vars).into_map(),
            trace: vec![TraceStep { flow: flow.to_owned(), step: String::new(), did }],
        }
    }

    fn default_queue(&self) -> State {
        State::Queued(Queued { team: Some(self.known.default_team.clone()), ..Queued::default() })
    }
}

/// Where it goes on after a step.
enum Flowing {
    /// At another step. None: the end of the flow.
    To(Target),
    /// At the begin of another flow.
    Into(Arc<Flow>),
    /// Nowhere: the turn has ended.
    Done(State),
}

/// A turn under way.
struct Walk<'a> {
    set: &'a FlowSet,
    flow: Arc<Flow>,
    facts: &'a Facts,
    at: u64,
    vars: Vars,
    language: Option<String>,
    outputs: Vec<Output>,
    trace: Vec<TraceStep>,
    /// The step that is at work, for the trace.
    step: String,
    turns_alone: u8,
}

impl<'a> Walk<'a> {
    fn new(
        set: &'a FlowSet,
        flow: &Arc<Flow>,
        facts: &'a Facts,
        at: u64,
        vars: &BTreeMap<String, Value>,
    ) -> Self {
        Self {
            set,
            flow: Arc::clone(flow),
            facts,
            at,
            vars: Vars::new(vars),
            language: None,
            outputs: Vec::new(),
            trace: Vec::new(),
            step: String::new(),
            turns_alone: 0,
        }
    }

    fn go(mut self, mut target: Target) -> Turn {
        for _ in 0..STEPS_A_TURN_MAX {
            let flow = Arc::clone(&self.flow);
            let Some(step) = target.and_then(|at| flow.steps.get(at)) else {
                let state = self.finish();
                return self.end(state);
            };
            self.step.clone_from(&step.id);
            self.told(Did::Began(step.action.name().to_owned()));
            match self.take(step) {
                Flowing::To(next) => {
                    let id = next.and_then(|at| flow.steps.get(at)).map(|next| next.id.clone());
                    self.told(Did::WentTo(id.unwrap_or_else(|| "end of the flow".to_owned())));
                    target = next;
                }
                Flowing::Into(other) => {
                    self.told(Did::Noted(format!("goes on in the flow `{}`", other.name)));
                    self.flow = other;
                    target = Some(0);
                }
                Flowing::Done(state) => return self.end(state),
            }
        }
        let state = self.give_up(&format!("more than {STEPS_A_TURN_MAX} steps in one turn"));
        self.end(state)
    }

    fn end(self, state: State) -> Turn {
        Turn { outputs: self.outputs, state, vars: self.vars.into_map(), trace: self.trace }
    }

    /// The end of a flow: with whoever has the ticket, else in the default queue.
    fn finish(&mut self) -> State {
        let ticket = &self.facts.ticket;
        if ticket.status == "closed" || ticket.team.is_some() || ticket.agent.is_some() {
            return State::Ended;
        }
        self.give_up("the flow has ended, and nobody has the ticket")
    }

    /// What is done where nothing else can be.
    fn give_up(&mut self, reason: &str) -> State {
        self.told(Did::Noted(format!("to the default queue: {reason}")));
        self.set.default_queue()
    }

    /// To a step, or to the default queue where none is named.
    fn or_give_up(&mut self, target: Option<usize>, reason: &str) -> Flowing {
        if target.is_some() {
            self.note(reason);
            return Flowing::To(target);
        }
        Flowing::Done(self.give_up(reason))
    }

    fn told(&mut self, did: Did) {
        if self.trace.len() < TRACE_MAX {
            self.trace.push(TraceStep { flow: self.flow.name.to_string(), step: self.step.clone(), did });
        }
    }

    fn note(&mut self, text: &str) {
        self.told(Did::Noted(text.to_owned()));
    }

    fn set_var(&mut self, name: &str, value: impl std::convert::Into<Value>) {
        if !self.vars.set(name, value.into()) {
            self.note(&format!(
                "`{name}` is not kept: its name is too long, or there are too many variables"
            ));
        }
    }

    fn calendar(&self, name: &str) -> Option<&'a Calendar> {
        self.set.known.calendars.get(name)
    }

    /// Looks at everything as it is now.
    fn look<T>(&self, read: impl FnOnce(&Scene<'_>) -> T) -> T {
        let roots = Roots::new(self.facts, self.vars.as_map());
        let calendar = self.flow.calendar.as_deref().and_then(|name| self.calendar(name));
        read(&Scene::new(&roots, calendar, self.at))
    }

    fn holds(&mut self, condition: &Expression) -> bool {
        let looked = self.look(|scene| condition.looked(scene, condition.test(scene)));
        let holds = looked.outcome == Outcome::True;
        self.told(Did::Asked(looked));
        holds
    }

    fn render(&mut self, template: &Template, into: Into) -> String {
        let mut told = Vec::new();
        let text = self.look(|scene| template.render(scene, into, &mut told));
        told.into_iter().for_each(|did| self.told(did));
        text
    }

    /// A text in the language of the contact.
    fn words(&mut self, text: &Text) -> String {
        let flow = Arc::clone(&self.flow);
        let own = self.language.clone();
        let languages: Vec<&str> =
            [own.as_deref(), self.facts.contact.language.as_deref(), Some(flow.language.as_str())]
                .into_iter()
                .flatten()
                .collect();
        match text.pick(&languages) {
            Some(template) => self.render(template, Into::People),
            None => String::new(),
        }
    }

    fn say(&mut self, text: &Text) {
        let text = self.words(text);
        // Values that are not there may leave nothing of it.
        if !text.trim().is_empty() {
            self.outputs.push(Output::Say { text });
        }
    }

    /// A run that waits in a step.
    fn wait(&self, step: &Step, waits: Waits, timeout_ms: Option<u64>) -> Run {
        Run {
            flow: self.flow.name.to_string(),
            digest: self.flow.digest.clone(),
            step: step.id.clone(),
            waits,
            until: timeout_ms.map(|timeout_ms| self.at.saturating_add(timeout_ms)),
            vars: self.vars.as_map().clone(),
            language: self.language.clone(),
            retries: 0,
            offered: Vec::new(),
            turns_alone: self.turns_alone,
        }
    }
}

/// What a trace quotes of a text.
fn quote(text: &str) -> String {
    shorten(text, QUOTE_BYTES_MAX).to_owned()
}
