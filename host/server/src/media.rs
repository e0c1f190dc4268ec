//! Files that contacts sent: `GET /v1/media/{id}`.
//!
//! Bytes that came inside of a webhook are in the journal. Everything else is at the provider, behind an id or a
//! credential: the connector says where, and the host fetches it when it is first asked for, once for all who ask,
//! and keeps it for a while: providers forget files after days.

mod body;
mod cache;
mod content_type;
mod entry;
mod fetch;
mod flight;
mod id;
mod index;
mod moved;
mod unserved;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use trunkline_core::clock::Clock;
use trunkline_core::journal::{BLOB_PREFIX, Journal, JournalError, StoredEvent, media_id};
use trunkline_model::{Event, Media, MediaSource};

pub use body::{of_arriving, of_stored};
pub use entry::Stored;
pub use flight::{Arriving, Follower};
pub use unserved::{Reason, Unserved};

use cache::Cache;
use fetch::{Fetcher, Order};
use flight::{Flights, Joined, Progress};
use id::MediaId;

use crate::config::MediaConfig;
use crate::connections::{Connection, Serving};
use crate::egress::Egress;
use crate::metrics::Metrics;

/// The interface that a connector exports which can fetch.
const ABILITY: &str = "media";
/// The folder in the store.
const FOLDER: &str = "media";
/// Fetches of one connection at once: each may hold a file of the largest size on disk.
const FETCHES_MAX: usize = 8;
/// Before so many bytes are there, nothing is answered: what is wrong with a small file can still be said.
const BEGIN_BYTES: u64 = 1 << 20;

/// Gives the bytes of media items.
pub struct Attachments {
    journal: Journal,
    connections: Serving,
    fetcher: Fetcher,
    flights: Flights,
    places: HashMap<String, Arc<Semaphore>>,
    metrics: Arc<Metrics>,
}

/// A media item with its bytes.
pub struct Served {
    /// What it is served as.
    pub content_type: String,
    /// As the event says. Not to be trusted.
    pub name: Option<String>,
    /// Of the bytes, in hex, where they are there as a whole.
    pub sha256: Option<String>,
    /// The bytes.
    pub content: Content,
}

/// Where the bytes come from.
pub enum Content {
    /// From memory.
    Bytes(Bytes),
    /// From a whole file.
    Stored(Stored),
    /// From a file that is still arriving.
    Arriving(Arriving, Follower),
}

/// An item of an event.
struct Found {
    id: MediaId,
    stored: StoredEvent,
    account: String,
    media: Media,
}

impl Attachments {
    /// Nothing is read or fetched yet.
    pub fn new(
        store: &Path,
        config: MediaConfig,
        journal: Journal,
        connections: Serving,
        egress: Arc<Egress>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let cache = Arc::new(Cache::new(store.join(FOLDER), config.cache_bytes_max));
        let all = connections.all();
        let places = all.keys().map(|name| (name.clone(), Arc::new(Semaphore::new(FETCHES_MAX))));
        Self {
            places: places.collect(),
            fetcher: Fetcher { egress, cache, clock, bytes_max: config.fetch_bytes_max },
            flights: Flights::default(),
            journal,
            connections,
            metrics,
        }
    }

    /// The item with that id, once its bytes are there, or so many that they can be handed on.
    pub async fn get(self: &Arc<Self>, id: &str) -> Result<Served, Unserved> {
        let id = MediaId::parse(id).ok_or_else(not_found)?;
        let found = self.find(id).await?;
        let served = self.content(&found).await;
        let outcome = match &served {
            Ok((_, outcome)) => outcome,
            Err(unserved) => unserved.reason.code(),
        };
        self.metrics.media_requested(&found.stored.connection, outcome);
        let (content, _) = served?;
        let content_type = match &content {
            Content::Bytes(_) => content_type::served(&found.media, None).unwrap_or_default(),
            Content::Stored(stored) => stored.facts.content_type.clone(),
            Content::Arriving(arriving, _) => arriving.content_type.clone(),
        };
        let sha256 = match (&content, &found.media.source) {
            (Content::Stored(stored), _) => Some(stored.facts.sha256.clone()),
            (_, MediaSource::Reference(reference)) => reference.strip_prefix(BLOB_PREFIX).map(str::to_owned),
            _ => None,
        };
        Ok(Served { content_type, name: found.media.name, sha256, content })
    }

    /// Forgets the file of an item, and waits for one that is arriving: its event is being removed.
    pub async fn forget(&self, id: &str) {
        if let Some(mut follower) = self.flights.running(id) {
            let over = |progress: &Progress| matches!(progress, Progress::Whole(_) | Progress::Failed(_));
            // A fetch bounds its own time. That of nobody any more has ended too.
            let _ = follower.wait_for(over).await;
        }
        self.fetcher.cache.forget(id).await;
    }

    async fn find(&self, id: MediaId) -> Result<Found, Unserved> {
        let stored = self.journal.event(&id.event).await.map_err(|error| unreadable(&error))?;
        let stored = stored.ok_or_else(not_found)?;
        let mut event: Event = serde_json::from_str(stored.event.get()).map_err(|error| {
            tracing::error!(event = stored.id, %error, "stored event is not one");
            Unserved::new(Reason::Store, "the event cannot be read")
        })?;
        let media = event.media_mut().nth(id.number).ok_or_else(not_found)?.clone();
        Ok(Found { id, stored, account: event.account, media })
    }

    /// The bytes, and a word for where they came from.
    async fn content(self: &Arc<Self>, found: &Found) -> Result<(Content, &'static str), Unserved> {
        match &found.media.source {
            MediaSource::Bytes(bytes) => Ok((Content::Bytes(bytes.clone().into()), "inline")),
            MediaSource::Reference(reference) if reference.starts_with(BLOB_PREFIX) => {
                let bytes = self.journal.blob(&reference[BLOB_PREFIX.len()..]).await;
                let bytes = bytes.map_err(|error| unreadable(&error))?.ok_or_else(not_found)?;
                Ok((Content::Bytes(bytes.into()), "inline"))
            }
            MediaSource::Url(_) | MediaSource::Reference(_) => self.fetched(found).await,
        }
    }

    async fn fetched(self: &Arc<Self>, found: &Found) -> Result<(Content, &'static str), Unserved> {
        let id = found.id.to_string();
        let cache = &self.fetcher.cache;
        loop {
            if let Some(stored) = cache.get(&id).await {
                return Ok((Content::Stored(stored), "cached"));
            }
            let (connection, places) = self.connection(found)?;
            match self.flights.join(&id, || cache.has(&id)) {
                Joined::Landed => {}
                Joined::Running(follower) => return Ok((begun(follower).await?, "shared")),
                Joined::Started(flight, follower) => {
                    let (account, media) = (found.account.clone(), found.media.clone());
                    let order = Order { id, connection, account, media, places };
                    let attachments = self.clone();
                    // It goes on where whoever asked does not wait for it: the next one finds it.
                    tokio::spawn(async move {
                        let ended = attachments.fetcher.run(&order, &flight).await;
                        attachments.tell(&order, &ended);
                        flight.end(ended);
                    });
                    return Ok((begun(follower).await?, "fetched"));
                }
            }
        }
    }

    /// Forgets the files of those items of an event that are somewhere else now. The others stay: the provider may have
    /// forgotten them.
    pub async fn forget_moved(&self, event_id: &str, mut before: Event, mut after: Event) {
        for number in moved::moved(&mut before, &mut after) {
            self.fetcher.cache.forget(&media_id(event_id, number)).await;
        }
    }

    /// The connection that can fetch it.
    fn connection(&self, found: &Found) -> Result<(Arc<Connection>, Arc<Semaphore>), Unserved> {
        let name = &found.stored.connection;
        let connection = self.connections.get(name).zip(self.places.get(name));
        let same =
            |connection: &Arc<Connection>| connection.connector.manifest().id == found.stored.connector;
        let Some((connection, places)) = connection.filter(|(connection, _)| same(connection)) else {
            let title = format!("the connection `{name}` that it came in on is not configured any more");
            return Err(Unserved::new(Reason::Connection, title));
        };
        let is_reference = matches!(found.media.source, MediaSource::Reference(_));
        if is_reference && !connection.connector.has(ABILITY) {
            let title = format!("connector `{}` cannot fetch files", found.stored.connector);
            return Err(Unserved::new(Reason::NoAbility, title));
        }
        Ok((connection.clone(), places.clone()))
    }

    fn tell(&self, order: &Order, ended: &Result<Stored, Unserved>) {
        let connection = order.connection.name.as_str();
        match ended {
            Ok(_) => self.metrics.media_fetched(connection, "whole"),
            Err(unserved) => {
                let (code, title) = (unserved.reason.code(), unserved.title.as_str());
                self.metrics.media_fetched(connection, code);
                match unserved.reason {
                    Reason::Unauthorized => {
                        tracing::error!(connection, id = order.id, title, "file of a contact is refused")
                    }
                    _ => tracing::warn!(connection, id = order.id, code, title, "file cannot be fetched"),
                }
            }
        }
    }
}

/// Waits until it is decided how the answer begins.
async fn begun(mut follower: Follower) -> Result<Content, Unserved> {
    let decided = follower.wait_for(|progress| match progress {
        Progress::Asking => false,
        Progress::Arriving(arriving) => arriving.bytes >= BEGIN_BYTES,
        Progress::Whole(_) | Progress::Failed(_) => true,
    });
    let progress = decided.await.map(|progress| progress.clone());
    match progress {
        Ok(Progress::Whole(stored)) => Ok(Content::Stored(stored)),
        Ok(Progress::Failed(unserved)) => Err(unserved),
        Ok(Progress::Arriving(arriving)) => Ok(Content::Arriving(arriving, follower)),
        Ok(Progress::Asking) | Err(_) => Err(Unserved::new(Reason::Unavailable, "the fetch has ended")),
    }
}

fn not_found() -> Unserved {
    Unserved::new(Reason::NotFound, "there is no such media item")
}

fn unreadable(error: &JournalError) -> Unserved {
    tracing::error!(%error, "journal cannot be read");
    Unserved::new(Reason::Store, "the journal cannot be read")
}
