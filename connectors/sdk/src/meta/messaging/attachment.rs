//! What is attached to a message: media, places, stickers, and what has no part of its own.
//!
//! A product says which of its types are media that can be fetched. A shared link (`fallback`), a `template` and an
//! `appointment_booking` are none, and no words of the contact: they become an `other` part with the attachment as
//! it was sent. Address, title and product ids are attributes of the event as well, so that a rule can be written.

use trunkline_model::{Attributes, Location, Media, MediaKind, MediaSource, Opaque, Part};

use super::Product;
use super::item::{members, parse, present, remainder};
use super::wire::{Attachment, Payload};
use crate::json::RawValue;

/// An attachment without anything in it: the heart that a tap on the button beside the keyboard sends.
const HEART: &str = "like_heart";

/// The parts of a list of attachments. None where it is no list.
pub(super) fn parts<P: Product>(raw: &RawValue) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    for raw in parse::<Vec<&RawValue>>(raw)? {
        let (name, part) = match parse::<Attachment>(raw) {
            Some(attachment) => (attachment.kind.to_string(), part::<P>(&attachment)),
            None => ("attachment".to_owned(), None),
        };
        let part = part.unwrap_or_else(|| Part::Other(Opaque { name, payload: raw.get().to_owned() }));
        if !parts.iter().any(|other| same_sticker(other, &part)) {
            parts.push(part);
        }
    }
    Some(parts)
}

/// None where the product has no such type, or its payload has not the form expected.
fn part<P: Product>(attachment: &Attachment) -> Option<Part> {
    let kind = Some(&*attachment.kind).filter(|kind| P::ATTACHMENTS.contains(kind))?;
    if kind == HEART {
        return Some(Part::Text("❤".to_owned()));
    }
    let raw = attachment.payload?;
    let payload: Payload = parse(raw)?;
    let kind = match kind {
        // Until the end of August 2026 stickers came as images.
        "image" if payload.sticker_id.is_some() => MediaKind::Sticker,
        "image" => MediaKind::Image,
        "audio" => MediaKind::Audio,
        "video" => MediaKind::Video,
        "file" => MediaKind::File,
        "sticker" => MediaKind::Sticker,
        "location" => return place(attachment, &payload),
        other => MediaKind::Other(other.to_owned()),
    };
    let mut media = Media::new(kind, MediaSource::Url(http(payload.url.as_deref()?)?.to_owned()));
    media.attributes = remainder(&members(raw)?, &["url"]);
    Some(Part::Media(media))
}

fn place(attachment: &Attachment, payload: &Payload) -> Option<Part> {
    let (latitude, longitude) = payload.coordinates.as_ref().map(|point| (point.lat.0, point.long.0))?;
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return None;
    }
    let name = present(&attachment.title).or(present(&payload.title)).map(str::to_owned);
    let url = attachment.url.as_deref().or(payload.url.as_deref()).and_then(http).map(str::to_owned);
    Some(Part::Location(Location { latitude, longitude, name, address: None, url }))
}

/// In the time of transition one sticker came as `image` and as `sticker` in one message.
fn same_sticker(left: &Part, right: &Part) -> bool {
    let id = |part: &Part| match part {
        Part::Media(media) if media.kind == MediaKind::Sticker => {
            media.attributes.iter().find(|(name, _)| name == "sticker_id").cloned()
        }
        _ => None,
    };
    id(left).is_some() && id(left) == id(right)
}

/// What a list of attachments tells about the event: address and title of the first shared link of each
/// type, and the ids of the first product.
pub(super) fn attributes<P: Product>(raw: &RawValue) -> Attributes {
    let mut attributes = Attributes::new();
    let mut add = |name: String, value: Option<&str>| {
        let known = attributes.iter().any(|(other, _)| *other == name);
        if let Some(value) = value.filter(|_| !known) {
            attributes.push((name, value.to_owned()));
        }
    };
    for raw in parse::<Vec<&RawValue>>(raw).unwrap_or_default() {
        let Some(attachment) = parse::<Attachment>(raw) else { continue };
        let payload: Payload = attachment.payload.and_then(parse).unwrap_or_default();
        let kind = &*attachment.kind;
        if kind == HEART && P::ATTACHMENTS.contains(&HEART) {
            add(HEART.to_owned(), Some("true"));
        }
        if P::LINKS.contains(&kind) {
            let url = present(&payload.url).or(present(&attachment.url));
            add(format!("{kind}_url"), url.and_then(http));
            add(format!("{kind}_title"), present(&payload.title).or(present(&attachment.title)));
        }
        if let Some(product) = payload.product.as_ref().and_then(|product| product.elements.first()) {
            add("product_id".to_owned(), present(&product.id));
            add("product_retailer_id".to_owned(), present(&product.retailer_id));
        }
    }
    attributes
}

/// An absolute web address. Relative ones and file names have been seen in its place.
pub fn http(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let known = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let odd = |letter: char| letter.is_whitespace() || letter.is_control();
    (known && !rest.is_empty() && !rest.contains(odd)).then_some(url)
}
