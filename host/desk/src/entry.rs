//! What changes the desk: the entries of its log.

use serde::{Deserialize, Serialize};
use trunkline_contacts::{Given, MergeId};
use trunkline_flows::run::Input;
use trunkline_model::{Consent, Contact, IdentityChange, OutgoingPart};
use trunkline_queues::{Presence, Target};

/// Characters of a text that the desk keeps. The whole is in the journal.
pub const TEXT_CHARACTERS_MAX: usize = 4_000;

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// A desk begins, or stands beside a journal that was restored. What was said before is not work that waits.
    Begun {
        /// The newest event of the journal.
        heard_to: u64,
    },
    /// From here on this configuration holds.
    Configured(Configuration),
    /// Something happened on a channel.
    Heard(Box<Heard>),
    /// Somebody asked for something.
    Asked(Box<Asked>),
    /// A message that the desk asked for is in the journal, or never will be.
    Sent(Sent),
    /// An answer to a call that a flow asked for.
    Answered(Answered),
    /// A time has come.
    Time,
    /// Something stood here that is not kept any longer.
    Erased,
}

/// The files of the desk's folder, as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// `desk.toml`.
    pub desk: String,
    /// Names and texts of `flows/*.toml`, in the order of their names.
    #[serde(default)]
    pub flows: Vec<(String, String)>,
}

/// One event of the journal, as far as the desk needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// The event's public id.
    pub event: String,
    /// Its number in the journal.
    pub seq: u64,
    /// Where it came in.
    pub connection: String,
    /// The journal's key of what is said with one contact on one account.
    pub conversation: String,
    /// Who it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// When it happened, milliseconds since the Unix epoch.
    pub happened_at: u64,
    /// What happened.
    pub what: What,
}

/// What happened on a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The contact wrote to us.
    Message(Words),
    /// We wrote by other means than this host.
    Echo(Words),
    /// The contact wants, or no longer wants, to be written to.
    Consent(Consent),
    /// The contact is somebody else than before, or known by another name.
    Identity(IdentityChange),
    /// A message of ours did not arrive, or nobody knows.
    Undelivered {
        /// Its id.
        message: String,
    },
    /// Anything else: its kind.
    Other(String),
}

/// What somebody wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// All text in it, at most [`TEXT_CHARACTERS_MAX`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The id of an option that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// The names of its parts.
    #[serde(default)]
    pub parts: Vec<String>,
    /// Written by a program: an absence note, a bounce. Nothing is answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automated: bool,
}

/// Something that somebody asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Who: the name of a token, or what the client says.
    pub by: String,
    /// What.
    pub command: Command,
}

/// What became of a message that the desk asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The ticket that it belongs to.
    pub ticket: u64,
    /// The entry that wanted it.
    pub wanted_by: u64,
    /// Its id. None: it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What a call of a flow gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The ticket that waits for it.
    pub ticket: u64,
    /// The entry that wanted it: an answer that came too late is told from the one that is waited for.
    pub wanted_by: u64,
    /// What it gave, as the flow takes it.
    pub result: Input,
}

/// In whose hands a ticket is, as whoever asks believes: what was true when an agent looked may not be true any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The agent.
    pub agent: String,
    /// That of the offer or ownership that the agent has seen.
    pub generation: u64,
}

/// What can be asked of the desk. Where a command has a `hold`, none means that whoever asks may do it with any ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// An agent is there, or not.
    Presence {
        /// Who.
        agent: String,
        /// Whether there.
        presence: Presence,
    },
    /// An agent takes the ticket that was offered.
    Accept {
        /// Which.
        ticket: u64,
        /// Whose offer.
        hold: Hold,
    },
    /// An agent does not take the ticket that was offered.
    Decline {
        /// Which.
        ticket: u64,
        /// Whose offer.
        hold: Hold,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// A ticket is given to an agent, whatever the rules say.
    Assign {
        /// Which.
        ticket: u64,
        /// To whom.
        agent: String,
    },
    /// A ticket is passed on.
    Transfer {
        /// Which.
        ticket: u64,
        /// In whose hands it is.
        #[serde(default)]
        hold: Option<Hold>,
        /// Where to.
        to: Target,
    },
    /// Something is written to the contact.
    Reply {
        /// On which ticket.
        ticket: u64,
        /// In whose hands it is. None: a program writes.
        #[serde(default)]
        hold: Option<Hold>,
        /// On which conversation of the contact. None: where the contact wrote last.
        #[serde(default)]
        conversation: Option<String>,
        /// What.
        parts: Vec<OutgoingPart>,
    },
    /// Something is noted that the contact does not see.
    Note {
        /// On which ticket.
        ticket: u64,
        /// What.
        text: String,
    },
    /// Nothing is to be done before that time, or before the contact writes.
    Snooze {
        /// Which.
        ticket: u64,
        /// In whose hands it is.
        #[serde(default)]
        hold: Option<Hold>,
        /// Milliseconds since the Unix epoch.
        until: u64,
    },
    /// It is the contact's turn.
    Pend {
        /// Which.
        ticket: u64,
        /// In whose hands it is.
        #[serde(default)]
        hold: Option<Hold>,
    },
    /// It is done.
    Close {
        /// Which.
        ticket: u64,
        /// In whose hands it is.
        #[serde(default)]
        hold: Option<Hold>,
    },
    /// It is not done.
    Reopen {
        /// Which.
        ticket: u64,
    },
    /// Tags, priority, subject of a ticket.
    Label {
        /// Which.
        ticket: u64,
        /// What.
        label: Label,
    },
    /// Two contacts are one.
    Merge {
        /// Is shown as part of the other.
        from: u64,
        /// Stays.
        into: u64,
    },
    /// They were not.
    Unmerge {
        /// Which merge.
        merge: MergeId,
    },
    /// What is known of a contact.
    Describe {
        /// Who.
        contact: u64,
        /// What.
        about: Description,
    },
    /// Something that a contact is known by.
    Identify {
        /// Who.
        contact: u64,
        /// What.
        given: Given,
    },
    /// Nothing of a contact is kept any longer.
    Erase {
        /// Who.
        contact: u64,
    },
}

/// Tags, priority, subject of a ticket: what is given replaces what was there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Added.
    #[serde(default)]
    pub add_tags: Vec<String>,
    /// Taken away.
    #[serde(default)]
    pub remove_tags: Vec<String>,
    /// 0 to 9.
    #[serde(default)]
    pub priority: Option<u8>,
    /// In a few words.
    #[serde(default)]
    pub subject: Option<String>,
}

/// What is known of a contact: what is given replaces what was there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// As it is shown.
    #[serde(default)]
    pub name: Option<String>,
    /// By name; null takes one away.
    #[serde(default)]
    pub attributes: serde_json::Map<String, serde_json::Value>,
    /// Added.
    #[serde(default)]
    pub add_tags: Vec<String>,
    /// Taken away.
    #[serde(default)]
    pub remove_tags: Vec<String>,
    /// BCP 47. Example: `de`
    #[serde(default)]
    pub language: Option<String>,
    /// IANA. Example: `Europe/Berlin`
    #[serde(default)]
    pub time_zone: Option<String>,
}
