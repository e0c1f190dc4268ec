//! What became of messages that we sent.

use trunkline_sdk::json::{RawValue, milliseconds, scalars};
use trunkline_sdk::prelude::*;

use crate::envelope::{Scope, parse};
use crate::message;
use crate::wire::{self, Error};

/// An item of `statuses`.
pub fn event(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let item: wire::Status = parse(raw)?;
    let participant = item.recipient_participant_user_id.as_ref().or(item.recipient_participant_id.as_ref());
    let mut id = format!("{}:{}", &*item.id, &*item.status);
    if let Some(participant) = participant {
        id = format!("{id}:{}", &**participant);
    }
    let state = DeliveryState::from(&*item.status);
    let error = item.errors.as_ref().and_then(|errors| errors.first());
    let failure = match (&state, error) {
        (_, Some(error)) => Some(failure(error)),
        (DeliveryState::Failed, None) => {
            Some(Failure { reason: FailureReason::Other, code: None, message: None })
        }
        _ => None,
    };
    let status = Status {
        message_id: item.id.to_string(),
        state,
        failure,
        client_reference: item.biz_opaque_callback_data.as_deref().map(str::to_owned),
    };
    let mut event = Event::new(id, &*scope.account, EventKind::Status(status));
    event.occurred_at = item.timestamp.as_deref().and_then(milliseconds);
    if item.recipient_type.as_deref() == Some("group") {
        event.thread = item.recipient_id.as_deref().map(|id| Thread {
            id: id.to_owned(),
            kind: ThreadKind::Group,
            title: None,
        });
        let number = item.recipient_participant_id.as_deref();
        event.contact = message::contact(number, item.recipient_participant_user_id.as_deref(), None, scope);
    } else {
        let parent = item.recipient_parent_user_id.as_deref();
        event.contact =
            message::contact(item.recipient_id.as_deref(), item.recipient_user_id.as_deref(), parent, scope);
    }
    let pricing = item.pricing.map(|raw| scalars(raw, &[])).unwrap_or_default();
    let conversation = item.conversation.map(|raw| scalars(raw, &[])).unwrap_or_default();
    let prefixed = |prefix: &'static str, pairs: Vec<(String, String)>| {
        pairs.into_iter().map(move |(name, value)| (format!("{prefix}_{name}"), value))
    };
    event.attributes.extend(prefixed("pricing", pricing));
    event.attributes.extend(prefixed("conversation", conversation));
    Some(event)
}

/// Meta's error in the contract's terms.
pub fn failure(error: &Error) -> Failure {
    let code = error.code.as_deref();
    let details = error.error_data.as_ref().and_then(|data| data.details.clone());
    Failure {
        reason: code.and_then(|code| code.parse().ok()).map_or(FailureReason::Other, reason),
        code: code.map(str::to_owned),
        message: details.or_else(|| error.title.clone()),
    }
}

/// The classes of Meta's error codes, for sends and for statuses.
pub fn reason(code: u32) -> FailureReason {
    match code {
        4 | 80007 | 130429 | 131048 | 131049 | 131056 | 133016 => FailureReason::RateLimited(None),
        1 | 2 | 131000 | 131014 | 131016 | 131052 | 131053 | 131057 | 133004 | 134101 => {
            FailureReason::Transient
        }
        0 | 3 | 10 | 190 | 200..=299 | 368 | 131005 | 131031 | 131042 | 131044 | 131045 | 133010 => {
            FailureReason::Unauthorized
        }
        33
        | 100
        | 131008
        | 131009
        | 131021
        | 131051
        | 131062
        | 132000..=132068
        | 132069
        | 135000
        | 137000 => FailureReason::Invalid,
        131047 => FailureReason::WindowClosed,
        131026 | 131030 | 130472 | 130497 => FailureReason::Unreachable,
        131050 | 130403 => FailureReason::OptedOut,
        _ => FailureReason::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_facts() {
        for (code, expected) in [
            (131056, FailureReason::RateLimited(None)),
            (131016, FailureReason::Transient),
            (190, FailureReason::Unauthorized),
            (131042, FailureReason::Unauthorized),
            (132015, FailureReason::Invalid),
            (131047, FailureReason::WindowClosed),
            (131026, FailureReason::Unreachable),
            (131050, FailureReason::OptedOut),
            (999_999, FailureReason::Other),
        ] {
            assert_eq!(reason(code), expected, "{code}");
        }
    }
}
