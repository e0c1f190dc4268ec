//! What SendGrid's words and codes say about what to do.

use trunkline_sdk::email::{enhanced_code, smtp_reason};
use trunkline_sdk::prelude::*;

/// The class of a bounce. `blocked` is one that passes, or somebody's rules: the address is not suppressed.
pub fn bounce(blocked: bool, status: Option<&str>, words: Option<&str>) -> FailureReason {
    let code = status.filter(|status| !status.is_empty()).or_else(|| words.and_then(enhanced_code));
    let reason = code.map_or(FailureReason::Other, smtp_reason);
    match (reason, blocked) {
        (FailureReason::Other, true) => FailureReason::Transient,
        (FailureReason::Other, false) => FailureReason::Unreachable,
        (reason, _) => reason,
    }
}

/// The class of a mail that SendGrid did not even send.
pub fn dropped(words: &str) -> FailureReason {
    let words = words.to_ascii_lowercase();
    let says = |text: &str| words.contains(text);
    if says("unsubscribed") || says("spam reporting") {
        FailureReason::OptedOut
    } else if says("bounced address") || says("invalid address") || words == "invalid" {
        FailureReason::Unreachable
    } else if says("quota") || says("over package") || says("unauthorized") {
        FailureReason::Unauthorized
    } else if says("invalid") || says("spam content") {
        FailureReason::Invalid
    } else {
        FailureReason::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounces() {
        for (blocked, status, words, expected) in [
            (false, Some("5.1.1"), None, FailureReason::Unreachable),
            (false, Some("5.2.2"), None, FailureReason::Transient),
            (false, Some("5.7.1"), None, FailureReason::Unauthorized),
            (true, Some("4.7.1"), None, FailureReason::Transient),
            (true, None, Some("550 5.7.1 policy"), FailureReason::Unauthorized),
            (true, Some(""), None, FailureReason::Transient),
            (false, None, Some("no such user"), FailureReason::Unreachable),
        ] {
            assert_eq!(bounce(blocked, status, words), expected, "{blocked} {status:?} {words:?}");
        }
    }

    #[test]
    fn drops() {
        for (words, expected) in [
            ("Bounced Address", FailureReason::Unreachable),
            ("Unsubscribed Address", FailureReason::OptedOut),
            ("Spam Reporting Address", FailureReason::OptedOut),
            ("Invalid", FailureReason::Unreachable),
            ("Invalid SMTPAPI header", FailureReason::Invalid),
            ("Spam Content (if Spam Checker app is enabled)", FailureReason::Invalid),
            ("Recipient List over Package Quota", FailureReason::Unauthorized),
            ("", FailureReason::Other),
        ] {
            assert_eq!(dropped(words), expected, "{words}");
        }
    }
}
