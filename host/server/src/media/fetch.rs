//! One fetch: the connector says where the bytes are, the egress streams them, and they are written to disk while
//! they come.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use trunkline_core::clock::Clock;
use trunkline_model::{Call, Media, MediaSource, header};
use trunkline_policy::ROUNDS_LOCATE_MAX;
use trunkline_policy::egress::Uncalled;

use super::cache::Cache;
use super::content_type;
use super::entry::{self, Facts, Stored};
use super::flight::{Arriving, Flight, Progress};
use super::unserved::{Reason, Unserved};
use crate::connections::Connection;
use crate::egress::{Egress, FetchBounds, Fetched};
use crate::steps::{self, Bounds};

/// From the first call to the last byte: what is larger or slower than that is no message.
const TIME_MAX: Duration = Duration::from_secs(60);
/// For the calls before the bytes.
const LOCATE_TIME_MAX: Duration = Duration::from_secs(20);
/// Written, and told to those who read along, at once.
const WRITE_BYTES: usize = 256 << 10;

/// What a fetch works with.
pub struct Fetcher {
    pub egress: Arc<Egress>,
    pub cache: Arc<Cache>,
    pub clock: Arc<dyn Clock>,
    /// Bytes of a file.
    pub bytes_max: u64,
}

/// What is to be fetched.
pub struct Order {
    /// The id of the media item.
    pub id: String,
    /// What it came in on.
    pub connection: Arc<Connection>,
    /// The event's.
    pub account: String,
    /// The item.
    pub media: Media,
    /// Fetches of the connection that may still begin.
    pub places: Arc<Semaphore>,
}

/// A file that is being written, removed where it is not taken over.
struct Draft {
    path: PathBuf,
    writer: Arc<File>,
    reader: Arc<File>,
    taken: bool,
}

impl Fetcher {
    /// Fetches, tells how far it has come, and leaves the file in the cache.
    pub async fn run(&self, order: &Order, flight: &Flight) -> Result<Stored, Unserved> {
        let deadline = Instant::now() + TIME_MAX;
        let Ok(Ok(_place)) = tokio::time::timeout(LOCATE_TIME_MAX, order.places.acquire()).await else {
            let title = "too many files of this connection are fetched at once";
            return Err(Unserved::new(Reason::Busy, title).after(None));
        };
        let call = self.locate(order).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        let bounds = FetchBounds { bytes_max: self.bytes_max, time_max: left };
        let public = matches!(order.media.source, MediaSource::Url(_));
        let fetched = self.egress.fetch(&order.connection, &call, bounds).await;
        let fetched = fetched.map_err(|uncalled| match (&order.media.source, &uncalled) {
            (MediaSource::Url(url), Uncalled::Forbidden(_)) => not_hosted(url, &uncalled),
            _ => Unserved::uncalled(&uncalled),
        })?;
        let retry_after = header(&fetched.headers, "retry-after");
        if !matches!(fetched.status, 200 | 203) {
            return Err(Unserved::status(fetched.status, retry_after, public));
        }
        let answered = header(&fetched.headers, "content-type");
        let content_type = content_type::served(&order.media, answered).map_err(|found| {
            Unserved::new(Reason::Type, format!("the provider answered with `{found}` in place of the file"))
        })?;
        self.receive(order, flight, fetched, content_type).await
    }

    /// The call that gives the bytes.
    async fn locate(&self, order: &Order) -> Result<Call, Unserved> {
        if let MediaSource::Url(url) = &order.media.source {
            return Ok(Call::get(url));
        }
        let now = self.clock.now_ms();
        let connection = &order.connection;
        let bounds = Bounds { rounds_max: ROUNDS_LOCATE_MAX, time_max: LOCATE_TIME_MAX };
        let located = steps::run(&self.egress, connection, bounds, |exchanges| async move {
            let settings = &connection.settings;
            connection.connector.locate(&order.media, &order.account, &exchanges, settings, now).await
        });
        match located.await {
            Ok(located) => located.map_err(Unserved::failed),
            Err(unfinished) => Err(Unserved::unfinished(&unfinished)),
        }
    }

    async fn receive(
        &self,
        order: &Order,
        flight: &Flight,
        mut fetched: Fetched,
        content_type: String,
    ) -> Result<Stored, Unserved> {
        let length = header(&fetched.headers, "content-length").and_then(|text| text.parse().ok());
        let draft = Draft::begin(&self.cache).await.map_err(|error| store(&error))?;
        let mut arriving =
            Arriving { file: draft.reader.clone(), content_type: content_type.clone(), length, bytes: 0 };
        flight.tell(Progress::Arriving(arriving.clone()));
        let mut hash = Sha256::new();
        let (mut waiting, mut size) = (Vec::new(), 0_u64);
        loop {
            let chunk = fetched.body.next().await.transpose().map_err(|error| Unserved::uncalled(&error))?;
            if let Some(chunk) = &chunk {
                hash.update(chunk);
                waiting.extend_from_slice(chunk);
            }
            if waiting.len() >= WRITE_BYTES || chunk.is_none() && !waiting.is_empty() {
                size += waiting.len() as u64;
                // The last byte waits until all of it is known to be right: what was handed on cannot be taken back,
                // but it can be left without its end.
                arriving.bytes = size - 1;
                draft.write(std::mem::take(&mut waiting)).await.map_err(|error| store(&error))?;
                flight.tell(Progress::Arriving(arriving.clone()));
            }
            if chunk.is_none() {
                break;
            }
            if flight.is_alone() && !self.cache.keeps() {
                return Err(Unserved::new(Reason::Unavailable, "nobody waits for it any more"));
            }
        }
        let sha256 = hex::encode(hash.finalize());
        check(order.media.sha256.as_deref(), &sha256)?;
        let facts = Facts { id: order.id.clone(), content_type, size, sha256 };
        let stored = Stored { file: draft.reader.clone(), facts };
        // Those who wait get it also where it cannot be kept.
        if let Err(error) = draft.finish(&self.cache, &stored.facts).await {
            tracing::error!(%error, id = order.id, "fetched file cannot be kept");
        }
        Ok(stored)
    }
}

/// Compares the bytes with what the provider announced, where that is a digest.
fn check(declared: Option<&str>, found: &str) -> Result<(), Unserved> {
    let declared = declared.filter(|text| text.len() == found.len() && text.is_ascii());
    match declared.is_none_or(|declared| declared.eq_ignore_ascii_case(found)) {
        true => Ok(()),
        false => Err(Unserved::new(Reason::Damaged, "other bytes came than the provider had announced")),
    }
}

fn not_hosted(url: &str, uncalled: &Uncalled) -> Unserved {
    let title = format!("the file is at a public URL, and this host does not fetch it: {uncalled}");
    Unserved { url: Some(url.to_owned()), ..Unserved::new(Reason::NotHosted, title) }
}

fn store(error: &std::io::Error) -> Unserved {
    tracing::error!(%error, "fetched file cannot be written");
    Unserved::new(Reason::Store, "the host cannot write files").after(None)
}

impl Draft {
    async fn begin(cache: &Cache) -> std::io::Result<Self> {
        let path = cache.place().await?;
        let opening = path.clone();
        let open = move || {
            let writer = File::create_new(&opening)?;
            // A handle of its own: reading does not move the place that is written at.
            File::open(&opening).map(|reader| (writer, reader))
        };
        let (writer, reader) = blocking(open).await?;
        Ok(Self { path, writer: Arc::new(writer), reader: Arc::new(reader), taken: false })
    }

    async fn write(&self, bytes: Vec<u8>) -> std::io::Result<()> {
        let writer = self.writer.clone();
        blocking(move || (&*writer).write_all(&bytes)).await
    }

    async fn finish(mut self, cache: &Cache, facts: &Facts) -> std::io::Result<()> {
        let (writer, written) = (self.writer.clone(), facts.clone());
        let bytes = blocking(move || entry::finish(&writer, &written)).await?;
        cache.put(self.path.clone(), facts, bytes).await?;
        self.taken = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.taken {
            remove(&self.path);
        }
    }
}

/// One that cannot be removed goes at the next start.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_that_the_provider_announced_must_fit() {
        let found = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert!(check(None, found).is_ok());
        assert!(check(Some(found), found).is_ok());
        assert!(check(Some(&found.to_uppercase()), found).is_ok());
        assert!(
            check(Some("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="), found).is_ok(),
            "in another notation"
        );
        let other = check(Some(&"0".repeat(64)), found).expect_err("other bytes");
        assert_eq!(other.reason, Reason::Damaged);
    }
}
