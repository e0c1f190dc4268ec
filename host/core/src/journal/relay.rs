//! The newest number, told to everybody in the order in which they asked: a channel with several receivers wakes them
//! in an order that no seed decides.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// Those who want to know.
pub(super) struct Relay {
    committed: watch::Receiver<u64>,
    subscribers: Arc<Mutex<Vec<watch::Sender<u64>>>>,
}

impl Relay {
    pub(super) fn start(mut committed: watch::Receiver<u64>) -> Self {
        let subscribers: Arc<Mutex<Vec<watch::Sender<u64>>>> = Arc::default();
        let relay = Self { committed: committed.clone(), subscribers: Arc::clone(&subscribers) };
        tokio::spawn(async move {
            while committed.changed().await.is_ok() {
                let seq = *committed.borrow_and_update();
                for subscriber in subscribers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                    subscriber.send_replace(seq);
                }
            }
            // The journal is closed: so are they.
            subscribers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        relay
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        let (sender, receiver) = watch::channel(*self.committed.borrow());
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        receiver
    }
}
