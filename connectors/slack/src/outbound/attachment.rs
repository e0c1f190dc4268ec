//! Files: uploaded as bytes, pictures also by URL; of anything else a URL becomes a link.
//!
//! <https://docs.slack.dev/messaging/working-with-files/>, read 2026-07.

use serde_json::{Value, json};
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, shortened};

use super::draft::{Draft, TEXT_CHARACTERS_MAX, pieces, texts};
use super::place::Place;
use super::{Step, unreadable};
use crate::api::{self, Effect};
use crate::markup::escaped;
use crate::wire::filled;
use crate::{BOT_TOKEN, SLACK_FILES};

/// Slack takes a gigabyte. This is what fits into one answer to the host: see `limits` in `connector.toml`.
const UPLOAD_BYTES_MAX: usize = 10_000_000;
const IMAGE_URL_MAX: usize = 3_000;
const ALT_TEXT_MAX: usize = 2_000;
const CAPTION_MAX: usize = 3_000;
/// What Slack shows of a URL.
const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/jpg", "image/gif"];

/// One file on its way.
pub struct Upload<'a> {
    part: usize,
    name: String,
    bytes: &'a [u8],
    comment: Option<String>,
    /// What had to be rendered otherwise.
    pub degraded: Vec<String>,
}

/// What a media part becomes.
pub fn steps(part: usize, media: &Media) -> Result<Vec<Step<'_>>, Failure> {
    let wrong = |code: &str, what: &str| Err(refuse(code, format!("part {part}: {what}")));
    let caption = media.caption.as_deref().filter(|caption| !caption.trim().is_empty());
    match &media.source {
        MediaSource::Bytes(bytes) if bytes.is_empty() => wrong("missing", "the file is empty"),
        MediaSource::Bytes(bytes) if bytes.len() > UPLOAD_BYTES_MAX => {
            wrong("too_long", "the file has more than 10,000,000 bytes: send a link")
        }
        MediaSource::Bytes(bytes) => uploaded(part, media, bytes, caption),
        MediaSource::Url(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
            wrong("unsupported", "the media's URL is not `https://`")
        }
        MediaSource::Url(url) if Unit::Chars.length(url) > TEXT_CHARACTERS_MAX / 2 => {
            wrong("too_long", "the media's URL is longer than half a text of Slack's")
        }
        MediaSource::Url(url) => match shown(media, url) {
            true => picture(part, media, url, caption),
            false => link(part, media, url, caption),
        },
        MediaSource::Reference(_) => wrong("unsupported", "Slack takes files as bytes, pictures also by URL"),
    }
}

fn uploaded<'a>(
    part: usize,
    media: &'a Media,
    bytes: &'a [u8],
    caption: Option<&str>,
) -> Result<Vec<Step<'a>>, Failure> {
    let name = media.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or("file");
    let degraded = sticker_note(media).into_iter().collect();
    let mut upload = Upload { part, name: name.to_owned(), bytes, comment: None, degraded };
    let mut behind = Vec::new();
    if let Some(caption) = caption {
        match pieces(caption, TEXT_CHARACTERS_MAX).as_slice() {
            [only] => upload.comment = Some(only.clone()),
            _ => behind = caption_behind(part, caption)?,
        }
    }
    Ok([Step::Upload(upload)].into_iter().chain(behind).collect())
}

fn caption_behind<'a>(part: usize, caption: &str) -> Result<Vec<Step<'a>>, Failure> {
    let note = "the caption follows as a text: it is too long to go along";
    Ok(texts(part, caption)?.into_iter().map(|draft| Step::Message(draft.degraded(note))).collect())
}

fn sticker_note(media: &Media) -> Option<String> {
    (media.kind == MediaKind::Sticker).then(|| "the sticker is a picture: Slack has no stickers".to_owned())
}

fn shown(media: &Media, url: &str) -> bool {
    let kind = matches!(media.kind, MediaKind::Image | MediaKind::Sticker);
    let declared =
        media.content_type.as_deref().map(|text| text.split(';').next().unwrap_or_default().trim());
    let listed = declared.is_none_or(|declared| IMAGE_TYPES.contains(&&*declared.to_ascii_lowercase()));
    kind && listed && url.starts_with("https://") && url.len() <= IMAGE_URL_MAX
}

/// Slack fetches it, and shows it in the message.
fn picture<'a>(
    part: usize,
    media: &Media,
    url: &str,
    caption: Option<&str>,
) -> Result<Vec<Step<'a>>, Failure> {
    let name = media.name.as_deref().filter(|name| !name.trim().is_empty());
    let alternative = name.or(caption).unwrap_or(media.kind.as_str());
    let alternative =
        shortened(alternative, ALT_TEXT_MAX, Unit::Chars).unwrap_or_else(|| alternative.to_owned());
    let mut blocks = vec![json!({ "type": "image", "image_url": url, "alt_text": alternative })];
    let mut text = escaped(&alternative);
    let mut behind = Vec::new();
    if let Some(caption) = caption {
        match pieces(caption, CAPTION_MAX).as_slice() {
            [only] => {
                text.clone_from(only);
                blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": only } }));
            }
            _ => behind = caption_behind(part, caption)?,
        }
    }
    let mut draft = Draft::new(part, json!({ "text": text, "blocks": blocks }));
    draft.degraded.extend(sticker_note(media));
    Ok([Step::Message(draft)].into_iter().chain(behind).collect())
}

fn link<'a>(part: usize, media: &Media, url: &str, caption: Option<&str>) -> Result<Vec<Step<'a>>, Failure> {
    let note =
        format!("the {} is a link: Slack takes files as bytes, and pictures by URL", media.kind.as_str());
    let name = media.name.as_deref().filter(|name| !name.trim().is_empty());
    let lines: Vec<&str> = caption.into_iter().chain(name).chain([url]).collect();
    let drafts = texts(part, &lines.join("\n"))?.into_iter();
    Ok(drafts.map(|draft| Step::Message(draft.degraded(note.clone()))).collect())
}

impl Upload<'_> {
    /// Asks where to, brings the bytes there, and makes a message of it. The receipt has the id of the file: the message is
    /// written later, and its `ts` comes with its echo.
    pub fn send(
        &self,
        calls: &mut Calls,
        channel: &str,
        place: &Place,
        now: u64,
    ) -> Result<Receipt, Unfinished<Failure>> {
        let length = self.bytes.len().to_string();
        let arguments = [("filename", self.name.as_str()), ("length", &length)];
        let asked = api::form_call("files.getUploadURLExternal", &arguments).repeatable();
        let answer = api::accepted(calls.make(asked)?, Effect::Harmless, now)?;
        let url = filled(&answer.upload_url).filter(|url| url.starts_with(SLACK_FILES));
        let (Some(url), Some(id)) = (url, filled(&answer.file_id)) else {
            return Err(unreadable("files.getUploadURLExternal").into());
        };
        let put = || {
            let call = Call::post(url, "application/octet-stream", self.bytes);
            call.bearer(BOT_TOKEN).repeatable()
        };
        let response = calls.make_with(put)?;
        if !matches!(response.status, 200..=299) {
            return Err(api::refused(response, now).into());
        }
        let complete = api::call("files.completeUploadExternal", &self.completed(id, channel, place));
        api::accepted(calls.make(complete)?, Effect::Writes, now)?;
        Ok(Receipt {
            message_id: id.to_owned(),
            part: u32::try_from(self.part).unwrap_or(u32::MAX),
            degraded: self.degraded.clone(),
            attributes: Attributes::new(),
        })
    }

    fn completed(&self, id: &str, channel: &str, place: &Place) -> Value {
        let mut arguments = json!({ "files": [{ "id": id, "title": self.name }], "channel_id": channel });
        let more = [("thread_ts", place.thread_ts.as_ref()), ("initial_comment", self.comment.as_ref())];
        for (name, value) in more {
            if let Some(value) = value {
                arguments[name] = json!(value);
            }
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_as_large_as_an_answer_may_be() {
        let file = |bytes| Media::new(MediaKind::File, MediaSource::Bytes(vec![0; bytes]));
        assert!(steps(0, &file(UPLOAD_BYTES_MAX)).is_ok());
        let failure = steps(0, &file(UPLOAD_BYTES_MAX + 1)).err().expect("one byte too many");
        assert_eq!(failure.code.as_deref(), Some("too_long"));
    }
}
