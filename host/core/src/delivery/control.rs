//! What a running delivery can be told.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use crate::journal::Parked;

/// Orders that wait; whoever gives one more waits as well.
const ORDERS_MAX: usize = 16;

/// Something that a delivery is to do.
#[derive(Debug)]
pub(super) enum Order {
    /// These were dead letters and are to be attempted again; the journal has them waiting already.
    Revive(Vec<Parked>),
    /// Whatever waits is due now, and a paused destination is probed.
    Hurry,
}

/// Tells a running delivery what to do.
#[derive(Debug, Clone)]
pub struct Control(mpsc::Sender<Order>);

/// Where a delivery hears it. Clones share it: the one that is started again after a panic hears the rest.
#[derive(Debug, Clone)]
pub struct Controls(Arc<Mutex<mpsc::Receiver<Order>>>);

/// Both ends.
pub fn control() -> (Control, Controls) {
    let (sender, receiver) = mpsc::channel(ORDERS_MAX);
    (Control(sender), Controls(Arc::new(Mutex::new(receiver))))
}

impl Control {
    /// Attempts these again, which [`crate::journal::Journal::retry_dead`] gave. A delivery that has ended reads them
    /// when it starts.
    pub async fn revive(&self, parked: Vec<Parked>) {
        let _ = self.0.send(Order::Revive(parked)).await;
    }

    /// Attempts what waits now, whatever was to come before.
    pub async fn hurry(&self) {
        let _ = self.0.send(Order::Hurry).await;
    }
}

impl Controls {
    /// Never, when nobody can give an order any more.
    pub(super) async fn next(&mut self) -> Order {
        match self.0.lock().await.recv().await {
            Some(order) => order,
            None => std::future::pending().await,
        }
    }
}
