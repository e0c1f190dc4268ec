//! Why a media item is not served, sorted by what is to be done about it.

use std::time::SystemTime;

use trunkline_model::{Failure, FailureReason};
use trunkline_policy::egress::Uncalled;
use trunkline_policy::headers::retry_after_ms;
use trunkline_policy::steps::Unfinished;

/// How long to wait where the provider does not say: a film is prepared in some seconds.
const AFTER_MS: u64 = 5_000;
/// The longest that a provider's wish is passed on.
const AFTER_MS_MAX: u64 = 60 * 60 * 1_000;

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is no such item.
    NotFound,
    /// The connection that it came in on is not there any more, or is another one.
    Connection,
    /// The connector cannot fetch.
    NoAbility,
    /// It is at a public URL that this host does not fetch.
    NotHosted,
    /// The provider does not have it ready: come again.
    Preparing,
    /// Too many, too fast: come again.
    RateLimited,
    /// Too many are fetched at once: come again.
    Busy,
    /// The provider wants another credential: the operator has to see to it.
    Unauthorized,
    /// The provider does not have it any more.
    Gone,
    /// It is larger than the host takes.
    TooLarge,
    /// A page came where a file was promised.
    Type,
    /// Other bytes came than the provider had announced.
    Damaged,
    /// It could not be fetched this time.
    Unavailable,
    /// The host cannot keep or read files.
    Store,
}

impl Reason {
    /// For programs and metrics: stable.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Connection => "connection",
            Self::NoAbility => "no_ability",
            Self::NotHosted => "not_hosted",
            Self::Preparing => "media_preparing",
            Self::RateLimited => "media_rate_limited",
            Self::Busy => "media_busy",
            Self::Unauthorized => "media_unauthorized",
            Self::Gone => "media_gone",
            Self::TooLarge => "media_too_large",
            Self::Type => "media_type",
            Self::Damaged => "media_damaged",
            Self::Unavailable => "media_unavailable",
            Self::Store => "store",
        }
    }
}

/// Why a media item is not served.
#[derive(Debug, Clone, PartialEq)]
pub struct Unserved {
    /// What is to be done about it.
    pub reason: Reason,
    /// For people: what was expected and what was found. Without secrets.
    pub title: String,
    /// When to come again.
    pub after_ms: Option<u64>,
    /// Where it is, for those who may fetch it themselves.
    pub url: Option<String>,
    /// The provider's words.
    pub failure: Option<Box<Failure>>,
}

impl Unserved {
    /// Without more.
    pub fn new(reason: Reason, title: impl Into<String>) -> Self {
        Self { reason, title: title.into(), after_ms: None, url: None, failure: None }
    }

    /// With when to come again.
    pub fn after(self, ms: Option<u64>) -> Self {
        Self { after_ms: Some(ms.unwrap_or(AFTER_MS).min(AFTER_MS_MAX)), ..self }
    }

    /// The connector says that there is nothing to fetch.
    pub fn failed(failure: Failure) -> Self {
        let (reason, title, after) = match failure.reason {
            FailureReason::Unauthorized => {
                (Reason::Unauthorized, "the provider refuses the credential", None)
            }
            FailureReason::RateLimited(after) => {
                (Reason::RateLimited, "the provider asks for fewer calls", Some(after))
            }
            FailureReason::Transient => {
                (Reason::Preparing, "the provider does not have the file ready", Some(None))
            }
            FailureReason::Invalid | FailureReason::Unreachable => {
                (Reason::Gone, "the provider does not have the file", None)
            }
            _ => (Reason::Unavailable, "the provider does not give the file", None),
        };
        let unserved = Self { failure: Some(Box::new(failure)), ..Self::new(reason, title) };
        match after {
            Some(after) => unserved.after(after),
            None => unserved,
        }
    }

    /// The connector's calls did not come to their end.
    pub fn unfinished(unfinished: &Unfinished) -> Self {
        match unfinished {
            Unfinished::Uncalled(uncalled) => Self::uncalled(uncalled),
            other => Self::new(Reason::Unavailable, other.to_string()),
        }
    }

    /// A call has no answer.
    pub fn uncalled(uncalled: &Uncalled) -> Self {
        let reason = match uncalled {
            Uncalled::NoSecret(_) => Reason::Unauthorized,
            Uncalled::TooLarge { .. } => Reason::TooLarge,
            Uncalled::Forbidden(_) | Uncalled::NotSent(_) | Uncalled::Unknown(_) => Reason::Unavailable,
        };
        Self::new(reason, uncalled.to_string())
    }

    /// The answer to the call for the bytes is none with bytes. `public`: no credential was sent along.
    pub fn status(status: u16, retry_after: Option<&str>, public: bool) -> Self {
        let answered = format!("the provider answered {status}");
        let after_ms = retry_after.and_then(|text| retry_after_ms(text, SystemTime::now()));
        match status {
            202 => Self::new(Reason::Preparing, "the provider does not have the file ready").after(after_ms),
            429 => Self::new(Reason::RateLimited, answered).after(after_ms),
            // A signed link that has expired.
            401 | 403 if public => Self::new(Reason::Gone, answered),
            401 | 403 => Self::new(Reason::Unauthorized, answered),
            404 | 410 => Self::new(Reason::Gone, answered),
            _ => Self::new(Reason::Unavailable, answered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_sorted() {
        for (status, public, code) in [
            (202, false, "media_preparing"),
            (204, false, "media_unavailable"),
            (206, false, "media_unavailable"),
            (302, false, "media_unavailable"),
            (400, false, "media_unavailable"),
            (401, false, "media_unauthorized"),
            (403, false, "media_unauthorized"),
            (403, true, "media_gone"),
            (404, false, "media_gone"),
            (410, true, "media_gone"),
            (429, false, "media_rate_limited"),
            (500, false, "media_unavailable"),
        ] {
            assert_eq!(Unserved::status(status, None, public).reason.code(), code, "{status}");
        }
        let after = |text| Unserved::status(429, text, false).after_ms;
        assert_eq!(
            (after(Some(" 7")), after(None), after(Some("soon"))),
            (Some(7_000), Some(5_000), Some(5_000))
        );
        assert_eq!(after(Some("18446744073709551615")), Some(AFTER_MS_MAX));
    }

    #[test]
    fn failures_are_sorted() {
        for (reason, code, after_ms) in [
            (FailureReason::Invalid, "media_gone", None),
            (FailureReason::Unauthorized, "media_unauthorized", None),
            (FailureReason::RateLimited(Some(9_000)), "media_rate_limited", Some(9_000)),
            (FailureReason::RateLimited(None), "media_rate_limited", Some(5_000)),
            (FailureReason::Transient, "media_preparing", Some(5_000)),
            (FailureReason::Unreachable, "media_gone", None),
            (FailureReason::Other, "media_unavailable", None),
        ] {
            let unserved = Unserved::failed(Failure { reason, code: None, message: None });
            assert_eq!((unserved.reason.code(), unserved.after_ms), (code, after_ms));
        }
        let missing = Uncalled::NoSecret("connection `a` has no `token`; set it".to_owned());
        let unserved = Unserved::unfinished(&Unfinished::Uncalled(missing));
        assert_eq!(unserved.reason, Reason::Unauthorized);
        assert!(unserved.title.contains("`token`"), "{}", unserved.title);
    }
}
