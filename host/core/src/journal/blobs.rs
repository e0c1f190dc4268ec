//! Bytes by their content, and what needs them. Whatever a row refers to is counted here when the row is written, so
//! that bytes go with the last row that needs them.

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::Value;

use super::record::{BLOB_PREFIX, Blob, column};

/// What a source of media is called in JSON whose bytes are kept.
const REFERENCE: &str = "reference";

/// What needs a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// An event, by its place in the journal.
    Event(i64),
    /// A message to a contact, by its number.
    Message(i64),
    /// Somebody who has not used it yet, since then.
    Upload(i64),
}

impl Owner {
    fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Event(number) => ("event", number),
            Self::Message(number) => ("message", number),
            Self::Upload(number) => ("upload", number),
        }
    }
}

/// Keeps the bytes for that owner. 1: they are new.
pub(super) fn keep(transaction: &Transaction, blob: &Blob, owner: Owner) -> rusqlite::Result<u64> {
    let inserted = transaction
        .prepare_cached("INSERT INTO blobs (sha256, size, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![blob.sha256, column(blob.bytes.len() as u64), blob.bytes])?;
    refer(transaction, &blob.sha256, owner)?;
    Ok(inserted as u64)
}

/// Notes that the owner needs a blob.
pub(super) fn refer(transaction: &Transaction, sha256: &[u8], owner: Owner) -> rusqlite::Result<()> {
    let (name, number) = owner.columns();
    if let Owner::Upload(_) = owner {
        transaction
            .prepare_cached("DELETE FROM blob_references WHERE sha256 = ?1 AND owner = ?2")?
            .execute(params![sha256, name])?;
    }
    transaction
        .prepare_cached("INSERT OR IGNORE INTO blob_references (sha256, owner, number) VALUES (?1, ?2, ?3)")?
        .execute(params![sha256, name, number])?;
    Ok(())
}

/// The blobs that JSON of an event or a message refers to.
pub(super) fn referred(json: &str) -> Vec<[u8; 32]> {
    let mut found = Vec::new();
    if json.contains(BLOB_PREFIX)
        && let Ok(value) = serde_json::from_str(json)
    {
        collect(&value, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<[u8; 32]>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                let reference = member.as_str().filter(|_| name == REFERENCE);
                let mut sha256 = [0; 32];
                match reference.and_then(|reference| reference.strip_prefix(BLOB_PREFIX)) {
                    Some(digits) if hex::decode_to_slice(digits, &mut sha256).is_ok() => found.push(sha256),
                    _ => collect(member, found),
                }
            }
        }
        _ => {}
    }
}

/// What became of the blobs of an owner that is no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Released {
    /// Bytes that it needed, whoever else does.
    pub bytes: i64,
    /// Blobs that are gone, since nothing needs them now.
    pub removed: u64,
}

/// The owner needs its blobs no more. Those in `anew` are about to be kept again for it. With `uploads`, whoever has only
/// uploaded the same bytes does not need them either.
pub(super) fn release(
    transaction: &Transaction,
    owner: Owner,
    anew: &[Blob],
    uploads: bool,
) -> rusqlite::Result<Released> {
    let (name, number) = owner.columns();
    let blobs: Vec<Vec<u8>> = transaction
        .prepare_cached("DELETE FROM blob_references WHERE owner = ?1 AND number = ?2 RETURNING sha256")?
        .query_map(params![name, number], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut released = Released::default();
    for sha256 in blobs {
        let size = transaction
            .prepare_cached("SELECT size FROM blobs WHERE sha256 = ?1")?
            .query_row([&sha256], |row| row.get::<_, i64>(0))
            .optional()?;
        released.bytes += size.unwrap_or_default();
        let needed: bool = transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM blob_references WHERE sha256 = ?1 AND (owner <> 'upload' OR NOT ?2))",
            )?
            .query_row(params![sha256, uploads], |row| row.get(0))?;
        if needed || anew.iter().any(|blob| sha256 == blob.sha256) {
            continue;
        }
        transaction.prepare_cached("DELETE FROM blob_references WHERE sha256 = ?1")?.execute([&sha256])?;
        let removed =
            transaction.prepare_cached("DELETE FROM blobs WHERE sha256 = ?1")?.execute([&sha256])?;
        released.removed += removed as u64;
    }
    Ok(released)
}

/// Removes uploads of before that time that nothing has used since, so many at most.
pub(super) fn forget_uploads(transaction: &Transaction, before: i64, limit: usize) -> rusqlite::Result<u64> {
    let old: Vec<i64> = transaction
        .prepare_cached(
            "SELECT DISTINCT number FROM blob_references WHERE owner = 'upload' AND number < ?1 LIMIT ?2",
        )?
        .query_map(params![before, column(limit as u64)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut removed = 0;
    for at in old {
        removed += release(transaction, Owner::Upload(at), &[], false)?.removed;
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_to_kept_bytes_are_found() {
        let name = "ab".repeat(32);
        let json = format!(
            r#"{{"a":[{{"source":{{"reference":"blob:{name}"}}}},{{"reference":"blob:00"}}],"text":"blob:{name}"}}"#
        );
        assert_eq!(referred(&json), [[0xAB; 32]]);
        assert!(referred(r#"{"reference":"1234"}"#).is_empty());
    }
}
