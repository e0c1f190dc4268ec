//! Counters since the beginning, and what is so right now: as plain data, for metrics.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bucket::Cell;
use crate::fact::Presence;
use crate::measure::{Count, Sample};
use crate::names::NameId;
use crate::numbers::Numbers;

/// Everything for metrics, each list ordered by name and labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Only ever grow.
    pub counters: Vec<Series>,
    /// Durations and ratings.
    pub histograms: Vec<Histogram>,
    /// As it is at the newest fact: `open` and `waiting` tickets by channel and team, `agents` by presence.
    pub gauges: Vec<Series>,
}

/// One value with its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Series {
    /// In small letters with underscores. Those of agents begin with `agent_`.
    pub name: String,
    /// `channel` and `team`, empty where there is none; or `agent`.
    pub labels: Vec<(&'static str, String)>,
    /// The definition.
    pub help: &'static str,
    /// The value.
    pub value: u64,
}

/// A distribution with its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Histogram {
    /// In small letters with underscores. Durations end with `_ms`; those of agents begin with `agent_`.
    pub name: String,
    /// As of [`Series`].
    pub labels: Vec<(&'static str, String)>,
    /// The definition.
    pub help: &'static str,
    /// How many values.
    pub count: u64,
    /// All of them together.
    pub sum: u64,
    /// Limits, and how many values are at most each: the thresholds of the options, or every rating that there is.
    pub at_most: Vec<(u64, u64)>,
}

impl Numbers {
    /// Counters since the beginning, and what is so right now.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        let mut running = BTreeMap::new();
        for (name, counts, ms) in self.running() {
            counts.iter().for_each(|&count| {
                running.insert((Cell::Agent(name), count), ms);
            });
        }
        for (cell, bucket) in self.store.total() {
            for &count in Count::ALL {
                let value = bucket.value(count) + running.remove(&(cell, count)).unwrap_or(0);
                if value > 0 {
                    totals.counters.push(self.series(cell, count.name(), count.help(), value));
                }
            }
            for &sample in Sample::ALL {
                let Some(values) = bucket.distribution(sample) else { continue };
                let name =
                    if sample.is_time() { format!("{}_ms", sample.name()) } else { sample.name().to_owned() };
                let at_most = match sample {
                    Sample::Csat => (1..=5).map(|rating| (rating, values.at_most(rating))).collect(),
                    Sample::Nps => (0..=10).map(|rating| (rating, values.at_most(rating))).collect(),
                    _ => {
                        let thresholds = self.store.options().thresholds_ms.iter().copied();
                        thresholds.zip(values.within().iter().copied()).collect()
                    }
                };
                let Series { name, labels, help, value: count } =
                    self.series(cell, &name, sample.help(), values.count());
                totals.histograms.push(Histogram { name, labels, help, count, sum: values.sum(), at_most });
            }
        }
        for ((cell, count), ms) in running {
            if ms > 0 {
                totals.counters.push(self.series(cell, count.name(), count.help(), ms));
            }
        }
        totals.gauges = self.gauges();
        totals.counters.sort();
        totals.histograms.sort();
        totals.gauges.sort();
        totals
    }

    /// How many tickets are open.
    pub fn open_tickets(&self) -> usize {
        self.tickets.iter_open().count()
    }

    fn gauges(&self) -> Vec<Series> {
        let mut open = BTreeMap::<Cell, (u64, u64)>::new();
        for ticket in self.tickets.iter_open() {
            let counts = open.entry(ticket.cell()).or_default();
            counts.0 += 1;
            counts.1 += u64::from(ticket.queued_at.is_some());
        }
        let mut gauges = Vec::new();
        for (cell, (open, waiting)) in open {
            gauges.push(self.series(cell, "open", "Tickets that are open, pending or snoozed.", open));
            gauges.push(self.series(cell, "waiting", "Tickets that wait in a queue.", waiting));
        }
        let mut agents = BTreeMap::<Presence, u64>::new();
        for (_, agent) in self.agents.iter() {
            *agents.entry(agent.presence).or_default() += 1;
        }
        gauges.extend(agents.into_iter().map(|(presence, value)| Series {
            name: "agents".into(),
            labels: vec![("presence", presence.name().into())],
            help: "Agents by presence, all who were ever named.",
            value,
        }));
        gauges
    }

    fn series(&self, cell: Cell, name: &str, help: &'static str, value: u64) -> Series {
        let text = |id: NameId| self.names.name(id).unwrap_or_default().to_owned();
        let (name, labels) = match cell {
            Cell::Traffic { channel, team } => {
                (name.to_owned(), vec![("channel", text(channel)), ("team", text(team))])
            }
            Cell::Agent(agent) => (format!("agent_{name}"), vec![("agent", text(agent))]),
        };
        Series { name, labels, help, value }
    }
}
