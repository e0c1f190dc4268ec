//! Has a webhook verified and read by the connector of its connection, with the calls that this needs.

use std::sync::Arc;
use std::time::Duration;

use trunkline_model::{Answer, Exchange, Refusal, RefusalReason, Request};
use trunkline_policy::ROUNDS_RECEIVE_MAX;
use trunkline_policy::steps::Unfinished;

use crate::connections::Connection;
use crate::egress::Egress;
use crate::steps::{self, Bounds};

/// How long the calls for one webhook may take: the most impatient providers give up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks the connector, and makes the calls that it needs to verify: a certificate, a set of keys.
pub async fn receive(
    egress: &Egress,
    connection: &Connection,
    request: &Request,
    received_at: u64,
) -> Result<Result<Answer, Refusal>, Unfinished> {
    let bounds = Bounds { rounds_max: ROUNDS_RECEIVE_MAX, time_max: PATIENCE };
    let (connector, settings) = (&connection.connector, &connection.settings);
    steps::run(egress, connection, bounds, |made: Arc<Vec<Exchange>>| async move {
        connector.receive(request, &made, settings, received_at).await
    })
    .await
}

/// The reason of a refusal by a name that does not grow.
pub fn reason(refusal: &Refusal) -> &str {
    match &refusal.reason {
        RefusalReason::Other(_) => "other",
        known => known.as_str(),
    }
}
