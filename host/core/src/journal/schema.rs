//! The tables, their versions, and how a connection is set up.
//!
//! A released migration is never edited: a change is one more entry in [`MIGRATIONS`].

use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::JournalError;
use super::storage::Storage;

/// Entry `n` leads from version `n` to `n + 1`; the version is the pragma `user_version`.
const MIGRATIONS: [&str; 6] = ["
    -- A request as it came in; `raw` is zstd over the head as JSON (`head_size` bytes), then the body.
    CREATE TABLE webhooks (
        id INTEGER PRIMARY KEY,
        connection TEXT NOT NULL,
        connector TEXT NOT NULL,
        component TEXT NOT NULL,
        received_at INTEGER NOT NULL,
        head_size INTEGER NOT NULL,
        raw_size INTEGER NOT NULL,
        raw BLOB NOT NULL
    ) STRICT;

    -- AUTOINCREMENT: a number is never given twice, whatever is deleted, so a cursor stays true.
    -- No index beyond it: each would cost a page write for every event.
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        key BLOB NOT NULL,
        webhook INTEGER NOT NULL,
        connection TEXT NOT NULL,
        connector TEXT NOT NULL,
        conversation TEXT NOT NULL,
        kind TEXT NOT NULL,
        occurred_at INTEGER,
        received_at INTEGER NOT NULL,
        duplicates INTEGER NOT NULL DEFAULT 0,
        event TEXT NOT NULL
    ) STRICT;

    -- The only authority on what is a duplicate, and the index from public id to event.
    CREATE TABLE seen (
        key BLOB PRIMARY KEY,
        seq INTEGER NOT NULL,
        seen_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE blobs (
        sha256 BLOB PRIMARY KEY,
        size INTEGER NOT NULL,
        bytes BLOB NOT NULL
    ) STRICT;

    -- Every event up to `cursor` is delivered, not wanted, or a row in `parked`.
    CREATE TABLE destinations (
        name TEXT PRIMARY KEY,
        cursor INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE parked (
        destination TEXT NOT NULL,
        seq INTEGER NOT NULL,
        conversation TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting',
        attempt INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (destination, seq)
    ) STRICT, WITHOUT ROWID;

    -- Kept along, since counting the rows of a large table reads all of it.
    CREATE TABLE totals (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        webhooks INTEGER NOT NULL DEFAULT 0,
        events INTEGER NOT NULL DEFAULT 0,
        duplicates INTEGER NOT NULL DEFAULT 0,
        blobs INTEGER NOT NULL DEFAULT 0,
        pinged_at INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    INSERT INTO totals (id) VALUES (1);
", "
    -- The message of ours that an event is about. An event that the host made has webhook 0.
    ALTER TABLE events ADD COLUMN message TEXT;

    -- What sending needs to know of a conversation, from the contact's last message. `address` is JSON; `inbound`
    -- its id and attributes; `spent` the names of those that are used up; `answers` the open numbered list.
    CREATE TABLE conversations (
        key TEXT PRIMARY KEY,
        connection TEXT NOT NULL,
        address TEXT NOT NULL,
        inbound_at INTEGER,
        inbound TEXT,
        spent TEXT NOT NULL DEFAULT '',
        answers TEXT,
        answers_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX conversations_with_answers ON conversations (key) WHERE answers IS NOT NULL;

    -- The account that a connection was last written to: where a message comes from that does not say.
    CREATE TABLE accounts (
        connection TEXT PRIMARY KEY,
        account TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Who does not want to be written to; `contact` is scheme and value.
    CREATE TABLE opt_outs (
        connection TEXT NOT NULL,
        contact TEXT NOT NULL,
        origin TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (connection, contact)
    ) STRICT, WITHOUT ROWID;

    -- Messages to contacts, in the order in which they were queued.
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        connection TEXT NOT NULL,
        connector TEXT NOT NULL,
        conversation TEXT NOT NULL,
        state TEXT NOT NULL,
        queued_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        attempt INTEGER NOT NULL DEFAULT 0,
        due_at INTEGER NOT NULL DEFAULT 0,
        began_at INTEGER,
        outgoing TEXT NOT NULL,
        context TEXT,
        receipts TEXT NOT NULL DEFAULT '[]',
        failure TEXT
    ) STRICT;
    CREATE INDEX messages_waiting ON messages (connection, number) WHERE state IN ('queued', 'sending');
    CREATE INDEX messages_of_conversation ON messages (conversation, number);

    -- Every call made for a message. `kept`: its answer is handed to the connector when the message is resumed.
    CREATE TABLE calls (
        message INTEGER NOT NULL,
        call INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        begun_at INTEGER NOT NULL,
        ended_at INTEGER,
        method TEXT NOT NULL,
        url TEXT NOT NULL,
        request BLOB NOT NULL,
        repeatable INTEGER NOT NULL,
        kept INTEGER NOT NULL DEFAULT 1,
        status INTEGER,
        headers TEXT,
        body BLOB,
        problem TEXT,
        PRIMARY KEY (message, call)
    ) STRICT, WITHOUT ROWID;

    -- From the provider's id to the message.
    CREATE TABLE provider_ids (
        connection TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        message INTEGER NOT NULL,
        PRIMARY KEY (connection, provider_id)
    ) STRICT, WITHOUT ROWID;

    -- What providers said of a message; without a provider's id where it is about all messages up to a time.
    CREATE TABLE statuses (
        message INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        provider_id TEXT NOT NULL,
        state TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (message, seq)
    ) STRICT, WITHOUT ROWID;

    -- Statuses that came before the receipt, or of messages that were sent by other means.
    CREATE TABLE unmatched_statuses (
        connection TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        state TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (connection, provider_id, seq)
    ) STRICT, WITHOUT ROWID;

    -- Names that were looked up; `found` is the contact as JSON, or nothing where the provider does not say.
    CREATE TABLE profiles (
        connection TEXT NOT NULL,
        contact TEXT NOT NULL,
        found TEXT,
        at INTEGER NOT NULL,
        PRIMARY KEY (connection, contact)
    ) STRICT, WITHOUT ROWID;

    -- Idempotency keys (hashed), and what was asked for under each.
    CREATE TABLE message_keys (
        key BLOB PRIMARY KEY,
        request BLOB NOT NULL,
        message TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
", "
    -- `state` is 'waiting'; 'dead' after its last attempt, until somebody decides; or 'dropped', until the cursor has
    -- passed it. `failed_at`: of the last attempt.
    ALTER TABLE parked ADD COLUMN failed_at INTEGER;
    CREATE INDEX parked_dead ON parked (destination, seq) WHERE state = 'dead';
    CREATE INDEX parked_dropped ON parked (destination, seq) WHERE state = 'dropped';

    -- Who did what, and when. `detail` is JSON.
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;

    -- Events that a replay added: their webhook came long before those of their neighbours. Goes with the event.
    CREATE TABLE replayed (
        webhook INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (webhook, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER replayed_goes_with_its_event AFTER DELETE ON events BEGIN
        DELETE FROM replayed WHERE webhook = old.webhook AND seq = old.seq;
    END;

    -- What needs which blob: an 'event' (its seq), a 'message' (its number), or an 'upload' (when it was made).
    CREATE TABLE blob_references (
        sha256 BLOB NOT NULL,
        owner TEXT NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (sha256, owner, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX blob_references_of ON blob_references (owner, number);
    INSERT OR IGNORE INTO blob_references (sha256, owner, number)
    SELECT unhex(substr(item.value, 6)), 'event', seq
    FROM events, json_tree(CASE WHEN instr(event, '\"blob:') > 0 AND json_valid(event) THEN event ELSE 'null' END) item
    WHERE item.key = 'reference' AND item.type = 'text' AND item.value GLOB 'blob:*'
    AND length(unhex(substr(item.value, 6))) = 32;
    INSERT OR IGNORE INTO blob_references (sha256, owner, number)
    SELECT unhex(substr(item.value, 6)), 'message', messages.number
    FROM messages,
    json_tree(CASE WHEN instr(outgoing, '\"blob:') > 0 AND json_valid(outgoing) THEN outgoing ELSE 'null' END) item
    WHERE item.key = 'reference' AND item.type = 'text' AND item.value GLOB 'blob:*'
    AND length(unhex(substr(item.value, 6))) = 32;
    INSERT INTO blob_references (sha256, owner, number)
    SELECT sha256, 'upload', unixepoch() * 1000 FROM blobs
    WHERE NOT EXISTS (SELECT 1 FROM blob_references known WHERE known.sha256 = blobs.sha256);

    -- What is kept of each connection: events, and bytes of events, raw webhooks and files inside of them. `swept`: no
    -- event up to there is left to be removed for its age.
    CREATE TABLE holdings (
        connection TEXT PRIMARY KEY,
        events INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        swept INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    INSERT INTO holdings (connection, events, bytes)
    SELECT connection, sum(events), sum(bytes) FROM (
        SELECT connection, count(*) AS events, sum(octet_length(event)) AS bytes FROM events GROUP BY connection
        UNION ALL
        SELECT connection, 0, sum(length(raw)) FROM webhooks GROUP BY connection
        UNION ALL
        SELECT events.connection, 0, sum(blobs.size) FROM blob_references
        JOIN events ON events.seq = blob_references.number JOIN blobs ON blobs.sha256 = blob_references.sha256
        WHERE blob_references.owner = 'event' GROUP BY events.connection
    ) GROUP BY connection;

    -- When a conversation last changed. Of those of before where nobody knows: now.
    ALTER TABLE conversations ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
    UPDATE conversations SET touched_at = CASE WHEN inbound_at IS NULL AND answers_at IS NULL THEN unixepoch() * 1000
        ELSE max(coalesce(inbound_at, 0), coalesce(answers_at, 0)) END;

    -- People who are being removed, until that is done: a crash must not forget who else they are.
    CREATE TABLE erasures (
        number INTEGER PRIMARY KEY,
        person TEXT NOT NULL
    ) STRICT;
", "
    -- Webhooks that waited at an edge: received long before their neighbours. Goes with the webhook.
    CREATE TABLE late_webhooks (
        webhook INTEGER PRIMARY KEY,
        handed_in_at INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER late_webhook_goes_with_it AFTER DELETE ON webhooks BEGIN
        DELETE FROM late_webhooks WHERE webhook = old.id;
    END;
", "
    -- No other tables: from here on `webhooks.raw` may be compressed with a dictionary (`raw.rs`), which hosts of before lack.
", "
    -- Events of conversations that pages follow, in their order. Goes with the event.
    CREATE TABLE followed (
        conversation TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (conversation, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER followed_goes_with_its_event AFTER DELETE ON events BEGIN
        DELETE FROM followed WHERE conversation = old.conversation AND seq = old.seq;
    END;
    CREATE TRIGGER followed_moves_with_its_event AFTER UPDATE OF conversation ON events
    WHEN old.conversation <> new.conversation BEGIN
        UPDATE followed SET conversation = new.conversation WHERE conversation = old.conversation AND seq = old.seq;
    END;
"];

/// The newest version that this host can read.
pub(super) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Opens for writing, creates or migrates the tables.
pub(super) fn open_writer(storage: &Storage) -> Result<Connection, JournalError> {
    open(storage, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
}

/// Opens again what was there: an empty journal in its place would give every number a second time.
pub(super) fn reopen_writer(storage: &Storage) -> Result<Connection, JournalError> {
    open(storage, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn open(storage: &Storage, flags: OpenFlags) -> Result<Connection, JournalError> {
    let path = || storage.path.clone();
    let open = |source| JournalError::Open { path: path(), source: Arc::new(source) };
    let mut connection = storage.connect(flags).map_err(open)?;
    configure_writer(&connection, storage).map_err(open)?;
    let found = migrate(&mut connection).map_err(open)?;
    if found > VERSION {
        return Err(JournalError::Newer { path: path(), found, known: VERSION });
    }
    let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(open)?;
    storage.settle().map_err(|source| JournalError::Folder { path: storage.log(), source })?;
    writing.rollback().map_err(open)?;
    Ok(connection)
}

/// Opens for reading only. The tables exist: the writer was opened first.
pub(super) fn open_reader(storage: &Storage) -> rusqlite::Result<Connection> {
    let connection = storage.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(storage.busy_wait)?;
    connection.pragma_update(None, "query_only", true)?;
    // Not mapped into memory: a page that cannot be read would end the process, not the query.
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn configure_writer(connection: &Connection, storage: &Storage) -> rusqlite::Result<()> {
    connection.busy_timeout(storage.busy_wait)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", storage.synchronous)?;
    connection.pragma_update(None, "wal_autocheckpoint", storage.checkpoint_pages)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // 16 MiB (negative: KiB), for the random look-ups in `seen`: four times as much showed no other rate.
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // What is deleted is overwritten: whoever is erased must not be found in the file's free space.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Brings the tables to [`VERSION`] and answers the version found; a newer file is left as it is.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<u32> {
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found >= VERSION {
        return Ok(found);
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again under the lock: another process may have been faster.
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    if found < VERSION {
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_run_once_and_the_version_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        for _ in 0..2 {
            let connection = open_writer(&Storage::at(&path)).unwrap();
            let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
            assert_eq!(version, VERSION);
            let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
            assert_eq!(mode, "wal");
            let synchronous: u32 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
            assert_eq!(synchronous, 2, "FULL");
        }
    }

    #[test]
    fn a_journal_of_before_is_brought_up_to_date_with_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        let event =
            "INSERT INTO events (key, webhook, connection, connector, conversation, kind, received_at, event)
            VALUES (x'00', 1, 'shop', 'sample', 'shop/a/b', 'message', 5, '{}')";
        old.execute(event, []).unwrap();
        drop(old);
        let connection = open_writer(&Storage::at(&path)).unwrap();
        let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, VERSION);
        let kept: (i64, Option<String>) = connection
            .query_row("SELECT seq, message FROM events", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(kept, (1, None));
        let messages: i64 =
            connection.query_row("SELECT count(*) FROM messages", [], |row| row.get(0)).unwrap();
        assert_eq!(messages, 0);
    }

    #[test]
    fn a_newer_schema_is_refused_with_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        open_writer(&Storage::at(&path)).unwrap().pragma_update(None, "user_version", VERSION + 8).unwrap();
        let error = open_writer(&Storage::at(&path)).unwrap_err();
        assert!(
            matches!(error, JournalError::Newer { found, known, .. } if found == VERSION + 8 && known == VERSION)
        );
        let text = error.to_string();
        assert!(text.contains("`14`") && text.contains("`6`") && text.contains("journal.sqlite`"), "{text}");
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let _writer = open_writer(&Storage::at(&path)).unwrap();
        let reader = open_reader(&Storage::at(&path)).unwrap();
        assert!(reader.execute("DELETE FROM events", []).is_err());
    }
}
