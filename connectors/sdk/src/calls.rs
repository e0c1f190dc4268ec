//! Calls that the host makes for a connector: written as if they were made here, one after the other.
//!
//! ```
//! use trunkline_sdk::prelude::*;
//!
//! fn look_up(contact: &Contact, context: &Context) -> Found {
//!     let mut calls = Calls::new(context);
//!     let id = &contact.identifiers[0].value;
//!     // Not made yet: `?` carries the wish out. Called again with the answer, it goes on here.
//!     let answer = calls.make(Call::get(format!("https://api.example.com/users/{id}")).bearer("token"))?;
//!     Ok((answer.status == 200).then(|| contact.clone()))
//! }
//! # let context = Context::default();
//! # let contact = Contact::new(IdentifierScheme::Id, "7");
//! # assert!(matches!(look_up(&contact, &context), Err(Unfinished::Call(_))));
//! ```

use std::convert::Infallible;

use trunkline_model::{
    Call, Contact, Context, Exchange, Failure, FailureReason, Feed, Receipt, Response, SendFailure,
};

use crate::Interrupt;

/// The calls of one function, in order. The answers that the host has already are handed out again.
pub struct Calls<'a> {
    made: std::slice::Iter<'a, Exchange>,
}

/// A call that is not made yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted(Box<Call>);

impl<'a> Calls<'a> {
    /// Starts with the first exchange of the context.
    pub fn new(context: &'a Context) -> Self {
        Self { made: context.exchanges.iter() }
    }

    /// The answer to this call; an error, to be carried out by `?`, where it is not made yet.
    pub fn make(&mut self, call: Call) -> Result<&'a Response, Wanted> {
        match self.made.next() {
            Some(exchange) => Ok(&exchange.response),
            None => Err(Wanted(Box::new(call))),
        }
    }

    /// [`Calls::make`] for a call with a large body: it is written only where it is still to be made, so that it
    /// is not in memory beside the one that comes back in the exchange.
    pub fn make_with(&mut self, call: impl FnOnce() -> Call) -> Result<&'a Response, Wanted> {
        match self.made.next() {
            Some(exchange) => Ok(&exchange.response),
            None => Err(Wanted(Box::new(call()))),
        }
    }
}

/// Why there is no result (yet): what `?` carries out of the functions that make calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Unfinished<F> {
    /// The host should make this call first.
    Call(Box<Call>),
    /// It cannot be done.
    Failed(F),
}

/// What [`Outbound::send`](crate::Outbound::send) answers: one receipt for each message at the provider.
pub type Sent = Result<Vec<Receipt>, Unfinished<SendFailure>>;
/// What [`Media::locate`](crate::MediaFetcher::locate) answers: the call that gives the bytes.
pub type Located = Result<Call, Unfinished<Failure>>;
/// What [`Profiles::look_up`](crate::Profiles::look_up) answers. None: the provider does not say.
pub type Found = Result<Option<Contact>, Unfinished<Infallible>>;

/// What [`Page::open`](crate::Page::open) answers. An answer that is an error ends it as well: `?` carries it out.
pub type Opened = Result<Opening, Unfinished<Response>>;

/// What comes of a request of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Opening {
    /// This answer.
    Answer(Response),
    /// It is told of this conversation.
    Follow(Feed),
}

impl From<Response> for Unfinished<Response> {
    fn from(response: Response) -> Self {
        Self::Failed(response)
    }
}

impl<F> From<Wanted> for Unfinished<F> {
    fn from(wanted: Wanted) -> Self {
        Self::Call(wanted.0)
    }
}

impl From<Wanted> for Interrupt {
    fn from(wanted: Wanted) -> Self {
        Self::Call(wanted.0)
    }
}

impl From<Failure> for Unfinished<Failure> {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Nothing was sent before it.
impl From<Failure> for Unfinished<SendFailure> {
    fn from(failure: Failure) -> Self {
        Self::Failed(SendFailure { failure, receipts: Vec::new() })
    }
}

/// What a status means where the provider says nothing better. Not for 2xx.
///
/// 404 and 410 are taken for the contact or the content, not for a wrong URL. Everything that is not known is
/// `other`, which is not repeated.
pub fn reason(response: &Response, now: u64) -> FailureReason {
    match response.status {
        400 | 405 | 406 | 411..=416 | 422 => FailureReason::Invalid,
        401 | 402 | 403 | 407 => FailureReason::Unauthorized,
        404 | 410 => FailureReason::Unreachable,
        429 => FailureReason::RateLimited(retry_after(response, now)),
        408 | 421 | 423 | 425 | 500..=599 => FailureReason::Transient,
        _ => FailureReason::Other,
    }
}

/// Milliseconds of `Retry-After`: seconds, or a date reckoned from `now` (milliseconds since the Unix epoch).
pub fn retry_after(response: &Response, now: u64) -> Option<u64> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let date = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis();
    Some(u64::try_from(date).ok()?.saturating_sub(now))
}

/// Whether an `https` URL is at this domain or below it: a credential of a provider goes nowhere else.
pub fn is_at(url: &str, domain: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    plain && host.strip_suffix(domain).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Response { status, headers: headers.collect(), body: Vec::new() }
    }

    #[test]
    fn calls_go_on_where_the_host_is() {
        fn two(context: &Context) -> Result<u16, Unfinished<Failure>> {
            let mut calls = Calls::new(context);
            let first = calls.make(Call::get("https://a.example/1"))?;
            let second = calls.make(Call::get(format!("https://a.example/{}", first.status)))?;
            Ok(second.status)
        }
        let mut context = Context::default();
        for (url, status) in [("https://a.example/1", 200), ("https://a.example/200", 204)] {
            let Err(Unfinished::Call(call)) = two(&context) else { panic!("a call is wanted") };
            assert_eq!(call.request.url, url);
            context.exchanges.push(Exchange { request: call.request, response: answer(status, &[]) });
        }
        assert_eq!(two(&context), Ok(204));
    }

    #[test]
    fn a_large_call_is_written_once() {
        let exchange = Exchange { response: answer(204, &[]), ..Exchange::default() };
        let context = Context { exchanges: vec![exchange], ..Context::default() };
        let mut calls = Calls::new(&context);
        let made = calls.make_with(|| panic!("it is made already"));
        assert_eq!(made.map(|response| response.status), Ok(204));
        let wanted = calls.make_with(|| Call::get("https://a.example"));
        assert_eq!(wanted, Err(Wanted(Box::new(Call::get("https://a.example")))));
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        let now = 1_790_000_000_000;
        for (value, expected) in [
            ("7", Some(7_000)),
            ("Mon, 21 Sep 2026 14:13:20 GMT", Some(0)),
            ("Mon, 21 Sep 2026 14:14:20 GMT", Some(60_000)),
            ("soon", None),
        ] {
            let found = retry_after(&answer(429, &[("Retry-After", value)]), now);
            assert_eq!(found, expected, "{value}");
        }
        assert_eq!(reason(&answer(429, &[]), now), FailureReason::RateLimited(None));
    }

    #[test]
    fn every_status_has_a_reason() {
        for (status, expected) in [
            (301, FailureReason::Other),
            (400, FailureReason::Invalid),
            (401, FailureReason::Unauthorized),
            (403, FailureReason::Unauthorized),
            (404, FailureReason::Unreachable),
            (409, FailureReason::Other),
            (410, FailureReason::Unreachable),
            (408, FailureReason::Transient),
            (500, FailureReason::Transient),
            (503, FailureReason::Transient),
        ] {
            assert_eq!(reason(&answer(status, &[]), 0), expected, "{status}");
        }
    }

    #[test]
    fn a_credential_goes_to_its_provider_alone() {
        for (url, expected) in [
            ("https://example.com/x", true),
            ("https://API.example.com?x", true),
            ("http://api.example.com/x", false),
            ("https://myexample.com/x", false),
            ("https://example.com.evil.example/x", false),
            ("https://evil.example\\.example.com/x", false),
            ("https://evil@example.com/x", false),
            ("https://example.com:8443/x", false),
            ("example.com", false),
        ] {
            assert_eq!(is_at(url, "example.com"), expected, "{url}");
        }
    }
}
