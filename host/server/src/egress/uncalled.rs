//! Why a call has no answer, sorted by whether it may be made again.

use std::error::Error;

use super::resolver::NotPublic;

/// Why a call has no answer. No text holds a query, a path or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Uncalled {
    /// Not allowed: what was asked, and what to do about it. It will not be allowed next time either.
    #[error("call is not allowed: {0}")]
    Forbidden(String),
    /// It certainly did not arrive: making it again does no harm.
    #[error("call was not sent: {0}")]
    NotSent(String),
    /// It was not sent, since a secret that it needs is not set, or cannot be one.
    #[error("call was not sent: {0}")]
    NoSecret(String),
    /// It may have arrived.
    #[error("call has no known outcome: {0}")]
    Unknown(String),
    /// It arrived, and the answer is more than the host is ready to read.
    #[error("answer of `{host}` is larger than {bytes_max} bytes")]
    TooLarge {
        /// Who answered.
        host: String,
        /// The limit.
        bytes_max: u64,
    },
}

impl Uncalled {
    /// A short, stable name for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "call_forbidden",
            Self::NotSent(_) => "call_not_sent",
            Self::NoSecret(_) => "call_no_secret",
            Self::Unknown(_) => "call_unknown",
            Self::TooLarge { .. } => "call_too_large",
        }
    }

    /// Sorts an error of the HTTP client. What is not known to have happened before the first byte of the request
    /// was written counts as unknown.
    pub(super) fn sort(host: &str, error: &reqwest::Error) -> Self {
        if let Some(refused) = cause::<NotPublic>(error) {
            return Self::Forbidden(refused.to_string());
        }
        let innermost = innermost(error);
        // Name resolution, TCP and TLS; a request is written after them.
        if error.is_connect() {
            return Self::NotSent(match error.is_timeout() {
                true => format!("no connection to `{host}` in time"),
                false => format!("no connection to `{host}`: {innermost}"),
            });
        }
        if error.is_builder() {
            return Self::NotSent(format!("request to `{host}` cannot be written: {innermost}"));
        }
        Self::Unknown(match error.is_timeout() {
            true => format!("no whole answer of `{host}` in time"),
            false => format!("no whole answer of `{host}`: {innermost}"),
        })
    }
}

/// The causes below the client's own error, which holds the URL.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

fn cause<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|error| error.downcast_ref())
}

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "the client says no more".to_owned(), ToString::to_string)
}
