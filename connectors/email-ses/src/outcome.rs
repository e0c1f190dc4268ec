//! What the bounces of SES say about what to do.

use trunkline_sdk::email::{enhanced_code, smtp_reason};
use trunkline_sdk::prelude::*;

/// What a bounce means for one recipient. `status` is the mail server's code (`5.1.1`), `words` are its own.
pub fn bounce(
    kind: &str,
    detail: &str,
    status: Option<&str>,
    words: Option<&str>,
) -> (DeliveryState, Option<Failure>) {
    // A mail that was delivered, and then answered by a machine: there is no mail server that says anything.
    if kind == "Transient" && detail == "General" && status.is_none() && words.is_none() {
        return (DeliveryState::Other("soft_bounce".to_owned()), None);
    }
    let status = status.or_else(|| words.and_then(enhanced_code));
    let code = status.or(Some(detail)).filter(|code| !code.is_empty()).map(str::to_owned);
    let failure = Failure { reason: reason(kind, detail, status), code, message: words.map(str::to_owned) };
    (DeliveryState::Failed, Some(failure))
}

fn reason(kind: &str, detail: &str, status: Option<&str>) -> FailureReason {
    match detail {
        // It bounced before, and SES did not try again.
        "NoEmail" | "Suppressed" | "OnAccountSuppressionList" => return FailureReason::Unreachable,
        "MailboxFull" => return FailureReason::Transient,
        "MessageTooLarge" | "ContentRejected" | "AttachmentRejected" => return FailureReason::Invalid,
        "UnsubscribedRecipient" => return FailureReason::OptedOut,
        _ => {}
    }
    let by_status = status.map(smtp_reason).filter(|reason| *reason != FailureReason::Other);
    by_status.unwrap_or(match kind {
        "Permanent" => FailureReason::Unreachable,
        "Transient" => FailureReason::Transient,
        _ => FailureReason::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_detail() {
        use FailureReason::{Invalid, OptedOut, Other, Transient, Unauthorized, Unreachable};
        for (kind, detail, status, words, expected) in [
            ("Permanent", "General", Some("5.1.1"), None, Unreachable),
            ("Permanent", "General", Some("5.7.1"), None, Unauthorized),
            ("Permanent", "General", None, Some("smtp; 550 5.3.4 too large"), Invalid),
            ("Permanent", "General", None, None, Unreachable),
            ("Permanent", "NoEmail", None, None, Unreachable),
            ("Permanent", "Suppressed", Some("5.0.0"), None, Unreachable),
            ("Permanent", "OnAccountSuppressionList", None, None, Unreachable),
            ("Permanent", "UnsubscribedRecipient", None, None, OptedOut),
            ("Transient", "MailboxFull", None, None, Transient),
            ("Transient", "General", Some("4.4.7"), None, Transient),
            ("Transient", "MessageTooLarge", None, None, Invalid),
            ("Transient", "ContentRejected", None, None, Invalid),
            ("Transient", "AttachmentRejected", None, None, Invalid),
            ("Undetermined", "Undetermined", None, None, Other),
            ("", "", None, None, Other),
        ] {
            let (state, failure) = bounce(kind, detail, status, words);
            assert_eq!(state, DeliveryState::Failed, "{kind} {detail}");
            assert_eq!(failure.map(|failure| failure.reason), Some(expected), "{kind} {detail} {status:?}");
        }
        let answered = bounce("Transient", "General", None, None);
        assert_eq!(answered, (DeliveryState::Other("soft_bounce".to_owned()), None));
    }
}
