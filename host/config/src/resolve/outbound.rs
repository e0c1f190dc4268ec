//! `[outbound]`, `[media]`, and the rate of connections.

use trunkline_core::outbound::OnUnconfirmed;

use super::Resolver;
use crate::file;

/// Hours until a message is given up: a week is longer than anybody waits for an answer.
const GIVE_UP_HOURS: std::ops::RangeInclusive<u64> = 1..=168;
/// Messages that wait: each takes a few hundred bytes of memory.
const WAITING: std::ops::RangeInclusive<u64> = 1..=1_000_000;
/// Messages of one connection that are sent at once.
const IN_FLIGHT: std::ops::RangeInclusive<u64> = 1..=256;
/// A file goes through memory as a whole, and into the journal.
const UPLOAD_BYTES: std::ops::RangeInclusive<u64> = 1_024..=104_857_600;
/// A file that is fetched goes to disk.
const FETCH_BYTES: std::ops::RangeInclusive<u64> = 1_024..=2_147_483_648;
/// The cache of fetched files.
const CACHE_BYTES: std::ops::RangeInclusive<u64> = 0..=1_099_511_627_776;
/// Calls per second, as in a connector's manifest.
const RATE: std::ops::RangeInclusive<f64> = 0.1..=10_000.0;

const MS_PER_HOUR: u64 = 60 * 60 * 1_000;

/// How messages are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundConfig {
    /// Where it is not known whether the provider has a message.
    pub unconfirmed: OnUnconfirmed,
    /// Milliseconds until a message is given up.
    pub give_up_ms: u64,
    /// Messages of one connection that may wait.
    pub waiting_max: usize,
    /// Messages of one connection that are sent at once.
    pub in_flight_max: usize,
}

/// Bounds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaConfig {
    /// Bytes of an uploaded file.
    pub upload_bytes_max: usize,
    /// Bytes of a file fetched from a provider.
    pub fetch_bytes_max: u64,
    /// Bytes of all fetched files that are kept.
    pub cache_bytes_max: u64,
}

impl Resolver<'_> {
    pub(super) fn outbound(&mut self, outbound: &file::Outbound) -> OutboundConfig {
        self.bounds("outbound", "give_up_hours", outbound.give_up_hours, &GIVE_UP_HOURS);
        self.bounds("outbound", "waiting_max", outbound.waiting_max, &WAITING);
        self.bounds("outbound", "in_flight_max", outbound.in_flight_max, &IN_FLIGHT);
        OutboundConfig {
            unconfirmed: match outbound.unconfirmed {
                file::Unconfirmed::Hold => OnUnconfirmed::Hold,
                file::Unconfirmed::Retry => OnUnconfirmed::Retry,
            },
            give_up_ms: outbound.give_up_hours.saturating_mul(MS_PER_HOUR),
            waiting_max: usize::try_from(outbound.waiting_max).unwrap_or(usize::MAX),
            in_flight_max: usize::try_from(outbound.in_flight_max).unwrap_or(usize::MAX),
        }
    }

    pub(super) fn media(&mut self, media: &file::Media) -> MediaConfig {
        self.bounds("media", "upload_bytes_max", media.upload_bytes_max, &UPLOAD_BYTES);
        self.bounds("media", "fetch_bytes_max", media.fetch_bytes_max, &FETCH_BYTES);
        self.bounds("media", "cache_bytes_max", media.cache_bytes_max, &CACHE_BYTES);
        MediaConfig {
            upload_bytes_max: usize::try_from(media.upload_bytes_max).unwrap_or(usize::MAX),
            fetch_bytes_max: media.fetch_bytes_max,
            cache_bytes_max: media.cache_bytes_max,
        }
    }

    /// None: what the connector declares.
    pub(super) fn rate(&mut self, connection: &str, rate: Option<f64>) -> Option<f64> {
        let rate = rate?;
        if !RATE.contains(&rate) {
            let message =
                format!("`connections.{connection}.rate_per_second` is {rate}, expected 0.1 to 10000");
            self.problem(&["connections", connection, "rate_per_second"], message, None);
        }
        Some(rate)
    }

    fn bounds(&mut self, section: &str, name: &str, found: u64, range: &std::ops::RangeInclusive<u64>) {
        if !range.contains(&found) {
            let (least, most) = (range.start(), range.end());
            let message = format!("`{section}.{name}` is {found}, expected {least} to {most}");
            self.problem(&[section, name], message, None);
        }
    }
}
