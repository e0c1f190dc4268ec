//! One attempt to send a message: rounds of the connector, each call written down before and after.

use std::collections::VecDeque;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use trunkline_model::{
    Call, Exchange, Failure, FailureReason, OutgoingPart, Receipt, Response, SendFailure, SendStep,
};

use super::answers::{ATTRIBUTE as ANSWERS, Offer};
use super::worker::Shared;
use super::{MessageState, OnUnconfirmed, Sender, Uncalled};
use crate::journal::{
    JournalError, MessageKey, MessageLife, MessageStep, OptOut, SendContext, StoredCall, StoredMessage,
};

/// Before the journal is asked again that did not write.
const JOURNAL_WAIT: Duration = Duration::from_secs(1);
/// The code of a failure that leaves open whether the contact gets the message: see `wit/outbound.wit`.
const UNCONFIRMED: &str = "unconfirmed";
/// A pause of the whole connection, where a provider does not say how long to wait.
const PAUSE_MS_MAX: u64 = 60_000;

/// How an attempt ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing more is to be done.
    Done,
    /// It is to be tried again.
    Again {
        /// Milliseconds since the Unix epoch.
        due_at: u64,
    },
}

/// Tries to send a message.
pub(super) async fn attempt<S: Sender>(shared: &Shared<S>, number: u64) -> Ended {
    let life = match shared.parts.journal.message(MessageKey::Number(number)).await {
        Ok(Some(life)) => life,
        Ok(None) => return Ended::Done,
        Err(error) => {
            tracing::error!(number, %error, "message cannot be read");
            return Ended::Again { due_at: shared.parts.clock.now_ms() + 1_000 };
        }
    };
    if !matches!(life.message.state, MessageState::Queued | MessageState::Sending) {
        return Ended::Done;
    }
    let mut attempt = Attempt::new(shared, life);
    match attempt.complete().await {
        Ok(None) => attempt.run().await,
        Ok(Some(opt_out)) => {
            let why = format!("the contact does not want to be written to (origin: {})", opt_out.origin);
            let failure = own(FailureReason::OptedOut, "opted_out", why);
            attempt.end(MessageState::Failed, Vec::new(), Some(failure)).await
        }
        Err(error) => {
            tracing::error!(number, %error, "conversation cannot be read");
            Ended::Again { due_at: shared.parts.clock.now_ms() + 1_000 }
        }
    }
}

struct Attempt<'a, S> {
    shared: &'a Shared<S>,
    message: StoredMessage,
    attempt: u32,
    began_at: u64,
    /// Calls of earlier attempts whose answers count, in order.
    kept: VecDeque<StoredCall>,
    /// A call of which nobody knows whether it was made: the host ended while it ran.
    open: Option<StoredCall>,
    exchanges: Vec<Exchange>,
    /// The number of the next call.
    next_call: u32,
    /// The call of the last exchange.
    last_call: Option<u32>,
    /// What is written along with the next step.
    steps: Vec<MessageStep>,
    /// What is known of the conversation, until it is written down. None: nothing is made anew.
    context: Option<SendContext>,
    anew: bool,
}

impl<'a, S: Sender> Attempt<'a, S> {
    fn new(shared: &'a Shared<S>, life: MessageLife) -> Self {
        let MessageLife { message, calls, .. } = life;
        let open = calls.last().filter(|call| call.ended_at.is_none()).cloned();
        let next_call = calls.last().map_or(0, |call| call.call + 1);
        let kept: VecDeque<_> =
            calls.into_iter().filter(|call| call.kept && call.response.is_some()).collect();
        // The same time as before makes the same calls; a message without any may begin anew.
        let anew = kept.is_empty() && open.is_none();
        let now = shared.parts.clock.now_ms();
        let began_at = if anew { now } else { message.began_at.unwrap_or(now) };
        let attempt = message.attempt.saturating_add(1);
        Self {
            shared,
            message,
            attempt,
            began_at,
            kept,
            open,
            exchanges: Vec::new(),
            next_call,
            last_call: None,
            steps: Vec::new(),
            context: None,
            anew,
        }
    }

    /// Adds what is known of the conversation: now, where the attempt begins anew, else what was known then. An opt-out
    /// that came while the message waited ends it; about earlier ones was decided when it was queued.
    async fn complete(&mut self) -> Result<Option<OptOut>, JournalError> {
        let context = match self.message.context.take().filter(|_| !self.anew) {
            Some(context) => context,
            None => {
                let conversation = self.shared.parts.journal.conversation(&self.message.conversation).await?;
                let context = SendContext::of(conversation);
                self.context = Some(context.clone());
                context
            }
        };
        if self.anew {
            let to = self.message.outgoing.to.clone();
            let opt_out = self.shared.parts.journal.opt_out(&self.message.connection, to).await?;
            if let Some(opt_out) = opt_out.filter(|opt_out| opt_out.at > self.message.queued_at) {
                return Ok(Some(opt_out));
            }
        }
        self.message.outgoing = context.complete(self.message.outgoing.clone());
        Ok(None)
    }

    async fn run(mut self) -> Ended {
        if let Some(open) = self.open.take() {
            self.steps.push(MessageStep::CallEnded {
                number: self.message.number,
                call: open.call,
                at: self.now(),
                result: Err("the host ended before the answer".to_owned()),
                kept: false,
            });
            if !open.repeatable && self.shared.parts.options.unconfirmed == OnUnconfirmed::Hold {
                return self.unconfirmed("the host ended while this call ran").await;
            }
        }
        for _ in 0..self.shared.parts.options.rounds_max {
            let step =
                self.shared.parts.sender.step(&self.message, self.exchanges.clone(), self.began_at).await;
            let ended = match step {
                Ok(SendStep::Call(call)) => self.call(call).await,
                Ok(SendStep::Sent(receipts)) => Some(self.end(MessageState::Accepted, receipts, None).await),
                Ok(SendStep::Failed(failed)) => Some(self.failed(failed).await),
                Err(problem) => {
                    Some(self.again(own(FailureReason::Transient, "connector", problem), None).await)
                }
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
        let rounds = self.shared.parts.options.rounds_max;
        let failure =
            own(FailureReason::Invalid, "rounds", format!("more than {rounds} calls for one message"));
        self.end(MessageState::Failed, Vec::new(), Some(failure)).await
    }

    /// None: the connector is to be asked again.
    async fn call(&mut self, call: Call) -> Option<Ended> {
        let request = fingerprint(&call);
        if let Some(kept) = self.kept.pop_front() {
            let response = kept.response.unwrap_or_default();
            if kept.request != request {
                let why = "the connector asks for other calls than those that were made already";
                return Some(self.unconfirmed(why).await);
            }
            self.last_call = Some(kept.call);
            self.exchanges.push(Exchange { request: call.request, response });
            return None;
        }
        // The place may be far off: what was answered so far must not be forgotten until then.
        let steps = std::mem::take(&mut self.steps);
        if !steps.is_empty() && !self.write(steps).await {
            return Some(Ended::Again { due_at: self.now() + 1_000 });
        }
        if !self.shared.place().await {
            return Some(Ended::Again { due_at: 0 });
        }
        if let Err(ended) = self.begin(&call, request).await {
            return Some(ended);
        }
        let begun = tokio::time::Instant::now();
        let result = self.shared.parts.sender.call(&self.message.connection, &call).await;
        let latency_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let outcome = match &result {
            Ok(_) => "answered",
            Err(Uncalled::Forbidden(_)) => "forbidden",
            Err(Uncalled::NotSent(_)) => "not_sent",
            Err(Uncalled::Unknown(_)) => "unknown",
        };
        self.shared.parts.observer.called(&self.message.connection, outcome, latency_ms);
        self.called(call, result).await
    }

    async fn begin(&mut self, call: &Call, request: [u8; 32]) -> Result<(), Ended> {
        let mut steps = std::mem::take(&mut self.steps);
        steps.push(MessageStep::CallBegun {
            number: self.message.number,
            call: self.next_call,
            attempt: self.attempt,
            began_at: self.began_at,
            at: self.now(),
            method: call.request.method.clone(),
            url: call.request.url.clone(),
            request,
            repeatable: call.repeatable,
            context: self.context.take(),
        });
        self.last_call = Some(self.next_call);
        self.next_call += 1;
        if self.write(steps).await { Ok(()) } else { Err(Ended::Again { due_at: self.now() + 1_000 }) }
    }

    async fn called(&mut self, call: Call, result: Result<Response, Uncalled>) -> Option<Ended> {
        let number = self.message.number;
        let last = self.last_call.unwrap_or_default();
        let kept = result.is_ok();
        let written = match &result {
            Ok(response) => Ok(response.clone()),
            Err(Uncalled::Forbidden(why) | Uncalled::NotSent(why) | Uncalled::Unknown(why)) => {
                Err(why.clone())
            }
        };
        self.steps.push(MessageStep::CallEnded { number, call: last, at: self.now(), result: written, kept });
        let ended = match result {
            Ok(response) => {
                self.exchanges.push(Exchange { request: call.request, response });
                return None;
            }
            Err(Uncalled::Forbidden(why)) => {
                let failure = own(FailureReason::Unauthorized, "forbidden", why);
                self.end(MessageState::Failed, Vec::new(), Some(failure)).await
            }
            Err(Uncalled::NotSent(why)) => {
                self.again(own(FailureReason::Transient, "not_sent", why), None).await
            }
            Err(Uncalled::Unknown(why)) => {
                if call.repeatable || self.shared.parts.options.unconfirmed == OnUnconfirmed::Retry {
                    self.again(own(FailureReason::Transient, "no_answer", why), None).await
                } else {
                    self.unconfirmed(&why).await
                }
            }
        };
        Some(ended)
    }

    async fn failed(&mut self, failed: SendFailure) -> Ended {
        let unconfirmed = failed.failure.code.as_deref() == Some(UNCONFIRMED);
        if unconfirmed && self.shared.parts.options.unconfirmed == OnUnconfirmed::Hold {
            return self.end(MessageState::Unconfirmed, failed.receipts, Some(failed.failure)).await;
        }
        let passes = unconfirmed
            || matches!(failed.failure.reason, FailureReason::Transient | FailureReason::RateLimited(_));
        if !passes || self.gives_up() {
            return self.end(MessageState::Failed, failed.receipts, Some(failed.failure)).await;
        }
        let forget = self.last_call;
        self.again(failed.failure, forget).await
    }

    /// A message that only shows that we write is worth nothing later.
    fn gives_up(&self) -> bool {
        let fleeting = self.message.outgoing.parts.iter().all(|part| matches!(part, OutgoingPart::Typing));
        let age_ms = self.now().saturating_sub(self.message.queued_at);
        fleeting || age_ms >= self.shared.parts.options.give_up_ms
    }

    async fn again(&mut self, failure: Failure, forget: Option<u32>) -> Ended {
        if self.gives_up() {
            return self.end(MessageState::Failed, Vec::new(), Some(failure)).await;
        }
        let hint = match failure.reason {
            FailureReason::RateLimited(after) => after,
            _ => None,
        };
        let delay = self.shared.parts.options.policy.delay_ms(self.attempt, hint, self.message.number);
        if matches!(failure.reason, FailureReason::RateLimited(_)) {
            self.shared.pause(hint.unwrap_or(delay.min(PAUSE_MS_MAX)));
        }
        let at = self.now();
        let due_at = at + delay;
        let code = failure.code.as_deref().unwrap_or_default();
        tracing::warn!(message = %self.message.id, attempt = self.attempt, code, delay_ms = delay, "not sent yet");
        let mut steps = std::mem::take(&mut self.steps);
        let (number, attempt) = (self.message.number, self.attempt);
        steps.push(MessageStep::Postponed { number, attempt, due_at, at, failure, forget });
        self.write(steps).await;
        Ended::Again { due_at }
    }

    async fn unconfirmed(&mut self, why: &str) -> Ended {
        let failure = own(FailureReason::Other, UNCONFIRMED, why.to_owned());
        self.end(MessageState::Unconfirmed, Vec::new(), Some(failure)).await
    }

    async fn end(&mut self, state: MessageState, receipts: Vec<Receipt>, failure: Option<Failure>) -> Ended {
        if let Some(failure) = &failure {
            let code = failure.code.as_deref().unwrap_or_default();
            let reason = format!("{:?}", failure.reason);
            tracing::warn!(message = %self.message.id, state = state.name(), reason, code, "message ended");
        }
        if !receipts.is_empty() {
            let answers =
                receipts.iter().flat_map(|receipt| &receipt.attributes).rfind(|(name, _)| name == ANSWERS);
            let offer = answers.and_then(|(_, answers)| Offer::parse(answers, self.now()));
            self.shared.parts.answers.set(&self.message.conversation, offer);
        }
        let mut steps = std::mem::take(&mut self.steps);
        let (number, attempt, at) = (self.message.number, self.attempt, self.now());
        steps.push(MessageStep::Ended { number, attempt, at, state, receipts, failure });
        if !self.write(steps).await {
            return Ended::Again { due_at: self.now() + 1_000 };
        }
        self.shared.parts.observer.reached(&self.message.connection, state);
        Ended::Done
    }

    /// Writes until it is written: what a provider answered must not be forgotten because a disk was full for a
    /// minute. False: the journal is closed, the message is gone, or the host shuts down while it does not write.
    async fn write(&self, steps: Vec<MessageStep>) -> bool {
        loop {
            match self.shared.parts.journal.message_steps(steps.clone()).await {
                Ok(true) => return true,
                // Somebody removed the message: the next attempt does not find it.
                Ok(false) | Err(JournalError::Closed) => return false,
                Err(error) => {
                    tracing::error!(message = %self.message.id, %error, "message cannot be kept, trying again")
                }
            }
            let mut shutdown = self.shared.shutdown.clone();
            tokio::select! {
                biased;
                _ = shutdown.wait_for(|stop| *stop) => return false,
                () = tokio::time::sleep(JOURNAL_WAIT) => {}
            }
        }
    }

    fn now(&self) -> u64 {
        self.shared.parts.clock.now_ms()
    }
}

fn own(reason: FailureReason, code: &str, message: String) -> Failure {
    Failure { reason, code: Some(code.to_owned()), message: Some(message) }
}

/// Tells two calls apart. The credentials are part of it by name; their values are not known here.
pub(super) fn fingerprint(call: &Call) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut piece = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    piece(call.request.method.as_bytes());
    piece(call.request.url.as_bytes());
    for (name, value) in &call.request.headers {
        piece(name.as_bytes());
        piece(value.as_bytes());
    }
    piece(&call.request.body);
    hash.finalize().into()
}
