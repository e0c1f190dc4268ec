//! Files that are arriving right now: one fetch for each, however many ask for it.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::entry::Stored;
use super::unserved::Unserved;

/// How far a fetch has come.
#[derive(Debug, Clone)]
pub enum Progress {
    /// The provider is being asked.
    Asking,
    /// Bytes come in.
    Arriving(Arriving),
    /// All of it is there.
    Whole(Stored),
    /// It ended without a whole file.
    Failed(Unserved),
}

/// A file of which a part is there.
#[derive(Debug, Clone)]
pub struct Arriving {
    /// Grows.
    pub file: Arc<File>,
    /// What it is served as.
    pub content_type: String,
    /// Bytes of the whole, where the provider says.
    pub length: Option<u64>,
    /// Bytes that can be read.
    pub bytes: u64,
}

/// Follows a fetch.
pub type Follower = watch::Receiver<Progress>;

/// The fetches that run, by id.
#[derive(Default, Clone)]
pub struct Flights {
    running: Arc<Mutex<HashMap<String, Follower>>>,
}

/// What became of the wish to follow a fetch.
pub enum Joined {
    /// One runs already.
    Running(Follower),
    /// There is none: this starts it.
    Started(Flight, Follower),
    /// There was one just now, and it has left its file.
    Landed,
}

/// A fetch. However it ends, it is not in the list any more when it is dropped.
pub struct Flight {
    id: String,
    flights: Flights,
    progress: watch::Sender<Progress>,
}

impl Flights {
    /// Follows the fetch for an id, or starts one. `landed` says whether its file is there meanwhile.
    pub fn join(&self, id: &str, landed: impl FnOnce() -> bool) -> Joined {
        let mut running = self.lock();
        if let Some(follower) = running.get(id) {
            return Joined::Running(follower.clone());
        }
        // A fetch leaves its file before it leaves the list.
        if landed() {
            return Joined::Landed;
        }
        let (progress, follower) = watch::channel(Progress::Asking);
        running.insert(id.to_owned(), follower.clone());
        Joined::Started(Flight { id: id.to_owned(), flights: self.clone(), progress }, follower)
    }

    /// Follows the fetch for an id, where one runs.
    pub fn running(&self, id: &str) -> Option<Follower> {
        self.lock().get(id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Follower>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// Tells how far it has come.
    pub fn tell(&self, progress: Progress) {
        self.progress.send_replace(progress);
    }

    /// Whether nobody waits for it any more. The list follows it as well.
    pub fn is_alone(&self) -> bool {
        self.progress.receiver_count() <= 1
    }

    /// Tells how it ended.
    pub fn end(self, ended: Result<Stored, Unserved>) {
        self.flights.lock().remove(&self.id);
        self.tell(match ended {
            Ok(stored) => Progress::Whole(stored),
            Err(unserved) => Progress::Failed(unserved),
        });
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::unserved::Reason;

    #[tokio::test]
    async fn all_follow_one_fetch() {
        let flights = Flights::default();
        let Joined::Started(flight, mut first) = flights.join("a", || false) else { panic!("the first") };
        let Joined::Running(mut second) = flights.join("a", || panic!("not asked")) else { panic!("joined") };
        assert!(matches!(flights.join("b", || false), Joined::Started(..)));
        assert!(!flight.is_alone());
        flight.end(Err(Unserved::new(Reason::Gone, "gone")));
        for follower in [&mut first, &mut second] {
            assert!(matches!(&*follower.borrow_and_update(), Progress::Failed(_)));
        }
        assert!(matches!(flights.join("a", || true), Joined::Landed));
    }

    #[tokio::test]
    async fn a_fetch_that_is_dropped_is_not_waited_for() {
        let flights = Flights::default();
        let Joined::Started(flight, mut follower) = flights.join("a", || false) else { panic!("the first") };
        drop(flight);
        assert!(follower.changed().await.is_err());
        let Joined::Started(flight, follower) = flights.join("a", || false) else { panic!("again") };
        drop(follower);
        assert!(flight.is_alone());
    }
}
