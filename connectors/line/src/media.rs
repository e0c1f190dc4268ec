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
    let because = |reason, message: &str| Failure {
        reason,
        code: Some(answer.status.to_string()),
        message: Some(message.to_owned()),
    };
    match answer.status {
        202 => Err(because(FailureReason::Transient, "LINE still prepares the content")),
        200..=299 => {
            let state: Transcoding = serde_json::from_slice(&answer.body).unwrap_or_default();
            match state.status.as_deref() {
                Some("processing") => {
                    Err(because(FailureReason::Transient, "LINE still prepares the content"))
                }
                Some("failed") => {
                    Err(because(FailureReason::Unreachable, "LINE could not prepare the content"))
                }
                _ => Ok(()),
            }
        }
        // The call itself is wrong for this content: the content's own answer is the better one.
        _ if calls::reason(answer, now) == FailureReason::Invalid => Ok(()),
        _ => Err(failure(answer, now)),
    }
}
