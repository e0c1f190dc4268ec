//! Files that a contact sent.

use serde_json::{Map, Value};
use trunkline_sdk::prelude::*;

use crate::scalar::member;

/// Hosts of Vonage's, which may want the credential. Which channels' files do, is not documented.
const OURS: [&str; 2] = [".nexmo.com", ".vonage.com"];

/// A file of a message. None where it has no link.
pub fn media(kind: &str, content: &Map<String, Value>) -> Option<Media> {
    let url = member(content, "url").filter(|url| url.starts_with("https://"))?;
    let kind = match kind {
        "image" => MediaKind::Image,
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        "sticker" => MediaKind::Sticker,
        _ => MediaKind::File,
    };
    let source = if is_ours(&url) { MediaSource::Reference(url) } else { MediaSource::Url(url) };
    let mut media = Media::new(kind, source);
    media.caption = member(content, "caption");
    let name = member(content, "name");
    media.name = name.and_then(|name| name.rsplit(['/', '\\']).next().map(str::to_owned));
    media.content_type = member(content, "mime_type").or_else(|| member(content, "content_type"));
    Some(media)
}

/// `media.locate`.
pub fn locate(media: &Media, context: &Context) -> Located {
    let MediaSource::Reference(url) = &media.source else {
        return Err(failed(FailureReason::Invalid, "not a reference: it can be fetched as it is").into());
    };
    if !is_ours(url) {
        let what = "the reference is not an `https` URL of `nexmo.com` or `vonage.com`";
        return Err(failed(FailureReason::Invalid, what).into());
    }
    let Some(api_key) = context.setting("api_key") else {
        return Err(failed(FailureReason::Unauthorized, "the setting `api_key` is empty").into());
    };
    Ok(Call::get(url).basic(api_key, "api_secret"))
}

fn failed(reason: FailureReason, what: &str) -> Failure {
    Failure { reason, code: None, message: Some(what.to_owned()) }
}

/// The credential goes nowhere else.
fn is_ours(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    let host = host.to_ascii_lowercase();
    plain && OURS.iter().any(|domain| host.ends_with(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_goes_to_vonage_alone() {
        for (url, expected) in [
            ("https://api-eu.nexmo.com/v3/media/1", true),
            ("https://API.vonage.com/x", true),
            ("http://api.nexmo.com/x", false),
            ("https://api.nexmo.com.example.org/x", false),
            ("https://example.org/api.nexmo.com", false),
            ("https://example.org\\.nexmo.com/x", false),
            ("https://example.org@api.nexmo.com/x", false),
            ("https://api.nexmo.com:8443/x", false),
            ("https://nexmo.com/x", false),
        ] {
            assert_eq!(is_ours(url), expected, "{url}");
        }
    }
}
