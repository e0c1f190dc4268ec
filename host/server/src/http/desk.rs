//! The desk over HTTP: contacts, tickets, queues, numbers.

pub mod contacts;
pub mod reports;
pub mod teams;
pub mod tickets;
pub mod views;

use http::StatusCode;
use trunkline_desk::{Asked, Command, Entry, LogError, Refused, Untaken};
use trunkline_queues::QueueError;

use super::caller::Caller;
use super::problem::Problem;
use crate::desk::Desk;
use crate::host::Host;

/// Bytes of a request.
pub const REQUEST_BYTES_MAX: usize = 256 << 10;
/// Items of one page.
const PAGE_MAX: usize = 200;
const PAGE: usize = 50;

fn page(limit: Option<usize>) -> usize {
    limit.unwrap_or(PAGE).clamp(1, PAGE_MAX)
}

fn desk(host: &Host) -> Result<&Desk, Problem> {
    host.desk.as_ref().ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "no_desk", "this host has no desk")
            .hint(Some("set `path` under `[desk]`: docs/desk.md"))
    })
}

/// Has the desk take a command. What is answered after this is on disk. The number of its entry.
async fn ask(desk: &Desk, caller: &Caller, command: Command) -> Result<u64, Problem> {
    let asked = Asked { by: caller.name.clone(), command };
    desk.take(Entry::Asked(Box::new(asked))).await.map_err(|untaken| match untaken {
        Untaken::Refused(refused) => problem(&refused),
        error => {
            tracing::error!(%error, "desk does not take a command");
            Problem::unavailable("desk", "the desk does not take it now")
        }
    })
}

fn problem(refused: &Refused) -> Problem {
    let (status, code) = match refused {
        Refused::NoTicket(_) => (StatusCode::NOT_FOUND, "not_found"),
        Refused::State { .. } => (StatusCode::CONFLICT, "ticket_state"),
        Refused::NoConversation(_) => (StatusCode::UNPROCESSABLE_ENTITY, "conversation"),
        Refused::Queues(QueueError::UnknownTicket { .. } | QueueError::UnknownAgent { .. }) => {
            (StatusCode::NOT_FOUND, "not_found")
        }
        Refused::Queues(_) => (StatusCode::CONFLICT, "ticket_owner"),
        Refused::Contacts(_) => (StatusCode::UNPROCESSABLE_ENTITY, "contact"),
        Refused::Invalid(_) | Refused::Configuration(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
    };
    Problem::new(status, code, refused.to_string())
}

fn unreadable(error: &LogError) -> Problem {
    tracing::error!(%error, "desk cannot be read");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "desk", "the desk cannot be read")
}

fn missing(what: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
}
