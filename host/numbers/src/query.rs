//! What is asked for, and the stretches of time that it falls into.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::options::MINUTE_MS;
use crate::store::Store;
use crate::zone::{self, AT_MAX, Zone};

/// Rows of a report at most, and stretches of time that it may have.
pub const ROWS_MAX: usize = 10_000;

const HOUR_MS: u64 = 60 * MINUTE_MS;

/// What is asked for. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// The beginning. Moved back to where an hour, or a day, begins.
    pub from: u64,
    /// The end, itself not included. Moved on to where an hour, or a day, ends.
    pub to: u64,
    /// What one row covers.
    pub step: Step,
    /// Whose days: an IANA name. Hours are those of UTC.
    pub time_zone: String,
    /// One row for each of these. By agent is another report: see [`Dimension::Agent`].
    pub group_by: Vec<Dimension>,
    /// Only these channels. Empty: all. `""`: where the channel is not known.
    pub channels: Vec<String>,
    /// Only these teams. Empty: all. `""`: without a team.
    pub teams: Vec<String>,
    /// Only these agents. Empty: all. Any here makes it a report about agents.
    pub agents: Vec<String>,
    /// The target in milliseconds that service levels are held against. None: the first threshold of the options.
    pub within_ms: Option<u64>,
}

impl Default for Query {
    /// All that is kept, in one row.
    fn default() -> Self {
        Self {
            from: 0,
            to: u64::MAX,
            step: Step::Total,
            time_zone: "UTC".into(),
            group_by: Vec::new(),
            channels: Vec::new(),
            teams: Vec::new(),
            agents: Vec::new(),
            within_ms: None,
        }
    }
}

/// What one row covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An hour of UTC.
    Hour,
    /// A day of the time zone, of 23 to 25 hours where its clocks change.
    Day,
    /// All of the time.
    #[default]
    Total,
}

/// What rows are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The channel.
    Channel,
    /// The team.
    Team,
    /// The agent. Numbers of agents are kept apart from those of channels and teams, so this goes with neither.
    Agent,
}

/// Why a query has no report.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// Nothing lies in between.
    #[error("`from` is {from} and `to` is {to}: `to` is to be later")]
    Empty {
        /// The beginning.
        from: u64,
        /// The end.
        to: u64,
    },
    /// Not a time zone.
    #[error("time zone `{0}` is not known: use an IANA name such as `Europe/Berlin`")]
    TimeZone(String),
    /// More rows than a report has.
    #[error(
        "the report would have more than {ROWS_MAX} rows: ask for less time, larger steps or fewer groups"
    )]
    Wide,
    /// Channels or teams, and agents.
    #[error("numbers of agents are kept apart from channels and teams: ask for either")]
    Mixed,
    /// A row would begin in the middle of what is kept.
    #[error("a row would begin at {at}, in the middle of what is kept as one there: {cure}")]
    Coarse {
        /// Where.
        at: u64,
        /// What to do about it.
        cure: String,
    },
}

impl Query {
    pub(crate) fn is_about_agents(&self) -> Result<bool, QueryError> {
        let agents = !self.agents.is_empty() || self.group_by.contains(&Dimension::Agent);
        let traffic = !self.channels.is_empty()
            || !self.teams.is_empty()
            || self.group_by.iter().any(|dimension| *dimension != Dimension::Agent);
        if agents && traffic { Err(QueryError::Mixed) } else { Ok(agents) }
    }

    /// Where rows begin and the last one ends, ascending: at least two. Cut to `first..=last`, what there is.
    pub(crate) fn bounds(&self, store: &Store, first: u64, last: u64) -> Result<Vec<u64>, QueryError> {
        if self.from >= self.to {
            return Err(QueryError::Empty { from: self.from, to: self.to });
        }
        let zone = zone::find(&self.time_zone).ok_or_else(|| QueryError::TimeZone(self.time_zone.clone()))?;
        let zone = Zone(zone);
        // What is asked for may lie before or behind all that there is: never answered with what is next to it.
        let from = self.from.max(first).min(self.to - 1).min(AT_MAX);
        let to = self.to.min(last.saturating_add(1)).min(AT_MAX).max(from.saturating_add(1));
        let bounds = match self.step {
            Step::Hour => steps(from - from % HOUR_MS, to, |at| at + HOUR_MS),
            Step::Day => steps(zone.day_start(from), to, |at| zone.next_day(at)),
            Step::Total => {
                let slot_ms = store.options().slot_ms();
                Some(vec![from - from % slot_ms, to.div_ceil(slot_ms) * slot_ms])
            }
        };
        let bounds = bounds.ok_or(QueryError::Wide)?;
        bounds.iter().try_for_each(|&at| self.check_bound(at, store))?;
        Ok(bounds)
    }

    /// Whether what is kept can be told apart there.
    fn check_bound(&self, at: u64, store: &Store) -> Result<(), QueryError> {
        let options = store.options();
        let cure = if at >= store.hours_from() {
            if at.is_multiple_of(options.slot_ms()) {
                return Ok(());
            }
            format!("set slot_minutes, {}, to 30 or 15", options.slot_minutes)
        } else {
            let day = Zone::known(&options.time_zone).day_start(at);
            if day == at || at < store.days_from() {
                return Ok(());
            }
            format!(
                "ask for days of `{}`, for times from {} on, or keep hours longer than hour_days, {}",
                options.time_zone,
                store.hours_from(),
                options.hour_days
            )
        };
        Err(QueryError::Coarse { at, cure })
    }
}

/// None: too many.
fn steps(from: u64, to: u64, next: impl Fn(u64) -> u64) -> Option<Vec<u64>> {
    let mut bounds = vec![from];
    let mut at = from;
    while at < to {
        if bounds.len() > ROWS_MAX {
            return None;
        }
        at = next(at);
        bounds.push(at);
    }
    Some(bounds)
}
