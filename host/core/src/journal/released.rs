//! Journals of every released schema, made by the hosts of their time, opened by this one: `testdata/stores`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;
use trunkline_model::{Event, Identifier, IdentifierScheme};

use super::*;
use crate::clock::FakeClock;
use crate::outbound::MessageState;
use crate::samples::{message, webhook};

/// The time at which the samples were made: nothing in them is old.
const NOW: u64 = 1_790_000_000_000;

/// Every row of every table, by the columns that the table had.
type Content = BTreeMap<String, (Vec<String>, Vec<Vec<Value>>)>;

fn sample(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/stores/schema-{version}.sqlite.zst"))
}

/// A folder with the journal of that schema.
fn unpacked(version: u32) -> tempfile::TempDir {
    let packed = std::fs::read(sample(version)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    folder
}

fn database(folder: &Path) -> Connection {
    Connection::open(folder.join(FILE_NAME)).unwrap()
}

fn pragma<T: rusqlite::types::FromSql>(connection: &Connection, name: &str) -> T {
    connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
}

fn list(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn content(connection: &Connection) -> Content {
    let tables = list(connection, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    let columns = |table: &str| list(connection, &format!("SELECT name FROM pragma_table_info('{table}')"));
    tables
        .into_iter()
        .map(|table| (table.clone(), (columns(&table), rows(connection, &table, &columns(&table)))))
        .collect()
}

/// The rows of a table in an order that a migration does not change.
fn rows(connection: &Connection, table: &str, columns: &[String]) -> Vec<Vec<Value>> {
    let names = columns.join(", ");
    let mut statement = connection.prepare(&format!("SELECT {names} FROM {table} ORDER BY {names}")).unwrap();
    let row = |row: &rusqlite::Row| (0..columns.len()).map(|index| row.get(index)).collect();
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// What was in the tables of before still is; columns and tables may have been added.
fn assert_kept(before: &Content, connection: &Connection) {
    for (table, (columns, rows_before)) in before {
        // Counts every number that was ever given, whatever tables there are.
        if table == "sqlite_sequence" {
            continue;
        }
        assert_eq!(&rows(connection, table, columns), rows_before, "{table}");
    }
}

#[test]
fn every_schema_of_before_has_a_sample() {
    for version in 1..schema::VERSION {
        assert!(
            sample(version).is_file(),
            "`{}` is missing\nhint: check out the commit before the migration to schema {}, run `cargo xtask store-sample` \
             there, and keep the file that it writes",
            sample(version).display(),
            version + 1
        );
    }
}

#[tokio::test]
async fn a_journal_of_every_released_schema_is_read_and_written_on() {
    for version in 1..=schema::VERSION {
        if !sample(version).is_file() {
            continue;
        }
        let folder = unpacked(version);
        let before = content(&database(folder.path()));
        assert_eq!(pragma::<u32>(&database(folder.path()), "user_version"), version);
        let clock = Arc::new(FakeClock::new(NOW));
        let journal = Journal::open_with_clock(folder.path(), JournalOptions::default(), clock).unwrap();
        assert_eq!(pragma::<u32>(&database(folder.path()), "user_version"), schema::VERSION);
        assert_kept(&before, &database(folder.path()));
        reads_as_before(&journal, &before, version).await;
        goes_on(&journal, &before).await;
        journal.close().await.unwrap();
        let connection = database(folder.path());
        assert_eq!(pragma::<String>(&connection, "integrity_check"), "ok", "schema {version}");
        assert_eq!(rows_of(&content(&connection), "events"), rows_of(&before, "events") + 1);
    }
}

fn rows_of(content: &Content, table: &str) -> usize {
    content.get(table).map_or(0, |(_, rows)| rows.len())
}

/// Through the functions that the host uses.
async fn reads_as_before(journal: &Journal, before: &Content, version: u32) {
    let events = journal.events(EventQuery { limit: 1_000, ..EventQuery::default() }).await.unwrap();
    assert_eq!(events.len(), rows_of(before, "events"));
    assert!(events.len() >= 36, "the sample holds something");
    for stored in &events {
        let event: Event = serde_json::from_str(stored.event.get()).unwrap();
        assert_eq!(journal.event(&stored.id).await.unwrap().unwrap().seq, stored.seq);
        if stored.webhook > 0 {
            let raw = journal.webhook(stored.webhook).await.unwrap().unwrap();
            assert_eq!(raw.connection, stored.connection);
            assert_eq!(stored.id, event_id(&raw.connection, &event.account, &event.id));
            assert!(String::from_utf8(raw.body).unwrap().contains(&raw.connection));
        }
    }
    let blob = list_of_blobs(before)[0].clone();
    assert!(journal.blob(&blob).await.unwrap().is_some());
    assert_eq!(journal.cursor("crm").await.unwrap(), Some(20));
    assert_eq!(journal.cursor("bot").await.unwrap(), Some(31));
    let parked = journal.parked("crm").await.unwrap();
    assert_eq!(
        parked.iter().map(|row| (row.seq, row.attempt)).collect::<Vec<_>>(),
        [(4, 3), (7, 0), (9, 12)]
    );
    let statistics = journal.statistics().await.unwrap();
    assert_eq!((statistics.events, statistics.duplicates), (events.len() as u64, 3));
    if version < 2 {
        assert!(journal.messages(MessageQuery::default()).await.unwrap().is_empty());
        return;
    }
    let messages = journal.messages(MessageQuery { limit: 10, ..MessageQuery::default() }).await.unwrap();
    let states: Vec<MessageState> = messages.iter().rev().map(|message| message.state).collect();
    use MessageState::{Accepted, Delivered, Failed, Queued, Unconfirmed};
    assert_eq!(states, [Queued, Accepted, Failed, Unconfirmed, Delivered]);
    assert_eq!(journal.waiting("shop").await.unwrap().len(), 1);
    let life = journal.message(MessageKey::Id(messages[0].id.clone())).await.unwrap().unwrap();
    assert_eq!((life.calls.len(), life.statuses.len()), (1, 1));
    let contact =
        |number: u64| vec![Identifier::new(IdentifierScheme::Phone, format!("+1555000{number:04}"))];
    assert!(journal.opt_out("shop", contact(1)).await.unwrap().is_some());
    assert!(journal.opt_out("shop", contact(2)).await.unwrap().is_none());
    assert_eq!(journal.message_of_key([1; 32]).await.unwrap().unwrap().1, [9; 32]);
    if version >= 3 {
        let counts = journal.delivery_counts().await.unwrap();
        let archive = counts.iter().find(|count| count.destination == "archive").unwrap();
        assert_eq!((archive.cursor, archive.waiting, archive.dead), (14, 0, 1));
        let audit = journal.audit(0, 10).await.unwrap();
        assert_eq!((audit.len(), audit[0].actor.as_str()), (1, "ada"));
    }
    let profile = journal.profile("shop", "phone:+15550000001").await.unwrap().unwrap();
    assert_eq!(profile.found.unwrap().name.as_deref(), Some("Contact 1"));
    let spoken = events.iter().find(|event| event.kind == "message").unwrap();
    assert!(journal.conversation(&spoken.conversation).await.unwrap().is_some());
}

fn list_of_blobs(content: &Content) -> Vec<String> {
    let (columns, rows) = &content["blobs"];
    let place = columns.iter().position(|column| column == "sha256").unwrap();
    let name = |row: &Vec<Value>| match &row[place] {
        Value::Blob(sha256) => hex::encode(sha256),
        other => panic!("a hash is {other:?}"),
    };
    rows.iter().map(name).collect()
}

/// What comes next has the next number; what was there is known.
async fn goes_on(journal: &Journal, before: &Content) {
    let newest = *journal.committed().borrow();
    assert_eq!(newest, rows_of(before, "events") as u64);
    let appended = journal.append(webhook(vec![message("new", "alice")])).await.unwrap();
    assert_eq!(appended.events[0].seq, Some(newest + 1));
    let known = Event { account: "account-shop".into(), ..message("shop-1", "alice") };
    assert_eq!(journal.append(webhook(vec![known])).await.unwrap().events[0].seq, None);
    assert_eq!(journal.statistics().await.unwrap().duplicates, 4);
}

/// Set for a process that is to die while it migrates: after how many steps of the database.
const DIE_AFTER: &str = "TRUNKLINE_TEST_DIE_AFTER";
/// Where it finds the journal.
const FOLDER: &str = "TRUNKLINE_TEST_FOLDER";

/// The test starts itself: once for each moment to die at.
#[test]
fn a_migration_that_dies_leaves_the_journal_of_before() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let left = std::env::var(DIE_AFTER).unwrap().parse().unwrap();
        migrate_and_die(Path::new(&folder), left);
        return;
    }
    let mut died = 0;
    for version in 1..schema::VERSION {
        let before = content(&database(unpacked(version).path()));
        let mut after = 1;
        loop {
            let folder = unpacked(version);
            let ended = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "journal::released::a_migration_that_dies_leaves_the_journal_of_before"])
                .env(FOLDER, folder.path())
                .env(DIE_AFTER, after.to_string())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .status()
                .unwrap();
            let connection = database(folder.path());
            assert_eq!(pragma::<String>(&connection, "integrity_check"), "ok");
            assert_kept(&before, &connection);
            let found: u32 = pragma(&connection, "user_version");
            if ended.success() {
                assert_eq!(found, schema::VERSION);
                break;
            }
            died += 1;
            // The very last steps come after the commit.
            assert!(found == version || found == schema::VERSION, "schema {found} after {after} steps");
            assert!(
                found == schema::VERSION || content(&connection) == before,
                "half a migration after {after} steps"
            );
            drop(connection);
            schema::open_writer(&Storage::at(&folder.path().join(FILE_NAME))).unwrap();
            assert_eq!(pragma::<u32>(&database(folder.path()), "user_version"), schema::VERSION);
            after = after * 3 / 2 + 1;
        }
    }
    assert!(died >= 10, "{died} deaths");
    println!("{died} deaths");
}

/// Ends this process without a word after so many steps of the database.
fn migrate_and_die(folder: &Path, mut left: u32) {
    let mut connection = database(folder);
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.progress_handler(
        1,
        Some(move || {
            left = left.saturating_sub(1);
            if left == 0 {
                std::process::abort();
            }
            false
        }),
    );
    let found = schema::migrate(&mut connection).unwrap();
    assert!(found < schema::VERSION);
}
