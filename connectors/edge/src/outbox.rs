//! What the host could not be told yet, kept at the edge.
//!
//! Handed in in the order in which it came, one at a time: what cannot be handed in now stops the others, what the host
//! refuses does not. Nothing is ever thrown away. Something may be handed in twice, when the edge ends between the host's
//! answer and the removal here; the ids of the events make it once in the host's journal.

mod asked;

use std::time::Duration;

use serde_json::json;
use trunkline_policy::ingest::Packed;

pub use self::asked::asked;
use crate::hand_in::{Host, NotTaken};
use crate::platform::Platform;

/// The most that may wait. More is answered 503: the provider keeps it.
pub const WAITING_MAX: u64 = 100_000;
/// How long one emptying may take, and for how long nobody else begins one.
const TIME_MAX: Duration = Duration::from_secs(20);
const LEASE_MS: u64 = 30_000;
/// When something that the host refused is tried once more.
const REFUSED_WAIT_MS: u64 = 60 * 60 * 1_000;

/// Where it is kept. Every error is a text for the operator.
#[allow(async_fn_in_trait, reason = "one thread, and nobody else implements it")]
pub trait Store {
    /// How many wait, those that were refused included.
    async fn waiting(&self) -> Result<Waiting, String>;
    /// Keeps one behind all others. `Ok` means: on disk.
    async fn put(&self, packed: &Packed, now_ms: u64) -> Result<(), String>;
    /// The oldest that is due.
    async fn next(&self, now_ms: u64) -> Result<Option<Kept>, String>;
    /// The host has it.
    async fn remove(&self, number: i64) -> Result<(), String>;
    /// The host refuses it: not again before that time.
    async fn refuse(&self, number: i64, until_ms: u64, why: &str) -> Result<(), String>;
    /// Whether nobody else empties it; if so, nobody else will until then.
    async fn lease(&self, now_ms: u64, until_ms: u64) -> Result<bool, String>;
    /// Others may empty it.
    async fn release(&self) -> Result<(), String>;
}

/// How many wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// All of them.
    pub all: u64,
    /// Those that the host refused.
    pub refused: u64,
}

impl Waiting {
    /// Those that only wait for the host.
    pub fn due(self) -> u64 {
        self.all.saturating_sub(self.refused)
    }
}

/// One that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its place.
    pub number: i64,
    /// What is posted.
    pub packed: Packed,
}

/// There is none.
pub enum NoStore {}

impl Store for NoStore {
    async fn waiting(&self) -> Result<Waiting, String> {
        match *self {}
    }

    async fn put(&self, _: &Packed, _: u64) -> Result<(), String> {
        match *self {}
    }

    async fn next(&self, _: u64) -> Result<Option<Kept>, String> {
        match *self {}
    }

    async fn remove(&self, _: i64) -> Result<(), String> {
        match *self {}
    }

    async fn refuse(&self, _: i64, _: u64, _: &str) -> Result<(), String> {
        match *self {}
    }

    async fn lease(&self, _: u64, _: u64) -> Result<bool, String> {
        match *self {}
    }

    async fn release(&self) -> Result<(), String> {
        match *self {}
    }
}

/// What an emptying did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Emptied {
    /// The host has them.
    pub forwarded: u64,
    /// Still there.
    pub waiting: Waiting,
}

impl Emptied {
    /// For whoever asked.
    pub fn json(&self) -> String {
        let Self { forwarded, waiting } = self;
        json!({ "forwarded": forwarded, "waiting": waiting.all, "refused": waiting.refused }).to_string()
    }
}

/// Hands in what waits, until nothing does, the host takes no more, or the time is up.
pub async fn empty<P: Platform>(platform: &P, store: &P::Store, host: &Host) -> Result<Emptied, String> {
    let began = platform.now_ms();
    let mut forwarded = 0;
    if store.lease(began, began + LEASE_MS).await? {
        let result = hand_in_all(platform, store, host, began, &mut forwarded).await;
        store.release().await?;
        result?;
    }
    Ok(Emptied { forwarded, waiting: store.waiting().await? })
}

async fn hand_in_all<P: Platform>(
    platform: &P,
    store: &P::Store,
    host: &Host,
    began: u64,
    forwarded: &mut u64,
) -> Result<(), String> {
    loop {
        let now = platform.now_ms();
        if now.saturating_sub(began) >= TIME_MAX.as_millis() as u64 {
            return Ok(());
        }
        let Some(kept) = store.next(now).await? else { return Ok(()) };
        match host.hand_in(platform, &kept.packed).await {
            Ok(()) => {
                store.remove(kept.number).await?;
                *forwarded += 1;
            }
            Err(NotTaken::Later { why, .. }) => {
                platform.log(&format!("outbox waits: {why}"));
                return Ok(());
            }
            Err(NotTaken::Refused { why }) => {
                platform.log(&format!("outbox: {} stays: {why}", kept.packed.id));
                store.refuse(kept.number, now + REFUSED_WAIT_MS, &why).await?;
            }
        }
    }
}
