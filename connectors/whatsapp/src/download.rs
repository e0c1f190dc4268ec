//! The bytes behind a media id: first its URL, which lives five minutes, then the bytes, both with the token.
//!
//! `https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media`, read 2026-08.

use serde::Deserialize;
use trunkline_sdk::prelude::*;

use crate::graph::{self, ACCESS_TOKEN};

#[derive(Deserialize)]
struct Found {
    url: String,
}

/// `media.locate`.
pub fn locate(media: &Media, context: &Context) -> Located {
    let reference = match &media.source {
        MediaSource::Reference(reference) => reference,
        MediaSource::Url(url) => return Ok(Call::get(url)),
        MediaSource::Bytes(_) => return Err(invalid("the bytes are here already").into()),
    };
    // An item without an id has the protected URL in its place.
    if reference.starts_with("https://") {
        return Ok(bytes(reference));
    }
    let url = graph::object_url(reference, "media id", context)?;
    let mut calls = Calls::new(context);
    let answer = calls.make(Call::get(url).bearer(ACCESS_TOKEN))?;
    if !(200..300).contains(&answer.status) {
        return Err(graph::failure(answer, context.now).into());
    }
    match serde_json::from_slice::<Found>(&answer.body) {
        Ok(found) if found.url.starts_with("https://") => Ok(bytes(&found.url)),
        _ => {
            let message = Some("the answer has no URL".to_owned());
            Err(Failure { reason: FailureReason::Transient, code: None, message }.into())
        }
    }
}

/// Some of Meta's file servers are said to refuse requests that do not name their client.
fn bytes(url: &str) -> Call {
    Call::get(url).header("user-agent", "trunkline").bearer(ACCESS_TOKEN)
}

fn invalid(message: &str) -> Failure {
    Failure { reason: FailureReason::Invalid, code: None, message: Some(message.to_owned()) }
}
