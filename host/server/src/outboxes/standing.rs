//! How the outbox of an edge stands: when it is asked next, and what of it is worth a line in the log.

use std::time::Duration;

use serde::Deserialize;

/// While something is handed in, it is asked for more at once, but no faster than this.
const AT_ONCE: Duration = Duration::from_secs(1);

/// What an edge answers when it is asked to empty its outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Emptied {
    /// Webhooks that it has handed in.
    pub forwarded: u64,
    /// Those that are still there.
    pub waiting: u64,
    /// Those of them that this host refuses.
    pub refused: u64,
}

impl Emptied {
    /// Those that only wait to be handed in.
    fn due(self) -> u64 {
        self.waiting.saturating_sub(self.refused)
    }
}

/// What the log is to say.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// It cannot be asked, for this reason.
    Failing(String),
    /// It answers again.
    Answering,
    /// It has handed something in.
    Forwarded(Emptied),
    /// Something waits there, and nothing was handed in.
    Stuck(Emptied),
    /// This host refuses some of what waits there.
    Refused(u64),
}

/// Of one edge.
#[derive(Debug, Default)]
pub struct Standing {
    failing: Option<String>,
    last: Emptied,
    /// Answers in a row after which something waits, and nothing was handed in.
    idle: u32,
}

impl Standing {
    /// Takes note of an answer, and gives what is new in it.
    pub fn answered(&mut self, now: Emptied) -> Vec<Told> {
        let mut told = Vec::new();
        if self.failing.take().is_some() {
            told.push(Told::Answering);
        }
        if now.forwarded > 0 {
            told.push(Told::Forwarded(now));
        }
        self.idle = if now.due() > 0 && now.forwarded == 0 { self.idle.saturating_add(1) } else { 0 };
        if self.idle == 1 {
            told.push(Told::Stuck(now));
        }
        if now.refused > 0 && now.refused != self.last.refused {
            told.push(Told::Refused(now.refused));
        }
        self.last = now;
        told
    }

    /// Takes note of a failure. None: it is as it was.
    pub fn failed(&mut self, reason: String) -> Option<Told> {
        if self.failing.as_ref() == Some(&reason) {
            return None;
        }
        self.failing = Some(reason.clone());
        Some(Told::Failing(reason))
    }

    /// Until it is asked again: at once while there is more, then as configured. Where nothing moves, twice as long each
    /// time.
    pub fn wait(&self, poll_every: Duration) -> Duration {
        if self.failing.is_some() || self.last.due() == 0 {
            return poll_every;
        }
        AT_ONCE.saturating_mul(2_u32.saturating_pow(self.idle)).min(poll_every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn emptied(forwarded: u64, waiting: u64, refused: u64) -> Emptied {
        Emptied { forwarded, waiting, refused }
    }

    #[test]
    fn it_is_asked_at_once_while_there_is_more() {
        let mut standing = Standing::default();
        let mut seconds = |now: Emptied| {
            standing.answered(now);
            standing.wait(MINUTE).as_secs()
        };
        assert_eq!(seconds(emptied(0, 0, 0)), 60);
        assert_eq!(seconds(emptied(500, 1_200, 0)), 1);
        assert_eq!(seconds(emptied(500, 700, 0)), 1);
        assert_eq!([(); 7].map(|()| seconds(emptied(0, 700, 0))), [2, 4, 8, 16, 32, 60, 60], "nothing moves");
        assert_eq!(seconds(emptied(1, 699, 0)), 1);
        assert_eq!(seconds(emptied(696, 3, 3)), 60, "what is refused does not hurry");
        assert_eq!(seconds(emptied(0, 0, 0)), 60);
        standing.answered(emptied(1, 5, 0));
        standing.failed("no".to_owned());
        assert_eq!(standing.wait(MINUTE), MINUTE, "who does not answer is not pressed");
    }

    #[test]
    fn only_what_is_new_is_told() {
        let mut standing = Standing::default();
        assert_eq!(standing.answered(emptied(0, 0, 0)), []);
        assert_eq!(standing.failed("a".to_owned()), Some(Told::Failing("a".to_owned())));
        assert_eq!(standing.failed("a".to_owned()), None);
        assert_eq!(standing.failed("b".to_owned()), Some(Told::Failing("b".to_owned())));
        let stuck = emptied(0, 4, 0);
        assert_eq!(standing.answered(stuck), [Told::Answering, Told::Stuck(stuck)]);
        assert_eq!(standing.answered(stuck), []);
        let moved = emptied(2, 2, 2);
        assert_eq!(standing.answered(moved), [Told::Forwarded(moved), Told::Refused(2)]);
        assert_eq!(standing.answered(emptied(0, 2, 2)), []);
        assert_eq!(standing.answered(emptied(0, 3, 3)), [Told::Refused(3)]);
        assert_eq!(standing.answered(emptied(0, 0, 0)), []);
        assert_eq!(standing.answered(emptied(0, 1, 1)), [Told::Refused(1)]);
    }
}
