//! What a log is folded into.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A deterministic state machine: the same entries at the same times give the same state and the same effects.
///
/// It has no clock, no randomness and no I/O: all that is an argument or an effect.
pub trait Machine: Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What changes it.
    type Entry: Serialize + DeserializeOwned + Send + 'static;
    /// What is to be done because of a change.
    type Effect: Serialize + DeserializeOwned + Send + 'static;
    /// Why an entry is not taken. The state is as it was.
    type Refusal: std::error::Error + Send + 'static;

    /// Takes an entry. `number` is its place in the log, from 1 and rising; `at` milliseconds since the Unix epoch, never
    /// before that of the entry before.
    fn apply(
        &mut self,
        number: u64,
        at: u64,
        entry: &Self::Entry,
    ) -> Result<Applied<Self::Effect>, Self::Refusal>;

    /// When it next wants to be told the time, milliseconds since the Unix epoch.
    fn due(&self) -> Option<u64>;

    /// The entry that tells it the time.
    fn time() -> Self::Entry;
}

/// What came of an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied<E> {
    /// To be done, in this order.
    pub effects: Vec<E>,
    /// What the entry is about, by the ids under which it is found again.
    pub subjects: Vec<String>,
    /// Why it came out as it did. Null: there was nothing to decide.
    pub trace: Value,
    /// Whether the entry is worth being kept. A time that changed nothing is not.
    pub changed: bool,
}

impl<E> Default for Applied<E> {
    fn default() -> Self {
        Self { effects: Vec::new(), subjects: Vec::new(), trace: Value::Null, changed: true }
    }
}
