//! Tickets into queues and out of them.

use trunkline_flows::run::Queued;
use trunkline_numbers::{Speaker, What as Happened};
use trunkline_queues::{By, Change, Hours, Levels, Need, TicketId};

use super::{Desk, Doing};
use crate::ticket::Status;

impl Desk {
    /// Never nowhere: what is open, and neither in a flow nor with anybody, waits in the queue of its team.
    pub(super) fn keep_somewhere(&mut self, doing: &mut Doing, id: u64) {
        let is_open = self.tickets.get(id).is_some_and(|ticket| ticket.status == Status::Open);
        if is_open && !self.runs.contains_key(&id) && self.queues.whereabouts(TicketId(id)).is_none() {
            self.queue(doing, id, Queued::default());
        }
    }

    /// A ticket waits for a person: of a team, or a certain one.
    pub(super) fn queue(&mut self, doing: &mut Doing, id: u64, queued: Queued) {
        let team = queued.team.or_else(|| self.team_of(queued.agent.as_deref()));
        let settings = self.settings.clone();
        let at = doing.at;
        let need = self.tickets.change(id, |ticket| {
            ticket.status = Status::Open;
            ticket.changed_at = at;
            if let Some(team) = team {
                ticket.team = Some(team);
            }
            if let Some(priority) = queued.priority {
                ticket.priority = priority;
            }
            ticket.skills.extend(queued.skills);
            let team = ticket.team.clone().unwrap_or_else(|| settings.queues.default_team.clone());
            let kind = settings.kind(&ticket.connection);
            let since = ticket.unanswered_since.unwrap_or(at);
            let mut need = Need::new(TicketId(id), &team, kind, ticket.contact, since);
            need.skills = ticket.skills.clone();
            need.language = ticket.language.clone();
            need.priority = ticket.priority;
            need
        });
        let Some(mut need) = need else { return };
        need.contact = self.contacts.root(trunkline_contacts::ContactId(need.contact)).0;
        let changes = match &queued.agent {
            Some(agent) if settings.queues.agents.contains_key(agent) => {
                self.queues.give(at, need.clone(), agent, "flow")
            }
            _ => self.queues.enqueue(at, need.clone()),
        };
        let changes = changes.or_else(|_| {
            // More than fits into a need: it waits all the same, for anybody.
            self.queues.enqueue(at, Need { skills: Default::default(), language: None, priority: 0, ..need })
        });
        match changes {
            Ok(changes) => {
                self.end_run(id);
                self.tell(doing, changes);
                self.promise(doing, id);
            }
            Err(error) => doing.because("queue", error.to_string()),
        }
    }

    /// The first team of an agent.
    fn team_of(&self, agent: Option<&str>) -> Option<String> {
        self.settings.queues.agents.get(agent?)?.teams.first().cloned()
    }

    /// The clocks of a ticket run, by what its team promises.
    pub(super) fn promise(&mut self, doing: &mut Doing, id: u64) {
        let settings = self.settings.clone();
        let Some(ticket) = self.tickets.get(id) else { return };
        let team = ticket.team.clone().unwrap_or_else(|| settings.queues.default_team.clone());
        let Some(sla) = settings.queues.teams.get(&team).map(|team| &team.sla) else { return };
        let (at, is_answered) = (doing.at, ticket.first_response_at.is_some());
        self.reckon(doing, |levels, hours| levels.open(at, TicketId(id), &team, sla, hours));
        if is_answered {
            self.reckon(doing, |levels, hours| levels.respond(at, TicketId(id), hours));
        }
    }

    /// Nobody works on it for a while: its clocks stand still.
    pub(super) fn stand_still(&mut self, doing: &mut Doing, id: u64) {
        let at = doing.at;
        self.reckon(doing, |levels, hours| levels.pause(at, TicketId(id), hours));
    }

    /// It is worked on again.
    pub(super) fn go_on(&mut self, doing: &mut Doing, id: u64) {
        let at = doing.at;
        self.reckon(doing, |levels, hours| levels.resume(at, TicketId(id), hours));
    }

    /// Nothing is promised for it any more.
    pub(super) fn stop_clocks(&mut self, doing: &mut Doing, id: u64) {
        let at = doing.at;
        self.reckon(doing, |levels, hours| levels.close(at, TicketId(id), hours));
    }

    /// Asks the clocks for something, by the hours of the teams.
    pub(super) fn reckon(
        &mut self,
        doing: &mut Doing,
        ask: impl FnOnce(&mut Levels, Hours<'_>) -> Vec<Change>,
    ) {
        let settings = self.settings.clone();
        let changes = ask(&mut self.levels, &|team, from, to| settings.worked_ms(team, from, to));
        self.tell(doing, changes);
    }

    /// It is done.
    pub(super) fn close(&mut self, doing: &mut Doing, id: u64, by: Speaker) {
        let at = doing.at;
        self.end_run(id);
        self.leave(doing, id, &By::System);
        self.stop_clocks(doing, id);
        self.tickets.change(id, |ticket| {
            (ticket.status, ticket.closed_at, ticket.changed_at) = (Status::Closed, Some(at), at);
            ticket.unanswered_since = None;
        });
        let by_a_person = matches!(by, Speaker::Agent(_));
        doing.happened(id, Happened::Closed { by });
        if by_a_person {
            self.begin_after_closing(doing, id);
        }
    }

    /// Out of the queues, if it is in them.
    pub(super) fn leave(&mut self, doing: &mut Doing, id: u64, by: &By) {
        if self.queues.whereabouts(TicketId(id)).is_some()
            && let Ok(changes) = self.queues.release(doing.at, TicketId(id), by)
        {
            self.tell(doing, changes);
        }
    }
}
