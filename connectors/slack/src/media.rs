//! The bytes of a file: <https://docs.slack.dev/reference/methods/files.info/>, read 2026-07.

use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use crate::api::{self, Effect};
use crate::wire::{File, filled, parse};
use crate::{BOT_TOKEN, SLACK_FILES};

/// `media.locate`: the reference is the id of the file.
///
/// The file is asked for first. Without the permission its URL would answer 200, with the page for signing in; and of files of
/// channels shared with others the webhook has nothing but the id.
pub fn locate(attachment: &Media, context: &Context) -> Located {
    let MediaSource::Reference(id) = &attachment.source else {
        return Err(refuse("unsupported", "only a reference is asked for at Slack").into());
    };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refuse("missing", "the reference is no id of a file").into());
    }
    let response = Calls::new(context).make(api::get("files.info", &[("file", id)]))?;
    let answer = api::accepted(response, Effect::Harmless, context.now)?;
    let file: File = answer.file.and_then(parse).unwrap_or_default();
    if let Some(state @ ("tombstone" | "hidden_by_limit")) = filled(&file.mode) {
        let message = "the file is deleted, or older than the workspace's plan shows";
        return Err(gone(state, message).into());
    }
    let url = filled(&file.url_private_download).or(filled(&file.url_private));
    match url {
        // Nobody else gets the token.
        Some(url) if url.starts_with(SLACK_FILES) => Ok(Call::get(url).bearer(BOT_TOKEN)),
        Some(_) => Err(gone("external", "the file is not kept by Slack").into()),
        None => Err(gone("no_url", "Slack says no URL of the file").into()),
    }
}

fn gone(code: &str, message: &str) -> Failure {
    let (code, message) = (Some(code.to_owned()), Some(message.to_owned()));
    Failure { reason: FailureReason::Unreachable, code, message }
}
