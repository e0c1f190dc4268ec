//! Functions of connectors that ask for calls: asked again with every answer, until they are done.

use std::sync::Arc;

use trunkline_model::{
    Answer, Call, Contact, Exchange, Failure, Feed, MediaStep, PageStep, ProfileStep, ReceiveStep, Refusal,
    Response,
};

use crate::egress::Uncalled;
use crate::error::CallError;

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

impl Stepped for PageStep {
    type Done = Result<Feed, Response>;

    fn step(self) -> Step<Self::Done> {
        match self {
            Self::Call(call) => Step::Call(call),
            Self::Answer(response) => Step::Done(Err(response)),
            Self::Follow(feed) => Step::Done(Ok(feed)),
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

/// Asks until it is done, `rounds_max` times at most. `ask` gets the calls made so far, oldest first; `make` makes one.
pub async fn rounds<S, F, M>(
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

#[cfg(test)]
mod tests {
    use trunkline_model::Response;

    use super::*;

    fn exchange(call: Call) -> Exchange {
        Exchange { request: call.request, response: Response::empty(200) }
    }

    /// Asks for so many calls before it knows the contact.
    async fn after(count: usize, made: Arc<Vec<Exchange>>) -> Result<ProfileStep, CallError> {
        let urls: Vec<&str> = made.iter().map(|exchange| exchange.request.url.as_str()).collect();
        assert_eq!(urls, ["https://a.example/0", "https://a.example/1", "https://a.example/2"][..made.len()]);
        Ok(match made.len() {
            found if found == count => ProfileStep::Unknown,
            number => ProfileStep::Call(Call::get(format!("https://a.example/{number}"))),
        })
    }

    #[tokio::test]
    async fn calls_are_made_in_turn_until_it_is_done() {
        let make = |call: Call| async move { Ok(exchange(call)) };
        for count in 0..=3 {
            let done = rounds(4, |made| after(count, made), make).await;
            assert!(matches!(done, Ok(None)), "{count} calls");
        }
    }

    #[tokio::test]
    async fn rounds_are_bounded() {
        let make = |call: Call| async move { Ok(exchange(call)) };
        let unfinished = rounds(3, |made| after(9, made), make).await.expect_err("it never ends");
        assert_eq!(unfinished.name(), "rounds");
    }

    #[tokio::test]
    async fn a_call_without_an_answer_ends_it() {
        let make = |_: Call| async { Err(Uncalled::NotSent("no".to_owned())) };
        let unfinished = rounds(4, |made| after(1, made), make).await.expect_err("no answer");
        assert_eq!(unfinished.name(), "call_not_sent");
        let failed = |_| async { Err::<MediaStep, _>(CallError::NoAbility("media")) };
        let unfinished = rounds(4, failed, make).await.expect_err("it has no media");
        assert_eq!(unfinished.name(), "no_ability");
    }

    #[test]
    fn answers_are_sorted() {
        let call = || Call::get("https://a.example/");
        assert!(matches!(ReceiveStep::Call(call()).step(), Step::Call(_)));
        assert!(matches!(ReceiveStep::Answer(Answer::default()).step(), Step::Done(Ok(_))));
        assert!(matches!(MediaStep::Fetch(call()).step(), Step::Done(Ok(_))));
        assert!(matches!(ProfileStep::Call(call()).step(), Step::Call(_)));
    }
}
