//! What became of messages that we sent.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::twilio::failure as codes;
use trunkline_sdk::{prelude::*, reference};

use crate::address::Route;

/// A status callback: `state` is `MessageStatus` in lower case, `query` that of the URL.
pub fn event(message_sid: String, state: &str, mut fields: Fields, query: &str) -> Event {
    let route = Route::take(&mut fields, "From", "To", &message_sid);
    fields.take("MessageStatus");
    fields.take("SmsStatus");
    let id = format!("{message_sid}:{state}");
    let delivery = delivery_state(state);
    let plain = delivery.as_str() == state;
    let failure = (delivery == DeliveryState::Failed).then(|| failure(&mut fields));
    // With `GET` it is one of the fields as well.
    fields.take(reference::PARAMETER);
    let client_reference = reference::of_query(query);
    let status = Status { message_id: message_sid, state: delivery, failure, client_reference };
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
    let reason = code.as_deref().and_then(codes::reason).unwrap_or(FailureReason::Other);
    Failure { reason, code, message }
}
