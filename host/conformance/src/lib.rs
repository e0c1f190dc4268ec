//! What every connector must do, tried on a component as the host runs it.
//!
//! A [`Subject`] is a connector with its folder and case files; [`CHECKS`] is what is demanded; [`run`] tries all of it
//! and gives a [`Report`]. Nothing here names a channel, and nothing needs to know in which language it was written. The
//! rules are those of `connectors/README.md` and of the contract in `wit/`.
//!
//! What the provider signs is not the same everywhere: `signature_covers` in the manifest's `[capabilities]` says `body`
//! (the default), `url-and-form`, `fields` (three fields of the body, and nothing else of it), or `token` (nothing: a
//! secret is sent along).

mod change;
mod check;
mod checks;
mod finding;
mod form;
mod json;
mod junit;
mod report;
mod run;
mod subject;
mod tamper;

pub use check::{CHECKS, Check};
pub use finding::{FileResult, Finding};
pub use junit::junit;
pub use report::{Outcome, Report, Status};
pub use run::{Options, run};
pub use subject::Subject;
