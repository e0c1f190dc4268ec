//! What became of a look-up.

use trunkline_model::Contact;
use trunkline_policy::egress::Uncalled;
use trunkline_policy::steps::Unfinished;

/// What became of a look-up.
#[derive(Debug)]
pub enum Answer {
    /// The provider says.
    Found(Contact),
    /// It does not.
    Unknown,
    /// It might another time. Why, for metrics.
    Failed(&'static str),
    /// There was no place for it in time.
    Busy,
    /// The connection lacks the secret: nobody can be looked up.
    Closed,
}

impl Answer {
    /// For metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Found(_) => "found",
            Self::Unknown => "unknown",
            Self::Failed(why) => why,
            Self::Busy => "busy",
            Self::Closed => "no_secret",
        }
    }

    /// `status` is that of the last call. A connector that got no answer to its question may take that for one: what
    /// says nothing of the contact is a failure all the same.
    pub fn of(ended: Result<Option<Contact>, Unfinished>, status: Option<u16>) -> Self {
        match (ended, status) {
            (Ok(Some(contact)), _) => Self::Found(contact),
            (Ok(None), Some(401 | 403)) => Self::Failed("unauthorized"),
            (Ok(None), Some(408 | 500..)) => Self::Failed("transient"),
            (Ok(None), Some(429)) => Self::Failed("rate_limited"),
            (Ok(None), _) => Self::Unknown,
            (Err(Unfinished::Uncalled(Uncalled::NoSecret(_))), _) => Self::Closed,
            (Err(unfinished), _) => Self::Failed(unfinished.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_of_the_contact_is_a_failure() {
        let outcome = |ended, status| Answer::of(ended, status).outcome();
        for (status, expected) in [
            (None, "unknown"),
            (Some(200), "unknown"),
            (Some(400), "unknown"),
            (Some(404), "unknown"),
            (Some(401), "unauthorized"),
            (Some(403), "unauthorized"),
            (Some(408), "transient"),
            (Some(429), "rate_limited"),
            (Some(500), "transient"),
            (Some(503), "transient"),
        ] {
            assert_eq!(outcome(Ok(None), status), expected, "{status:?}");
        }
        assert_eq!(outcome(Ok(Some(Contact::default())), Some(200)), "found");
        let uncalled = |uncalled| Err(Unfinished::Uncalled(uncalled));
        assert_eq!(outcome(uncalled(Uncalled::NoSecret("no".into())), None), "no_secret");
        assert_eq!(outcome(uncalled(Uncalled::NotSent("no".into())), None), "call_not_sent");
        assert_eq!(outcome(Err(Unfinished::Time { limit_ms: 1 }), None), "call_time");
    }
}
