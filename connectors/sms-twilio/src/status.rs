//! What became of messages that we sent.

use trunkline_sdk::prelude::*;

use crate::address::Route;
use crate::fields::Fields;

/// A status callback: `state` is `MessageStatus` in lower case.
pub fn event(message_sid: String, state: &str, mut fields: Fields) -> Event {
    let route = Route::take(&mut fields, "From", "To", &message_sid);
    fields.take("MessageStatus");
    fields.take("SmsStatus");
    let id = format!("{message_sid}:{state}");
    let delivery = delivery_state(state);
    let plain = delivery.as_str() == state;
    let failure = (delivery == DeliveryState::Failed).then(|| failure(&mut fields));
    let status = Status { message_id: message_sid, state: delivery, failure, client_reference: None };
    let mut event = Event::new(id, route.account, EventKind::Status(status));
    event.contact = route.contact;
    event.attributes.push(("channel".to_owned(), route.channel));
    if !plain {
        event.attributes.push(("message_status".to_owned(), state.to_owned()));
    }
    // `RawDlrDoneDate` is the carrier's time, in no known time zone: it stays an attribute.
    event.attributes.extend(fields.attributes());
    event
}

fn delivery_state(state: &str) -> DeliveryState {
    match state {
        "accepted" | "scheduled" | "queued" | "sending" => DeliveryState::Accepted,
        "sent" => DeliveryState::Sent,
        "delivered" | "partially_delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "failed" | "undelivered" | "canceled" => DeliveryState::Failed,
        other => DeliveryState::Other(other.replace([' ', '-'], "_")),
    }
}

fn failure(fields: &mut Fields) -> Failure {
    let code = fields.take("ErrorCode");
    let message = fields.take("ErrorMessage").or_else(|| fields.take("ChannelStatusMessage"));
    let reason =
        code.as_deref().and_then(|code| code.trim().parse().ok()).map_or(FailureReason::Other, reason);
    Failure { reason, code, message }
}

/// The classes of Twilio's error codes, for sends and for statuses.
pub fn reason(code: u32) -> FailureReason {
    match code {
        // Too fast, a full queue, a daily cap.
        14107 | 20429 | 21611 | 30001 | 30017 | 30022 | 30023 | 30027 | 63017 | 63018 | 63038 => {
            FailureReason::RateLimited(None)
        }
        // 30003: the handset is switched off or out of reach.
        20500 | 20503 | 30003 | 30410 | 63009 | 63010 | 63012 => FailureReason::Transient,
        // 30004 may also be a block by the carrier: not to be repeated in either case.
        21610 | 30004 | 63014 | 63033 => FailureReason::OptedOut,
        63016 => FailureReason::WindowClosed,
        21612 | 21614 | 30005 | 30006 | 63003 | 63024 | 63032 | 63036 => FailureReason::Unreachable,
        // The recipient's address is none.
        21211 | 21217 | 21604 => FailureReason::Invalid,
        // Content, 30007 being filtered as spam.
        21602 | 21617 | 21618 | 30007 | 30019 | 63005 | 63006 | 63013 | 63021 | 63026 => {
            FailureReason::Invalid
        }
        // Media.
        11751 | 21620 | 21623 | 30011 | 63019 | 63034 | 63037 => FailureReason::Invalid,
        // Templates.
        21654..=21656 | 63027 | 63028 | 63040 | 63041 => FailureReason::Invalid,
        // The sender: unregistered, unverified, not ours, wrongly configured.
        14108 | 21212 | 21601 | 21603 | 21606 | 21621 | 21701..=21705 | 30018 | 30024 | 30032 | 30034 => {
            FailureReason::Unauthorized
        }
        63001 | 63002 | 63007 | 63008 | 63020 | 63031 => FailureReason::Unauthorized,
        // The account: credentials, geographic permissions, suspension, trial.
        20003 | 20005 | 20403 | 20404 | 21408 | 21608 | 30002 => FailureReason::Unauthorized,
        _ => FailureReason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_facts() {
        for (code, expected) in [
            (20429, FailureReason::RateLimited(None)),
            (21611, FailureReason::RateLimited(None)),
            (63038, FailureReason::RateLimited(None)),
            (20503, FailureReason::Transient),
            (30003, FailureReason::Transient),
            (21610, FailureReason::OptedOut),
            (30004, FailureReason::OptedOut),
            (63016, FailureReason::WindowClosed),
            (30005, FailureReason::Unreachable),
            (63003, FailureReason::Unreachable),
            (21211, FailureReason::Invalid),
            (30007, FailureReason::Invalid),
            (63019, FailureReason::Invalid),
            (21655, FailureReason::Invalid),
            (21703, FailureReason::Unauthorized),
            (30034, FailureReason::Unauthorized),
            (63007, FailureReason::Unauthorized),
            (20003, FailureReason::Unauthorized),
            (21408, FailureReason::Unauthorized),
            (30008, FailureReason::Other),
            (30009, FailureReason::Other),
            (99_999, FailureReason::Other),
        ] {
            assert_eq!(reason(code), expected, "{code}");
        }
    }
}
