//! The bounds of one call: what the manifest declares, as far as the operator lets it.

use trunkline_model::manifest::Limits;

/// The least and the most that an operator can set for each bound: a call below these cannot do anything.
const ANSWER_BYTES_MAX: u64 = 128 << 20;

/// The bounds of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Milliseconds of computing.
    pub time_ms_max: u64,
    /// Bytes of memory, all memories of the component together.
    pub memory_bytes_max: u64,
    /// Bytes of a webhook's body.
    pub body_bytes_max: u64,
    /// Bytes that may be copied out of the component, however often it points at the same memory.
    pub answer_bytes_max: u64,
}

/// What an operator narrows of the bounds that a manifest declares. What is absent stays as it is declared; what is
/// higher than declared has no effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Milliseconds of computing.
    pub time_ms_max: Option<u64>,
    /// Bytes of memory.
    pub memory_bytes_max: Option<u64>,
    /// Bytes of a webhook's body.
    pub body_bytes_max: Option<u64>,
    /// Bytes of an answer.
    pub answer_bytes_max: Option<u64>,
}

impl Bounds {
    /// What a manifest declares. Events are about as large as the webhook that they came in; twice that leaves room for raw
    /// items, and the rest for what is always there.
    pub fn declared(limits: &Limits) -> Self {
        Self {
            time_ms_max: limits.time_ms_max,
            memory_bytes_max: limits.memory_bytes_max,
            body_bytes_max: limits.body_bytes_max,
            answer_bytes_max: (2 * limits.body_bytes_max + (4 << 20)).min(ANSWER_BYTES_MAX),
        }
    }

    /// The same, where the operator allows no less.
    #[must_use]
    pub fn narrowed(self, narrowing: &Narrowing) -> Self {
        let least =
            |declared: u64, allowed: Option<u64>| allowed.map_or(declared, |allowed| declared.min(allowed));
        Self {
            time_ms_max: least(self.time_ms_max, narrowing.time_ms_max),
            memory_bytes_max: least(self.memory_bytes_max, narrowing.memory_bytes_max),
            body_bytes_max: least(self.body_bytes_max, narrowing.body_bytes_max),
            answer_bytes_max: least(self.answer_bytes_max, narrowing.answer_bytes_max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_can_only_narrow() {
        let declared = Bounds::declared(&Limits::default());
        assert_eq!(declared.answer_bytes_max, 6 << 20);
        let narrowing =
            Narrowing { time_ms_max: Some(100), memory_bytes_max: Some(1 << 40), ..Narrowing::default() };
        let bounds = declared.narrowed(&narrowing);
        assert_eq!(bounds, Bounds { time_ms_max: 100, ..declared });
        assert_eq!(declared.narrowed(&Narrowing::default()), declared);
    }
}
