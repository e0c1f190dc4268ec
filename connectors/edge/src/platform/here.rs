//! Where the adapter really runs: WASI, and what the chosen runtime has beside it.

use std::time::Duration;

use http::Request;
use trunkline_model::Response;
use trunkline_policy::egress::Uncalled;

#[cfg(not(feature = "spin"))]
use super::environment as runtime;
#[cfg(feature = "spin")]
use super::spin as runtime;
use super::{Platform, client, clock};

/// The runtime that this was built for.
#[derive(Clone, Copy)]
pub struct Here;

impl Platform for Here {
    type Store = runtime::Store;

    async fn variable(&self, name: &str) -> Option<String> {
        let value = runtime::variable(name).await?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn now_ms(&self) -> u64 {
        clock::now_ms()
    }

    async fn sleep(&self, time: Duration) {
        clock::sleep(time).await;
    }

    async fn send(&self, request: Request<Vec<u8>>, bytes_max: u64) -> Result<Response, Uncalled> {
        client::request(request, bytes_max).await
    }

    fn store(&self) -> Option<&Self::Store> {
        runtime::STORE.as_ref()
    }

    fn log(&self, line: &str) {
        eprintln!("trunkline-edge {line}");
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        spin_sdk::wasip3::spawn(work);
    }
}
