//! The bytes of what a contact sent: `https://developers.line.biz/en/reference/messaging-api/#get-content`, read 2026-07.

use serde::Deserialize;
use trunkline_sdk::form::path_segment;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;
use trunkline_sdk::{calls, outbound};

use crate::CHANNEL_ACCESS_TOKEN;
use crate::outbound::failure;

/// `{"status":"processing"}`, `succeeded`, `failed`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Transcoding {
    #[serde(deserialize_with = "lenient")]
    status: Option<Text>,
}

/// `media.locate`: the reference is the id of the message.
pub fn locate(attachment: &Media, context: &Context) -> Located {
    let MediaSource::Reference(id) = &attachment.source else {
        return Err(outbound::refuse("unsupported", "only a reference is asked for at LINE").into());
    };
    let Some(id) = path_segment(id) else {
        return Err(outbound::refuse("missing", "the reference is no message id").into());
    };
    let content = format!("https://api-data.line.me/v2/bot/message/{id}/content");
    // These are prepared for a while after the message has come; the content then answers 202, without bytes.
    if matches!(attachment.kind, MediaKind::Video | MediaKind::Audio | MediaKind::Voice) {
        let asked = Call::get(format!("{content}/transcoding")).bearer(CHANNEL_ACCESS_TOKEN);
        prepared(Calls::new(context).make(asked)?, context.now)?;
    }
    Ok(Call::get(content).bearer(CHANNEL_ACCESS_TOKEN))
}

/// Whether the bytes are there. Where LINE does not say, they are asked for.
fn prepared(answer: &Response, now: u64) -> Result<(), Failure> {
    let state = match answer.status {
        202 => Some("processing".to_owned()),
        200..=299 => {
            let state: Transcoding = serde_json::from_slice(&answer.body).unwrap_or_default();
            state.status.map(String::from)
        }
        // The call itself is wrong for this content: the content's own answer is the better one.
        _ if calls::reason(answer, now) == FailureReason::Invalid => None,
        _ => return Err(failure(answer, now)),
    };
    let (reason, what) = match state.as_deref() {
        Some("processing") => (FailureReason::Transient, "LINE still prepares the content"),
        Some("failed") => (FailureReason::Unreachable, "LINE could not prepare the content"),
        _ => return Ok(()),
    };
    Err(Failure { reason, code: state, message: Some(what.to_owned()) })
}
