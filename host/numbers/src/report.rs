//! What a query is answered with: rows of numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bucket::{Bucket, Cell};
use crate::figures::{Aim, Figures};
use crate::measure::Count;
use crate::names::NameId;
use crate::numbers::Numbers;
use crate::query::{Dimension, Query, QueryError, ROWS_MAX, Step};
use crate::ticket::COME_BACK_MS;

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The beginning, as it came out: see [`Query::from`]. Never before what is kept.
    pub from: u64,
    /// The end, itself not included. Never behind the hour, or day, of the newest fact.
    pub to: u64,
    /// What one row covers.
    pub step: Step,
    /// Ordered by time, channel, team and agent. Where nothing happened there is no row.
    pub rows: Vec<Row>,
}

/// Numbers of a stretch of time, and of a channel, team or agent where the query told them apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The beginning, in milliseconds since the Unix epoch.
    pub from: u64,
    /// The end, itself not included.
    pub to: u64,
    /// `Some(None)`: not known. None: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Option<String>>,
    /// `Some(None)`: without a team. None: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<Option<String>>,
    /// None: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whether first-contact resolution is final: the last closing is 7 days ago.
    pub is_settled: bool,
    /// The numbers.
    #[serde(flatten)]
    pub figures: Figures,
}

/// A row's place in time, and whose numbers it has.
type Key = (usize, [Option<NameId>; 3]);

impl Numbers {
    /// Answers a query with what is counted so far, up to the newest fact.
    pub fn report(&self, query: &Query) -> Result<Report, QueryError> {
        let is_about_agents = query.is_about_agents()?;
        let newest = self.store.newest();
        let first = self.first(is_about_agents).unwrap_or(newest);
        let bounds = query.bounds(&self.store, first, newest)?;
        let (from, to) = (bounds.first().copied().unwrap_or(0), bounds.last().copied().unwrap_or(0));
        let filter = Filter::new(self, query, is_about_agents);

        let mut rows = BTreeMap::<Key, Bucket>::new();
        for (start, cell, bucket) in self.store.range(from, to) {
            if filter.holds(cell) {
                let place = bounds.partition_point(|&bound| bound <= start) - 1;
                row(&mut rows, (place, group(query, cell)))?.merge(bucket);
            }
        }
        if is_about_agents {
            self.add_running(&bounds, &filter, query, &mut rows)?;
        }

        let aim = Aim { within_ms: query.within_ms, thresholds_ms: &self.store.options().thresholds_ms };
        let rows = rows.iter().filter_map(|(&(place, group), bucket)| {
            let (from, to) = (*bounds.get(place)?, *bounds.get(place + 1)?);
            let [channel, team, agent] = group.map(|id| id.map(|id| self.names.name(id).map(str::to_owned)));
            let is_settled = to.saturating_add(COME_BACK_MS) <= newest;
            let figures = Figures::new(bucket, is_about_agents, aim);
            Some(Row { from, to, channel, team, agent: agent.flatten(), is_settled, figures })
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|a, b| {
            (a.from, &a.channel, &a.team, &a.agent).cmp(&(b.from, &b.channel, &b.team, &b.agent))
        });
        Ok(Report { from, to, step: query.step, rows })
    }

    /// When the oldest numbers begin.
    fn first(&self, is_about_agents: bool) -> Option<u64> {
        let running = self.agents.iter().filter(|(_, agent)| is_about_agents && !agent.counts().is_empty());
        let running = running.map(|(_, agent)| agent.counted_to()).min();
        self.store.first().into_iter().chain(running).min().map(|first| first.max(self.store.days_from()))
    }

    /// Adds the time of agents since the last of their facts.
    fn add_running(
        &self,
        bounds: &[u64],
        filter: &Filter,
        query: &Query,
        rows: &mut BTreeMap<Key, Bucket>,
    ) -> Result<(), QueryError> {
        let newest = self.store.newest();
        for (name, agent) in self.agents.iter() {
            let (cell, counts) = (Cell::Agent(name), agent.counts());
            if counts.is_empty() || !filter.holds(cell) {
                continue;
            }
            // Rows before that have none of it.
            let first = bounds.partition_point(|&bound| bound <= agent.counted_to()).saturating_sub(1);
            for (place, stretch) in bounds.windows(2).enumerate().skip(first) {
                let from = stretch[0].max(agent.counted_to());
                let ms = stretch[1].min(newest).saturating_sub(from);
                if ms > 0 {
                    let bucket = row(rows, (place, group(query, cell)))?;
                    counts.iter().for_each(|&count| bucket.count(count, ms));
                }
            }
        }
        Ok(())
    }

    /// Time of agents since the last of their facts, which no total has yet.
    pub(crate) fn running(&self) -> impl Iterator<Item = (NameId, &'static [Count], u64)> {
        let newest = self.store.newest();
        self.agents
            .iter()
            .map(move |(name, agent)| (name, agent.counts(), newest.saturating_sub(agent.counted_to())))
    }
}

/// The row of a key, made where there is none.
fn row(rows: &mut BTreeMap<Key, Bucket>, key: Key) -> Result<&mut Bucket, QueryError> {
    if rows.len() >= ROWS_MAX && !rows.contains_key(&key) {
        return Err(QueryError::Wide);
    }
    Ok(rows.entry(key).or_default())
}

/// What tells the rows of a query apart.
fn group(query: &Query, cell: Cell) -> [Option<NameId>; 3] {
    let by = |dimension: Dimension, id: NameId| query.group_by.contains(&dimension).then_some(id);
    match cell {
        Cell::Traffic { channel, team } => [by(Dimension::Channel, channel), by(Dimension::Team, team), None],
        Cell::Agent(agent) => [None, None, by(Dimension::Agent, agent)],
    }
}

/// Whose numbers are asked for. None: everybody's.
struct Filter {
    is_about_agents: bool,
    channels: Option<Vec<NameId>>,
    teams: Option<Vec<NameId>>,
    agents: Option<Vec<NameId>>,
}

impl Filter {
    fn new(numbers: &Numbers, query: &Query, is_about_agents: bool) -> Self {
        // A name that was never seen has no numbers.
        let ids = |names: &[String]| {
            let find = |name: &String| {
                if name.is_empty() { Some(NameId::NONE) } else { numbers.names.find(name) }
            };
            (!names.is_empty()).then(|| names.iter().filter_map(find).collect())
        };
        Self {
            is_about_agents,
            channels: ids(&query.channels),
            teams: ids(&query.teams),
            agents: ids(&query.agents),
        }
    }

    fn holds(&self, cell: Cell) -> bool {
        let among = |ids: &Option<Vec<NameId>>, id| ids.as_ref().is_none_or(|ids| ids.contains(&id));
        match cell {
            Cell::Traffic { channel, team } => {
                !self.is_about_agents && among(&self.channels, channel) && among(&self.teams, team)
            }
            Cell::Agent(agent) => self.is_about_agents && among(&self.agents, agent),
        }
    }
}
