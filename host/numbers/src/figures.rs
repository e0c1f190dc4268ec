//! What a row says: counts as they are, and what follows from them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bucket::Bucket;
use crate::distribution::Distribution;
use crate::measure::{Count, Sample};

/// The numbers of one row. Fractions are for reading: what they are made of stands beside them, exactly.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Every count that rows of this kind have, also those that are 0.
    pub counts: BTreeMap<Count, u64>,
    /// Durations, where there are any.
    pub times: BTreeMap<Sample, Times>,
    /// Durations within the target of the query, of all: for first responses, those of agents, and waiting.
    pub service_levels: BTreeMap<Sample, ServiceLevel>,
    /// Closings with an answer after which the contact did not come back within 7 days, of closings with an answer.
    pub first_contact_resolution: Share,
    /// Closings of tickets that a bot answered and no agent had or wrote in, of those that a bot answered.
    pub bot_containment: Share,
    /// Closings of tickets in which the contact wrote and got no answer, of all closings.
    pub abandonment: Share,
    /// Time of agents with a ticket to work on, of the time that they were online: in milliseconds.
    pub load: Share,
    /// Satisfaction.
    pub csat: Csat,
    /// Recommendation.
    pub nps: Nps,
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Share {
    /// How many of them.
    pub part: u64,
    /// How many there are.
    pub of: u64,
    /// 0 to 1. None: there are none.
    pub share: Option<f64>,
}

/// Durations in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Times {
    /// How many, exactly.
    pub count: u64,
    /// All of them together, exactly.
    pub sum_ms: u64,
    /// Their average, rounded down.
    pub mean_ms: u64,
    /// The longest, exactly.
    pub max_ms: u64,
    /// Half of them are no longer: within 1 %.
    pub p50_ms: u64,
    /// Nine of ten are no longer: within 1 %.
    pub p90_ms: u64,
    /// 95 of 100 are no longer: within 1 %.
    pub p95_ms: u64,
    /// 99 of 100 are no longer: within 1 %.
    pub p99_ms: u64,
}

/// How many kept a target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ServiceLevel {
    /// The target in milliseconds.
    pub within_ms: u64,
    /// Whether the count is exact, as it is for the thresholds of the options. Else those too close to the target
    /// to tell, 1.6 %, count as missed.
    pub is_exact: bool,
    /// Those within the target.
    #[serde(flatten)]
    pub share: Share,
}

/// Satisfaction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Csat {
    /// How many ratings.
    pub count: u64,
    /// 1 to 5. None: there are no ratings.
    pub mean: Option<f64>,
    /// How many said 1, 2, 3, 4, 5.
    pub ratings: [u64; 5],
}

/// Recommendation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nps {
    /// How many ratings.
    pub count: u64,
    /// Promoters less detractors, of 100 ratings: -100 to 100. None: there are no ratings.
    pub score: Option<f64>,
    /// Who said 9 or 10.
    pub promoters: u64,
    /// Who said 7 or 8.
    pub passives: u64,
    /// Who said 0 to 6.
    pub detractors: u64,
}

/// What service levels are held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Aim<'a> {
    pub within_ms: Option<u64>,
    /// Those of the options.
    pub thresholds_ms: &'a [u64],
}

impl Figures {
    pub(crate) fn new(bucket: &Bucket, is_about_agents: bool, aim: Aim<'_>) -> Self {
        let counts = Count::ALL.iter().filter(|count| {
            if is_about_agents { Count::OF_AGENTS.contains(count) } else { count.is_of_traffic() }
        });
        let times = Sample::ALL.iter().filter(|sample| sample.is_time());
        let levels = [Sample::FirstResponse, Sample::AgentResponse, Sample::Waiting];
        let value = |count| bucket.value(count);
        let answered = value(Count::ClosedAnswered);
        Self {
            counts: counts.map(|&count| (count, value(count))).collect(),
            times: times
                .filter_map(|&sample| Some((sample, Times::of(bucket.distribution(sample)?)?)))
                .collect(),
            service_levels: levels
                .into_iter()
                .filter_map(|sample| Some((sample, aim.level(bucket.distribution(sample)?)?)))
                .collect(),
            first_contact_resolution: Share::new(answered.saturating_sub(value(Count::CameBack)), answered),
            bot_containment: Share::new(value(Count::BotContained), value(Count::BotAnswered)),
            abandonment: Share::new(value(Count::Abandoned), value(Count::Closed)),
            load: Share::new(value(Count::BusyMs), value(Count::OnlineMs)),
            csat: Csat::of(bucket.distribution(Sample::Csat)),
            nps: Nps::of(bucket.distribution(Sample::Nps)),
        }
    }
}

impl Share {
    fn new(part: u64, of: u64) -> Self {
        Self { part, of, share: ratio(i128::from(part), of) }
    }
}

impl Times {
    fn of(values: &Distribution) -> Option<Self> {
        Some(Self {
            count: values.count(),
            sum_ms: values.sum(),
            mean_ms: values.sum().checked_div(values.count())?,
            max_ms: values.max(),
            p50_ms: values.quantile(500)?,
            p90_ms: values.quantile(900)?,
            p95_ms: values.quantile(950)?,
            p99_ms: values.quantile(990)?,
        })
    }
}

impl Aim<'_> {
    fn level(self, values: &Distribution) -> Option<ServiceLevel> {
        let within_ms = self.within_ms.or_else(|| self.thresholds_ms.first().copied())?;
        let place = self.thresholds_ms.binary_search(&within_ms).ok();
        let exact = place.and_then(|place| values.within().get(place)).copied();
        let part = exact.unwrap_or_else(|| values.at_most(within_ms));
        Some(ServiceLevel { within_ms, is_exact: exact.is_some(), share: Share::new(part, values.count()) })
    }
}

impl Csat {
    fn of(values: Option<&Distribution>) -> Self {
        let (count, sum) = values.map_or((0, 0), |values| (values.count(), values.sum()));
        let ratings = [1, 2, 3, 4, 5].map(|rating| values.map_or(0, |values| values.exactly(rating)));
        Self { count, mean: ratio(i128::from(sum), count), ratings }
    }
}

impl Nps {
    fn of(values: Option<&Distribution>) -> Self {
        let among = |ratings: std::ops::RangeInclusive<u64>| -> u64 {
            values.map_or(0, |values| ratings.map(|rating| values.exactly(rating)).sum())
        };
        let (promoters, passives, detractors) = (among(9..=10), among(7..=8), among(0..=6));
        let count = promoters + passives + detractors;
        let score = ratio(100 * (i128::from(promoters) - i128::from(detractors)), count);
        Self { count, score, promoters, passives, detractors }
    }
}

/// Close enough for people: what it is made of is exact.
fn ratio(part: i128, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
