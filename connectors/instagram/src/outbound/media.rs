//! Which files Instagram takes: it fetches them by their link, and refuses others only then.

use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;

/// In the larger reading of a megabyte: what is refused here would be refused there.
const IMAGE_MEGABYTES_MAX: u64 = 8;
const FILE_MEGABYTES_MAX: u64 = 25;

const IMAGES: [&str; 2] = ["image/jpeg", "image/png"];
const SOUNDS: [&str; 8] = [
    "audio/aac",
    "audio/m4a",
    "audio/mp4",
    "audio/vnd.wave",
    "audio/wav",
    "audio/wave",
    "audio/x-m4a",
    "audio/x-wav",
];
const FILMS: [&str; 7] = [
    "video/avi",
    "video/mp4",
    "video/ogg",
    "video/quicktime",
    "video/vnd.avi",
    "video/webm",
    "video/x-msvideo",
];

/// Refuses what is too large, or declared to be of a type that Instagram does not take.
pub fn check(index: usize, media: &Media) -> Result<(), Failure> {
    let (types, names, megabytes_max): (&[&str], _, _) = match media.kind {
        MediaKind::Image | MediaKind::Sticker => (&IMAGES[..], "JPEG and PNG", IMAGE_MEGABYTES_MAX),
        MediaKind::Audio | MediaKind::Voice => (&SOUNDS[..], "AAC, M4A, MP4 and WAV", FILE_MEGABYTES_MAX),
        MediaKind::Video => (&FILMS[..], "MP4, Ogg, AVI, MOV and WebM", FILE_MEGABYTES_MAX),
        _ => (&[][..], "", FILE_MEGABYTES_MAX),
    };
    if media.size.is_some_and(|size| size > megabytes_max << 20) {
        return Err(refuse("too_long", format!("part {index}: the file is larger than {megabytes_max} MB")));
    }
    let declared = media.content_type.as_deref().and_then(|text| text.split(';').next()).map(str::trim);
    if let Some(declared) = declared.filter(|declared| !declared.is_empty())
        && !types.is_empty()
        && !types.iter().any(|known| known.eq_ignore_ascii_case(declared))
    {
        return Err(unsupported(index, &format!("`{declared}` of this kind, only {names}")));
    }
    Ok(())
}
