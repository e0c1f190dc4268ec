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
        reason: code.and_then(|code| code.parse().ok()).and_then(reason).unwrap_or(FailureReason::Other),
        code: code.map(str::to_owned),
        message: details.or_else(|| error.title.clone()),
    }
}

/// Meta promises no earlier success where it keeps a contact from too many businesses.
const ECOSYSTEM_WAIT_MS: u64 = 24 * 60 * 60 * 1_000;
/// One message in six seconds to the same contact, apart from short bursts.
const PAIR_WAIT_MS: u64 = 6_000;

/// The classes of Meta's error codes, for sends and for statuses. None for a code that is not known.
///
/// `https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes`, read 2026-08.
pub fn reason(code: u32) -> Option<FailureReason> {
    Some(match code {
        4 | 80007 | 130429 | 131048 | 133016 => FailureReason::RateLimited(None),
        131049 => FailureReason::RateLimited(Some(ECOSYSTEM_WAIT_MS)),
        131056 => FailureReason::RateLimited(Some(PAIR_WAIT_MS)),
        1 | 2 | 131000 | 131014 | 131016 | 131052 | 131053 | 131057 | 133004 | 134101 => {
            FailureReason::Transient
        }
        0 | 3 | 10 | 190 | 200..=299 | 368 | 131005 | 131031 | 131042 | 131044 | 131045 | 133010 => {
            FailureReason::Unauthorized
        }
        // 132000 to 132069: templates and flows that do not exist, are paused, or want other parameters.
        33 | 100 | 131008 | 131009 | 131021 | 131051 | 131062 | 132000..=132069 | 135000 | 137000 => {
            FailureReason::Invalid
        }
        131047 => FailureReason::WindowClosed,
        // 130403: it is we who have blocked the contact.
        130403 | 130472 | 130497 | 131026 | 131030 => FailureReason::Unreachable,
        131050 => FailureReason::OptedOut,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_facts() {
        for (code, expected) in [
            (130429, Some(FailureReason::RateLimited(None))),
            (131056, Some(FailureReason::RateLimited(Some(6_000)))),
            (131016, Some(FailureReason::Transient)),
            (190, Some(FailureReason::Unauthorized)),
            (131042, Some(FailureReason::Unauthorized)),
            (132015, Some(FailureReason::Invalid)),
            (131047, Some(FailureReason::WindowClosed)),
            (131026, Some(FailureReason::Unreachable)),
            (131050, Some(FailureReason::OptedOut)),
            (999_999, None),
        ] {
            assert_eq!(reason(code), expected, "{code}");
        }
    }
}
