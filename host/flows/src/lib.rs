//! What happens to a message, as data: flows, their conditions, and when a team is there.
//!
//! A flow is a file: steps that say, ask, look up, decide, and in the end put a ticket into a queue or close it. Rules in
//! the files choose the flow for a new ticket. Everything here is pure: facts and the time are arguments, what is to be
//! done is the answer, and a flow that waits is a [`run::Run`], which is data. It survives a restart, and a new version of
//! its flow. A turn always ends, and a ticket is never lost: what no flow has a place for goes to the default queue.
//!
//! ```
//! use trunkline_flows::facts::Facts;
//! use trunkline_flows::run::{Input, Output, State};
//! use trunkline_flows::{FlowSet, Known};
//!
//! let file = r#"
//! name = "reception"
//! version = "1"
//!
//! [[start]]            # no `when`: for every message that no other flow takes
//!
//! [[step]]
//! id = "topic"
//! [step.ask]
//! text = { en = "What is it about, {{ contact.name }}?", de = "Worum geht es, {{ contact.name }}?" }
//! choices = [{ id = "order", title = "Order", next = "orders" }, { id = "other", title = "Something else" }]
//!
//! [[step]]
//! id = "people"
//! queue = { team = "support" }
//!
//! [[step]]
//! id = "orders"
//! queue = { team = "orders", priority = 5 }
//! "#;
//! let known = Known {
//!     teams: ["support".to_owned(), "orders".to_owned()].into(),
//!     default_team: "support".to_owned(),
//!     ..Known::default()
//! };
//! let flows = FlowSet::parse(&[("reception.toml", file)], known).expect("no problems");
//!
//! let mut facts = Facts::default();
//! facts.contact.name = Some("Ann".to_owned());
//! let now = 1_795_800_000_000;
//! let flow = flows.choose(&facts, now).flow.expect("there is a default");
//! let turn = flows.start(&flow, &facts, now);
//! let Output::Ask { text, .. } = &turn.outputs[0] else { panic!("{turn:?}") };
//! assert_eq!(text, "What is it about, Ann?");
//!
//! let State::Waiting(run) = turn.state else { panic!("{turn:?}") };
//! let answer = Input::Message { text: "1".to_owned(), choice: None };
//! let State::Queued(queued) = flows.resume(&run, answer, &facts, now).state else { panic!() };
//! assert_eq!(queued.team.as_deref(), Some("orders"));
//! ```
//!
//! `testdata/support.toml` has each action once.
//!
//! Conditions, and values between `{{` and `}}`, are CEL over what [`facts`] says, with the functions `size`, `contains`,
//! `startsWith`, `endsWith`, `matches` (the pattern written out), `lower`, `string`, `int`, `uint`, `double`, `bool`, and the
//! macros `has`, `exists`, `exists_one`, `all`, `filter`, `map`. What has no value counts as false, and the trace says so.

mod expression;
pub mod facts;
mod file;
mod flow;
pub mod hours;
mod interpret;
mod language;
mod problem;
pub mod run;
#[cfg(test)]
mod samples;
mod set;
mod template;
pub mod trace;

pub use flow::{CHOICES_MAX, FlowDigest, STEPS_MAX};
pub use interpret::{STEPS_A_TURN_MAX, TURNS_ALONE_MAX};
pub use language::detect as detect_language;
pub use problem::Problem;
pub use set::{Choice, FILE_BYTES_MAX, FILES_MAX, FlowSet, Known, OLDER_MAX};
