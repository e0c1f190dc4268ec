//! Forgets event keys that nobody will send again, idempotency keys that nobody will repeat, statuses whose message
//! never came, and names of people who have not written for long.
//!
//! In small steps, so that no webhook waits for long: one step looks at one of 256 slices of a table. Run by
//! the writer between groups; without webhooks there is nothing to forget either.

use rusqlite::{Connection, params};

use super::record::column;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// All 256 slices within a day.
const STEP_MS: u64 = DAY_MS / 256;

/// How long a program may repeat a request under its key.
const MESSAGE_KEYS_MS: u64 = 7 * DAY_MS;
/// How long a status may be faster than the receipt of its message; those of messages that were sent by other means
/// wait as long.
const UNMATCHED_MS: u64 = DAY_MS;

/// A name that was not looked up again for so long.
const PROFILES_MS: u64 = 30 * DAY_MS;

/// When to look at which slice.
pub(super) struct Schedule {
    keep_ms: u64,
    next_at: u64,
    slice: u8,
}

impl Schedule {
    /// Providers repeat a webhook for days at most; `dedupe_days` is far beyond.
    pub(super) fn new(dedupe_days: u32, now_ms: u64, first_slice: u8) -> Self {
        Self { keep_ms: u64::from(dedupe_days) * DAY_MS, next_at: now_ms + STEP_MS, slice: first_slice }
    }

    /// Looks at the next slice, if it is time.
    pub(super) fn step(&mut self, connection: &mut Connection, now_ms: u64) -> rusqlite::Result<()> {
        if now_ms < self.next_at {
            return Ok(());
        }
        self.next_at = now_ms + STEP_MS;
        let slice = self.slice;
        self.slice = slice.wrapping_add(1);
        forget_message_keys(connection, slice, now_ms.saturating_sub(MESSAGE_KEYS_MS))?;
        forget_unmatched(connection, now_ms.saturating_sub(UNMATCHED_MS))?;
        forget_profiles(connection, now_ms.saturating_sub(PROFILES_MS))?;
        let forgotten = forget(connection, slice, now_ms.saturating_sub(self.keep_ms))?;
        if forgotten > 0 {
            tracing::debug!(slice, forgotten, "old event keys pruned");
        }
        Ok(())
    }
}

/// Forgets the keys of one slice that were last seen before that time.
///
/// A key whose event is still stored is kept, however old: it is the way from public id to event.
fn forget(connection: &Connection, slice: u8, before_ms: u64) -> rusqlite::Result<usize> {
    let (first, end) = bounds(slice);
    connection
        .prepare_cached(
            "DELETE FROM seen WHERE key >= ?1 AND key < ?2 AND seen_at < ?3
             AND NOT EXISTS (SELECT 1 FROM events WHERE events.seq = seen.seq)",
        )?
        .execute(params![first, end, column(before_ms)])
}

fn forget_message_keys(connection: &Connection, slice: u8, before_ms: u64) -> rusqlite::Result<usize> {
    let (first, end) = bounds(slice);
    connection
        .prepare_cached("DELETE FROM message_keys WHERE key >= ?1 AND key < ?2 AND at < ?3")?
        .execute(params![first, end, column(before_ms)])
}

/// At most so many a step: a connection that sends by other means gets a status for each of those messages.
fn forget_unmatched(connection: &Connection, before_ms: u64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM unmatched_statuses WHERE (connection, provider_id, seq) IN
             (SELECT connection, provider_id, seq FROM unmatched_statuses WHERE at < ?1 LIMIT 10000)",
        )?
        .execute([column(before_ms)])
}

fn forget_profiles(connection: &Connection, before_ms: u64) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM profiles WHERE (connection, contact) IN
             (SELECT connection, contact FROM profiles WHERE at < ?1 LIMIT 10000)",
        )?
        .execute([column(before_ms)])
}

/// The first key of a slice, and what is beyond its last.
fn bounds(slice: u8) -> (Vec<u8>, Vec<u8>) {
    // No key is longer than 32 bytes, so that 0xFF so many times and once more ends the last slice.
    let end = slice.checked_add(1).map_or_else(|| vec![u8::MAX; 33], |next| vec![next]);
    (vec![slice], end)
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::super::storage::Storage;
    use super::*;

    fn seen(connection: &Connection) -> Vec<i64> {
        let mut statement = connection.prepare("SELECT seq FROM seen ORDER BY seq").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn insert(connection: &Connection, first_byte: u8, seq: i64, seen_at: u64) {
        let mut key = [u8::MAX; 16];
        key[0] = first_byte;
        key[15] = u8::try_from(seq).unwrap();
        let row = params![key, seq, column(seen_at)];
        connection.execute("INSERT INTO seen (key, seq, seen_at) VALUES (?1, ?2, ?3)", row).unwrap();
    }

    #[test]
    fn a_step_forgets_old_keys_of_one_slice_whose_event_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut connection = schema::open_writer(&Storage::at(&path)).unwrap();
        let now = 100 * DAY_MS;
        insert(&connection, 0x7F, 1, now);
        insert(&connection, 0x7F, 2, now - 31 * DAY_MS);
        insert(&connection, 0x7F, 3, now - 31 * DAY_MS);
        insert(&connection, 0x80, 4, now - 31 * DAY_MS);
        let stored = "INSERT INTO events (seq, key, webhook, connection, connector, conversation, kind,
            received_at, event) VALUES (3, x'00', 1, '', '', '', '', 0, '{}')";
        connection.execute(stored, []).unwrap();

        let mut schedule = Schedule::new(30, now - STEP_MS, 0x7F);
        schedule.step(&mut connection, now - 1).unwrap();
        assert_eq!(seen(&connection), [1, 2, 3, 4], "not yet time");
        schedule.step(&mut connection, now).unwrap();
        assert_eq!(seen(&connection), [1, 3, 4], "one slice, without the recent and the stored one");
        schedule.step(&mut connection, now + 1).unwrap();
        assert_eq!(seen(&connection), [1, 3, 4], "the next slice waits for its time");
        schedule.step(&mut connection, now + STEP_MS).unwrap();
        assert_eq!(seen(&connection), [1, 3]);
    }

    #[test]
    fn what_else_is_old_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut connection = schema::open_writer(&Storage::at(&path)).unwrap();
        let now = 100 * DAY_MS;
        for (first, at) in [(0x10, now - 6 * DAY_MS), (0x10, now - 8 * DAY_MS), (0xFF, now - 8 * DAY_MS)] {
            let mut key = [u8::MAX; 32];
            (key[0], key[31]) = (first, u8::try_from(at / DAY_MS).unwrap());
            let sql = "INSERT INTO message_keys (key, request, message, at) VALUES (?1, x'00', 'm', ?2)";
            connection.execute(sql, params![key, column(at)]).unwrap();
        }
        for (seq, at) in [(1, now - DAY_MS / 2), (2, now - 2 * DAY_MS)] {
            let sql = "INSERT INTO unmatched_statuses (connection, provider_id, seq, state, at)
                VALUES ('shop', 'p', ?1, 'sent', ?2)";
            connection.execute(sql, params![seq, column(at)]).unwrap();
        }
        for (contact, at) in [("id:a", now - DAY_MS), ("id:b", now - 31 * DAY_MS)] {
            let sql = "INSERT INTO profiles (connection, contact, at) VALUES ('shop', ?1, ?2)";
            connection.execute(sql, params![contact, column(at)]).unwrap();
        }
        let count = |connection: &Connection, table: &str| -> i64 {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        let mut schedule = Schedule::new(30, now - STEP_MS, 0x10);
        schedule.step(&mut connection, now).unwrap();
        assert_eq!(count(&connection, "message_keys"), 2, "the old one of this slice");
        assert_eq!(count(&connection, "unmatched_statuses"), 1);
        assert_eq!(count(&connection, "profiles"), 1);
        let mut schedule = Schedule::new(30, now - STEP_MS, 0xFF);
        schedule.step(&mut connection, now).unwrap();
        assert_eq!(count(&connection, "message_keys"), 1);
    }

    #[test]
    fn a_day_of_steps_reaches_every_slice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut connection = schema::open_writer(&Storage::at(&path)).unwrap();
        for (seq, first_byte) in [(1, 0x00), (2, 0x42), (3, 0xFF)] {
            insert(&connection, first_byte, seq, 0);
        }
        let start = 100 * DAY_MS;
        let mut schedule = Schedule::new(30, start, 200);
        for step in 1..=256 {
            schedule.step(&mut connection, start + step * STEP_MS).unwrap();
        }
        assert_eq!(seen(&connection), [] as [i64; 0]);
    }
}
