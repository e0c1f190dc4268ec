//! Flows: begun with a new ticket, resumed with what it waits for, and what they want done.

use serde_json::{Value, json};
use trunkline_contacts::ContactId;
use trunkline_flows::run::{AskChoice, Changes, Input, Output, RatingKind, State, Turn};
use trunkline_model::{ChoiceOption, Choices, OutgoingPart};
use trunkline_numbers::{Rating, Speaker, What as Happened};

use super::{Desk, Doing, Running};
use crate::effect::Effect;
use crate::entry::{Answered, Sent, Words};
use crate::ticket::Status;

impl Desk {
    /// A new ticket: the first flow whose rule holds.
    pub(super) fn begin(&mut self, doing: &mut Doing, id: u64, words: &Words) {
        let Some(ticket) = self.tickets.get(id) else { return };
        let facts = self.facts(ticket, Some(words), doing.at);
        let choice = self.settings.flows.choose(&facts, doing.at);
        doing.because("flow", &choice);
        let Some(flow) = choice.flow else { return };
        let turn = self.settings.flows.start(&flow, &facts, doing.at);
        self.tickets.change(id, |ticket| ticket.flow = Some(flow));
        self.take_turn(doing, id, turn);
    }

    /// What the flow of a ticket does when the ticket is closed, such as asking for a rating.
    pub(super) fn begin_after_closing(&mut self, doing: &mut Doing, id: u64) {
        let Some(ticket) = self.tickets.get(id) else { return };
        let Some(flow) = ticket.flow.clone() else { return };
        let facts = self.facts(ticket, None, doing.at);
        if let Some(turn) = self.settings.flows.start_on_close(&flow, &facts, doing.at) {
            self.take_turn(doing, id, turn);
        }
    }

    /// The flow of a ticket goes on with what it waits for.
    pub(super) fn resume(&mut self, doing: &mut Doing, id: u64, input: Input, words: Option<&Words>) {
        let Some(ticket) = self.tickets.get(id) else { return };
        let facts = self.facts(ticket, words, doing.at);
        let Some(running) = self.end_run(id) else { return };
        let turn = self.settings.flows.resume(&running.run, input, &facts, doing.at);
        self.take_turn(doing, id, turn);
    }

    /// What a call gave, if it is what the flow waits for.
    pub(super) fn answered(&mut self, doing: &mut Doing, answered: &Answered) {
        let id = answered.ticket;
        let waits = self.runs.get(&id).is_some_and(|running| running.since == answered.wanted_by);
        if !waits {
            // Too late, or twice.
            doing.changed = false;
            return;
        }
        self.touch(doing, id);
        self.resume(doing, id, answered.result.clone(), None);
        self.keep_somewhere(doing, id);
    }

    /// A message that the desk asked for is in the journal, or never will be.
    pub(super) fn sent(&mut self, doing: &mut Doing, sent: &Sent) {
        self.touch(doing, sent.ticket);
        let problem = sent.problem.clone();
        let changed = self.tickets.change(sent.ticket, |ticket| {
            ticket.problem = problem;
        });
        doing.changed = changed.is_some();
    }

    /// A flow does not go on any more: a person has the ticket, or it is closed.
    pub(super) fn end_run(&mut self, id: u64) -> Option<Running> {
        let running = self.runs.remove(&id)?;
        if let Some(until) = running.run.until {
            self.runs_due.remove(&(until, id));
        }
        Some(running)
    }

    fn take_turn(&mut self, doing: &mut Doing, id: u64, turn: Turn) {
        doing.because("turn", json!({ "steps": turn.trace }));
        self.tickets.change(id, |ticket| ticket.vars = turn.vars);
        for output in turn.outputs {
            self.put_out(doing, id, output);
        }
        match turn.state {
            State::Waiting(run) => {
                self.runs_due.extend(run.until.map(|until| (until, id)));
                self.runs.insert(id, Running { run, since: doing.number });
            }
            State::Queued(queued) => self.queue(doing, id, queued),
            State::Closed if self.tickets.get(id).is_some_and(|ticket| ticket.status == Status::Closed) => {}
            State::Closed => self.close(doing, id, Speaker::Flow),
            State::Ended => {}
        }
    }

    fn put_out(&mut self, doing: &mut Doing, id: u64, output: Output) {
        match output {
            Output::Say { text } => self.say(doing, id, vec![OutgoingPart::Text(text)]),
            Output::Ask { text, choices } => self.say(doing, id, vec![question(text, choices)]),
            Output::AskRating { kind, text } => self.say(doing, id, vec![rating(kind, text)]),
            Output::LookUp(call) => doing.effects.push(Effect::LookUp { ticket: id, call }),
            // No flow that names a bot is taken: there is none to name.
            Output::AskBot { .. } => {}
            Output::Set(changes) => self.set(doing, id, changes),
            Output::SnoozeUntil { at } => {
                self.tickets.change(id, |ticket| {
                    (ticket.status, ticket.snoozed_until) = (Status::Snoozed, Some(at));
                });
                doing.happened(id, Happened::Snoozed);
                self.stand_still(doing, id);
            }
            Output::Rated { kind, score } => {
                let kind = match kind {
                    RatingKind::Csat => Rating::Csat(score),
                    RatingKind::Nps => Rating::Nps(score),
                };
                doing.happened(id, Happened::Rated { kind });
                self.tickets.change(id, |ticket| {
                    ticket.vars.insert("rating".to_owned(), Value::from(score));
                });
            }
        }
    }

    /// By a flow.
    fn say(&mut self, doing: &mut Doing, id: u64, parts: Vec<OutgoingPart>) {
        let at = doing.at;
        let to = self.tickets.change(id, |ticket| {
            ticket.say(at, false);
            (ticket.connection.clone(), ticket.conversation.clone())
        });
        let Some((channel, conversation)) = to else { return };
        doing.happened(id, Happened::Said { channel, by: Speaker::Flow });
        doing.effects.push(Effect::Send { ticket: id, conversation, parts });
    }

    fn set(&mut self, doing: &mut Doing, id: u64, changes: Changes) {
        let Some(contact) = self.tickets.get(id).map(|ticket| ContactId(ticket.contact)) else { return };
        let (number, at) = (doing.number, doing.at);
        // What does not fit is left out, and stays in the trace: a flow goes on.
        for (name, value) in &changes.attributes {
            if let Err(error) = self.contacts.set_attribute(number, at, contact, name, Some(value.clone())) {
                doing.because("left_out", error.to_string());
            }
        }
        if let Some(language) = &changes.language
            && let Err(error) = self.contacts.set_language(number, at, contact, Some(language))
        {
            doing.because("left_out", error.to_string());
        }
        self.tickets.change(id, |ticket| {
            ticket.tags.extend(changes.tags);
            ticket.tags.retain(|tag| !changes.untag.contains(tag));
            ticket.skills.extend(changes.skills);
            if let Some(priority) = changes.priority {
                ticket.priority = priority.min(trunkline_queues::PRIORITY_MAX);
            }
            if changes.language.is_some() {
                ticket.language = changes.language;
            }
        });
    }
}

/// Buttons where the channel has them, a numbered list where it has none: the connector knows.
fn question(text: String, choices: Vec<AskChoice>) -> OutgoingPart {
    if choices.is_empty() {
        return OutgoingPart::Text(text);
    }
    let option =
        |choice: AskChoice| ChoiceOption { id: choice.id, title: choice.title, description: None, url: None };
    OutgoingPart::Choices(Choices { text, options: choices.into_iter().map(option).collect(), label: None })
}

/// Few scores are buttons; eleven of them nobody wants to read.
fn rating(kind: RatingKind, text: String) -> OutgoingPart {
    let scores = match kind {
        RatingKind::Csat => kind.range(),
        RatingKind::Nps => return OutgoingPart::Text(text),
    };
    let choice = |score: u8| AskChoice { id: score.to_string(), title: score.to_string() };
    question(text, scores.map(choice).collect())
}
