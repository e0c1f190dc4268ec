//! `wit/inbound.wit`, `wit/media.wit`, `wit/profiles.wit`, `wit/page.wit`: what a connector's functions answer.

use serde::Serialize;

use crate::names::open_names;
use crate::{Call, Contact, Event, Failure, Headers, Response, Thread};

/// The answer of `inbound.receive`.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiveStep {
    /// Make this call first.
    Call(Call),
    /// Genuine.
    Answer(Answer),
    /// Not genuine.
    Refuse(Refusal),
}

/// A genuine webhook.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// For the provider.
    pub response: Response,
    /// For the journal.
    pub events: Vec<Event>,
}

/// A webhook that is not taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// For metrics.
    pub reason: RefusalReason,
    /// For the provider.
    pub status: u16,
    /// For the operator's log.
    pub detail: String,
}

impl Refusal {
    /// A refusal with that status.
    pub fn new(reason: RefusalReason, status: u16, detail: impl Into<String>) -> Self {
        Self { reason, status, detail: detail.into() }
    }
}

open_names! {
    /// Why a webhook is not taken.
    RefusalReason {
        /// No signature.
        MissingSignature = "missing_signature",
        /// A signature that is none.
        BadEncoding = "bad_encoding",
        /// No secret fits.
        Mismatch = "mismatch",
        /// Too old or too new.
        Stale = "stale",
        /// A key that we do not have.
        UnknownKey = "unknown_key",
        /// Our own fault.
        Misconfigured = "misconfigured",
        /// Cannot be parsed.
        Malformed = "malformed",
        /// The wrong token.
        Handshake = "handshake",
        /// The wrong method.
        Method = "method",
        /// For somebody else.
        WrongAccount = "wrong_account",
    }
}

/// The answer of `media.locate`.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaStep {
    /// Make this call first.
    Call(Call),
    /// This call answers with the bytes.
    Fetch(Call),
    /// It cannot be had.
    Failed(Failure),
}

/// The answer of `profiles.look-up`.
#[derive(Debug, Clone, PartialEq)]
pub enum ProfileStep {
    /// Make this call first.
    Call(Call),
    /// The contact, filled in.
    Found(Contact),
    /// The provider does not say.
    Unknown,
}

/// The answer of `page.open`.
#[derive(Debug, Clone, PartialEq)]
pub enum PageStep {
    /// Make this call first.
    Call(Call),
    /// For the page.
    Answer(Response),
    /// The page takes part in this conversation.
    Follow(Feed),
}

/// A conversation from somewhere on.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Feed {
    /// Our side.
    pub account: String,
    /// As in the conversation's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// As in the conversation's events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// The id of the last thing that the page was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Of the answer.
    pub headers: Headers,
}
