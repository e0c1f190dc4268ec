//! What Postmark's bounce types say about what to do. `Type` counts: documents differ in the numbers of `TypeCode`.

use trunkline_sdk::prelude::*;

/// What became of a mail that came back.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// It did not arrive.
    Failed(FailureReason),
    /// It has not arrived yet.
    Deferred,
    /// A machine answered it, by the name of the type.
    Answered(&'static str),
    /// The contact does or does not want more.
    Consent(ConsentState, &'static str),
    /// It is about no mail of ours.
    Other,
}

/// The class of a type.
pub fn outcome(name: &str) -> Outcome {
    use FailureReason as Reason;
    match name {
        "HardBounce" | "BadEmailAddress" | "ManuallyDeactivated" => Outcome::Failed(Reason::Unreachable),
        // Refused as spam, or by the other side's rules: our address or domain, not the contact.
        "Blocked" | "DMARCPolicy" => Outcome::Failed(Reason::Unauthorized),
        "SpamNotification" => Outcome::Failed(Reason::OptedOut),
        "VirusNotification" | "TemplateRenderingFailed" | "SMTPApiError" => Outcome::Failed(Reason::Invalid),
        "SoftBounce" | "DnsError" => Outcome::Failed(Reason::Transient),
        "Transient" => Outcome::Deferred,
        "AutoResponder" => Outcome::Answered("auto_responder"),
        "AddressChange" => Outcome::Answered("address_change"),
        "ChallengeVerification" => Outcome::Answered("challenge_verification"),
        "SpamComplaint" => Outcome::Consent(ConsentState::Revoked, "complaint"),
        "Unsubscribe" => Outcome::Consent(ConsentState::Revoked, "unsubscribe"),
        "Subscribe" => Outcome::Consent(ConsentState::Granted, "subscribe"),
        // A mail to us that the inbound hook did not take.
        "InboundError" => Outcome::Other,
        _ => Outcome::Failed(Reason::Other),
    }
}

/// The type of a failure, for the simulator.
pub fn name(reason: &FailureReason) -> &'static str {
    match reason {
        FailureReason::Unreachable => "HardBounce",
        FailureReason::Unauthorized => "Blocked",
        FailureReason::OptedOut => "SpamNotification",
        FailureReason::Invalid => "SMTPApiError",
        FailureReason::Transient | FailureReason::RateLimited(_) => "SoftBounce",
        FailureReason::WindowClosed | FailureReason::Other => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_facts() {
        for (types, expected) in [
            (
                &["HardBounce", "BadEmailAddress", "ManuallyDeactivated"][..],
                Outcome::Failed(FailureReason::Unreachable),
            ),
            (&["Blocked", "DMARCPolicy"], Outcome::Failed(FailureReason::Unauthorized)),
            (&["SpamNotification"], Outcome::Failed(FailureReason::OptedOut)),
            (&["SoftBounce", "DnsError"], Outcome::Failed(FailureReason::Transient)),
            (
                &["VirusNotification", "TemplateRenderingFailed", "SMTPApiError"],
                Outcome::Failed(FailureReason::Invalid),
            ),
            (
                &["OpenRelayTest", "Unknown", "Unconfirmed", "Future", ""],
                Outcome::Failed(FailureReason::Other),
            ),
            (&["Transient"], Outcome::Deferred),
            (&["SpamComplaint"], Outcome::Consent(ConsentState::Revoked, "complaint")),
            (&["Unsubscribe"], Outcome::Consent(ConsentState::Revoked, "unsubscribe")),
            (&["Subscribe"], Outcome::Consent(ConsentState::Granted, "subscribe")),
            (&["InboundError"], Outcome::Other),
        ] {
            for name in types {
                assert_eq!(outcome(name), expected, "{name}");
            }
        }
        assert_eq!(outcome("AutoResponder"), Outcome::Answered("auto_responder"));
    }

    #[test]
    fn a_failure_is_simulated_by_a_type_of_its_class() {
        for reason in [
            FailureReason::Unreachable,
            FailureReason::Unauthorized,
            FailureReason::OptedOut,
            FailureReason::Invalid,
            FailureReason::Transient,
            FailureReason::Other,
        ] {
            assert_eq!(outcome(name(&reason)), Outcome::Failed(reason));
        }
    }
}
