//! Files: as MMS where there is MMS, else as a link in a text.

use trunkline_sdk::{outbound, phone, plain, prelude::*};

use super::draft::{Attachment, Draft};
use super::peers::{Peers, Sender, is_short_code};

/// Files of one MMS.
pub const ITEMS_MAX: usize = 10;
/// Bytes of all of them.
pub const TOTAL_BYTES_MAX: u64 = 1_000_000;

/// One file.
pub fn draft(part: usize, media: &Media, peers: &Peers, context: &Context) -> Result<Draft, Failure> {
    let url = url(part, media)?;
    let caption = media.caption.as_deref().map(str::trim).unwrap_or_default();
    if let Some(why) = obstacle(media, peers, context.setting("mms")) {
        let name = media.name.as_deref().unwrap_or_default();
        let title = if caption.is_empty() { name } else { caption };
        let text = plain::lines([title, url].into_iter());
        return Ok(Draft::text(part, text).noting(format!("a link instead of the file: {why}")));
    }
    let attachment = Attachment { url: url.to_owned(), size: media.size.unwrap_or(0) };
    let draft = Draft { media: vec![attachment], open: caption.is_empty(), ..Draft::text(part, caption) };
    Ok(match media.kind {
        MediaKind::Voice => draft.noting("the voice note as an audio file"),
        MediaKind::Sticker => draft.noting("the sticker as a picture"),
        _ => draft,
    })
}

/// What Telnyx can fetch by itself.
fn url(part: usize, media: &Media) -> Result<&str, Failure> {
    match &media.source {
        MediaSource::Url(url) if url.starts_with("https://") => Ok(url),
        MediaSource::Url(_) => {
            Err(outbound::refuse("unsupported", format!("part {part}: the URL of the file is not `https`")))
        }
        MediaSource::Reference(_) | MediaSource::Bytes(_) => {
            let what = format!("part {part}: Telnyx takes files only by a public URL");
            Err(outbound::refuse("unsupported", what))
        }
    }
}

/// Why it cannot be an MMS. A size that is not known is left to Telnyx.
fn obstacle(media: &Media, peers: &Peers, rule: Option<&str>) -> Option<&'static str> {
    let local = || match &peers.sender {
        // Its numbers are taken to be local ones.
        Sender::Profile(_) => true,
        Sender::Address(address) => phone::is_north_american(address) || is_short_code(address),
    };
    match rule {
        Some("never") => return Some("MMS is switched off (`mms`)"),
        Some("always") => {}
        _ if !local() || !peers.to.iter().all(|number| phone::is_north_american(number)) => {
            return Some("MMS exists only between numbers of the United States and Canada");
        }
        _ => {}
    }
    (media.size.unwrap_or(0) > TOTAL_BYTES_MAX).then_some("an MMS takes 1 MB")
}
