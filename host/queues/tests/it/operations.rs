//! Anything that can be asked of queues, in any order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use trunkline_queues::{By, Change, Config, Need, Presence, Queues, Target, TicketId, Whereabouts};

use crate::world::{AGENTS, KINDS, LANGUAGES, SKILLS, START, TEAMS, config};

/// Few numbers, so that operations meet.
const TICKETS: u64 = 12;

/// One thing that is asked. Tickets and agents may not exist, and what is known of them may be old.
#[derive(Debug, Clone)]
pub enum Op {
    Enqueue(Need),
    Give(Need, String),
    Accept(TicketId, Known),
    Decline(TicketId, Known),
    Assign(TicketId, String),
    Transfer(TicketId, Target, Asker),
    Release(TicketId, Asker),
    Escalate(TicketId),
    Presence(String, Presence),
    Configure(Box<Config>),
    Tick,
    /// Until something is due, and that is done.
    Sleep,
    Wait(u64),
}

/// What somebody believes to know of a ticket.
#[derive(Debug, Clone)]
pub enum Known {
    Rightly,
    Wrongly(String, u64),
}

#[derive(Debug, Clone)]
pub enum Asker {
    Agent(Known),
    Supervisor,
    System,
}

/// Time and state. Every operation goes through it.
pub struct Runner {
    pub queues: Queues,
    pub at: u64,
}

pub fn ops(count: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(), count)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => need().prop_map(Op::Enqueue),
        1 => (need(), agent()).prop_map(|(need, agent)| Op::Give(need, agent)),
        6 => (ticket(), known()).prop_map(|(ticket, known)| Op::Accept(ticket, known)),
        2 => (ticket(), known()).prop_map(|(ticket, known)| Op::Decline(ticket, known)),
        1 => (ticket(), agent()).prop_map(|(ticket, agent)| Op::Assign(ticket, agent)),
        2 => (ticket(), target(), asker()).prop_map(|(ticket, to, by)| Op::Transfer(ticket, to, by)),
        4 => (ticket(), asker()).prop_map(|(ticket, by)| Op::Release(ticket, by)),
        1 => ticket().prop_map(Op::Escalate),
        6 => (agent(), presence()).prop_map(|(agent, presence)| Op::Presence(agent, presence)),
        1 => config().prop_map(|config| Op::Configure(Box::new(config))),
        1 => Just(Op::Tick),
        2 => Just(Op::Sleep),
        3 => (0..120_000_u64).prop_map(Op::Wait),
    ]
}

fn ticket() -> impl Strategy<Value = TicketId> {
    (1..=TICKETS).prop_map(TicketId)
}

fn agent() -> impl Strategy<Value = String> {
    prop_oneof![20 => select(AGENTS.to_vec()), 1 => Just("nobody")].prop_map(str::to_owned)
}

fn known() -> impl Strategy<Value = Known> {
    let wrongly = (agent(), 0..20_u64).prop_map(|(agent, generation)| Known::Wrongly(agent, generation));
    prop_oneof![8 => Just(Known::Rightly), 2 => wrongly]
}

fn asker() -> impl Strategy<Value = Asker> {
    prop_oneof![6 => known().prop_map(Asker::Agent), 1 => Just(Asker::Supervisor), 2 => Just(Asker::System)]
}

fn target() -> impl Strategy<Value = Target> {
    let team =
        (0..=TEAMS.len()).prop_map(|index| Target::Team(TEAMS.get(index).unwrap_or(&"none").to_string()));
    prop_oneof![team, agent().prop_map(Target::Agent)]
}

fn presence() -> impl Strategy<Value = Presence> {
    prop_oneof![
        5 => Just(Presence::Online),
        1 => Just(Presence::Busy),
        1 => Just(Presence::Away),
        1 => Just(Presence::Offline),
    ]
}

fn need() -> impl Strategy<Value = Need> {
    let skills = prop::collection::btree_map(select(SKILLS.to_vec()), 1..=3_u8, 0..=1);
    (
        (
            ticket(),
            0..=TEAMS.len(),
            select(KINDS.to_vec()),
            prop_oneof![2 => Just(BTreeMap::new()), 1 => skills],
        ),
        (prop::option::weighted(0.4, select(LANGUAGES.to_vec())), 0..=9_u8, 0..4_u64, 0..100_000_u64),
        prop::option::weighted(0.3, 0..100_u64),
    )
        .prop_map(
            |((ticket, team, kind, skills), (language, priority, contact, ago), relax_after_seconds)| Need {
                skills: skills.into_iter().map(|(skill, level)| (skill.to_owned(), level)).collect(),
                language: language.map(str::to_owned),
                priority,
                relax_after_seconds,
                ..Need::new(ticket, TEAMS.get(team).unwrap_or(&"gone"), kind, contact, START - ago)
            },
        )
}

impl Runner {
    /// With everybody there.
    pub fn new(config: Config) -> Self {
        let mut queues = Queues::new(config).expect("a configuration");
        for agent in AGENTS {
            let _ = queues.presence(START, agent, Presence::Online);
        }
        Self { queues, at: START }
    }

    /// A ticket that is with somebody, as far as whoever asks knows; else the one that is named.
    fn pick(&self, ticket: TicketId, known: &Known, owned: bool) -> TicketId {
        if matches!(known, Known::Wrongly(..)) {
            return ticket;
        }
        let fits = |ticket: &TicketId| match self.queues.whereabouts(*ticket) {
            Some(Whereabouts::Offered { .. }) => !owned,
            Some(Whereabouts::Owned { .. }) => owned,
            _ => false,
        };
        let fitting: Vec<_> = self.queues.tickets().filter(fits).collect();
        fitting.get(ticket.0 as usize % fitting.len().max(1)).copied().unwrap_or(ticket)
    }

    fn pick_for(&self, ticket: TicketId, asker: &Asker) -> TicketId {
        match asker {
            Asker::Agent(known) => self.pick(ticket, known, true),
            Asker::Supervisor | Asker::System => ticket,
        }
    }

    fn resolve(&self, ticket: TicketId, known: &Known) -> (String, u64) {
        match (known, self.queues.whereabouts(ticket)) {
            (Known::Wrongly(agent, generation), _) => (agent.clone(), *generation),
            (
                _,
                Some(
                    Whereabouts::Offered { agent, generation, .. } | Whereabouts::Owned { agent, generation },
                ),
            ) => (agent, generation),
            _ => ("ada".to_owned(), 1),
        }
    }

    fn by(&self, ticket: TicketId, asker: &Asker) -> By {
        match asker {
            Asker::Agent(known) => {
                let (name, generation) = self.resolve(ticket, known);
                By::Agent { name, generation }
            }
            Asker::Supervisor => By::Supervisor { name: "sue".to_owned() },
            Asker::System => By::System,
        }
    }

    /// Does it. Gives the error as text, for whoever compares runs.
    pub fn run(&mut self, op: &Op) -> Result<Vec<Change>, String> {
        let at = self.at;
        let text = |error: &dyn std::error::Error| error.to_string();
        let result = match op {
            Op::Enqueue(need) => self.queues.enqueue(at, need.clone()),
            Op::Give(need, agent) => self.queues.give(at, need.clone(), agent, "sue"),
            Op::Accept(ticket, known) => {
                let ticket = self.pick(*ticket, known, false);
                let (agent, generation) = self.resolve(ticket, known);
                self.queues.accept(at, &agent, ticket, generation)
            }
            Op::Decline(ticket, known) => {
                let ticket = self.pick(*ticket, known, false);
                let (agent, generation) = self.resolve(ticket, known);
                self.queues.decline(at, &agent, ticket, generation, "at lunch")
            }
            Op::Assign(ticket, agent) => self.queues.assign(at, *ticket, agent, "sue"),
            Op::Transfer(ticket, to, asker) => {
                let ticket = self.pick_for(*ticket, asker);
                let by = self.by(ticket, asker);
                self.queues.transfer(at, ticket, to, &by)
            }
            Op::Release(ticket, asker) => {
                let ticket = self.pick_for(*ticket, asker);
                let by = self.by(ticket, asker);
                self.queues.release(at, ticket, &by)
            }
            Op::Escalate(ticket) => self.queues.escalate(at, *ticket),
            Op::Presence(agent, presence) => self.queues.presence(at, agent, *presence),
            Op::Configure(config) => {
                return self.queues.configure(at, (**config).clone()).map_err(|error| text(&error));
            }
            Op::Tick => Ok(self.queues.tick(at)),
            Op::Sleep => {
                self.at = self.queues.due().unwrap_or(at).max(at);
                Ok(self.queues.tick(self.at))
            }
            Op::Wait(ms) => {
                self.at += ms;
                Ok(Vec::new())
            }
        };
        result.map_err(|error| text(&error))
    }
}
