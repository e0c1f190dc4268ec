//! What is attached to a message: pictures, files, cards, the message that it answers.

use trunkline_sdk::json::{RawValue, members, text};
use trunkline_sdk::prelude::*;

use crate::service;
use crate::wire::{Activity, Attachment, Download, few_items, filled, parse};

/// A file of a personal chat: its address needs no token, for a while.
const FILE: &str = "application/vnd.microsoft.teams.file.download.info";
/// The message that one answers.
const REFERENCE: &str = "messageReference";
/// The text once more. In it: the message that one answers.
const HTML: &str = "text/html";
const QUOTE: &str = "itemtype=\"http://schema.skype.com/Reply\"";
const QUOTED_ID: &str = "itemid=\"";

/// What attachments hold.
#[derive(Default)]
pub struct Attached {
    /// In order.
    pub parts: Vec<Part>,
    /// The id of the message that is quoted.
    pub quoted: Option<String>,
}

/// The attachments of an activity. Each by itself: a strange one costs nothing else. Too many are kept as they are.
pub fn read(activity: &Activity) -> Attached {
    let mut attached = Attached::default();
    let Some(raw) = activity.attachments else { return attached };
    let Some(items) = few_items(raw) else {
        attached.parts.push(other("attachments", raw));
        return attached;
    };
    let service = filled(&activity.service_url).unwrap_or_default();
    for item in items {
        let attachment: Option<Attachment> = parse(item).filter(|_| item.get().starts_with('{'));
        let Some(attachment) = attachment else {
            attached.parts.push(other("attachment", item));
            continue;
        };
        let kind = filled(&attachment.content_type).unwrap_or("attachment");
        let quoted = match kind {
            HTML if attachment.content_url.is_none() => {
                let html = attachment.content.and_then(text);
                attached.quoted = attached.quoted.or_else(|| quoted(&html?).map(str::to_owned));
                continue;
            }
            REFERENCE => reference(&attachment),
            _ => None,
        };
        if quoted.is_some() {
            attached.quoted = quoted;
            continue;
        }
        let media = media(&attachment, kind, service).map(Part::Media);
        attached.parts.push(media.unwrap_or_else(|| other(kind, item)));
    }
    attached
}

fn other(name: &str, raw: &RawValue) -> Part {
    Part::Other(Opaque { name: name.to_owned(), payload: raw.get().to_owned() })
}

/// `<blockquote itemscope itemtype="http://schema.skype.com/Reply" itemid="1790000000001">`
fn quoted(html: &str) -> Option<&str> {
    let tag = html.split_once(QUOTE)?.1.split_once('>')?.0;
    let id = tag.split_once(QUOTED_ID)?.1.split_once('"')?.0;
    Some(id).filter(|id| !id.is_empty())
}

/// `{"messageId":"1790000000001",…}`, or the same as text.
fn reference(attachment: &Attachment) -> Option<String> {
    let content = attachment.content?;
    let id = |raw: &RawValue| members(raw, ["messageId"])[0].and_then(text).filter(|id| !id.is_empty());
    id(content).or_else(|| {
        let inner = text(content)?;
        id(serde_json::from_str(&inner).ok()?)
    })
}

/// A picture, a film, a sound or a file. None for cards, and for what is of an unknown form.
fn media(attachment: &Attachment, content_type: &str, service: &str) -> Option<Media> {
    let name = filled(&attachment.name).and_then(file_name);
    if content_type == FILE {
        let file: Download = parse(attachment.content?)?;
        let url = filled(&file.download_url).filter(|url| url.starts_with("https://"))?;
        let mut media = Media::new(MediaKind::File, MediaSource::Url(url.to_owned()));
        media.name = name;
        let known = [("unique_id", &file.unique_id), ("file_type", &file.file_type)];
        media.attributes.extend(
            known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), filled(value)?.to_owned()))),
        );
        return Some(media);
    }
    let is_card = content_type.starts_with("application/vnd.microsoft.");
    let url = filled(&attachment.content_url).filter(|_| !is_card)?;
    let mut media = Media::new(kind(content_type), source(url, service)?);
    media.name = name;
    // Files in channels say `reference`, which is no media type.
    media.content_type = content_type.contains('/').then(|| content_type.to_owned());
    Some(media)
}

fn kind(content_type: &str) -> MediaKind {
    match content_type.split('/').next().unwrap_or_default() {
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        _ => MediaKind::File,
    }
}

/// What the service holds is fetched with the access token; what is in SharePoint nobody may fetch but by Microsoft Graph. A
/// reference says of both that the address alone does not suffice.
fn source(url: &str, service: &str) -> Option<MediaSource> {
    if let Some(data) = url.strip_prefix("data:") {
        let (_, bytes) = data.split_once(";base64,")?;
        return signature::base64_decode(bytes).map(MediaSource::Bytes);
    }
    let host = service::host(url)?;
    let guarded = service::host(service) == Some(host) || host.ends_with(".sharepoint.com");
    let source = if guarded { MediaSource::Reference } else { MediaSource::Url };
    Some(source(url.to_owned()))
}

/// The last segment, without control characters.
fn file_name(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|letter| !letter.is_control()).collect();
    (!plain.trim().is_empty()).then(|| plain.trim().to_owned())
}
