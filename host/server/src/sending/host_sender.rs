//! What a worker asks of the host: the connector's next step, and a call through the egress.

use std::sync::Arc;

use trunkline_core::journal::{Journal, StoredMessage};
use trunkline_core::outbound::{Running, Sender, Uncalled};
use trunkline_model::{Call, Exchange, Outgoing, Response, SendStep};
use trunkline_policy::egress;

use super::Files;
use crate::connections::{Connection, Serving};
use crate::egress::Egress;

/// Steps and calls for all connections.
pub struct HostSender {
    /// By name.
    pub connections: Serving,
    /// Makes the calls.
    pub egress: Arc<Egress>,
    /// Uploaded files.
    pub files: Arc<Files>,
    /// Holds their bytes.
    pub journal: Journal,
}

impl HostSender {
    /// One round of the connector for a message, with uploaded files put in.
    pub async fn round(
        &self,
        connection: &Connection,
        outgoing: &Outgoing,
        exchanges: &[Exchange],
        queued_at: u64,
        now: u64,
    ) -> Result<SendStep, String> {
        let form = connection.connector.manifest().outbound.media;
        let mut outgoing = outgoing.clone();
        self.files.put_in(&mut outgoing, form, queued_at, &self.journal).await?;
        let step = connection.connector.send(&outgoing, exchanges, &connection.settings, now).await;
        step.map_err(|error| error.to_string())
    }
}

impl Sender for HostSender {
    fn step<'a>(
        &'a self,
        message: &'a StoredMessage,
        exchanges: Vec<Exchange>,
        now: u64,
    ) -> Running<'a, Result<SendStep, String>> {
        Box::pin(async move {
            let connection = self.connections.get(&message.connection).ok_or("the connection is gone")?;
            self.round(&connection, &message.outgoing, &exchanges, message.queued_at, now).await
        })
    }

    fn call<'a>(&'a self, connection: &'a str, call: &'a Call) -> Running<'a, Result<Response, Uncalled>> {
        Box::pin(async move {
            let Some(connection) = self.connections.get(connection) else {
                return Err(Uncalled::NotSent("the connection is gone".to_owned()));
            };
            self.egress.call(&connection, call).await.map_err(|error| {
                let text = error.to_string();
                match error {
                    // Both wait for the operator: another try would not help.
                    egress::Uncalled::Forbidden(_) | egress::Uncalled::NoSecret(_) => {
                        Uncalled::Forbidden(text)
                    }
                    egress::Uncalled::NotSent(_) => Uncalled::NotSent(text),
                    // An answer that is too large is one that was given.
                    egress::Uncalled::Unknown(_) | egress::Uncalled::TooLarge { .. } => {
                        Uncalled::Unknown(text)
                    }
                }
            })
        })
    }
}
