//! Who has what, learned from the changes alone: what an observer knows, and what the state is held against.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_queues::{Change, Config, Queues, Rule, TicketId, Verdict, Whereabouts};

/// What an observer knows.
#[derive(Debug, Default)]
pub struct Shadow {
    /// Ticket to agent, generation, whether owned.
    holders: BTreeMap<TicketId, (String, u64, bool)>,
    kinds: BTreeMap<TicketId, String>,
    /// Every ticket that came and did not go.
    pub open: BTreeSet<TicketId>,
    /// Every pair of agent and generation that was ever told.
    pub told: BTreeMap<TicketId, Vec<(String, u64)>>,
    /// The last one: no two offers have the same, of whichever tickets.
    generation: u64,
}

impl Shadow {
    pub fn came(&mut self, ticket: TicketId, kind: &str) {
        assert!(self.open.insert(ticket), "{ticket} came twice");
        self.kinds.insert(ticket, kind.to_owned());
    }

    /// Reads changes in their order. Panics where one contradicts those before.
    pub fn read(&mut self, changes: &[Change], config: &Config) {
        for change in changes {
            self.read_one(change, config);
        }
    }

    fn read_one(&mut self, change: &Change, config: &Config) {
        match change {
            Change::Offered { ticket, agent, generation, trace, .. } => {
                let before = self.holders.insert(*ticket, (agent.clone(), *generation, false));
                assert_eq!(before, None, "{ticket} is offered while somebody has it");
                assert_eq!(trace.candidates[0].verdict, Verdict::Chosen);
                self.is_new(*generation);
                self.check_capacity(agent, *ticket, config);
                self.told.entry(*ticket).or_default().push((agent.clone(), *generation));
            }
            Change::Owned { ticket, agent, generation, trace, .. } => {
                let before = self.holders.insert(*ticket, (agent.clone(), *generation, true));
                if trace.rule != Rule::Accepted {
                    self.is_new(*generation);
                }
                match &trace.rule {
                    Rule::Accepted => assert_eq!(before, Some((agent.clone(), *generation, false))),
                    Rule::Assigned(_) => assert_eq!(before, None, "{ticket} is given while somebody has it"),
                    _ => {
                        assert_eq!(before, None, "{ticket} is owned while somebody has it");
                        self.check_capacity(agent, *ticket, config);
                    }
                }
                self.told.entry(*ticket).or_default().push((agent.clone(), *generation));
            }
            Change::Returned { ticket, agent, generation, .. } => {
                let before = self.holders.remove(ticket);
                let before = before.map(|(agent, generation, _)| (agent, generation));
                assert_eq!(
                    before,
                    Some((agent.clone(), *generation)),
                    "{ticket} comes back from somebody else"
                );
            }
            Change::Released { ticket, agent, .. } => {
                let before = self.holders.remove(ticket).map(|(agent, ..)| agent);
                assert_eq!(&before, agent);
                assert!(self.open.remove(ticket), "{ticket} goes twice");
            }
            Change::Queued { ticket, trace, .. } => {
                assert!(!self.holders.contains_key(ticket), "{ticket} waits and is with somebody");
                assert_eq!(trace.rule, Rule::Nobody);
            }
            _ => {}
        }
    }

    fn is_new(&mut self, generation: u64) {
        assert!(generation > self.generation, "generation {generation} after {}", self.generation);
        self.generation = generation;
    }

    /// An agent who got a ticket by a rule has not more than may be.
    fn check_capacity(&self, agent: &str, ticket: TicketId, config: &Config) {
        let kind = &self.kinds[&ticket];
        let held: Vec<_> = self.holders.iter().filter(|(_, holder)| holder.0 == agent).collect();
        let of_kind = held.iter().filter(|(ticket, _)| self.kinds[ticket] == *kind).count();
        let capacity = &config.agents[agent].capacity;
        assert!(held.len() as u32 <= capacity.total(), "{agent} has {} tickets", held.len());
        assert!(of_kind as u32 <= capacity.of(kind), "{agent} has {of_kind} of {kind}");
    }

    /// Holds the state against what is known.
    pub fn compare(&self, queues: &Queues) {
        let tickets: BTreeSet<TicketId> = queues.tickets().collect();
        assert_eq!(tickets, self.open, "a ticket vanished, or came from nowhere");
        let mut with_agents = BTreeMap::new();
        for agent in queues.config().agents.keys() {
            for ticket in queues.agent(agent).expect("an agent").tickets {
                assert_eq!(with_agents.insert(ticket, agent), None, "{ticket} is with two");
            }
        }
        for &ticket in &self.open {
            let place = queues.whereabouts(ticket).expect("a place");
            let seen = match &place {
                Whereabouts::Waiting { teams, .. } => {
                    for team in queues.config().teams.keys() {
                        let times = queues.waiting(team).iter().filter(|waiting| **waiting == ticket).count();
                        assert_eq!(times, usize::from(teams.contains(team)), "{ticket} in {team}");
                    }
                    None
                }
                Whereabouts::Offered { agent, generation, .. } => Some((agent.clone(), *generation, false)),
                Whereabouts::Owned { agent, generation } => Some((agent.clone(), *generation, true)),
            };
            assert_eq!(self.holders.get(&ticket), seen.as_ref(), "{ticket}");
            assert_eq!(with_agents.get(&ticket).copied(), seen.as_ref().map(|(agent, ..)| agent));
        }
        let waiting: BTreeSet<_> =
            queues.config().teams.keys().flat_map(|team| queues.waiting(team)).collect();
        assert_eq!(waiting.len() + with_agents.len(), tickets.len());
    }
}
