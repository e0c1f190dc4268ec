//! Has functions of connectors run to their end, with the calls that they ask for.

use std::sync::Arc;
use std::time::Duration;

use trunkline_model::{Call, Exchange};
use trunkline_policy::CallError;
use trunkline_policy::steps::{Stepped, Unfinished, rounds};

use crate::connections::Connection;
use crate::egress::Egress;

/// How often a function is asked, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rounds; the last one must be the end.
    pub rounds_max: usize,
    /// All rounds and calls together.
    pub time_max: Duration,
}

/// Asks until it is done. `ask` gets the calls made so far, oldest first.
pub async fn run<S: Stepped, F: Future<Output = Result<S, CallError>>>(
    egress: &Egress,
    connection: &Connection,
    bounds: Bounds,
    ask: impl Fn(Arc<Vec<Exchange>>) -> F,
) -> Result<S::Done, Unfinished> {
    let make = |call: Call| async move {
        let response = egress.call(connection, &call).await?;
        // Without credentials: as the connector wrote it.
        Ok(Exchange { request: call.request, response })
    };
    match tokio::time::timeout(bounds.time_max, rounds(bounds.rounds_max, ask, make)).await {
        Ok(ended) => ended,
        Err(_) => {
            let limit_ms = u64::try_from(bounds.time_max.as_millis()).unwrap_or(u64::MAX);
            Err(Unfinished::Time { limit_ms })
        }
    }
}
