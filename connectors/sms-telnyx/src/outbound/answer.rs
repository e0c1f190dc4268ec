//! What Telnyx answers to a call.

use serde::Deserialize;
use trunkline_sdk::json::{RawValue, Text, lenient};
use trunkline_sdk::outbound::Prepared;
use trunkline_sdk::prelude::*;

use crate::failure;
use crate::status::delivery_state;
use crate::wire::{Party, items, parse, present};

/// `{"data":{"id":"…","to":[{"status":"queued"}],"parts":1,"errors":[],…}}`
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Created<'a> {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    parts: Option<Text>,
    #[serde(borrow, default)]
    to: Option<&'a RawValue>,
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

/// The receipt; none where the answer cannot be read, although the message was taken.
pub fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(failure::of_answer(answer, now));
    }
    let parsed = serde_json::from_slice::<Answer>(&answer.body).ok();
    let Some(created) = parsed.and_then(|answer| parse::<Created>(answer.data)) else {
        return Ok(Vec::new());
    };
    let states: Vec<String> = items(created.to)
        .into_iter()
        .filter_map(|raw| present(&parse::<Party>(raw)?.status).map(str::to_ascii_lowercase))
        .collect();
    // No webhook follows for what the answer itself says. In a group, others may have it.
    if !states.is_empty() && states.iter().all(|state| delivery_state(state) == DeliveryState::Failed) {
        let problem = items(created.errors).into_iter().find_map(parse);
        return Err(problem.map_or_else(failure::unknown, failure::of_problem));
    }
    let Some(id) = present(&created.id) else { return Ok(Vec::new()) };
    let mut receipt = prepared.receipt(id);
    receipt.attributes.extend(created.parts.map(|parts| ("parts".to_owned(), parts.into())));
    receipt.attributes.extend(states.into_iter().next().map(|state| ("status".to_owned(), state)));
    Ok(vec![receipt])
}
