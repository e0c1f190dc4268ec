//! Pictures, films, sounds, files, stickers: by link, or by the id of what was uploaded before.
//!
//! What WhatsApp would refuse as a picture or film, long after it has accepted the message, goes as a document.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;

use super::Draft;
use super::content::{UNIT, pieces};
use crate::graph;

/// Of one caption.
const CAPTION_UNITS_MAX: usize = 1_024;
/// Of a sticker that does not move. WhatsApp says kB and MB: the smaller reading is the safe one.
const STILL_STICKER_BYTES_MAX: u64 = 100_000;
/// The one type of voice notes, with the codec Opus.
const VOICE_TYPE: &str = "audio/ogg";

/// How WhatsApp takes a kind of media.
struct Form {
    /// Its `type`.
    name: &'static str,
    /// None listed: any.
    types: &'static [&'static str],
    bytes_max: u64,
    caption: bool,
}

const IMAGE: Form =
    Form { name: "image", types: &["image/jpeg", "image/png"], bytes_max: 5_000_000, caption: true };
const VIDEO: Form =
    Form { name: "video", types: &["video/mp4", "video/3gpp"], bytes_max: 16_000_000, caption: true };
const AUDIO: Form = Form {
    name: "audio",
    types: &["audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", VOICE_TYPE],
    bytes_max: 16_000_000,
    caption: false,
};
const STICKER: Form = Form { name: "sticker", types: &["image/webp"], bytes_max: 500_000, caption: false };
const DOCUMENT: Form = Form { name: "document", types: &[], bytes_max: 100_000_000, caption: true };

/// The item, and its caption as a text after it where it cannot be with it.
pub fn drafts(part: usize, media: &Media) -> Result<Vec<Draft>, Failure> {
    let mut notes = Vec::new();
    let form = form(part, media, &mut notes)?;
    let mut content = source(part, &media.source)?;
    if form.name == DOCUMENT.name
        && let Some(name) = media.name.as_deref().filter(|name| !name.is_empty())
    {
        content["filename"] = json!(name);
    }
    if media.kind == MediaKind::Voice && form.name == AUDIO.name {
        match content_type(media) {
            None | Some(VOICE_TYPE) => content["voice"] = json!(true),
            Some(_) => notes.push("a voice note is Ogg with Opus: sent as a sound".to_owned()),
        }
    }
    let mut after = Vec::new();
    if let Some(caption) = media.caption.as_deref().filter(|caption| !caption.trim().is_empty()) {
        if !form.caption {
            notes.push(format!("a {} has no caption: it follows as a text", noun(form.name)));
            after = pieces(part, caption);
        } else if UNIT.length(caption) > CAPTION_UNITS_MAX {
            notes.push(format!(
                "the caption is longer than {CAPTION_UNITS_MAX} characters: it follows as a text"
            ));
            after = pieces(part, caption);
        } else {
            content["caption"] = json!(caption);
        }
    }
    let mut drafts = vec![Draft { degraded: notes, ..Draft::new(part, form.name, content) }];
    drafts.append(&mut after);
    Ok(drafts)
}

/// The form of that kind, or a document where type or size do not fit it.
fn form(part: usize, media: &Media, notes: &mut Vec<String>) -> Result<&'static Form, Failure> {
    let declared = content_type(media);
    let wanted: &'static Form = match &media.kind {
        MediaKind::Image => &IMAGE,
        MediaKind::Video => &VIDEO,
        MediaKind::Audio | MediaKind::Voice => &AUDIO,
        MediaKind::Sticker => &STICKER,
        _ => &DOCUMENT,
    };
    let size = media.size.unwrap_or(0);
    let fits = |form: &Form| {
        let type_fits =
            form.types.is_empty() || declared.is_none_or(|declared| form.types.contains(&declared));
        let still = form.name == STICKER.name
            && media.attributes.iter().any(|(name, value)| name == "animated" && value == "false");
        type_fits && size <= if still { STILL_STICKER_BYTES_MAX } else { form.bytes_max }
    };
    if fits(wanted) {
        if let MediaKind::Other(kind) = &media.kind {
            notes.push(format!("WhatsApp has no `{kind}`: sent as a document"));
        }
        return Ok(wanted);
    }
    if wanted.name == STICKER.name && declared.is_some() && fits(&IMAGE) {
        notes.push("a sticker is WebP: sent as a picture".to_owned());
        return Ok(&IMAGE);
    }
    if !fits(&DOCUMENT) {
        let what = format!("part {part}: {size} bytes, WhatsApp takes {} at most", DOCUMENT.bytes_max);
        return Err(refuse("too_long", what));
    }
    let declared = declared.unwrap_or("a file");
    let size = if size == 0 { String::new() } else { format!(" of {size} bytes") };
    let wanted = noun(wanted.name);
    notes.push(format!("WhatsApp does not take {declared}{size} as a {wanted}: sent as a document"));
    Ok(&DOCUMENT)
}

/// Without parameters. A type that is no type is none.
fn content_type(media: &Media) -> Option<&str> {
    let whole = media.content_type.as_deref()?;
    let essence = whole.split(';').next().unwrap_or(whole).trim();
    essence.contains('/').then_some(essence)
}

fn noun(name: &'static str) -> &'static str {
    match name {
        "image" => "picture",
        "audio" => "sound",
        other => other,
    }
}

fn source(part: usize, source: &MediaSource) -> Result<Value, Failure> {
    match source {
        MediaSource::Url(url) if url.starts_with("https://") => Ok(json!({ "link": url })),
        MediaSource::Url(_) => Err(unsupported(part, "media from links that are not https")),
        MediaSource::Reference(id) if graph::is_id(id) => Ok(json!({ "id": id })),
        MediaSource::Reference(id) => {
            Err(refuse("unsupported", format!("part {part}: `{id}` is no id of uploaded media")))
        }
        MediaSource::Bytes(_) => Err(unsupported(part, "media as bytes: give a link or an id")),
    }
}
