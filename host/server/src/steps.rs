//! Functions of connectors that ask for calls: asked again with every answer, until they are done.

use std::sync::Arc;
use std::time::Duration;

use trunkline_model::{
    Answer, Call, Contact, Exchange, Failure, MediaStep, ProfileStep, ReceiveStep, Refusal,
};
use trunkline_runtime::CallError;

use crate::connections::Connection;
use crate::egress::{Egress, Uncalled};

/// What one round gave.
pub enum Step<T> {
    /// Make this call, then ask again.
    Call(Call),
    /// It is done.
    Done(T),
}

/// The answer of a function that may ask for calls.
pub trait Stepped {
    /// What it gives in the end.
    type Done;
    /// Sorts it.
    fn step(self) -> Step<Self::Done>;
}

impl Stepped for ReceiveStep {
    type Done = Result<Answer, Refusal>;

    fn step(self) -> Step<Self::Done> {
        match self {
            Self::Call(call) => Step::Call(call),
            Self::Answer(answer) => Step::Done(Ok(answer)),
            Self::Refuse(refusal) => Step::Done(Err(refusal)),
        }
    }
}

impl Stepped for MediaStep {
    type Done = Result<Call, Failure>;

    fn step(self) -> Step<Self::Done> {
        match self {
            Self::Call(call) => Step::Call(call),
            Self::Fetch(call) => Step::Done(Ok(call)),
            Self::Failed(failure) => Step::Done(Err(failure)),
        }
    }
}

impl Stepped for ProfileStep {
    type Done = Option<Contact>;

    fn step(self) -> Step<Self::Done> {
        match self {
            Self::Call(call) => Step::Call(call),
            Self::Found(contact) => Step::Done(Some(contact)),
            Self::Unknown => Step::Done(None),
        }
    }
}

/// Why a function did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// The connector failed.
    #[error(transparent)]
    Connector(#[from] CallError),
    /// A call that it asked for has no answer.
    #[error(transparent)]
    Uncalled(#[from] Uncalled),
    /// The calls took too long.
    #[error("calls of the connector took more than {limit_ms} ms")]
    Time {
        /// The limit.
        limit_ms: u64,
    },
}

impl Unfinished {
    /// A short, stable name for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connector(error) => error.name(),
            Self::Uncalled(uncalled) => uncalled.name(),
            Self::Time { .. } => "call_time",
        }
    }
}

/// How often a function is asked, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rounds; the last one must be the end.
    pub rounds_max: usize,
    /// All rounds and calls together.
    pub time_max: Duration,
}

/// Asks until it is done. `ask` gets the calls made so far, oldest first.
pub async fn run<S: Stepped, F: Future<Output = Result<S, CallError>>>(
    egress: &Egress,
    connection: &Connection,
    bounds: Bounds,
    ask: impl Fn(Arc<Vec<Exchange>>) -> F,
) -> Result<S::Done, Unfinished> {
    let make = |call: Call| async move {
        let response = egress.call(connection, &call).await?;
        // Without credentials: as the connector wrote it.
        Ok(Exchange { request: call.request, response })
    };
    match tokio::time::timeout(bounds.time_max, rounds(bounds.rounds_max, ask, make)).await {
        Ok(ended) => ended,
        Err(_) => {
            let limit_ms = u64::try_from(bounds.time_max.as_millis()).unwrap_or(u64::MAX);
            Err(Unfinished::Time { limit_ms })
        }
    }
}

async fn rounds<S, F, M>(
    rounds_max: usize,
    ask: impl Fn(Arc<Vec<Exchange>>) -> F,
    make: impl Fn(Call) -> M,
) -> Result<S::Done, Unfinished>
where
    S: Stepped,
    F: Future<Output = Result<S, CallError>>,
    M: Future<Output = Result<Exchange, Uncalled>>,
{
    let mut exchanges = Arc::new(Vec::new());
    for _ in 0..rounds_max {
        match ask(exchanges.clone()).await?.step() {
            Step::Done(done) => return Ok(done),
            // Nothing is copied: whoever was asked has let go of it.
            Step::Call(call) => Arc::make_mut(&mut exchanges).push(make(call).await?),
        }
    }
    Err(CallError::Rounds { limit: rounds_max }.into())
}
