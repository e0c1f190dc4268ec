//! Why something that was asked for is not done. The state is as it was before.

use crate::{NAME_CHARS_MAX, PRIORITY_MAX, SKILLS_MAX, TICKETS_MAX, TicketId, WhyNot};

/// Why something that was asked for is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// Not in any queue, and with nobody.
    #[error(
        "{ticket} is with nobody and in no queue: it was closed, or waits for the contact; queue it first"
    )]
    UnknownTicket {
        /// The ticket.
        ticket: TicketId,
    },
    /// It has its place already.
    #[error("{ticket} has its place already: transfer it, or release it first")]
    AlreadyQueued {
        /// The ticket.
        ticket: TicketId,
    },
    /// A name that the configuration does not have.
    #[error("there is no agent `{agent}`: add `[agents.{agent}]`, or name another")]
    UnknownAgent {
        /// As it was given, shortened.
        agent: String,
    },
    /// A name that the configuration does not have.
    #[error("there is no team `{team}`: add `[teams.{team}]`, or name another")]
    UnknownTeam {
        /// As it was given, shortened.
        team: String,
    },
    /// The offer has ended, and nobody has it now.
    #[error("{ticket} is no longer with `{agent}`: it waits in the queue and will be offered again")]
    Waits {
        /// The ticket.
        ticket: TicketId,
        /// Who asked.
        agent: String,
    },
    /// Somebody else has it.
    #[error("{ticket} is not with `{agent}`: {} `{holder}`", if *.owned { "it is answered by" } else { "it is offered to" })]
    Taken {
        /// The ticket.
        ticket: TicketId,
        /// Who asked.
        agent: String,
        /// Who has it.
        holder: String,
        /// False: it is only offered to the holder.
        owned: bool,
    },
    /// It came to the same agent again since then.
    #[error(
        "{ticket} came to `{agent}` again: this is for number {given} of its offers, now it is {current}; read it anew"
    )]
    Stale {
        /// The ticket.
        ticket: TicketId,
        /// Who asked.
        agent: String,
        /// What the agent knew.
        given: u64,
        /// What is so.
        current: u64,
    },
    /// Nobody has accepted it.
    #[error("{ticket} is offered to `{agent}`, who has not accepted it: accept it first")]
    NotAccepted {
        /// The ticket.
        ticket: TicketId,
        /// Who asked.
        agent: String,
    },
    /// Too late to decline.
    #[error("`{agent}` has accepted {ticket}: transfer or release it instead of declining")]
    Accepted {
        /// The ticket.
        ticket: TicketId,
        /// Who asked.
        agent: String,
    },
    /// The agent to whom it was to go has no place for it.
    #[error("`{agent}` cannot take {ticket} now: {why}; choose another agent, or a team")]
    CannotTake {
        /// The ticket.
        ticket: TicketId,
        /// Who was to have it.
        agent: String,
        /// What is in the way.
        why: WhyNot,
    },
    /// A priority that there is not.
    #[error("{ticket} has the priority {priority}, at most {PRIORITY_MAX}")]
    Priority {
        /// The ticket.
        ticket: TicketId,
        /// As it was given.
        priority: u8,
    },
    /// More than anybody could have.
    #[error("{ticket} asks for {count} skills, at most {SKILLS_MAX}")]
    TooManySkills {
        /// The ticket.
        ticket: TicketId,
        /// How many were given.
        count: usize,
    },
    /// A name that can be nobody's.
    #[error("{ticket} asks for `{name}`, a name has at most {NAME_CHARS_MAX} characters")]
    LongName {
        /// The ticket.
        ticket: TicketId,
        /// The start of it.
        name: String,
    },
    /// The bound of memory.
    #[error("there are {TICKETS_MAX} open tickets already: close some, {ticket} is not queued")]
    Full {
        /// The ticket.
        ticket: TicketId,
    },
}

impl QueueError {
    pub(crate) fn unknown_agent(agent: &str) -> Self {
        Self::UnknownAgent { agent: crate::text::shorten(agent, NAME_CHARS_MAX) }
    }

    pub(crate) fn unknown_team(team: &str) -> Self {
        Self::UnknownTeam { team: crate::text::shorten(team, NAME_CHARS_MAX) }
    }
}
