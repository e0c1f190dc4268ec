//! Which person answers which ticket, and whether in time.
//!
//! Tickets wait in the queue of a team. Agents have presence, capacity, skills and languages; a ticket is offered to one of
//! those who can take it, who accepts it and owns it until it is done or passed on. [`Queues`] is that, [`Levels`] the
//! promises beside it. Both are decisions only: the time is an argument, what is to be done comes back as [`Change`]s, and
//! the same operations give the same state, so it can be rebuilt from a log. Every decision says why ([`Trace`]).
//!
//! A ticket has one owner at a time. Each offer has a number, its *generation*, and whatever an agent does with a ticket
//! carries it: an agent who looked too long is told who has the ticket now.
//!
//! ```
//! use trunkline_queues::{By, Change, Config, Need, Presence, Queues, TicketId};
//!
//! let config: Config = toml::from_str(
//!     r#"
//!     default_team = "support"
//!     [teams.support]
//!     offer_seconds = 20
//!     [agents.ada]
//!     teams = ["support"]
//!     languages = ["de", "en"]
//!     capacity = { total = 4, voice = 1 }
//!     "#,
//! )?;
//! let mut queues = Queues::new(config)?;
//! queues.presence(1_000, "ada", Presence::Online)?;
//!
//! let ticket = TicketId(12);
//! let changes = queues.enqueue(2_000, Need::new(ticket, "support", "chat", 7, 1_500))?;
//! let Change::Offered { agent, generation, until, .. } = &changes[0] else { panic!("{changes:?}") };
//! assert_eq!((agent.as_str(), *until, queues.due()), ("ada", 22_000, Some(22_000)));
//!
//! queues.accept(3_000, "ada", ticket, *generation)?;
//! queues.check_owner("ada", ticket, *generation)?;
//! queues.release(9_000, ticket, &By::Agent { name: "ada".into(), generation: *generation })?;
//! assert_eq!(queues.whereabouts(ticket), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod book;
mod change;
mod config;
mod error;
mod fit;
mod index;
mod levels;
mod memory;
mod need;
mod order;
mod queues;
mod text;
mod ticket_id;
mod trace;

pub use self::change::{By, Change, Presence, Promise, Target, Why};
pub use self::config::{Agent, Capacity, Config, ConfigError, Escalation, Overflow, Sla, Strategy, Team};
pub use self::error::QueueError;
pub use self::levels::{Hours, Level, Levels, always};
pub use self::need::Need;
pub use self::queues::{AgentView, Queues, TeamView, Whereabouts};
pub use self::ticket_id::{NoTicketId, TicketId};
pub use self::trace::{Behind, CANDIDATES_MAX, Candidate, Refusal, Rule, Trace, Verdict, WhyNot};

/// The most characters of a name: team, agent, skill, language, kind of channel.
pub const NAME_CHARS_MAX: usize = 100;
/// The highest priority of a ticket.
pub const PRIORITY_MAX: u8 = 9;
/// The most characters of a reason that are kept.
pub const REASON_CHARS_MAX: usize = 300;
/// The most skills that a ticket asks for.
pub const SKILLS_MAX: usize = 20;
/// The most tickets that wait or are with somebody.
pub const TICKETS_MAX: usize = 1_000_000;
/// The most teams.
pub const TEAMS_MAX: usize = 1_000;
/// The most agents.
pub const AGENTS_MAX: usize = 10_000;
