//! What is to be remembered of agents: whether they are there, and how many tickets they work on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bucket::Cell;
use crate::fact::Presence;
use crate::measure::Count;
use crate::names::NameId;
use crate::store::Store;

/// One agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Agent {
    pub presence: Presence,
    /// Tickets owned that are neither snoozed nor pending.
    working: u32,
    /// The time up to here is counted. Facts before it change what follows, never what is counted.
    counted_to: u64,
}

impl Agent {
    /// What the time since is to be counted as.
    pub(crate) fn counts(&self) -> &'static [Count] {
        match (self.presence.is_there(), self.working) {
            (false, _) => &[],
            (true, 0) => &[Count::OnlineMs],
            (true, _) => &[Count::OnlineMs, Count::BusyMs],
        }
    }

    pub(crate) fn counted_to(&self) -> u64 {
        self.counted_to
    }
}

/// All agents who were ever named.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Agents(BTreeMap<NameId, Agent>);

impl Agents {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (NameId, &Agent)> {
        self.0.iter().map(|(&name, agent)| (name, agent))
    }

    pub(crate) fn set_presence(&mut self, name: NameId, presence: Presence, at: u64, store: &mut Store) {
        self.counted(name, at, store).presence = presence;
    }

    pub(crate) fn begin_work(&mut self, name: NameId, at: u64, store: &mut Store) {
        let agent = self.counted(name, at, store);
        agent.working = agent.working.saturating_add(1);
    }

    pub(crate) fn end_work(&mut self, name: NameId, at: u64, store: &mut Store) {
        let agent = self.counted(name, at, store);
        agent.working = agent.working.saturating_sub(1);
    }

    /// The agent, with the time until then counted.
    fn counted(&mut self, name: NameId, at: u64, store: &mut Store) -> &mut Agent {
        let new = || Agent { presence: Presence::Offline, working: 0, counted_to: at };
        let agent = self.0.entry(name).or_insert_with(new);
        if at > agent.counted_to {
            let counts = agent.counts();
            if !counts.is_empty() {
                store.count_time(agent.counted_to, at, Cell::Agent(name), counts);
            }
            agent.counted_to = at;
        }
        agent
    }
}
