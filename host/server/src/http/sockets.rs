//! The sockets that are open: so many, and when there is no room, one that says nothing gives way.
//!
//! Whoever opens sockets and stays silent, or sends a request byte by byte, must not keep a provider out. So a new socket
//! always gets in, soon: the one that has been *receiving* for the longest is closed for it. A socket whose request is
//! whole is never closed this way, nor one that is as good as new.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How often it is tried again to make room, where no socket may be closed yet.
const ROOM_WAIT: Duration = Duration::from_millis(20);
/// What every socket has at least, for the head of its request to come.
const GRACE: Duration = Duration::from_millis(100);
/// Files that the process needs for everything else: the journal, calls, deliveries.
const OTHER_FILES: usize = 256;

/// All sockets.
pub struct Sockets {
    room: Arc<Semaphore>,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// The next place in `receiving`.
    next: u64,
    /// Those that wait for a whole request, the longest first.
    receiving: BTreeMap<u64, Receiving>,
}

struct Receiving {
    since: Instant,
    displaced: Arc<Notify>,
}

/// One open socket.
pub struct Socket {
    sockets: Arc<Sockets>,
    /// Where it stands in `receiving`.
    place: Mutex<Option<u64>>,
    displaced: Arc<Notify>,
    _room: OwnedSemaphorePermit,
}

impl Sockets {
    /// So many at once, or fewer where the operating system gives the process no more files.
    pub fn new(sockets_max: usize) -> Arc<Self> {
        let room = match files_max().map(|files| files.saturating_sub(OTHER_FILES).max(files / 2)) {
            Some(files) if files < sockets_max => {
                tracing::warn!(
                    sockets_max,
                    files,
                    "the process may not open as many files: fewer sockets are taken; raise `ulimit -n`"
                );
                files
            }
            _ => sockets_max,
        };
        Arc::new(Self { room: Arc::new(Semaphore::new(room)), table: Mutex::default() })
    }

    /// Lets one more in. True: another one was closed for it.
    pub async fn admit(self: &Arc<Self>) -> (Arc<Socket>, bool) {
        let mut displaced = false;
        let room = loop {
            if let Ok(room) = self.room.clone().try_acquire_owned() {
                break room;
            }
            displaced |= self.displace();
            let room = self.room.clone().acquire_owned();
            if let Ok(room) = tokio::time::timeout(ROOM_WAIT, room).await {
                break room.expect("the semaphore is never closed");
            }
        };
        let socket =
            Socket { sockets: self.clone(), place: Mutex::new(None), displaced: Arc::default(), _room: room };
        socket.receives();
        (Arc::new(socket), displaced)
    }

    fn displace(&self) -> bool {
        let mut table = self.table();
        match table.receiving.first_entry() {
            Some(longest) if longest.get().since.elapsed() >= GRACE => {
                longest.remove().displaced.notify_one();
                true
            }
            _ => false,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Socket {
    /// Returns when the socket is to be closed for another one.
    pub async fn displaced(&self) {
        self.displaced.notified().await;
    }

    /// It waits for a request, from now on.
    pub fn receives(&self) {
        let mut place = self.place();
        let mut table = self.sockets.table();
        if let Some(place) = *place {
            table.receiving.remove(&place);
        }
        table.next += 1;
        let next = table.next;
        let receiving = Receiving { since: Instant::now(), displaced: self.displaced.clone() };
        table.receiving.insert(next, receiving);
        *place = Some(next);
    }

    /// Its request is whole.
    pub fn works(&self) {
        if let Some(place) = self.place().take() {
            self.sockets.table().receiving.remove(&place);
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<u64>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.works();
    }
}

/// A body that tells its socket when it is whole.
pub struct Received {
    body: Incoming,
    socket: Arc<Socket>,
}

impl Received {
    /// The body of a request that came on that socket.
    pub fn new(body: Incoming, socket: Arc<Socket>) -> Self {
        if body.is_end_stream() {
            socket.works();
        }
        Self { body, socket }
    }
}

impl Body for Received {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.socket.works();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How many files the process may have open, where the operating system says so.
fn files_max() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_one_that_receives_for_the_longest_gives_way() {
        let sockets = Sockets::new(3);
        let (first, _) = sockets.admit().await;
        let (second, _) = sockets.admit().await;
        let (third, displaced) = sockets.admit().await;
        assert!(!displaced);
        // The first works, and the second has had a request in between.
        first.works();
        second.works();
        second.receives();
        let ends = tokio::spawn(async move {
            third.displaced().await;
            drop(third);
        });
        let (fourth, displaced) = sockets.admit().await;
        assert!(displaced);
        ends.await.expect("the third was told");
        // All work: a new one waits until one of them ends.
        second.works();
        fourth.works();
        let waiting = tokio::spawn({
            let sockets = sockets.clone();
            async move { sockets.admit().await.1 }
        });
        drop(first);
        assert!(!waiting.await.expect("no panic"));
        assert_eq!(sockets.table().receiving.len(), 0, "one that has ended leaves nothing behind");
    }
}
