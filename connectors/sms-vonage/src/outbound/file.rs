//! Files: as such where the channel takes them, else as a link in a text.

use serde_json::{Map, json};
use trunkline_sdk::{outbound, plain, prelude::*};

use super::draft::Draft;
use super::peers::Peers;

/// One file; with a text before it where the channel shows no caption with it.
pub fn drafts(part: usize, media: &Media, peers: &Peers, context: &Context) -> Result<Vec<Draft>, Failure> {
    let url = url(part, media)?;
    let caption = media.caption.as_deref().map(str::trim).unwrap_or_default();
    let name = media.name.as_deref().unwrap_or_default();
    let kind = kind(media, peers);
    if let Some(why) = obstacle(kind, peers, context.setting("mms")) {
        let title = if caption.is_empty() { name } else { caption };
        let text = plain::lines([title, url].into_iter());
        return Ok(vec![Draft::text(part, text).noting(format!("a link instead of the file: {why}"))]);
    }
    let mut content = Map::new();
    content.insert("url".to_owned(), json!(url));
    let shows_caption = match &*peers.channel {
        "sms" => true,
        "whatsapp" => matches!(kind, "image" | "video" | "file"),
        _ => false,
    };
    if !caption.is_empty() && shows_caption {
        content.insert("caption".to_owned(), json!(caption));
    }
    if kind == "file" && !name.is_empty() && peers.is_whatsapp() {
        content.insert("name".to_owned(), json!(name));
    }
    let mut draft = Draft::of(part, kind, content.into());
    draft.channel = peers.is_sms().then_some("mms");
    draft = match (&media.kind, kind) {
        (MediaKind::Voice, _) => draft.noting("the voice note as an audio file"),
        (MediaKind::Sticker, "image") => draft.noting("the sticker as a picture"),
        (MediaKind::Audio, "file") => draft.noting("the sound as a file"),
        _ => draft,
    };
    if caption.is_empty() || shows_caption {
        return Ok(vec![draft]);
    }
    Ok(vec![Draft::text(part, caption), draft.noting("the caption as a message of its own")])
}

/// What Vonage can fetch by itself.
fn url(part: usize, media: &Media) -> Result<&str, Failure> {
    match &media.source {
        MediaSource::Url(url) if url.starts_with("https://") => Ok(url),
        MediaSource::Url(_) => {
            Err(outbound::refuse("unsupported", format!("part {part}: the URL of the file is not `https`")))
        }
        MediaSource::Reference(_) | MediaSource::Bytes(_) => {
            let what = format!("part {part}: Vonage takes files only by a public URL");
            Err(outbound::refuse("unsupported", what))
        }
    }
}

/// `message_type`
fn kind(media: &Media, peers: &Peers) -> &'static str {
    match (&media.kind, &*peers.channel) {
        (MediaKind::Sticker, "whatsapp") => "sticker",
        (MediaKind::Image | MediaKind::Sticker, _) => "image",
        (MediaKind::Video, _) => "video",
        // RCS knows pictures, films and files.
        (MediaKind::Audio | MediaKind::Voice, "rcs") => "file",
        (MediaKind::Audio | MediaKind::Voice, _) => "audio",
        _ => "file",
    }
}

/// Why the channel does not take this file.
fn obstacle(kind: &str, peers: &Peers, mms: Option<&str>) -> Option<&'static str> {
    match &*peers.channel {
        "sms" => match mms {
            Some("never") => Some("MMS is switched off (`mms`)"),
            Some("always") => None,
            _ if peers.have_mms() => None,
            _ => Some("MMS exists only between numbers of the United States and Canada"),
        },
        "viber_service" if kind != "image" => Some("Viber takes only pictures from a business"),
        _ => None,
    }
}
