//! The numbers of one channel and team, or of one agent, in one stretch of time.

use serde::{Deserialize, Serialize};

use crate::distribution::Distribution;
use crate::measure::{Count, Sample};
use crate::names::NameId;
use crate::sorted::Sorted;

/// Whose numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cell {
    /// Of what comes in and goes out.
    Traffic {
        /// None: the ticket's beginning is not known.
        channel: NameId,
        /// None: no team has it.
        team: NameId,
    },
    /// Of what an agent does.
    Agent(NameId),
}

impl Cell {
    /// Where facts go whose ticket is not known.
    pub(crate) const NOBODY: Self = Self::Traffic { channel: NameId::NONE, team: NameId::NONE };
}

/// Numbers. What is not there is zero.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    counts: Sorted<Count, u64>,
    samples: Sorted<Sample, Distribution>,
}

impl Bucket {
    pub(crate) fn count(&mut self, count: Count, more: u64) {
        let value = self.counts.entry(count);
        *value = value.saturating_add(more);
    }

    pub(crate) fn sample(&mut self, sample: Sample, value: u64, thresholds: &[u64]) {
        self.samples.entry(sample).add(value, if sample.is_time() { thresholds } else { &[] });
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (count, &more) in other.counts.iter() {
            self.count(count, more);
        }
        for (sample, distribution) in other.samples.iter() {
            self.samples.entry(sample).merge(distribution);
        }
    }

    pub(crate) fn value(&self, count: Count) -> u64 {
        self.counts.get(count).copied().unwrap_or(0)
    }

    pub(crate) fn distribution(&self, sample: Sample) -> Option<&Distribution> {
        self.samples.get(sample)
    }
}
