//! Any runtime of `wasi:http`: environment variables, nothing to keep anything in.

use std::time::Duration;

use http::Request;
use trunkline_model::Response;
use trunkline_policy::egress::Uncalled;
use trunkline_policy::variables;

use super::{Platform, client, clock};
use crate::outbox::NoStore;

/// Whatever runs this component.
#[derive(Clone, Copy)]
pub struct Environment;

impl Platform for Environment {
    type Store = NoStore;

    async fn variable(&self, name: &str) -> Option<String> {
        let value = std::env::var(variables::environment(name)).ok()?;
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

    fn store(&self) -> Option<&NoStore> {
        None
    }

    fn log(&self, line: &str) {
        eprintln!("trunkline-edge {line}");
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        spin_sdk::wasip3::spawn(work);
    }
}
