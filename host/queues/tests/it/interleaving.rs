//! Agents who see what is so late, each at another time, and act on it: no message has two owners.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use trunkline_queues::{
    Agent, By, Change, Config, Need, Presence, Queues, Target, Team, TicketId, Whereabouts,
};

use crate::shadow::Shadow;
use crate::world::{START, cases};

const AGENTS: [&str; 4] = ["ada", "bob", "cyd", "dan"];

/// Whatever happens next; numbers pick from what there is.
#[derive(Debug, Clone)]
enum Step {
    /// A contact writes on a ticket, which is queued if it is not open.
    Message(u64),
    /// So many of the changes under way reach an agent.
    Deliver(usize, usize),
    /// An agent does something with something in view.
    Act(usize, Act, usize),
    Supervisor(u64, usize),
    Presence(usize, bool),
    Time(u64),
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Accept,
    Decline,
    Reply,
    Pass(usize),
    PassToTeam,
    Close,
    /// Acts on what another agent sees, by mistake or by guessing.
    Borrow,
}

/// What one agent sees: offers and tickets with their generations, as of some time ago.
#[derive(Default)]
struct View {
    under_way: VecDeque<(TicketId, u64)>,
    seen: Vec<(TicketId, u64)>,
}

struct Office {
    queues: Queues,
    at: u64,
    shadow: Shadow,
    views: BTreeMap<&'static str, View>,
    /// Messages of a ticket that nobody has answered.
    unanswered: BTreeMap<TicketId, Vec<u64>>,
    /// Message and who answered it.
    answered: BTreeMap<u64, String>,
    messages: u64,
}

fn config() -> Config {
    let team = Team {
        offer_seconds: 5,
        missed_max: 2,
        reassign_after_seconds: 10,
        declined_seconds: 3,
        ..Team::default()
    };
    let mut agent = Agent::default();
    agent.teams.insert("support".to_owned());
    agent.capacity.0.insert("total".to_owned(), 2);
    Config {
        default_team: "support".to_owned(),
        teams: BTreeMap::from([("support".to_owned(), team)]),
        agents: AGENTS.iter().map(|name| ((*name).to_owned(), agent.clone())).collect(),
    }
}

impl Office {
    fn new() -> Self {
        let mut office = Self {
            queues: Queues::new(config()).expect("a configuration"),
            at: START,
            shadow: Shadow::default(),
            views: AGENTS.iter().map(|name| (*name, View::default())).collect(),
            unanswered: BTreeMap::new(),
            answered: BTreeMap::new(),
            messages: 0,
        };
        for agent in AGENTS {
            let changes = office.queues.presence(START, agent, Presence::Online).expect("an agent");
            office.publish(&changes);
        }
        office
    }

    fn publish(&mut self, changes: &[Change]) {
        self.shadow.read(changes, self.queues.config());
        for change in changes {
            if let Change::Offered { ticket, agent, generation, .. }
            | Change::Owned { ticket, agent, generation, .. } = change
                && let Some(view) = self.views.get_mut(agent.as_str())
            {
                view.under_way.push_back((*ticket, *generation));
            }
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Message(number) => self.message(TicketId(number)),
            Step::Deliver(agent, count) => {
                let Some(view) = self.views.get_mut(AGENTS[agent]) else { return };
                let count = count.min(view.under_way.len());
                view.seen.extend(view.under_way.drain(..count));
            }
            Step::Act(agent, act, pick) => self.act(AGENTS[agent], act, pick),
            Step::Supervisor(ticket, agent) => {
                let changes = self.queues.assign(self.at, TicketId(ticket), AGENTS[agent], "sue");
                self.publish(&changes.unwrap_or_default());
            }
            Step::Presence(agent, online) => {
                let presence = if online { Presence::Online } else { Presence::Away };
                let changes = self.queues.presence(self.at, AGENTS[agent], presence);
                self.publish(&changes.expect("an agent"));
            }
            Step::Time(ms) => {
                self.at += ms;
                let changes = self.queues.tick(self.at);
                self.publish(&changes);
            }
        }
    }

    fn message(&mut self, ticket: TicketId) {
        self.messages += 1;
        self.unanswered.entry(ticket).or_default().push(self.messages);
        if self.queues.whereabouts(ticket).is_none() {
            self.shadow.came(ticket, "chat");
            let need = Need::new(ticket, "support", "chat", ticket.0, self.at);
            let changes = self.queues.enqueue(self.at, need).expect("queued");
            self.publish(&changes);
        }
    }

    fn act(&mut self, agent: &'static str, act: Act, pick: usize) {
        let from = if matches!(act, Act::Borrow) { AGENTS[pick % AGENTS.len()] } else { agent };
        let seen = &self.views[from].seen;
        if seen.is_empty() {
            return;
        }
        // The latest are the likeliest.
        let (ticket, generation) = seen[seen.len() - 1 - pick % seen.len().min(6)];
        let by = By::Agent { name: agent.to_owned(), generation };
        let at = self.at;
        let result = match act {
            Act::Accept => self.queues.accept(at, agent, ticket, generation),
            Act::Decline => self.queues.decline(at, agent, ticket, generation, ""),
            Act::Pass(to) => self.queues.transfer(at, ticket, &Target::Agent(AGENTS[to].to_owned()), &by),
            Act::PassToTeam => self.queues.transfer(at, ticket, &Target::Team("support".to_owned()), &by),
            Act::Close => self.queues.release(at, ticket, &by),
            Act::Reply | Act::Borrow => {
                if self.queues.check_owner(agent, ticket, generation).is_ok() {
                    self.reply(agent, ticket);
                }
                return;
            }
        };
        self.publish(&result.unwrap_or_default());
    }

    fn reply(&mut self, agent: &str, ticket: TicketId) {
        let owner = self.queues.whereabouts(ticket);
        assert!(matches!(owner, Some(Whereabouts::Owned { agent: owner, .. }) if owner == agent));
        for message in self.unanswered.remove(&ticket).unwrap_or_default() {
            assert_eq!(self.answered.insert(message, agent.to_owned()), None, "answered twice");
        }
    }

    /// Of all who were ever asked or had it, with all that they were ever told, one at most may act on a ticket.
    fn check(&self) {
        self.shadow.compare(&self.queues);
        for (&ticket, told) in &self.shadow.told {
            let generations: BTreeSet<u64> = told.iter().map(|(_, generation)| *generation).collect();
            let may =
                AGENTS.iter().flat_map(|agent| generations.iter().map(move |generation| (agent, generation)));
            let owners: Vec<_> = may
                .filter(|(agent, generation)| self.queues.check_owner(agent, ticket, **generation).is_ok())
                .collect();
            match self.queues.whereabouts(ticket) {
                Some(Whereabouts::Owned { agent, generation }) => {
                    assert_eq!(owners, [(&agent.as_str(), &generation)], "{ticket}");
                }
                _ => assert!(owners.is_empty(), "{ticket} is nobody's, but {owners:?}"),
            }
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let agent = || 0..AGENTS.len();
    let act = prop_oneof![
        6 => Just(Act::Accept),
        1 => Just(Act::Decline),
        5 => Just(Act::Reply),
        1 => agent().prop_map(Act::Pass),
        1 => Just(Act::PassToTeam),
        1 => Just(Act::Close),
        2 => Just(Act::Borrow),
    ];
    prop_oneof![
        4 => (1..8_u64).prop_map(Step::Message),
        8 => (agent(), 1..4_usize).prop_map(|(agent, count)| Step::Deliver(agent, count)),
        16 => (agent(), act, 0..24_usize).prop_map(|(agent, act, pick)| Step::Act(agent, act, pick)),
        1 => (1..8_u64, agent()).prop_map(|(ticket, agent)| Step::Supervisor(ticket, agent)),
        2 => (agent(), prop::bool::weighted(0.7)).prop_map(|(agent, online)| Step::Presence(agent, online)),
        3 => (1..6_000_u64).prop_map(Step::Time),
    ]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn no_message_has_two_owners(steps in prop::collection::vec(step(), 1..150)) {
        let mut office = Office::new();
        for step in &steps {
            office.step(step);
            office.check();
        }
        prop_assert!(office.answered.len() as u64 <= office.messages);
    }
}
