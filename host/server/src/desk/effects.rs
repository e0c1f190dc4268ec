//! Does what the desk wants done: sends, looks up, asks bots. What was not finished is done again after the next start; an
//! idempotency key makes a repeated message one message.

mod calls;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use trunkline_desk::{Answered, Effect, Entry, Sent, Waiting};
use trunkline_flows::run::Input;
use trunkline_model::OutgoingPart;

use super::Desk;
use crate::host::Host;
use crate::sending::compose::{self, Refused, SendRequest};

/// Effects read at once.
const BATCH: usize = 256;
/// Before what cannot be done now is tried again.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of an effect.
enum Done {
    Now,
    Later,
}

/// Ends with the host.
pub async fn run(host: Arc<Host>, desk: Desk, mut stopping: watch::Receiver<bool>) {
    let mut taken = desk.taken();
    // What runs beside this, and what is done and still in the log.
    let mut begun = BTreeSet::new();
    loop {
        taken.borrow_and_update();
        let waiting = desk.waiting(BATCH).unwrap_or_else(|error| {
            tracing::error!(%error, "what the desk wants done cannot be read");
            Vec::new()
        });
        let places: BTreeSet<_> = waiting.iter().map(|effect| (effect.number, effect.place)).collect();
        begun.retain(|place| places.contains(place));
        let mut later = false;
        for effect in waiting {
            let place = (effect.number, effect.place);
            if !begun.insert(place) {
                continue;
            }
            match perform(&host, &desk, effect).await {
                Done::Now => {}
                // In their order: what follows may be the answer to it.
                Done::Later => {
                    begun.remove(&place);
                    later = true;
                    break;
                }
            }
            if *stopping.borrow() {
                return;
            }
        }
        tokio::select! {
            changed = taken.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(PATIENCE), if later => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

async fn perform(host: &Arc<Host>, desk: &Desk, waiting: Waiting<Effect>) -> Done {
    let Waiting { number, place, effect } = waiting;
    match effect {
        Effect::Send { ticket, conversation, parts } => {
            let key = format!("desk-{number}-{place}");
            let Some(sent) = send(host, ticket, number, &key, conversation, parts).await else {
                return Done::Later;
            };
            if !finish(desk, (number, place), Entry::Sent(sent)).await {
                return Done::Later;
            }
        }
        Effect::LookUp { ticket, call } => {
            let desk = desk.clone();
            tokio::spawn(async move {
                let result = Input::LookedUp(calls::look_up(&call).await);
                let answered = Answered { ticket, wanted_by: number, result };
                finish(&desk, (number, place), Entry::Answered(answered)).await;
            });
        }
    }
    Done::Now
}

/// The effect is done once its entry is on disk. False: it is not, and is to be done again.
async fn finish(desk: &Desk, place: (u64, u32), entry: Entry) -> bool {
    match desk.take(entry).await {
        Ok(_) => {
            desk.done(vec![place]);
            true
        }
        Err(error) => {
            tracing::error!(%error, "the desk does not take what became of its wish");
            false
        }
    }
}

/// None: it is tried again.
async fn send(
    host: &Host,
    ticket: u64,
    wanted_by: u64,
    key: &str,
    conversation: String,
    parts: Vec<OutgoingPart>,
) -> Option<Sent> {
    let body = serde_json::to_vec(&(&conversation, &parts)).unwrap_or_default();
    let request = SendRequest { conversation: Some(conversation), parts, ..SendRequest::default() };
    let sent = |message, problem| Some(Sent { ticket, wanted_by, message, problem });
    match compose::queue(host, request, Some(key), &body).await {
        Ok(accepted) => sent(Some(accepted.id), None),
        Err(Refused::Full | Refused::Connector(_) | Refused::Journal(_)) => None,
        Err(refused) => sent(None, Some(refused.to_string())),
    }
}
