//! What Vonage answers to a call.

use serde_json::{Map, Value};
use trunkline_sdk::outbound::Prepared;
use trunkline_sdk::prelude::*;

use crate::failure;
use crate::scalar::member;

/// The receipt; none where the answer cannot be read, although the message was taken, and none of a read marker.
pub fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        let failure = failure::of_answer(answer, now);
        // It has this message already.
        if answer.status < 500 && failure.code.as_deref() == Some(failure::SENT_BEFORE) {
            return Ok(Vec::new());
        }
        return Err(failure);
    }
    let created = serde_json::from_slice::<Map<String, Value>>(&answer.body).unwrap_or_default();
    let Some(id) = member(&created, "message_uuid").filter(|_| prepared.call.request.method == "POST") else {
        return Ok(Vec::new());
    };
    let mut receipt = prepared.receipt(id);
    receipt.attributes.extend(member(&created, "workflow_id").map(|id| ("workflow_id".to_owned(), id)));
    Ok(vec![receipt])
}
