//! What can be measured, one file each.

mod edge;
mod intake;
mod journal;
mod micro;
mod outbound;
mod scale;
mod through;

use anyhow::Result;

use super::programs::Programs;
use super::report::Found;

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Part {
    /// Calls of connectors
    Micro,
    /// Webhooks to a host, and to what people would run instead
    Intake,
    /// From the socket to a destination
    Through,
    /// Many connections
    Scale,
    /// Webhooks into a journal that is old
    Journal,
    /// Messages to a provider
    Outbound,
    /// Webhooks to an edge in front of a host, and to the host itself
    Edge,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rounds of which the median counts.
    pub rounds: usize,
    /// Seconds of each measurement.
    pub seconds: f64,
    /// Whether it is only tried whether all works.
    pub quick: bool,
}

impl Part {
    /// Its name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Micro => "micro",
            Self::Intake => "intake",
            Self::Through => "through",
            Self::Scale => "scale",
            Self::Journal => "journal",
            Self::Outbound => "outbound",
            Self::Edge => "edge",
        }
    }

    /// Measures it.
    pub fn measure(self, programs: &Programs, effort: Effort) -> Result<Found> {
        match self {
            Self::Micro => micro::measure(programs, effort),
            Self::Intake => intake::measure(programs, effort),
            Self::Through => through::measure(programs, effort),
            Self::Scale => scale::measure(programs, effort),
            Self::Journal => journal::measure(programs, effort),
            Self::Outbound => outbound::measure(programs, effort),
            Self::Edge => edge::measure(programs, effort),
        }
    }
}

impl Effort {
    /// Does something in each round, and says where it is.
    pub fn rounds(&self, mut round: impl FnMut() -> Result<()>) -> Result<()> {
        for number in 1..=self.rounds {
            eprintln!("  round {number} of {}", self.rounds);
            round()?;
        }
        Ok(())
    }
}
