//! The bytes of what a contact sent: `https://developers.weixin.qq.com/doc/offiaccount/en/Asset_Management/Get_temporary_materials.html`,
//! read 2026-07. WeChat holds them for three days.

use trunkline_sdk::outbound;
use trunkline_sdk::prelude::*;

use crate::access_token::{Session, Token};
use crate::failure::{Reply, UNREADABLE};

/// `media.locate`: the reference is the media id.
pub fn locate(attachment: &Media, context: &Context) -> Located {
    let id = match &attachment.source {
        MediaSource::Reference(id) if !id.trim().is_empty() => id,
        MediaSource::Reference(_) => {
            return Err(outbound::refuse("missing", "the reference is no media id").into());
        }
        _ => return Err(outbound::refuse("unsupported", "only a reference is asked for at WeChat").into()),
    };
    let mut session = Session::open(context)?;
    let url = |token: &Token| token.url("media/get", &[("media_id", id)]);
    if attachment.kind != MediaKind::Video {
        return Ok(Call::get(url(&session.token)));
    }
    // Of a video, this says where it is. What is no such answer are the bytes, or an error.
    let answer = session.make(|token| Call::get(url(token)))?;
    match Reply::of(answer, context.now) {
        Ok(Reply { video_url: Some(video), .. }) => Ok(Call::get(secure(&video)?)),
        Err(failure) if failure.code.as_deref() == Some(UNREADABLE) => Ok(Call::get(url(&session.token))),
        Err(failure) => Err(failure.into()),
        Ok(_) => Err(Failure {
            reason: FailureReason::Unreachable,
            code: None,
            message: Some("the answer has no `video_url`".to_owned()),
        }
        .into()),
    }
}

/// WeChat writes `http://`; its hosts answer on both.
fn secure(url: &str) -> Result<String, Failure> {
    match url.split_once("://") {
        Some(("http" | "https", rest)) => Ok(format!("https://{rest}")),
        _ => Err(outbound::refuse("unsupported", "`video_url` is no URL")),
    }
}
