//! Bytes of files on their way out, also of files that are still arriving.

use std::fs::File;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, try_unfold};

use super::entry::{self, Stored};
use super::flight::{Follower, Progress};

/// Read at once.
const CHUNK_BYTES: u64 = 128 << 10;

/// A body.
pub type Chunks = BoxStream<'static, io::Result<Bytes>>;

/// The bytes of a whole file from `start` to before `end`.
pub fn of_stored(stored: Stored, start: u64, end: u64) -> Chunks {
    let read = move |at: u64| {
        let file = stored.file.clone();
        async move {
            if at >= end {
                return Ok(None);
            }
            let chunk = read(file, at, end).await?;
            let next = at + chunk.len() as u64;
            Ok(Some((chunk, next)))
        }
    };
    try_unfold(start, read).boxed()
}

/// The bytes of a file while it arrives. Ends with an error where it does not arrive whole, so that nobody takes a
/// part for the whole.
pub fn of_arriving(follower: Follower) -> Chunks {
    let read = |(mut follower, at): (Follower, u64)| async move {
        loop {
            let (file, end, whole) = match &*follower.borrow_and_update() {
                Progress::Asking => (None, 0, false),
                Progress::Arriving(arriving) => (Some(arriving.file.clone()), arriving.bytes, false),
                Progress::Whole(stored) => (Some(stored.file.clone()), stored.facts.size, true),
                Progress::Failed(unserved) => return Err(io::Error::other(unserved.title.clone())),
            };
            match file {
                Some(file) if at < end => {
                    let chunk = read(file, at, end).await?;
                    let next = at + chunk.len() as u64;
                    return Ok(Some((chunk, (follower, next))));
                }
                _ if whole => return Ok(None),
                _ => {}
            }
            follower.changed().await.map_err(|_| io::Error::other("the fetch has ended"))?;
        }
    };
    try_unfold((follower, 0), read).boxed()
}

async fn read(file: Arc<File>, at: u64, end: u64) -> io::Result<Bytes> {
    let length = usize::try_from((end - at).min(CHUNK_BYTES)).map_err(io::Error::other)?;
    let reading = tokio::task::spawn_blocking(move || -> io::Result<Vec<u8>> {
        let mut chunk = vec![0; length];
        let read = entry::read_at(&file, &mut chunk, at)?;
        chunk.truncate(read);
        Ok(chunk)
    });
    let chunk = reading.await.map_err(io::Error::other)??;
    match chunk.is_empty() {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok(chunk.into()),
    }
}
