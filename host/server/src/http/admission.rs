//! Who is still taken in when much is under way.
//!
//! Everything on the way in is bounded: bodies in memory, webhooks that connectors read, what waits for the journal. The
//! bounds are shared by what a refusal costs (`on_failure` in `connector.toml`): a provider that sends again for days is
//! refused from half of a bound on, so that the other half is left to those that do not send again. A refusal comes
//! before the body is read, so it costs no memory; what is let in keeps to its share while its body comes.
//!
//! What is looked at is a moment old when the webhook is let in, so a few more may come; the bounds themselves are held
//! where memory is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use trunkline_core::journal::JournalLoad;
use trunkline_model::manifest::OnFailure;

/// Webhooks that may be with their connectors for each call that runs at once, those that wait for one included. A call
/// takes about a millisecond: the last of them still gets its turn within the second that an impatient provider waits.
const READING_PER_CALL: usize = 16;
/// Shares are counted in eighths.
const WHOLE: usize = 8;

/// What is under way.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// What waits to be written.
    pub journal: JournalLoad,
    /// Kilobytes of bodies that may still be taken in.
    pub bodies_free_kilobytes: usize,
}

/// Lets webhooks in.
#[derive(Debug)]
pub struct Admission {
    bodies_kilobytes: usize,
    reading_max: usize,
    reading: Arc<AtomicUsize>,
}

impl Admission {
    /// With the bounds of the configuration.
    pub fn new(bodies_bytes_max: u32, calls_max: u32) -> Self {
        Self {
            bodies_kilobytes: bodies_bytes_max as usize / 1_024,
            reading_max: calls_max as usize * READING_PER_CALL,
            reading: Arc::default(),
        }
    }

    /// Whether one more is taken in. Otherwise what is used up, as it is counted.
    pub fn admit(&self, on_failure: OnFailure, load: &Load) -> Result<(), &'static str> {
        let share = share(on_failure);
        let journal = &load.journal;
        let bodies = self.bodies_kilobytes.saturating_sub(load.bodies_free_kilobytes);
        let bounds = [
            ("journal", journal.queued, journal.queued_max),
            ("journal_bytes", journal.bytes, journal.bytes_max),
            ("bodies", bodies, self.bodies_kilobytes),
            ("calls", self.reading.load(Ordering::Relaxed), self.reading_max),
        ];
        let used_up = bounds.into_iter().find(|(_, taken, most)| taken * WHOLE >= most * share);
        used_up.map_or(Ok(()), |(reason, ..)| Err(reason))
    }

    /// Kilobytes of bodies that such a provider leaves to others.
    pub fn spared_kilobytes(&self, on_failure: OnFailure) -> usize {
        self.bodies_kilobytes * (WHOLE - share(on_failure)) / WHOLE
    }

    /// A webhook is with its connector until this is dropped.
    pub fn reading(&self) -> Reading {
        self.reading.fetch_add(1, Ordering::Relaxed);
        Reading(Arc::clone(&self.reading))
    }
}

/// Counts one webhook that a connector reads.
#[derive(Debug)]
pub struct Reading(Arc<AtomicUsize>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Eighths of every bound that such a provider may take.
fn share(on_failure: OnFailure) -> usize {
    match on_failure {
        OnFailure::RetriesDays => 4,
        OnFailure::RetriesHours => 5,
        OnFailure::RetriesMinutes => 6,
        OnFailure::Drops | OnFailure::Suspends => WHOLE,
    }
}

/// When such a provider is asked to come again: who has days may leave the room to others for longer.
pub fn retry_after_ms(on_failure: OnFailure) -> u64 {
    match on_failure {
        OnFailure::RetriesDays | OnFailure::RetriesHours => 30_000,
        OnFailure::RetriesMinutes => 5_000,
        OnFailure::Drops | OnFailure::Suspends => 2_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [OnFailure; 5] = [
        OnFailure::RetriesDays,
        OnFailure::RetriesHours,
        OnFailure::RetriesMinutes,
        OnFailure::Drops,
        OnFailure::Suspends,
    ];

    fn load(queued: usize, bytes: usize, bodies_free_kilobytes: usize) -> Load {
        Load {
            journal: JournalLoad { queued, queued_max: 800, bytes, bytes_max: 8_000 },
            bodies_free_kilobytes,
        }
    }

    /// Who is refused, and for what.
    fn refused(admission: &Admission, load: &Load) -> (usize, Option<&'static str>) {
        let refused: Vec<_> = ALL.into_iter().filter_map(|of| admission.admit(of, load).err()).collect();
        (refused.len(), refused.first().copied())
    }

    #[test]
    fn who_sends_again_for_longest_is_refused_first_and_who_drops_last() {
        let admission = Admission::new(80 * 1_024, 1);
        for (load, expected) in [
            (load(0, 0, 80), (0, None)),
            (load(399, 3_999, 41), (0, None)),
            (load(400, 0, 80), (1, Some("journal"))),
            (load(500, 0, 80), (2, Some("journal"))),
            (load(600, 0, 80), (3, Some("journal"))),
            (load(799, 7_999, 1), (3, Some("journal"))),
            (load(800, 0, 80), (5, Some("journal"))),
            (load(0, 4_000, 80), (1, Some("journal_bytes"))),
            (load(0, 0, 40), (1, Some("bodies"))),
            (load(0, 0, 0), (5, Some("bodies"))),
        ] {
            assert_eq!(refused(&admission, &load), expected, "{load:?}");
        }
    }

    #[test]
    fn what_is_let_in_keeps_to_its_share() {
        let admission = Admission::new(80 * 1_024, 1);
        assert_eq!(ALL.map(|of| admission.spared_kilobytes(of)), [40, 30, 20, 0, 0]);
    }

    #[test]
    fn what_waits_for_connectors_is_bounded_and_comes_back() {
        let admission = Admission::new(1 << 20, 1);
        let half: Vec<_> = (0..8).map(|_| admission.reading()).collect();
        assert_eq!(refused(&admission, &load(0, 0, 1_024)), (1, Some("calls")));
        let rest: Vec<_> = (0..8).map(|_| admission.reading()).collect();
        assert_eq!(refused(&admission, &load(0, 0, 1_024)), (5, Some("calls")));
        drop((half, rest));
        assert_eq!(refused(&admission, &load(0, 0, 1_024)), (0, None));
    }

    #[test]
    fn who_has_time_is_asked_to_come_later() {
        assert!(ALL.windows(2).all(|pair| retry_after_ms(pair[0]) >= retry_after_ms(pair[1])));
    }

    /// `cargo test --workspace --bin trunkline -- admission --nocapture` says what it costs.
    #[test]
    fn letting_in_costs_next_to_nothing() {
        const TIMES: u32 = 200_000;
        let admission = Admission::new(1 << 20, 64);
        let begun = std::time::Instant::now();
        let admitted = (0..TIMES).filter(|_| {
            let _reading = admission.reading();
            admission.admit(OnFailure::RetriesDays, std::hint::black_box(&load(1, 1, 1_024))).is_ok()
        });
        assert_eq!(admitted.count(), TIMES as usize);
        println!("{} ns a webhook", begun.elapsed().as_nanos() / u128::from(TIMES));
    }
}
