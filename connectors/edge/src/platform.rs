//! What the adapter needs of the world.

#[cfg(target_family = "wasm")]
mod client;
#[cfg(target_family = "wasm")]
mod clock;
#[cfg(all(target_family = "wasm", not(feature = "spin")))]
mod environment;
#[cfg(target_family = "wasm")]
mod here;
#[cfg(all(target_family = "wasm", feature = "spin"))]
mod spin;

use std::time::Duration;

use http::Request;
use trunkline_model::Response;
use trunkline_policy::egress::Uncalled;

use crate::outbox::Store;

#[cfg(target_family = "wasm")]
pub use here::Here;

/// Variables, a clock, HTTP, a place to keep what cannot be handed on, and a log.
#[allow(async_fn_in_trait, reason = "one thread, and nobody else implements it")]
pub trait Platform: Clone + 'static {
    /// Where the outbox is.
    type Store: Store;

    /// The value of a variable, without white space around it. None: it is not set, or empty.
    async fn variable(&self, name: &str) -> Option<String>;

    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// Waits.
    async fn sleep(&self, time: Duration);

    /// Makes a request and reads its answer whole: `bytes_max` bytes of body at most, not redirected.
    async fn send(&self, request: Request<Vec<u8>>, bytes_max: u64) -> Result<Response, Uncalled>;

    /// The outbox. None: this platform has none.
    fn store(&self) -> Option<&Self::Store>;

    /// A line for the operator.
    fn log(&self, line: &str);

    /// Has something done after the answer was given.
    fn spawn(&self, work: impl Future<Output = ()> + 'static);
}

/// Gives up after a time. None: it did.
pub async fn within<P: Platform, T>(
    platform: &P,
    time: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let (work, sleep) = (std::pin::pin!(work), std::pin::pin!(platform.sleep(time)));
    match futures_util::future::select(work, sleep).await {
        futures_util::future::Either::Left((done, _)) => Some(done),
        futures_util::future::Either::Right(_) => None,
    }
}
