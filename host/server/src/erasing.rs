//! Removes a person from everything that the host holds: the journal, files that were fetched, and what is in memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use trunkline_core::journal::{Erased, Erasure, JournalError, MediaFiles, OwnAccount};

use crate::desk;
use crate::host::Host;
use crate::media::Attachments;

/// One at a time: two would only be in each other's way.
pub async fn erase(host: &Host, erasure: Erasure) -> Result<Result<Erased, OwnAccount>, JournalError> {
    let _turn = host.erasing.lock().await;
    let dry_run = erasure.dry_run;
    let files = Fetched(host.attachments.clone());
    let erased = match host.journal.erase(erasure, &files).await? {
        Ok(erased) => erased,
        Err(own) => return Ok(Err(own)),
    };
    if !dry_run {
        for conversation in &erased.conversations {
            host.answers.set(conversation, None);
        }
        host.profiles.forget(&erased.identifiers);
        if let Some(desk) = &host.desk {
            desk::erase(desk, &erased.identifiers).await;
        }
        let removed = &erased.removed;
        // Without whom.
        tracing::info!(events = removed.events, messages = removed.messages, "a person was erased");
    }
    Ok(Ok(erased))
}

/// The files that were fetched from providers.
pub struct Fetched(pub Arc<Attachments>);

impl MediaFiles for Fetched {
    fn forget(&self, media_ids: Vec<String>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            for id in &media_ids {
                self.0.forget(id).await;
            }
        })
    }
}
