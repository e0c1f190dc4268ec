//! A webhook's body, read into memory that is accounted for as it comes: what is announced and not sent takes none.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory is taken from both pools in steps of so many bytes.
const STEP: u64 = 1_024;

/// Kilobytes that may still come: of all bodies, and of those of one connection.
pub type Pools<'a> = [&'a Arc<Semaphore>; 2];

/// A pool of so many bytes.
pub fn pool(bytes: u64) -> Arc<Semaphore> {
    let steps = usize::try_from(bytes / STEP).unwrap_or(Semaphore::MAX_PERMITS);
    Arc::new(Semaphore::new(steps.clamp(1, Semaphore::MAX_PERMITS)))
}

/// A whole body. Its memory is given back when it is dropped.
#[derive(Debug)]
pub struct Whole {
    pub bytes: Vec<u8>,
    room: Room,
}

impl Whole {
    /// Takes so many bytes more, for what is made of it.
    pub fn make_room(&mut self, bytes: u64, pools: Pools<'_>) -> Result<(), Cut> {
        self.room.grow(self.room.bytes.saturating_add(bytes), pools, 0)
    }

    /// Memory that it has.
    pub fn kilobytes(&self) -> usize {
        usize::try_from(self.room.bytes / STEP).unwrap_or(usize::MAX)
    }
}

/// Why there is no whole body.
#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    /// More than it may be.
    TooLarge,
    /// Too many bodies at once.
    NoRoom,
    /// The sender went away, or did not keep to the protocol.
    Broken,
}

#[derive(Debug, Default)]
struct Room {
    permits: Vec<OwnedSemaphorePermit>,
    bytes: u64,
}

impl Room {
    /// Takes what is missing for so many bytes, and leaves so many kilobytes of all bodies to others.
    fn grow(&mut self, bytes: u64, pools: Pools<'_>, spared: usize) -> Result<(), Cut> {
        if bytes <= self.bytes {
            return Ok(());
        }
        let steps = (bytes - self.bytes).div_ceil(STEP);
        let permits = u32::try_from(steps).map_err(|_| Cut::NoRoom)?;
        if pools[0].available_permits() < permits as usize + spared {
            return Err(Cut::NoRoom);
        }
        for (index, pool) in pools.into_iter().enumerate() {
            let more = pool.clone().try_acquire_many_owned(permits).map_err(|_| Cut::NoRoom)?;
            match self.permits.get_mut(index) {
                Some(permit) => permit.merge(more),
                None => self.permits.push(more),
            }
        }
        self.bytes += steps * STEP;
        Ok(())
    }
}

/// Reads a body of at most so many bytes. The time is bounded where the socket is served. `spared`: kilobytes of all
/// bodies that are left to others.
pub async fn read(mut body: Body, bytes_max: u64, pools: Pools<'_>, spared: usize) -> Result<Whole, Cut> {
    let (mut bytes, mut room) = (Vec::new(), Room::default());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Cut::Broken)?.into_data() else { continue };
        let size = (bytes.len() + data.len()) as u64;
        if size > bytes_max {
            return Err(Cut::TooLarge);
        }
        room.grow(size, pools, spared)?;
        bytes.extend_from_slice(&data);
    }
    Ok(Whole { bytes, room })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn memory_is_taken_as_it_comes_and_given_back() {
        let (all, own) = (pool(10_240), pool(5_120));
        let pools: Pools<'_> = [&all, &own];
        let whole = read(Body::from(vec![7; 1_500]), 4_096, pools, 0).await.expect("it fits");
        assert_eq!((whole.bytes.len(), all.available_permits(), own.available_permits()), (1_500, 8, 3));
        assert_eq!(read(Body::from(vec![7; 4_000]), 4_096, pools, 0).await.map(|_| ()), Err(Cut::NoRoom));
        assert_eq!(read(Body::from(vec![7; 4_097]), 4_096, pools, 0).await.map(|_| ()), Err(Cut::TooLarge));
        assert_eq!((all.available_permits(), own.available_permits()), (8, 3), "what failed gives back");
        assert_eq!(read(Body::from(vec![7; 2_000]), 4_096, pools, 7).await.map(|_| ()), Err(Cut::NoRoom));
        assert!(read(Body::from(vec![7; 2_000]), 4_096, pools, 6).await.is_ok(), "six of eight are spared");
        let mut whole = whole;
        assert_eq!(whole.make_room(9_000, pools), Err(Cut::NoRoom));
        assert_eq!(whole.make_room(2_500, pools), Ok(()));
        assert_eq!((whole.kilobytes(), all.available_permits(), own.available_permits()), (5, 5, 0));
        drop(whole);
        assert_eq!((all.available_permits(), own.available_permits()), (10, 5));
    }
}
