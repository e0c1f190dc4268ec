//! Somebody asked for something.

mod contact;
mod ticket;

use super::{Desk, Doing, Refused};
use crate::entry::Command;

impl Desk {
    pub(super) fn ask(&mut self, doing: &mut Doing, by: &str, command: &Command) -> Result<(), Refused> {
        match command {
            Command::Presence { agent, presence } => {
                let changes = self.queues.presence(doing.at, agent, *presence)?;
                doing.changed = !changes.is_empty();
                self.tell(doing, changes);
                Ok(())
            }
            Command::Merge { .. }
            | Command::Unmerge { .. }
            | Command::Describe { .. }
            | Command::Identify { .. }
            | Command::Erase { .. } => self.ask_of_contact(doing, by, command),
            _ => self.ask_of_ticket(doing, by, command),
        }
    }
}
