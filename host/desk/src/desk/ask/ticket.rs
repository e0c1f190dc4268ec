//! Commands about tickets.

use trunkline_model::OutgoingPart;
use trunkline_numbers::{Speaker, What as Happened};
use trunkline_queues::{By, PRIORITY_MAX, TicketId, Whereabouts};

use super::super::{Desk, Doing, Refused};
use crate::effect::Effect;
use crate::entry::{Command, Hold, Label};
use crate::ticket::Status;

/// Parts of one reply.
const PARTS_MAX: usize = 50;
/// Characters of a note.
const NOTE_CHARACTERS_MAX: usize = 10_000;
/// Tags of one ticket.
const TAGS_MAX: usize = 100;
/// Characters of a tag or a subject.
const LABEL_CHARACTERS_MAX: usize = 200;

impl Desk {
    pub(super) fn ask_of_ticket(
        &mut self,
        doing: &mut Doing,
        by: &str,
        command: &Command,
    ) -> Result<(), Refused> {
        let at = doing.at;
        match command {
            Command::Accept { ticket, hold } => {
                let changes = self.queues.accept(at, &hold.agent, TicketId(*ticket), hold.generation)?;
                doing.changed = !changes.is_empty();
                self.tell(doing, changes);
            }
            Command::Decline { ticket, hold, reason } => {
                let id = TicketId(*ticket);
                let changes = self.queues.decline(at, &hold.agent, id, hold.generation, reason)?;
                doing.happened(*ticket, Happened::Declined { agent: hold.agent.clone() });
                self.tell(doing, changes);
            }
            Command::Assign { ticket, agent } => self.assign(doing, *ticket, agent, by)?,
            Command::Transfer { ticket, hold, to } => {
                self.ticket(*ticket)?;
                let changes = self.queues.transfer(at, TicketId(*ticket), to, &asks(hold, by))?;
                self.tell(doing, changes);
            }
            Command::Reply { ticket, hold, conversation, parts } => {
                self.reply(doing, *ticket, hold.as_ref(), conversation.as_deref(), parts)?;
            }
            Command::Note { ticket, text } => {
                self.ticket(*ticket)?;
                within("a note", text, NOTE_CHARACTERS_MAX)?;
            }
            Command::Snooze { ticket, hold, until } => {
                if *until <= at {
                    return Err(Refused::Invalid("`until` is over: name a time to come".to_owned()));
                }
                self.set_aside(doing, *ticket, hold.as_ref(), by)?;
                let until = *until;
                self.tickets.change(*ticket, |ticket| {
                    (ticket.status, ticket.snoozed_until) = (Status::Snoozed, Some(until));
                });
                doing.happened(*ticket, Happened::Snoozed);
            }
            Command::Pend { ticket, hold } => {
                self.set_aside(doing, *ticket, hold.as_ref(), by)?;
                self.tickets.change(*ticket, |ticket| ticket.status = Status::Pending);
                doing.happened(*ticket, Happened::Pending);
            }
            Command::Close { ticket, hold } => {
                self.must_not_be(*ticket, Status::Closed, "reopen it to go on with it")?;
                self.may(*ticket, hold.as_ref())?;
                let speaker =
                    hold.as_ref().map_or(Speaker::Program, |hold| Speaker::Agent(hold.agent.clone()));
                self.close(doing, *ticket, speaker);
            }
            Command::Reopen { ticket } => {
                let status = self.ticket(*ticket)?.status;
                if status == Status::Open {
                    doing.changed = false;
                    return Ok(());
                }
                self.reopen(doing, *ticket);
                self.go_on(doing, *ticket);
                self.keep_somewhere(doing, *ticket);
            }
            Command::Label { ticket, label } => self.label(*ticket, label)?,
            _ => {}
        }
        if let Some(id) = ticket_of(command) {
            self.touch(doing, id);
        }
        Ok(())
    }

    fn assign(&mut self, doing: &mut Doing, id: u64, agent: &str, by: &str) -> Result<(), Refused> {
        self.must_not_be(id, Status::Closed, "reopen it first")?;
        if self.queues.whereabouts(TicketId(id)).is_none() {
            if !self.settings.queues.agents.contains_key(agent) {
                return Err(Refused::Invalid(format!(
                    "there is no agent `{agent}`: name one of `desk.toml`"
                )));
            }
            // It was nobody's: in a flow, pending or snoozed.
            self.queue(doing, id, trunkline_flows::run::Queued::default());
        }
        let changes = self.queues.assign(doing.at, TicketId(id), agent, by)?;
        self.tell(doing, changes);
        Ok(())
    }

    fn reply(
        &mut self,
        doing: &mut Doing,
        id: u64,
        hold: Option<&Hold>,
        conversation: Option<&str>,
        parts: &[OutgoingPart],
    ) -> Result<(), Refused> {
        if parts.is_empty() || parts.len() > PARTS_MAX {
            let message = format!("a reply of {} parts: 1 to {PARTS_MAX} are sent", parts.len());
            return Err(Refused::Invalid(message));
        }
        self.may(id, hold)?;
        let ticket = self.ticket(id)?;
        let to = match conversation {
            None => ticket.conversation.clone(),
            Some(other) => {
                let known = self.tickets.of(self.everybody(trunkline_contacts::ContactId(ticket.contact)));
                if !known.iter().any(|ticket| ticket.conversations.contains(other)) {
                    return Err(Refused::NoConversation(other.to_owned()));
                }
                other.to_owned()
            }
        };
        let at = doing.at;
        let is_first = ticket.first_response_at.is_none();
        let channel = self.tickets.change(id, |ticket| {
            ticket.say(at, hold.is_some());
            // The first segment of a conversation's key is its connection, with `/` and `%` escaped.
            let connection = to.split('/').next().unwrap_or_default().replace("%2F", "/").replace("%25", "%");
            ticket.turn_to(&connection, &to);
            ticket.connection.clone()
        });
        let by = hold.map_or(Speaker::Program, |hold| Speaker::Agent(hold.agent.clone()));
        doing.happened(id, Happened::Said { channel: channel.unwrap_or_default(), by });
        doing.effects.push(Effect::Send { ticket: id, conversation: to, parts: parts.to_vec() });
        if is_first && hold.is_some() {
            self.reckon(doing, |levels, hours| levels.respond(at, TicketId(id), hours));
        }
        Ok(())
    }

    /// Nobody has it for a while.
    fn set_aside(
        &mut self,
        doing: &mut Doing,
        id: u64,
        hold: Option<&Hold>,
        by: &str,
    ) -> Result<(), Refused> {
        self.must_not_be(id, Status::Closed, "reopen it first")?;
        self.may(id, hold)?;
        self.end_run(id);
        self.leave(doing, id, &asks(&hold.cloned(), by));
        self.stand_still(doing, id);
        let at = doing.at;
        self.tickets.change(id, |ticket| ticket.changed_at = at);
        Ok(())
    }

    fn label(&mut self, id: u64, label: &Label) -> Result<(), Refused> {
        let ticket = self.ticket(id)?;
        let texts = label.add_tags.iter().chain(&label.subject);
        for text in texts {
            within("a tag or subject", text, LABEL_CHARACTERS_MAX)?;
        }
        if label.priority.is_some_and(|priority| priority > PRIORITY_MAX) {
            return Err(Refused::Invalid(format!("a priority is 0 to {PRIORITY_MAX}")));
        }
        if ticket.tags.len() + label.add_tags.len() > TAGS_MAX {
            return Err(Refused::Invalid(format!("more than {TAGS_MAX} tags: remove some")));
        }
        self.tickets.change(id, |ticket| {
            ticket.tags.retain(|tag| !label.remove_tags.contains(tag));
            ticket.tags.extend(label.add_tags.iter().cloned());
            ticket.priority = label.priority.unwrap_or(ticket.priority);
            if let Some(subject) = &label.subject {
                ticket.subject = Some(subject.clone()).filter(|subject| !subject.is_empty());
            }
        });
        Ok(())
    }

    fn must_not_be(&self, id: u64, status: Status, hint: &'static str) -> Result<(), Refused> {
        match self.ticket(id)?.status == status {
            true => Err(Refused::State { ticket: id, state: status.name(), hint }),
            false => Ok(()),
        }
    }

    /// An agent must have the ticket, now.
    fn may(&self, id: u64, hold: Option<&Hold>) -> Result<(), Refused> {
        self.ticket(id)?;
        let Some(hold) = hold else { return Ok(()) };
        self.queues.check_owner(&hold.agent, TicketId(id), hold.generation)?;
        Ok(())
    }

    /// Who has a ticket: agent and generation.
    pub fn owner(&self, id: u64) -> Option<Hold> {
        match self.queues.whereabouts(TicketId(id))? {
            Whereabouts::Owned { agent, generation } => Some(Hold { agent, generation }),
            _ => None,
        }
    }
}

fn asks(hold: &Option<Hold>, by: &str) -> By {
    match hold {
        Some(hold) => By::Agent { name: hold.agent.clone(), generation: hold.generation },
        None => By::Supervisor { name: by.to_owned() },
    }
}

fn within(what: &str, text: &str, characters_max: usize) -> Result<(), Refused> {
    let characters = text.chars().count();
    if characters == 0 || characters > characters_max {
        let message = format!("{what} of {characters} characters: 1 to {characters_max} are kept");
        return Err(Refused::Invalid(message));
    }
    Ok(())
}

fn ticket_of(command: &Command) -> Option<u64> {
    match command {
        Command::Accept { ticket, .. }
        | Command::Decline { ticket, .. }
        | Command::Assign { ticket, .. }
        | Command::Transfer { ticket, .. }
        | Command::Reply { ticket, .. }
        | Command::Note { ticket, .. }
        | Command::Snooze { ticket, .. }
        | Command::Pend { ticket, .. }
        | Command::Close { ticket, .. }
        | Command::Reopen { ticket }
        | Command::Label { ticket, .. } => Some(*ticket),
        _ => None,
    }
}
