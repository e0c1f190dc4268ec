//! Numbers to steer by: how much comes in, how fast it is answered, how well, and by whom.
//!
//! [`Numbers`] is a fold over [`Fact`]s. It has no clock, no journal and no randomness, so the same facts give the same
//! numbers, on every machine and at any time. [`Count`] and [`Sample`] define what is measured, a sentence each.
//! Numbers are kept by hour (UTC), channel and team, and by hour and agent; after some weeks hours become days, and
//! those are forgotten after a year: see [`Options`]. A [`Query`] adds them up into a [`Report`], with days of any time
//! zone; [`Totals`] are for metrics.
//!
//! ```
//! use trunkline_numbers::{Count, Fact, Numbers, Options, Query, Sample, Speaker, What};
//!
//! let mut numbers = Numbers::new(Options::default())?;
//! let facts = [
//!     (1_000, What::Opened { channel: "chat".into(), team: None, contact: 1 }),
//!     (1_000, What::Heard { channel: "chat".into() }),
//!     (9_000, What::Said { channel: "chat".into(), by: Speaker::Bot("faq".into()) }),
//!     (60_000, What::Closed { by: Speaker::Flow }),
//! ];
//! for (at, what) in facts {
//!     numbers.apply(&Fact { at, ticket: 12, what });
//! }
//! let report = numbers.report(&Query::default())?;
//! let figures = &report.rows[0].figures;
//! assert_eq!(figures.counts[&Count::BotContained], 1);
//! assert_eq!(figures.times[&Sample::FirstResponse].max_ms, 8_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agent;
mod bucket;
mod distribution;
mod fact;
mod figures;
mod measure;
mod names;
mod numbers;
mod options;
mod query;
mod report;
mod sorted;
mod store;
mod ticket;
mod totals;
mod zone;

pub use distribution::Distribution;
pub use fact::{Fact, Presence, Rating, Speaker, Target, What};
pub use figures::{Csat, Figures, Nps, ServiceLevel, Share, Times};
pub use measure::{Count, Sample};
pub use numbers::Numbers;
pub use options::{Options, OptionsError};
pub use query::{Dimension, Query, QueryError, ROWS_MAX, Step};
pub use report::{Report, Row};
pub use totals::{Histogram, Series, Totals};
