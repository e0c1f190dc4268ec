//! Whether a destination as a whole takes events: one that keeps failing is paused, and probed with single attempts.
//!
//! Decisions only, like [`super::plan`]. A destination is paused when events of several conversations in a row failed
//! through its own fault, or when it asked for a wait itself. While it is paused one attempt at a time is made, the
//! probe; the first that succeeds ends the pause. A probe that fails costs its event none of its attempts: an outage
//! must not turn events into dead letters.

use std::collections::HashSet;

use crate::destination::Fault;

/// Different conversations that fail one after the other, without a success in between, until it is paused.
const CONVERSATIONS_FAILED_MAX: usize = 5;
/// The wait before the first probe ...
const PROBE_MS_FIRST: u64 = 2_000;
/// ... doubles until here.
const PROBE_MS_MAX: u64 = 5 * 60 * 1_000;

/// A destination that is paused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pause {
    /// Milliseconds since the Unix epoch when it began.
    pub since: u64,
    /// Milliseconds since the Unix epoch of the next probe.
    pub probe_at: u64,
    /// Probes that failed so far.
    pub probes: u32,
    /// Why the last attempt failed.
    pub reason: String,
}

/// What is known of a destination.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Conversations that failed since the last success.
    failed: HashSet<String>,
    pause: Option<Pause>,
}

/// What may be attempted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// Whatever is due.
    All,
    /// One attempt. `fresh`: rather of an event that was never tried, since those that were may be what is wrong.
    Probe { fresh: bool },
    /// Nothing.
    None,
}

impl Health {
    pub(super) fn pause(&self) -> Option<&Pause> {
        self.pause.as_ref()
    }

    pub(super) fn permission(&self, now_ms: u64, flights: usize) -> Permission {
        match &self.pause {
            None => Permission::All,
            Some(pause) if pause.probe_at <= now_ms && flights == 0 => {
                Permission::Probe { fresh: pause.probes % 2 == 1 }
            }
            Some(_) => Permission::None,
        }
    }

    /// When there may be something to attempt again: of a pause, its next probe.
    pub(super) fn wake_at(&self, flights: usize) -> Option<u64> {
        self.pause.as_ref().filter(|_| flights == 0).map(|pause| pause.probe_at)
    }

    /// Somebody repaired it, or says so.
    pub(super) fn probe_now(&mut self, now_ms: u64) {
        if let Some(pause) = &mut self.pause {
            pause.probe_at = pause.probe_at.min(now_ms);
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.failed.clear();
        self.pause = None;
    }

    /// An attempt failed. `probe`: it was one; `after_ms`: the wait that the destination asked for.
    pub(super) fn failed(&mut self, attempt: &Failed, now_ms: u64) {
        if attempt.fault == Fault::Event {
            // It was there and it read: this event is what it does not take.
            self.succeeded();
            return;
        }
        if self.failed.len() < CONVERSATIONS_FAILED_MAX {
            self.failed.insert(attempt.conversation.to_owned());
        }
        let asked = attempt.after_ms.map(|after_ms| after_ms.clamp(PROBE_MS_FIRST, PROBE_MS_MAX));
        match &mut self.pause {
            Some(pause) => {
                if attempt.probe {
                    pause.probes += 1;
                }
                let wait = asked.unwrap_or_else(|| probe_wait(pause.probes));
                pause.probe_at = pause.probe_at.max(now_ms + wait);
                attempt.reason.clone_into(&mut pause.reason);
            }
            None if asked.is_some() || self.failed.len() >= CONVERSATIONS_FAILED_MAX => {
                let wait = asked.unwrap_or(PROBE_MS_FIRST);
                self.pause = Some(Pause {
                    since: now_ms,
                    probe_at: now_ms + wait,
                    probes: 0,
                    reason: attempt.reason.to_owned(),
                });
            }
            None => {}
        }
    }
}

/// What is to be known of an attempt that failed.
pub(super) struct Failed<'a> {
    pub conversation: &'a str,
    pub fault: Fault,
    pub after_ms: Option<u64>,
    pub reason: &'a str,
    pub probe: bool,
}

fn probe_wait(probes: u32) -> u64 {
    PROBE_MS_FIRST.saturating_mul(1 << probes.min(20)).min(PROBE_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(conversation: &str) -> Failed<'_> {
        Failed {
            conversation,
            fault: Fault::Destination,
            after_ms: None,
            reason: "answered 503",
            probe: false,
        }
    }

    fn probe(conversation: &str) -> Failed<'_> {
        Failed { probe: true, ..failed(conversation) }
    }

    #[test]
    fn one_conversation_pauses_nothing_however_often_it_fails() {
        let mut health = Health::default();
        for _ in 0..100 {
            health.failed(&failed("alice"), 0);
        }
        assert_eq!(health.permission(0, 31), Permission::All);
        for conversation in ["bob", "carol", "dave"] {
            health.failed(&failed(conversation), 0);
        }
        health.succeeded();
        for conversation in ["bob", "carol", "dave", "erin"] {
            health.failed(&failed(conversation), 0);
        }
        assert_eq!(health.pause(), None, "a success in between begins anew");
        health.failed(&failed("alice"), 7);
        assert_eq!(health.pause().map(|pause| (pause.since, pause.probe_at)), Some((7, 2_007)));
    }

    #[test]
    fn probes_come_alone_and_ever_later_until_one_succeeds() {
        let mut health = Health::default();
        for conversation in ["a", "b", "c", "d", "e"] {
            health.failed(&failed(conversation), 0);
        }
        assert_eq!(health.permission(1_999, 0), Permission::None);
        assert_eq!(health.permission(2_000, 1), Permission::None, "what was in flight ends first");
        assert_eq!(health.permission(2_000, 0), Permission::Probe { fresh: false });
        let mut now = 2_000;
        let mut waits = Vec::new();
        for number in 0..10 {
            health.failed(&probe(if number % 2 == 0 { "a" } else { "new" }), now);
            let next = health.wake_at(0).expect("a probe");
            waits.push(next - now);
            now = next;
        }
        assert_eq!(waits[..4], [4_000, 8_000, 16_000, 32_000]);
        assert_eq!(waits[9], PROBE_MS_MAX);
        health.succeeded();
        assert_eq!(health.permission(now, 0), Permission::All);
    }

    #[test]
    fn every_second_probe_is_an_event_that_was_never_tried() {
        let mut health = Health::default();
        health.failed(&Failed { after_ms: Some(10), ..failed("a") }, 0);
        assert_eq!(health.permission(2_000, 0), Permission::Probe { fresh: false });
        health.failed(&probe("a"), 2_000);
        assert_eq!(health.permission(6_000, 0), Permission::Probe { fresh: true });
    }

    #[test]
    fn a_wait_that_is_asked_for_pauses_at_once_and_within_bounds() {
        for (asked, waited) in [(30_000, 30_000), (0, PROBE_MS_FIRST), (u64::MAX, PROBE_MS_MAX)] {
            let mut health = Health::default();
            health.failed(&Failed { after_ms: Some(asked), ..failed("a") }, 5);
            assert_eq!(health.wake_at(0), Some(5 + waited), "asked {asked}");
            // Late answers of attempts that were in flight do not bring it forward.
            health.failed(&failed("b"), 6);
            assert!(health.wake_at(0) >= Some(5 + waited), "asked {asked}");
        }
    }

    #[test]
    fn an_event_that_is_not_taken_is_no_fault_of_the_destination() {
        let mut health = Health::default();
        for conversation in ["a", "b", "c", "d", "e", "f"] {
            health.failed(&Failed { fault: Fault::Event, ..failed(conversation) }, 0);
        }
        assert_eq!(health.pause(), None);
    }

    #[test]
    fn somebody_can_ask_for_a_probe() {
        let mut health = Health::default();
        health.failed(&Failed { after_ms: Some(60_000), ..failed("a") }, 0);
        health.probe_now(10);
        assert_eq!(health.permission(10, 0), Permission::Probe { fresh: false });
    }
}
