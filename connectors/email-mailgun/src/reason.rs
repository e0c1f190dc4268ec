//! What Mailgun's reasons and codes say about what to do.

use trunkline_sdk::email::smtp_reason;
use trunkline_sdk::prelude::*;

/// The class of a permanent failure. `code` is Mailgun's or the mail server's three digits, `enhanced` the mail
/// server's RFC 3463 code.
pub fn reason(reason: &str, code: Option<&str>, enhanced: Option<&str>) -> FailureReason {
    match (reason, code) {
        ("suppress-bounce", _) | (_, Some("605")) => FailureReason::Unreachable,
        ("suppress-complaint" | "suppress-unsubscribe", _) | (_, Some("606" | "607")) => {
            FailureReason::OptedOut
        }
        // The other side blocks our address or domain.
        ("espblock", _) => FailureReason::Unauthorized,
        // Mailgun gave up after temporary failures.
        ("old", _) | (_, Some("602")) => FailureReason::Transient,
        _ => {
            let codes = [enhanced, code].into_iter().flatten().map(smtp_reason);
            codes.into_iter().find(|reason| *reason != FailureReason::Other).unwrap_or(match reason {
                "bounce" | "hardfail" => FailureReason::Unreachable,
                _ => FailureReason::Other,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_facts() {
        for (words, code, enhanced, expected) in [
            ("bounce", Some("550"), Some("5.1.1"), FailureReason::Unreachable),
            ("bounce", Some("550"), Some("5.7.1"), FailureReason::Unauthorized),
            ("bounce", Some("552"), Some("5.2.2"), FailureReason::Transient),
            ("bounce", None, None, FailureReason::Unreachable),
            ("suppress-bounce", Some("605"), None, FailureReason::Unreachable),
            ("suppress-complaint", Some("607"), None, FailureReason::OptedOut),
            ("suppress-unsubscribe", None, None, FailureReason::OptedOut),
            ("hardfail", Some("605"), None, FailureReason::Unreachable),
            ("hardfail", Some("607"), None, FailureReason::OptedOut),
            ("old", Some("602"), None, FailureReason::Transient),
            ("espblock", Some("550"), None, FailureReason::Unauthorized),
            ("generic", Some("498"), None, FailureReason::Transient),
            ("generic", Some("552"), Some("5.3.4"), FailureReason::Invalid),
            ("generic", None, None, FailureReason::Other),
        ] {
            assert_eq!(reason(words, code, enhanced), expected, "{words} {code:?} {enhanced:?}");
        }
    }
}
