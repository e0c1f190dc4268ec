//! Pictures, sounds and files: as such where the channel takes them, else as a link in a text.

use trunkline_sdk::mms::file_name;
use trunkline_sdk::{outbound, phone, plain, prelude::*};

use super::draft::{Attachment, Draft};
use super::peers::{Peers, Sender, is_short_code};
use super::{BODY_UNITS_MAX, layout};

/// Items of one MMS.
pub const MMS_ITEMS_MAX: usize = 10;
/// Bytes of one MMS, and of a JPEG, PNG or GIF in it.
pub const MMS_BYTES_MAX: u64 = 5_000_000;
/// Bytes of any other file in an MMS: those are not made smaller for the carrier.
const MMS_OTHER_BYTES_MAX: u64 = 500_000;
const WHATSAPP_BYTES_MAX: u64 = 16_000_000;
/// UTF-16 code units.
const WHATSAPP_CAPTION_UNITS_MAX: usize = 1_024;

/// The setting `mms`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MmsRule {
    /// Where both numbers are of a country that has it.
    Auto,
    Always,
    Never,
}

impl MmsRule {
    pub fn of(context: &Context) -> Self {
        match context.setting("mms") {
            Some("always") => Self::Always,
            Some("never") => Self::Never,
            _ => Self::Auto,
        }
    }
}

/// One file.
pub fn draft(part: usize, media: &Media, peers: &Peers, mms: MmsRule) -> Result<Draft, Failure> {
    let url = url(part, media)?;
    let caption = media.caption.as_deref().map(str::trim).unwrap_or_default();
    let name = media.name.as_deref().unwrap_or_default();
    if let Some(why) = obstacle(media, peers, mms) {
        let title = if caption.is_empty() { name } else { caption };
        let text = plain::lines([title, url].into_iter());
        return Ok(Draft::text(part, text).noting(format!("a link instead of the file: {why}")));
    }
    let mut draft = Draft {
        media: vec![Attachment { url: url.to_owned(), size: media.size.unwrap_or(0) }],
        caption_units_max: caption_units_max(media, peers),
        open: caption.is_empty(),
        ..Draft::text(part, caption)
    };
    match media.kind {
        MediaKind::Voice => draft = draft.noting("the voice note as an audio file"),
        MediaKind::Sticker => draft = draft.noting("the sticker as a picture"),
        MediaKind::File if !name.is_empty() && !file_name(url).eq_ignore_ascii_case(name) => {
            draft = draft.noting(format!("the file without its name `{name}`"));
        }
        _ => {}
    }
    Ok(draft)
}

/// What Twilio can fetch by itself. It has no uploads, and what it received it gives to us alone.
fn url(part: usize, media: &Media) -> Result<&str, Failure> {
    match &media.source {
        MediaSource::Url(url) if !url.starts_with("https://") => {
            Err(outbound::refuse("unsupported", format!("part {part}: the URL of the file is not `https`")))
        }
        MediaSource::Url(url) if layout::units(url) > BODY_UNITS_MAX => {
            let what = format!("part {part}: the URL of the file has more than {BODY_UNITS_MAX} characters");
            Err(outbound::refuse("too_long", what))
        }
        MediaSource::Url(url) => Ok(url),
        MediaSource::Reference(_) | MediaSource::Bytes(_) => {
            let what = format!("part {part}: Twilio takes files only by a public URL");
            Err(outbound::refuse("unsupported", what))
        }
    }
}

/// Why the channel does not take this file. A size that is not known is left to Twilio.
fn obstacle(media: &Media, peers: &Peers, mms: MmsRule) -> Option<&'static str> {
    let size = media.size.unwrap_or(0);
    if peers.is_whatsapp() {
        return (size > WHATSAPP_BYTES_MAX).then_some("WhatsApp takes 16 MB");
    }
    if !peers.is_sms() {
        return None;
    }
    match mms {
        MmsRule::Never => return Some("MMS is switched off (`mms`)"),
        MmsRule::Auto if !has_mms(peers) => {
            return Some("MMS exists only between numbers of the United States and Canada, or of Australia");
        }
        _ => {}
    }
    let content_type = media.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let known = content_type.split(';').next().unwrap_or_default().trim();
    let picture = match known {
        "image/jpeg" | "image/jpg" | "image/png" | "image/gif" => true,
        "" => media.kind == MediaKind::Image,
        _ => false,
    };
    match (picture, size) {
        (true, size) if size > MMS_BYTES_MAX => Some("an MMS takes pictures of 5 MB"),
        (false, size) if size > MMS_OTHER_BYTES_MAX => Some("an MMS takes files of 500 KB"),
        _ => None,
    }
}

/// How long a caption may be: none where the channel shows none with such a file.
fn caption_units_max(media: &Media, peers: &Peers) -> usize {
    let silent = matches!(media.kind, MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker);
    match &*peers.channel {
        "sms" => BODY_UNITS_MAX,
        "whatsapp" if !silent => WHATSAPP_CAPTION_UNITS_MAX,
        _ => 0,
    }
}

#[derive(PartialEq)]
enum Country {
    NorthAmerica,
    Australia,
}

/// Whether both sides are of the same country with MMS. A Messaging Service is taken to have such a number.
fn has_mms(peers: &Peers) -> bool {
    let Some(there) = country(&peers.to) else { return false };
    match &peers.sender {
        Sender::Service(_) => true,
        Sender::Address(address) if is_short_code(address) => there == Country::NorthAmerica,
        Sender::Address(address) => country(address) == Some(there),
    }
}

fn country(number: &str) -> Option<Country> {
    if phone::is_north_american(number) {
        return Some(Country::NorthAmerica);
    }
    number.starts_with("+61").then_some(Country::Australia)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(ours: &str, to: &str) -> Peers {
        let sender = match ours {
            "MG" => Sender::Service(ours.to_owned()),
            _ => Sender::Address(ours.to_owned()),
        };
        let channel = "sms".to_owned();
        Peers { channel, sender, to: to.to_owned(), account_is_that_of_events: true }
    }

    #[test]
    fn mms_stays_within_a_country() {
        for (ours, to, expected) in [
            ("+15005550199", "+15005550123", true),
            ("+15005550199", "+16045550123", true),
            ("+15005550199", "+18765550123", false),
            ("+15005550199", "+447700900001", false),
            ("+447700900002", "+447700900001", false),
            ("+447700900002", "+15005550123", false),
            ("+61400000001", "+61400000002", true),
            ("+61400000001", "+15005550123", false),
            ("72345", "+15005550123", true),
            ("72345", "+61400000002", false),
            ("ACME", "+15005550123", false),
            ("MG", "+15005550123", true),
            ("MG", "+447700900001", false),
            ("+15005550199", "72345", false),
            ("+1äöüäö", "+15005550123", false),
            ("+1€€€ab", "+15005550123", false),
        ] {
            assert_eq!(has_mms(&peers(ours, to)), expected, "{ours} to {to}");
        }
    }

    #[test]
    fn file_names_in_urls() {
        for (url, expected) in
            [("https://a.example/b/c.pdf?x=/y", "c.pdf"), ("https://a.example/", ""), ("x", "x")]
        {
            assert_eq!(file_name(url), expected, "{url}");
        }
    }
}
