//! Another sink, with the names of contacts where events have none.

use std::sync::Arc;

use trunkline_core::destination::{DeliveryFuture, Sink};
use trunkline_core::journal::StoredEvent;

use crate::profiles::Profiles;

/// Fills in names, and hands on. An attempt takes some seconds longer where a name is not known yet; a later attempt
/// may have one that an earlier had not.
pub struct NamedSink<S> {
    /// Takes the events.
    pub sink: S,
    /// Knows the names.
    pub profiles: Arc<Profiles>,
}

impl<S: Sink> Sink for NamedSink<S> {
    fn deliver(&self, stored: Arc<StoredEvent>, attempt: u32) -> DeliveryFuture<'_> {
        Box::pin(async move {
            let named = self.profiles.named(stored).await;
            self.sink.deliver(named, attempt).await
        })
    }
}
