//! What is counted from: one thing that happened, with its time.

use serde::{Deserialize, Serialize};

/// One thing that happened. Facts of one ticket come in the order in which they happened, what opens it first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When, in milliseconds since the Unix epoch. May be older than facts before it.
    pub at: u64,
    /// The ticket. [`What::Presence`] has none: 0.
    pub ticket: u64,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A ticket began. Comes before what the contact wrote to begin it.
    Opened {
        /// The channel that it began on.
        channel: String,
        /// The team that it begins with, if any.
        team: Option<String>,
        /// Whose it is.
        contact: u64,
    },
    /// A closed ticket is open again. Of a ticket that is open: it is worked on again.
    Reopened,
    /// The contact wrote a message.
    Heard {
        /// Where.
        channel: String,
    },
    /// The contact was written a message.
    Said {
        /// Where.
        channel: String,
        /// Who wrote it.
        by: Speaker,
    },
    /// The ticket waits for somebody of a team.
    Queued {
        /// The team.
        team: String,
    },
    /// An agent was asked to take it.
    Offered {
        /// Who was asked.
        agent: String,
    },
    /// An agent has it from now on.
    Accepted {
        /// Who has it.
        agent: String,
        /// The team for which the agent has it, its own or one that helps: it counts for that one from now on.
        team: String,
    },
    /// An agent said no to an offer.
    Declined {
        /// Who said no.
        agent: String,
    },
    /// An agent let an offer pass.
    Missed {
        /// Who let it pass.
        agent: String,
    },
    /// An agent does not have it any more, and it is not done. That it waits again is a fact of its own.
    Returned {
        /// Who had it.
        agent: String,
    },
    /// It was passed on to another team. That it waits there is a fact of its own.
    Transferred {
        /// Where it was.
        from_team: Option<String>,
        /// Where it is from now on.
        to_team: String,
    },
    /// A bot gave it to people.
    HandedOver {
        /// The bot.
        bot: String,
        /// Why, in the bot's words. Not counted by.
        reason: String,
    },
    /// It sleeps until a time.
    Snoozed,
    /// It waits for the contact.
    Pending,
    /// It is done.
    Closed {
        /// Who closed it.
        by: Speaker,
    },
    /// The contact rated it.
    Rated {
        /// On which scale, and what.
        kind: Rating,
    },
    /// A target was missed.
    Breached {
        /// Which target.
        target: Target,
        /// Whose target.
        team: String,
    },
    /// An agent came or went.
    Presence {
        /// Who.
        agent: String,
        /// What the agent is from now on.
        state: Presence,
    },
}

/// Who speaks to a contact, or closes a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// A person, by name.
    Agent(String),
    /// A bot, by name.
    Bot(String),
    /// A flow: greetings, menus, notices.
    Flow,
    /// A program that uses the API.
    Program,
}

/// What a contact says of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// Satisfaction, 1 to 5.
    Csat(u8),
    /// "Would you recommend us?", 0 to 10.
    Nps(u8),
}

/// What a team promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An answer in time.
    FirstResponse,
    /// A solution in time.
    Resolution,
}

/// Whether an agent is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Takes tickets.
    Online,
    /// There, but takes nothing new. Counts as online.
    Busy,
    /// Not there for a while.
    Away,
    /// Gone.
    #[default]
    Offline,
}

impl Presence {
    /// Whether the time counts as online.
    pub(crate) fn is_there(self) -> bool {
        matches!(self, Self::Online | Self::Busy)
    }

    /// As it is serialized.
    pub fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Busy => "busy",
            Self::Away => "away",
            Self::Offline => "offline",
        }
    }
}
