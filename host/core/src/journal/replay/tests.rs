//! Kept webhooks are read again, and what is found is written: once, in place, without turning anything back.

use std::sync::Arc;

use serde_json::Map;
use trunkline_model::{Consent, ConsentState, DeliveryState, Event, EventKind, Status};

use super::*;
use crate::journal::{Actor, EventQuery, FILE_NAME, JournalOptions, StoredEvent, Webhook};
use crate::samples::{media_message, message, webhook};

const HOUR: u64 = 3_600_000;
const BEGIN: u64 = 1_700_000_000_000;

struct Fixture {
    folder: tempfile::TempDir,
    journal: Journal,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
    Fixture { folder, journal }
}

impl Fixture {
    /// A webhook that came so many hours after the beginning.
    async fn came(&self, hours: u64, events: Vec<Event>) {
        let came = Webhook { received_at: BEGIN + hours * HOUR, ..webhook(events) };
        self.journal.append(came).await.unwrap();
    }

    async fn slices(&self, query: &ReplayQuery) -> Vec<ReplaySlice> {
        let reader = self.journal.reader();
        let mut next = Some(reader.replay_start(query.clone()).await.unwrap());
        let mut slices = Vec::new();
        while let Some(from) = next {
            slices.push(reader.replay_slice(query.clone(), from).await.unwrap());
            next = slices.last().and_then(|slice| slice.next);
        }
        slices
    }

    /// Number and the ids that the provider gave to its events, of each webhook.
    async fn kept(&self, query: &ReplayQuery) -> Vec<(u64, Vec<String>)> {
        let of = |kept: KeptWebhook| (kept.webhook.id, kept.events.iter().map(provider_id).collect());
        self.slices(query).await.into_iter().flat_map(|slice| slice.webhooks).map(of).collect()
    }

    async fn all(&self) -> Vec<StoredEvent> {
        self.journal.events(EventQuery::default()).await.unwrap()
    }

    async fn write(&self, webhook: u64, events: Vec<ReplayedEvent>) -> ReplayWritten {
        let record = ReplayRecord::new(Actor::new("ann"), Map::new());
        self.write_as(webhook, events, record).await
    }

    async fn write_as(
        &self,
        webhook: u64,
        events: Vec<ReplayedEvent>,
        record: ReplayRecord,
    ) -> ReplayWritten {
        let grants = self.journal.reader().grants("shop", Grants::default()).await.unwrap();
        let slice = ReplayedSlice {
            connection: "shop".into(),
            component: "new".into(),
            webhooks: vec![ReplayedWebhook { webhook, events }],
            grants: Arc::new(grants),
            record,
        };
        self.journal.write_replayed(slice).await.unwrap()
    }

    fn sql(&self, sql: &str) -> Option<String> {
        let connection = rusqlite::Connection::open(self.folder.path().join(FILE_NAME)).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).optional().unwrap()
    }

    fn execute(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.folder.path().join(FILE_NAME)).unwrap();
        assert!(connection.execute(sql, []).unwrap() > 0);
    }
}

fn provider_id(kept: &KeptEvent) -> String {
    serde_json::from_str::<Event>(&kept.event).unwrap().id
}

fn query() -> ReplayQuery {
    ReplayQuery { connection: "shop".into(), connector: "sample".into(), since: 0, until: u64::MAX }
}

fn reread(event: Event) -> Reread {
    Reread::new("shop", event).unwrap()
}

fn add(event: Event) -> ReplayedEvent {
    ReplayedEvent::Add(reread(event))
}

/// A message that was written so many hours after the beginning.
fn at(hours: u64, event: Event) -> Event {
    Event { occurred_at: Some(BEGIN + hours * HOUR), ..event }
}

fn keyword(hours: u64, id: &str, word: &str) -> Event {
    Event { attributes: vec![("keyword".into(), word.into())], ..at(hours, message(id, "alice")) }
}

fn consent(hours: u64, id: &str, state: ConsentState) -> Event {
    let consent = Consent { state, scope: "all".into(), origin: "follow".into() };
    Event { kind: EventKind::Consent(consent), ..at(hours, message(id, "alice")) }
}

#[tokio::test]
async fn webhooks_come_in_their_order_each_with_its_own_events() {
    let fixture = fixture();
    for number in 0..150_u64 {
        let ids = [format!("{number}-a"), format!("{number}-b")];
        fixture.came(number, ids.iter().map(|id| message(id, "alice")).collect()).await;
        let events = vec![message(&ids[0], "bob")];
        let foreign =
            Webhook { connection: "desk".into(), received_at: BEGIN + number * HOUR, ..webhook(events) };
        fixture.journal.append(foreign).await.unwrap();
    }
    let slices = fixture.slices(&query()).await;
    assert_eq!(slices.iter().map(|slice| slice.webhooks.len()).collect::<Vec<_>>(), [64, 64, 22]);
    let kept = fixture.kept(&query()).await;
    for (number, (id, events)) in kept.iter().enumerate() {
        assert_eq!(*id, 2 * number as u64 + 1);
        assert_eq!(events, &[format!("{number}-a"), format!("{number}-b")]);
    }
    let some = ReplayQuery { since: BEGIN + 100 * HOUR, until: BEGIN + 103 * HOUR, ..query() };
    let numbers: Vec<u64> = fixture.kept(&some).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(numbers, [201, 203, 205]);
    let others = ReplayQuery { connector: "another".into(), ..some.clone() };
    assert_eq!(fixture.slices(&others).await.iter().map(|slice| slice.others).sum::<u64>(), 3);
    let none = ReplayQuery { since: BEGIN + 1_000 * HOUR, ..query() };
    assert!(fixture.kept(&none).await.is_empty());
    assert!(fixture.kept(&ReplayQuery { connection: "nowhere".into(), ..query() }).await.is_empty());
}

#[tokio::test]
async fn what_waited_at_an_edge_is_found_by_when_it_was_received() {
    let fixture = fixture();
    let late = async |received: u64, handed_in: u64, id: &str| {
        let (received_at, handed_in_at) = (BEGIN + received * HOUR, Some(BEGIN + handed_in * HOUR));
        let late = Webhook { received_at, handed_in_at, ..webhook(vec![message(id, "alice")]) };
        fixture.journal.append(late).await.unwrap();
    };
    for number in 0..50 {
        fixture.came(number, vec![message(&number.to_string(), "alice")]).await;
    }
    late(10, 50, "late-10").await;
    late(40, 50, "late-40").await;
    for number in 50..100 {
        fixture.came(number, vec![message(&number.to_string(), "alice")]).await;
    }
    late(97, 120, "late-97").await;
    let of = async |since: u64, until: u64| -> Vec<String> {
        let query = ReplayQuery { since: BEGIN + since * HOUR, until: BEGIN + until * HOUR, ..query() };
        fixture.kept(&query).await.into_iter().flat_map(|(_, ids)| ids).collect()
    };
    assert_eq!(of(9, 12).await, ["9", "10", "11", "late-10"]);
    assert_eq!(of(39, 41).await, ["39", "40", "late-40"]);
    assert_eq!(of(96, 99).await, ["96", "97", "98", "late-97"]);
    assert_eq!(of(49, 51).await, ["49", "50"]);
    assert_eq!(of(99, 200).await, ["99"]);
    assert_eq!(of(0, 1_000).await.len(), 103);
    let rows = "SELECT group_concat(webhook || ':' || handed_in_at) FROM late_webhooks";
    let at = |hours: u64| BEGIN + hours * HOUR;
    let expected = format!("51:{},52:{},103:{}", at(50), at(50), at(120));
    assert_eq!(fixture.sql(rows), Some(expected));
    let seen = "SELECT CAST(seen_at AS TEXT) FROM seen WHERE seq = 51";
    assert_eq!(fixture.sql(seen), Some(at(50).to_string()), "remembered as what comes now");
    fixture.execute("DELETE FROM webhooks WHERE id = 51");
    assert!(!fixture.sql(rows).unwrap().contains("51:"));
}

#[tokio::test]
async fn what_an_edge_hands_in_at_once_is_not_late() {
    let fixture = fixture();
    let handed_in = Webhook { handed_in_at: Some(1_700_000_003_000), ..webhook(vec![message("1", "alice")]) };
    fixture.journal.append(handed_in).await.unwrap();
    assert_eq!(fixture.sql("SELECT CAST(count(*) AS TEXT) FROM late_webhooks"), Some("0".to_owned()));
    assert_eq!(fixture.kept(&query()).await.len(), 1);
}

#[tokio::test]
async fn requests_come_back_as_they_were_and_a_large_one_has_a_slice_of_its_own() {
    let fixture = fixture();
    for number in 0..3 {
        let body = vec![b'x'; if number == 1 { 5 << 20 } else { 100 }];
        let event = message(&number.to_string(), "alice");
        fixture.journal.append(Webhook { body, ..webhook(vec![event]) }).await.unwrap();
    }
    let slices = fixture.slices(&query()).await;
    let sizes: Vec<Vec<usize>> = slices
        .iter()
        .map(|slice| slice.webhooks.iter().map(|kept| kept.webhook.body.len()).collect())
        .collect();
    assert_eq!(sizes, [vec![100], vec![5 << 20], vec![100]]);
    let kept = &slices[0].webhooks[0];
    assert_eq!((&kept.damage, kept.webhook.headers.len(), kept.events.len()), (&None, 3, 1));
    fixture.execute("UPDATE webhooks SET raw = x'00' WHERE id = 1");
    let damaged = &fixture.slices(&query()).await[0].webhooks[0];
    assert!(damaged.damage.is_some(), "the others can be read all the same");
}

#[tokio::test]
async fn what_was_overlooked_is_added_once_under_its_webhook() {
    let fixture = fixture();
    fixture.came(0, vec![message("1", "alice")]).await;
    fixture.came(5, vec![message("2", "alice")]).await;
    let mut committed = fixture.journal.committed();
    committed.borrow_and_update();
    let written = fixture.write(1, vec![add(media_message("1b", &[b"file"]))]).await;
    assert!(committed.has_changed().unwrap(), "whoever delivers hears of it");
    assert_eq!((written.events[0].seq, written.events[0].added, written.passed_over), (3, true, 0));
    let added = fixture.all().await.pop().unwrap();
    assert_eq!((added.webhook, added.received_at, added.connector.as_str()), (1, BEGIN, "sample"));
    let digest = "3b9c358f36f0a31b6ad3e14f309c7cf198ac9246e8316f9ce543d5b19ac02b80";
    assert_eq!(fixture.journal.blob(digest).await.unwrap().as_deref(), Some(&b"file"[..]));
    let kept = fixture.kept(&query()).await;
    let both = |kept: &[(u64, Vec<String>)]| kept.to_vec();
    assert_eq!(both(&kept), [(1, vec!["1".into(), "1b".into()]), (2, vec!["2".into()])]);
    // Were it read as new again, it would not be written again.
    let again = fixture.write(1, vec![add(message("1b", "alice"))]).await;
    assert_eq!((again.events.len(), again.passed_over), (0, 1));
    assert_eq!(fixture.journal.statistics().await.unwrap().events, 3);
    let id = added.id.clone();
    let here = fixture.journal.reader().replay_places(1, vec![id.clone()]).await.unwrap();
    assert!(matches!(&here[0], KeptPlace::Here(kept) if kept.seq == 3));
    // Removed by hand, by age or for a person: it does not come back.
    fixture.execute("DELETE FROM events WHERE seq = 3");
    assert_eq!(fixture.sql("SELECT webhook FROM replayed"), None, "no trace of it stays");
    let gone = fixture.journal.reader().replay_places(1, vec![id, "evt_00".into()]).await.unwrap();
    assert_eq!(gone, [KeptPlace::Elsewhere, KeptPlace::Unknown]);
    assert_eq!(fixture.write(1, vec![add(message("1b", "alice"))]).await.passed_over, 1);
}

#[tokio::test]
async fn what_is_read_otherwise_is_replaced_in_its_place() {
    let fixture = fixture();
    fixture.came(0, vec![message("1", "alice"), message("2", "alice")]).await;
    let before = fixture.all().await.remove(0);
    let now = || reread(Event { thread: None, ..message("1", "bob") });
    let replace = |was: &str| ReplayedEvent::Replace { seq: 1, was: was.to_owned(), now: now() };
    let other = fixture.write(1, vec![replace("{}")]).await;
    assert_eq!((other.events.len(), other.passed_over), (0, 1), "not what it was compared with");
    let written = fixture.write(1, vec![replace(before.event.get())]).await;
    assert_eq!((written.events[0].seq, written.events[0].added), (1, false));
    let after = fixture.all().await.remove(0);
    assert_eq!((&after.id, after.seq, after.webhook), (&before.id, before.seq, before.webhook));
    assert_eq!(after.conversation, "shop/account/bob");
    assert!(after.event.get().contains("bob"));
    assert_eq!(fixture.journal.webhook(1).await.unwrap().unwrap().component, "new");
    let statistics = fixture.journal.statistics().await.unwrap();
    assert_eq!((statistics.events, statistics.webhooks), (2, 1));
}

#[tokio::test]
async fn nothing_is_written_for_a_webhook_that_was_removed() {
    let fixture = fixture();
    fixture.came(0, vec![message("1", "alice")]).await;
    fixture.execute("DELETE FROM webhooks");
    let written = fixture.write(1, vec![add(message("2", "alice"))]).await;
    assert_eq!((written.events.len(), written.passed_over), (0, 1));
    assert_eq!(fixture.all().await.len(), 1);
}

#[tokio::test]
async fn a_replay_has_one_record_whatever_it_writes() {
    let fixture = fixture();
    fixture.came(0, vec![message("1", "alice")]).await;
    let begun = ReplayRecord::new(Actor::new("ann"), Map::from_iter([("since".into(), "then".into())]));
    let first = fixture.write_as(1, vec![add(message("2", "alice"))], begun).await;
    let record = fixture.journal.audit(0, 10).await.unwrap().remove(0);
    assert_eq!(
        (record.action.as_str(), record.subject.as_str(), record.actor.as_str()),
        ("replay", "shop", "ann")
    );
    let detail =
        |added, ended| serde_json::json!({ "since": "then", "added": added, "changed": 0, "ended": ended });
    assert_eq!(record.detail, detail(1, false), "on record with the first transaction");
    let second = fixture.write_as(1, vec![add(message("3", "alice"))], first.record).await;
    fixture.journal.end_replay("shop", second.record).await.unwrap();
    let records = fixture.journal.audit(0, 10).await.unwrap();
    assert_eq!((records.len(), &records[0].detail), (1, &detail(2, true)));
}

#[tokio::test]
async fn an_old_message_opens_no_window_and_moves_no_address() {
    let fixture = fixture();
    fixture.came(1, vec![at(1, message("1", "alice"))]).await;
    fixture.came(50, vec![at(50, message("new", "alice"))]).await;
    fixture.execute("UPDATE conversations SET spent = 'token', answers = 'list'");
    fixture.execute("UPDATE accounts SET account = 'other'");
    let before = fixture.journal.conversation("shop/account/alice").await.unwrap();
    fixture.write(1, vec![add(at(0, message("old", "alice")))]).await;
    assert_eq!(fixture.journal.conversation("shop/account/alice").await.unwrap(), before);
    assert_eq!(fixture.journal.account("shop").await.unwrap().as_deref(), Some("other"));
    // A clock that runs ahead opens nothing either: the window begins when the webhook came.
    fixture.write(1, vec![add(at(9_000, message("ahead", "bob")))]).await;
    let opened =
        fixture.sql("SELECT cast(inbound_at AS TEXT) FROM conversations WHERE key = 'shop/account/bob'");
    assert_eq!(opened, Some((BEGIN + HOUR).to_string()));
    // The newest of all is what any newest message is.
    fixture.came(60, vec![at(60, message("unread", "zoe"))]).await;
    fixture.write(3, vec![add(at(60, message("newest", "alice")))]).await;
    let context = fixture
        .sql("SELECT inbound_at || spent || inbound FROM conversations WHERE key = 'shop/account/alice'");
    let context = context.unwrap();
    assert!(context.starts_with(&(BEGIN + 60 * HOUR).to_string()) && context.contains("newest"), "{context}");
    assert!(!context.contains("token"), "{context}");
}

#[tokio::test]
async fn an_old_opt_out_counts_unless_the_contact_agreed_since() {
    for (later, opted_out) in [
        (vec![], true),
        (vec![at(9, message("hello", "alice"))], true),
        (vec![keyword(9, "start", "opt_in")], false),
        (vec![consent(9, "follow", ConsentState::Granted)], false),
        (vec![keyword(0, "before", "opt_in")], true),
    ] {
        let fixture = fixture();
        fixture.came(1, vec![at(1, message("1", "alice"))]).await;
        let shown = format!("{later:?}");
        if !later.is_empty() {
            fixture.came(9, later).await;
        }
        fixture.write(1, vec![add(keyword(1, "stop", "opt_out"))]).await;
        let found = fixture.sql("SELECT cast(at AS TEXT) FROM opt_outs");
        assert_eq!(found, opted_out.then(|| (BEGIN + HOUR).to_string()), "{shown}");
    }
}

#[tokio::test]
async fn a_consent_that_was_committed_after_the_look_up_counts_too() {
    let fixture = fixture();
    fixture.came(1, vec![at(1, message("1", "alice"))]).await;
    let grants = Arc::new(fixture.journal.reader().grants("shop", Grants::default()).await.unwrap());
    fixture.came(9, vec![consent(9, "follow", ConsentState::Granted)]).await;
    let slice = ReplayedSlice {
        connection: "shop".into(),
        component: "new".into(),
        webhooks: vec![ReplayedWebhook { webhook: 1, events: vec![add(keyword(1, "stop", "opt_out"))] }],
        grants,
        record: ReplayRecord::new(Actor::new("ann"), Map::new()),
    };
    fixture.journal.write_replayed(slice).await.unwrap();
    assert_eq!(fixture.sql("SELECT origin FROM opt_outs"), None);
}

#[tokio::test]
async fn an_old_consent_lifts_no_newer_opt_out() {
    let fixture = fixture();
    fixture.came(1, vec![at(1, message("1", "alice"))]).await;
    fixture.came(5, vec![keyword(5, "stop", "opt_out")]).await;
    fixture.write(1, vec![add(keyword(1, "start", "opt_in"))]).await;
    assert_eq!(fixture.sql("SELECT origin FROM opt_outs").as_deref(), Some("keyword"));
    fixture.execute("UPDATE opt_outs SET origin = 'provider'");
    fixture.write(1, vec![add(at(1, message("2", "alice")))]).await;
    assert_eq!(fixture.sql("SELECT origin FROM opt_outs").as_deref(), Some("provider"));
    fixture.came(6, vec![at(6, message("3", "zoe"))]).await;
    fixture.write(3, vec![add(at(6, message("4", "alice")))]).await;
    assert_eq!(fixture.sql("SELECT origin FROM opt_outs"), None, "it was said before that message");
}

fn status(id: &str, state: DeliveryState) -> Event {
    let status = Status { message_id: "p1".into(), state, failure: None, client_reference: None };
    Event { kind: EventKind::Status(status), ..message(id, "alice") }
}

#[tokio::test]
async fn a_status_that_is_read_otherwise_moves_a_message_on_and_never_back() {
    let fixture = fixture();
    fixture.execute(
        "INSERT INTO messages (number, id, connection, connector, conversation, state, queued_at, updated_at, outgoing)
         VALUES (1, 'm1', 'shop', 'sample', 'shop/account/alice', 'accepted', 0, 0, '{}')",
    );
    fixture.execute("INSERT INTO provider_ids (connection, provider_id, message) VALUES ('shop', 'p1', 1)");
    fixture.came(1, vec![status("s1", DeliveryState::Sent)]).await;
    let state = || fixture.sql("SELECT state FROM messages");
    assert_eq!(state().as_deref(), Some("sent"));
    for (now, reached) in [
        (DeliveryState::Delivered, "delivered"),
        (DeliveryState::Sent, "delivered"),
        (DeliveryState::Read, "read"),
    ] {
        let was = fixture.all().await.remove(0).event.get().to_owned();
        let replace = ReplayedEvent::Replace { seq: 1, was, now: reread(status("s1", now)) };
        assert_eq!(fixture.write(1, vec![replace]).await.events.len(), 1);
        assert_eq!(state().as_deref(), Some(reached));
        assert_eq!(fixture.sql("SELECT cast(count(*) AS TEXT) FROM statuses").as_deref(), Some("1"));
    }
    let written = fixture.write(1, vec![add(status("s0", DeliveryState::Failed))]).await;
    assert_eq!((written.events.len(), state().as_deref()), (1, Some("read")));
    let about = fixture.all().await.pop().and_then(|event| event.message);
    assert_eq!(about.as_deref(), Some("m1"), "consumers learn which message it is about");
}
