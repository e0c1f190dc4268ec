//! What delivery and sending do while the journal's disk does not work: they try again, a second later each time, repeat
//! nothing that the outside has seen, and go on where they were.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use trunkline_model::{Call, Exchange, Receipt, Response, SendStep};

use super::disk::{self, Disk, Fault};
use super::shadow::Image;
use crate::clock::FakeClock;
use crate::delivery::{self, DeliveryOptions};
use crate::destination::{DeliveryFuture, Outcome, Sink};
use crate::journal::{Execution, Journal, JournalOptions, MessageKey, Queued, StoredEvent, StoredMessage};
use crate::outbound::{self, MessageState, OutboundOptions, Parts, Running, Sender, Uncalled, Waiting};
use crate::route::Routes;
use crate::samples::{message, new_message, webhook};

const OUTAGE: Duration = Duration::from_secs(600);
const NAME: &str = "crm";

/// Counts; takes what comes, but the first attempt.
#[derive(Default)]
struct Outside {
    attempts: AtomicU32,
    steps: AtomicU32,
    calls: AtomicU32,
}

struct Consumer(Arc<Outside>);

impl Sink for Consumer {
    fn deliver(&self, stored: Arc<StoredEvent>, _attempt: u32) -> DeliveryFuture<'_> {
        let first = self.0.attempts.fetch_add(1, Ordering::SeqCst) == 0;
        let outcome = if first && stored.seq == 1 { Outcome::retry("down") } else { Outcome::Delivered };
        Box::pin(async move { outcome })
    }
}

struct Post(Arc<Outside>, watch::Sender<bool>);

impl Sender for Post {
    fn step<'a>(
        &'a self,
        _message: &'a StoredMessage,
        exchanges: Vec<Exchange>,
        _now: u64,
    ) -> Running<'a, Result<SendStep, String>> {
        self.0.steps.fetch_add(1, Ordering::SeqCst);
        let call = Call::post("https://a.example/a", "text/plain", "a");
        let receipt = Receipt { message_id: "p1".to_owned(), ..Receipt::default() };
        let step = if exchanges.is_empty() { SendStep::Call(call) } else { SendStep::Sent(vec![receipt]) };
        Box::pin(async move { Ok(step) })
    }

    fn call<'a>(&'a self, _connection: &'a str, _call: &'a Call) -> Running<'a, Result<Response, Uncalled>> {
        Box::pin(async move {
            self.0.calls.fetch_add(1, Ordering::SeqCst);
            // The disk fails while the provider answers.
            self.1.send_replace(true);
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(Response::with_body(200, "text/plain", "p1"))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn workers_wait_for_the_disk_and_repeat_nothing() {
    for fault in [Fault::Write, Fault::ReadOnly, Fault::Sync, Fault::Read] {
        let folder = disk::folder();
        let disk = Disk::mount(&folder.path().join("disk"), &Image::default(), 1);
        let clock = Arc::new(FakeClock::with_tokio(1_700_000_000_000));
        let journal =
            Journal::start(disk.storage(Execution::Inline), &JournalOptions::default(), clock.clone())
                .unwrap();
        journal.append(webhook(vec![message("1", "+491"), message("2", "+492")])).await.unwrap();
        let new = new_message("m1", "+491", &["a"], 5);
        let conversation = new.conversation.clone();
        let Queued::New(number) = journal.queue_message(new).await.unwrap() else { panic!("it is new") };

        let outside = Arc::<Outside>::default();
        let (calling, mut called) = watch::channel(false);
        let (stop, stopped) = watch::channel(false);
        let (_control, controls) = delivery::control();
        let delivering = tokio::spawn(delivery::run(
            journal.clone(),
            NAME.to_owned(),
            Arc::new(Routes::new(Vec::new(), vec![NAME.to_owned()])),
            Consumer(Arc::clone(&outside)),
            clock.clone(),
            DeliveryOptions::default(),
            Arc::new(()),
            controls,
            stopped.clone(),
        ));
        let (queue, queued) = mpsc::unbounded_channel();
        queue.send(Waiting { number, conversation, due_at: 0, attempt: 0 }).unwrap();
        let parts = Parts {
            journal: journal.clone(),
            connection: "shop".to_owned(),
            sender: Arc::new(Post(Arc::clone(&outside), calling)),
            clock: clock.clone(),
            options: OutboundOptions::default(),
            answers: Arc::default(),
            observer: Arc::new(()),
        };
        let sending = tokio::spawn(outbound::run(parts, queued, stopped));

        called.wait_for(|called| *called).await.unwrap();
        disk.fail(fault, None, u64::MAX);
        let before = disk.steps();
        tokio::time::sleep(OUTAGE).await;
        let steps = disk.steps() - before;
        assert!(steps < 60 * OUTAGE.as_secs(), "{fault:?}: {steps} steps of the disk in {OUTAGE:?}");
        assert_eq!(outside.calls.load(Ordering::SeqCst), 1, "{fault:?}");
        assert!(outside.steps.load(Ordering::SeqCst) <= 2, "{fault:?}");
        assert!(outside.attempts.load(Ordering::SeqCst) <= 3, "{fault:?}");

        assert!(disk.mend() > 0);
        // The longest wait that a worker can be in.
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(journal.cursor(NAME).await.unwrap(), Some(*journal.committed().borrow()), "{fault:?}");
        assert_eq!(journal.parked(NAME).await.unwrap(), [], "{fault:?}");
        let life = journal.message(MessageKey::Id("m1".to_owned())).await.unwrap().unwrap();
        assert_eq!(life.message.state, MessageState::Accepted, "{fault:?}");
        assert_eq!(outside.calls.load(Ordering::SeqCst), 1, "{fault:?}");
        // The event that failed once, the other, and what became of the message.
        assert_eq!(outside.attempts.load(Ordering::SeqCst), 4, "{fault:?}");
        stop.send_replace(true);
        delivering.await.unwrap();
        sending.await.unwrap();
        journal.close().await.unwrap();
    }
}
