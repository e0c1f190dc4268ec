//! The desk: what is made of all that is heard on all channels. Contacts, tickets, who answers them and when.
//!
//! It is a fold over a log: every entry (something heard on a channel, something asked for, a time that has come) changes
//! the state in a way that depends on nothing else, and says what is to be done. So the state can be rebuilt from the log,
//! a change of the rules can be tried on what was heard last week, and every decision can be explained later.

mod desk;
mod effect;
mod entry;
mod heard;
mod log;
mod machine;
mod settings;
mod ticket;
mod worker;

pub use desk::{Desk, Refused};
pub use effect::Effect;
pub use entry::{
    Answered, Asked, Command, Configuration, Description, Entry, Heard, Hold, Label, Sent,
    TEXT_CHARACTERS_MAX, What, Words,
};
pub use heard::{Place, heard};
pub use log::{FILE_NAME, Folded, Log, LogError, Logged, PAGE_MAX, Waiting};
pub use machine::{Applied, Machine};
pub use settings::{DESK_FILE, Flaw, Settings, TicketRules};
pub use ticket::{Status, Ticket, Tickets, ticket_name, ticket_number};
pub use worker::{Now, State, Untaken, Worker};
