//! A backup in the place of a journal that is gone.
//!
//! What happened after the backup is not known in it. Events are delivered again, which consumers can tell by their ids.
//! Messages are not sent again: whatever waited then may have been sent since, so it is held until somebody decides.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use trunkline_model::{Failure, FailureReason};

use super::backup::{Part, check};
use super::{Backup, BackupError, FILE_NAME, Journal, JournalError, MessageKey, MessageStep};
use crate::outbound::MessageState;

/// The code of the failure that a held message has.
const RESTORED: &str = "restored";

/// Puts a copy of a backup into a folder that has no journal, and proves both. Blocks.
pub fn restore(folder: &Path, file: &Path) -> Result<Backup, BackupError> {
    let journal = folder.join(FILE_NAME);
    // A log without its database would be taken for that of the backup.
    for path in [journal.clone(), folder.join(format!("{FILE_NAME}-wal"))] {
        if path.exists() {
            return Err(BackupError::Occupied { path });
        }
    }
    if !file.is_file() {
        return Err(BackupError::NoJournal { path: file.to_owned() });
    }
    check(file, 0)?;
    let part = Part::make(&journal)?;
    copy(file, &part.path).map_err(|source| BackupError::File { path: journal.clone(), source })?;
    let found = check(&part.path, 0)?;
    part.finish(&journal)?;
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut to = OpenOptions::new().write(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut to).map(|_| ())
}

impl Journal {
    /// Holds every message that waits, as one of which nobody knows whether the provider has it. Gives how many.
    ///
    /// Only where nothing is sent yet: a worker that runs learns nothing of it.
    pub async fn hold_waiting(&self, now: u64) -> Result<u64, JournalError> {
        let mut held = 0;
        for (connection, _) in self.waiting_by_connection().await? {
            let mut steps = Vec::new();
            for waiting in self.waiting(&connection).await? {
                let Some(life) = self.message(MessageKey::Number(waiting.number)).await? else { continue };
                steps.push(MessageStep::Ended {
                    number: waiting.number,
                    attempt: waiting.attempt,
                    at: now,
                    state: MessageState::Unconfirmed,
                    receipts: life.message.receipts,
                    failure: Some(Failure {
                        reason: FailureReason::Other,
                        code: Some(RESTORED.to_owned()),
                        message: Some(
                            "waited when the backup was taken, and may have been sent since".to_owned(),
                        ),
                    }),
                });
            }
            held += steps.len() as u64;
            self.message_steps(steps).await?;
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{JournalOptions, MessageQuery, NewMessage, backup};
    use super::*;
    use crate::samples::{message, webhook};

    fn outgoing(id: &str) -> NewMessage {
        NewMessage {
            id: id.into(),
            connection: "shop".into(),
            connector: "sample".into(),
            conversation: "shop/account/bob".into(),
            outgoing: serde_json::from_value(
                serde_json::json!({ "id": id, "account": "a", "to": [], "parts": [] }),
            )
            .unwrap(),
            queued_at: 1,
            key: None,
        }
    }

    #[tokio::test]
    async fn a_backup_takes_the_place_of_a_journal_and_holds_what_waited() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
        journal.append(webhook(vec![message("1", "alice")])).await.unwrap();
        journal.queue_message(outgoing("m1")).await.unwrap();
        let file = elsewhere.path().join("copy");
        backup(folder.path(), &file, false, |_, _| {}).unwrap();

        let occupied = restore(folder.path(), &file).unwrap_err();
        assert!(matches!(occupied, BackupError::Occupied { .. }), "{occupied}");
        let target = tempfile::tempdir().unwrap();
        let missing = restore(target.path(), &elsewhere.path().join("none")).unwrap_err();
        assert!(matches!(missing, BackupError::NoJournal { .. }), "{missing}");
        assert_eq!(restore(target.path(), &file).unwrap().events, 1);

        let restored = Journal::open(target.path(), JournalOptions::default()).unwrap();
        assert_eq!(restored.hold_waiting(5).await.unwrap(), 1);
        assert!(restored.waiting("shop").await.unwrap().is_empty());
        let held = restored.messages(MessageQuery { limit: 9, ..MessageQuery::default() }).await.unwrap();
        assert_eq!(held[0].state, MessageState::Unconfirmed);
        assert_eq!(held[0].failure.as_ref().unwrap().code.as_deref(), Some("restored"));
        assert_eq!(restored.hold_waiting(6).await.unwrap(), 0);
    }

    #[test]
    fn what_is_no_backup_is_not_restored() {
        let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = folder.path().join("copy");
        std::fs::write(&file, "no backup").unwrap();
        let error = restore(target.path(), &file).unwrap_err();
        assert!(matches!(error, BackupError::Damaged { .. }), "{error}");
        assert!(std::fs::read_dir(target.path()).unwrap().next().is_none());
    }
}
