//! Pictures, sounds, films and files: by a link that is fetched, or by the id that was given to what has been fetched
//! before. A caption cannot go along: it follows.

use serde_json::json;
use trunkline_model::{Failure, Media, MediaKind, MediaSource};

use super::Sender;
use super::part::{Piece, noted, texts};
use crate::meta::messaging::attachment::http;
use crate::outbound::{refuse, unsupported};

/// The attribute of a media part that has the product keep it: the receipt then has its `attachment_id`.
const IS_REUSABLE: &str = "is_reusable";

pub fn pieces<S: Sender>(index: usize, media: &Media) -> Result<Vec<Piece>, Failure> {
    S::check_media(index, media)?;
    let (kind, note) = match &media.kind {
        MediaKind::Image => ("image", None),
        MediaKind::Video => ("video", None),
        MediaKind::Audio => ("audio", None),
        MediaKind::File => ("file", None),
        MediaKind::Voice => ("audio", Some("the voice note is sent as a sound file".to_owned())),
        MediaKind::Sticker => ("image", Some("the sticker is sent as a picture".to_owned())),
        MediaKind::Other(name) => ("file", Some(format!("media of the kind `{name}` is sent as a file"))),
    };
    let mut payload = match &media.source {
        MediaSource::Url(url) => match http(url).filter(|url| is_https(url)) {
            Some(url) => json!({ "url": url }),
            None => return Err(refuse("missing", format!("part {index}: the link is not https"))),
        },
        MediaSource::Reference(_) if !S::ATTACHMENT_IDS => {
            return Err(unsupported(index, "media by reference: give a link"));
        }
        // What the host holds would be handed over as a link.
        MediaSource::Reference(id) if id.is_empty() || id.starts_with("blob:") => {
            return Err(refuse("missing", format!("part {index}: the reference is no `attachment_id`")));
        }
        MediaSource::Reference(id) => json!({ "attachment_id": id }),
        MediaSource::Bytes(_) => return Err(unsupported(index, "media as bytes: give a link")),
    };
    let keep = media.attributes.iter().any(|(name, value)| name == IS_REUSABLE && value == "true");
    if keep && S::ATTACHMENT_IDS && payload.get("url").is_some() {
        payload["is_reusable"] = json!(true);
    }
    let mut piece = Piece::message(index, json!({ "attachment": { "type": kind, "payload": payload } }));
    piece.degraded.extend(note);
    piece.degraded.extend(name_note(media));
    let mut pieces = vec![piece];
    if let Some(caption) = media.caption.as_deref().filter(|caption| !caption.trim().is_empty()) {
        let note = "the caption follows as a message of its own".to_owned();
        pieces.extend(noted(texts::<S>(index, caption)?, &[note]));
    }
    Ok(pieces)
}

fn is_https(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
}

/// A file is named by its link.
fn name_note(media: &Media) -> Option<String> {
    let name = media.name.as_deref().filter(|name| !name.is_empty() && media.kind == MediaKind::File)?;
    if let MediaSource::Url(url) = &media.source {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        if last.replace("%20", " ") == name {
            return None;
        }
    }
    Some(format!("the file name `{name}` cannot be given along"))
}
