//! What a ticket asks of whoever answers it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{NAME_CHARS_MAX, PRIORITY_MAX, QueueError, SKILLS_MAX, TicketId};

/// A ticket that wants somebody, and what that one must be able to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The ticket.
    pub ticket: TicketId,
    /// Whose queue it waits in. A team that does not exist: the default team.
    pub team: String,
    /// What it counts as in an agent's capacity: `chat`, `voice`, `email`.
    pub channel_kind: String,
    /// Skills, each with the least level.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// The tag of the language it is written in. None: unknown, anybody may answer.
    #[serde(default)]
    pub language: Option<String>,
    /// From 0 to 9; 9 comes first.
    #[serde(default)]
    pub priority: u8,
    /// Who wrote: the number of the contact.
    pub contact: u64,
    /// Since when the contact waits, in milliseconds since the Unix epoch.
    pub since: u64,
    /// After so many seconds in the queue the skills no longer count. None: they always do.
    #[serde(default)]
    pub relax_after_seconds: Option<u64>,
}

impl Need {
    /// A need for anybody of a team.
    pub fn new(ticket: TicketId, team: &str, channel_kind: &str, contact: u64, since: u64) -> Self {
        Self {
            ticket,
            team: team.to_owned(),
            channel_kind: channel_kind.to_owned(),
            skills: BTreeMap::new(),
            language: None,
            priority: 0,
            contact,
            since,
            relax_after_seconds: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), QueueError> {
        let ticket = self.ticket;
        if self.priority > PRIORITY_MAX {
            return Err(QueueError::Priority { ticket, priority: self.priority });
        }
        if self.skills.len() > SKILLS_MAX {
            return Err(QueueError::TooManySkills { ticket, count: self.skills.len() });
        }
        let names = [&self.team, &self.channel_kind].into_iter();
        for name in names.chain(&self.language).chain(self.skills.keys()) {
            if name.chars().nth(NAME_CHARS_MAX).is_some() {
                let name = crate::text::shorten(name, NAME_CHARS_MAX);
                return Err(QueueError::LongName { ticket, name });
            }
        }
        Ok(())
    }

    /// What decides who may take it, apart from whom it was offered to before.
    pub(crate) fn shape(&self, relaxed: bool) -> Shape {
        Shape {
            channel_kind: self.channel_kind.clone(),
            language: self.language.clone(),
            skills: if relaxed { BTreeMap::new() } else { self.skills.clone() },
        }
    }
}

/// Tickets of the same shape can be taken by the same people: a queue is searched shape by shape.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    pub channel_kind: String,
    pub language: Option<String>,
    pub skills: BTreeMap<String, u8>,
}
