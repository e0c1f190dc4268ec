//! Why a call has no answer, sorted by whether it may be made again.

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
}
