//! What goes, and above all what stays.

use super::super::{EventQuery, JournalOptions, Parked, ParkedState, Progress, Queued, Webhook};
use super::*;
use crate::journal::NewMessage;
use crate::route::Route;
use crate::samples::{media_message, message, webhook};

const NOW: u64 = 1_000 * DAY_MS;

struct House {
    _folder: tempfile::TempDir,
    journal: Journal,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
    House { _folder: folder, journal }
}

/// An event of so many days ago.
async fn came(journal: &Journal, connection: &str, id: &str, days_ago: u64) {
    let event = message(id, "+491701234567");
    let received_at = NOW - days_ago * DAY_MS;
    let webhook = Webhook { connection: connection.into(), received_at, ..webhook(vec![event]) };
    journal.append(webhook).await.unwrap();
}

fn days(days: u32) -> Keep {
    Keep { days: Some(days), bytes: None }
}

fn of(default: Keep) -> Retention {
    Retention { default, ..Retention::default() }
}

/// To one destination that wants everything.
fn delivered(default: Keep) -> Retention {
    let destinations = vec!["crm".to_owned()];
    let routes = Arc::new(Routes::new(Vec::<Route>::new(), destinations.clone()));
    Retention { default, destinations, routes, ..Retention::default() }
}

async fn seqs(journal: &Journal) -> Vec<u64> {
    let events = journal.events(EventQuery { limit: 1_000, ..EventQuery::default() }).await.unwrap();
    events.iter().map(|event| event.seq).collect()
}

async fn sweep(journal: &Journal, retention: &Retention) -> Swept {
    journal.sweep(retention, &(), NOW).await.unwrap()
}

#[tokio::test]
async fn what_is_older_goes_with_its_webhook_and_each_connection_has_its_own_age() {
    let House { _folder, journal } = house();
    for (connection, id, days_ago) in
        [("shop", "1", 40), ("desk", "2", 40), ("shop", "3", 20), ("desk", "4", 20), ("shop", "5", 1)]
    {
        came(&journal, connection, id, days_ago).await;
    }
    let mut retention = of(days(30));
    retention.connections.insert("desk".into(), Keep::default());
    let swept = sweep(&journal, &retention).await;
    assert_eq!((swept.removed.events, swept.removed.webhooks), (1, 1));
    assert_eq!(seqs(&journal).await, [2, 3, 4, 5]);
    assert!(journal.webhook(1).await.unwrap().is_none() && journal.webhook(2).await.unwrap().is_some());
    retention.connections.insert("desk".into(), days(10));
    sweep(&journal, &retention).await;
    assert_eq!(seqs(&journal).await, [3, 5]);
    assert!(sweep(&journal, &retention).await.removed.is_nothing(), "a second sweep finds nothing");
    let records = journal.audit(0, 10).await.unwrap();
    assert_eq!(
        (records.len(), records[0].action.as_str(), records[0].actor.as_str()),
        (2, "retention.sweep", "host")
    );
    assert_eq!(records[0].detail["events"], 2);
    let holdings = journal.holdings().await.unwrap();
    assert_eq!((holdings[0].events, holdings[0].bytes), (0, 0), "of the desk");
    assert_eq!(holdings[1].events, 2);
}

#[tokio::test]
async fn what_a_destination_has_not_got_stays_however_old() {
    let House { _folder, journal } = house();
    for id in ["1", "2", "3", "4", "5"] {
        came(&journal, "shop", id, 100).await;
    }
    let row = |seq, state| Parked {
        seq,
        conversation: "c".into(),
        state,
        attempt: 1,
        due_at: 5,
        failed_at: Some(4),
        reason: "why".into(),
    };
    let parked = [(1, Some(row(1, ParkedState::Dead))), (2, Some(row(2, ParkedState::Waiting)))];
    let progress = Progress { destination: "crm".into(), cursor: 4, parked: parked.into() };
    journal.progress(progress).await.unwrap();
    let retention = delivered(days(30));
    let swept = sweep(&journal, &retention).await;
    assert_eq!(seqs(&journal).await, [1, 2, 5], "dead, waiting, and not come to");
    assert_eq!(swept.held_back, BTreeMap::from([("crm".to_owned(), 3)]));
    // What was held back goes as soon as it was delivered, although a sweep has come past it.
    let progress = Progress { destination: "crm".into(), cursor: 5, parked: [(1, None), (2, None)].into() };
    journal.progress(progress).await.unwrap();
    sweep(&journal, &retention).await;
    assert_eq!(seqs(&journal).await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_destination_that_has_not_begun_has_got_nothing_and_one_that_is_gone_holds_nothing() {
    let House { _folder, journal } = house();
    came(&journal, "shop", "1", 100).await;
    assert!(sweep(&journal, &delivered(days(30))).await.removed.is_nothing());
    journal.progress(Progress { destination: "gone".into(), ..Progress::default() }).await.unwrap();
    assert_eq!(sweep(&journal, &of(days(30))).await.removed.events, 1);
}

#[tokio::test]
async fn too_much_goes_from_the_oldest_on_and_only_of_that_connection() {
    let House { _folder, journal } = house();
    for number in 0..200 {
        let connection = if number % 2 == 0 { "shop" } else { "desk" };
        came(&journal, connection, &number.to_string(), 1).await;
    }
    let before = journal.holdings().await.unwrap();
    let bytes_max = before[1].bytes / 4;
    let mut retention = of(Keep::default());
    retention.connections.insert("shop".into(), Keep { days: None, bytes: Some(bytes_max) });
    let swept = sweep(&journal, &retention).await;
    let after = journal.holdings().await.unwrap();
    assert_eq!(after[0], before[0], "the desk is left alone");
    assert!(after[1].bytes <= bytes_max && after[1].bytes > bytes_max - bytes_max / 10, "{after:?}");
    assert_eq!(swept.removed.events + after[1].events, 100);
    let left = seqs(&journal).await;
    let of_shop: Vec<u64> = left.iter().copied().filter(|seq| seq % 2 == 1).collect();
    assert_eq!(of_shop.first().copied(), Some(2 * swept.removed.events + 1), "the newest stay");
}

#[tokio::test]
async fn a_webhook_stays_with_its_last_event_and_a_file_with_its_last_reference() {
    let House { _folder, journal } = house();
    let old = NOW - 100 * DAY_MS;
    let both = Webhook { received_at: old, ..webhook(vec![message("1", "a"), message("2", "b")]) };
    journal.append(both).await.unwrap();
    for (id, received_at) in [("3", old), ("4", NOW)] {
        let webhook = Webhook { received_at, ..webhook(vec![media_message(id, &[b"shared"])]) };
        journal.append(webhook).await.unwrap();
    }
    let row = Parked {
        seq: 2,
        conversation: "c".into(),
        state: ParkedState::Dead,
        attempt: 1,
        due_at: 5,
        failed_at: Some(4),
        reason: "why".into(),
    };
    let progress = Progress { destination: "crm".into(), cursor: 9, parked: [(2, Some(row))].into() };
    journal.progress(progress).await.unwrap();
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(b"shared"));
    let swept = sweep(&journal, &delivered(days(30))).await;
    assert_eq!((swept.removed.events, swept.removed.webhooks, swept.removed.blobs), (2, 1, 0));
    assert!(journal.webhook(1).await.unwrap().is_some(), "its other event is a dead letter");
    assert!(journal.blob(&sha256).await.unwrap().is_some(), "a newer event has the same file");
    let later = journal.sweep(&of(days(30)), &(), NOW + 60 * DAY_MS).await.unwrap();
    assert_eq!((later.removed.events, later.removed.webhooks, later.removed.blobs), (2, 2, 1));
    assert!(journal.blob(&sha256).await.unwrap().is_none());
}

#[tokio::test]
async fn a_message_that_is_to_be_sent_stays_and_so_does_its_conversation() {
    let House { _folder, journal } = house();
    came(&journal, "shop", "1", 100).await;
    let outgoing = trunkline_model::Outgoing {
        id: "m".into(),
        account: "account".into(),
        to: Vec::new(),
        thread: None,
        parts: Vec::new(),
        subject: None,
        reply_to: None,
        last_inbound_at: None,
        attributes: Vec::new(),
    };
    let queued = journal
        .queue_message(NewMessage {
            id: "m".into(),
            connection: "shop".into(),
            connector: "sample".into(),
            conversation: "shop/account/+491701234567".into(),
            outgoing,
            queued_at: 5,
            key: None,
        })
        .await
        .unwrap();
    assert_eq!(queued, Queued::New(1));
    let swept = journal.sweep(&of(days(30)), &(), NOW).await.unwrap();
    assert_eq!((swept.removed.events, swept.removed.messages, swept.removed.conversations), (1, 0, 0));
    let over = journal
        .write(|writing| writing.transaction.execute("UPDATE messages SET state = 'failed'", []))
        .await;
    assert_eq!(over.unwrap(), 1);
    let swept = journal.sweep(&of(days(30)), &(), NOW).await.unwrap();
    assert_eq!((swept.removed.messages, swept.removed.conversations), (1, 1));
}

#[tokio::test]
async fn an_upload_is_kept_as_long_as_something_may_need_it() {
    let House { _folder, journal } = house();
    let name = journal.store_blob(b"a logo".to_vec()).await.unwrap();
    let now = crate::clock::Clock::now_ms(&crate::clock::SystemClock);
    journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
    journal.sweep(&of(days(30)), &(), now).await.unwrap();
    assert!(journal.blob(&name).await.unwrap().is_some());
    let swept = journal.sweep(&of(days(30)), &(), now + 31 * DAY_MS).await.unwrap();
    assert_eq!(swept.removed.blobs, 1);
    assert!(journal.blob(&name).await.unwrap().is_none());
}
