//! What contacts write: text, media, places, links.

use trunkline_sdk::prelude::*;

use crate::event::Item;

/// A push of any type but `event`.
pub fn event(item: &Item, kind: &str) -> Event {
    // 64 bits, so that it is a text here. A repeated push keeps it.
    let id = item.text("MsgId").unwrap_or_else(|| item.id(&[]));
    let (part, read) = part(item, kind).unwrap_or_else(|| (Part::Other(item.opaque(kind)), &[]));
    item.event(id.clone(), EventKind::Message(Message::new(id, vec![part])), read)
}

/// The part, and the fields that it holds. None where the type is unknown or its content has not the form expected.
fn part(item: &Item, kind: &str) -> Option<(Part, &'static [&'static str])> {
    Some(match kind.to_ascii_lowercase().as_str() {
        "text" => (text(item)?, &["Content", "bizmsgmenuid"]),
        "image" => (Part::Media(image(item)?), &["MediaId", "PicUrl"]),
        "voice" => (Part::Media(voice(item)?), &["MediaId", "Format", "MediaId16K", "Recognition"]),
        "video" => (Part::Media(video(item)?), &["MediaId", "ThumbMediaId"]),
        "shortvideo" => {
            let mut media = video(item)?;
            add(&mut media, "short", Some("true"));
            (Part::Media(media), &["MediaId", "ThumbMediaId"])
        }
        "location" => (Part::Location(place(item)?), &["Location_X", "Location_Y", "Label"]),
        // Words of somebody else: they are attributes, and the whole is kept.
        "link" | "miniprogrampage" | "file" => (Part::Other(item.opaque(kind)), &[]),
        _ => return None,
    })
}

/// An item of a menu comes as a text with the item's id.
fn text(item: &Item) -> Option<Part> {
    // With the blanks around it, as it was written.
    let text = item.root.child("Content").map(|content| content.text.clone());
    if let Some(id) = item.text("bizmsgmenuid") {
        return Some(Part::Choice(Choice { id: Some(id), title: text, data: None }));
    }
    text.map(Part::Text)
}

/// What is fetched by its id. It is held for three days.
fn reference(item: &Item, kind: MediaKind) -> Option<Media> {
    Some(Media::new(kind, MediaSource::Reference(item.text("MediaId")?)))
}

fn image(item: &Item) -> Option<Media> {
    let url = item.field("PicUrl");
    let Some(mut media) = reference(item, MediaKind::Image) else {
        return Some(Media::new(MediaKind::Image, MediaSource::Url(url?.to_owned())));
    };
    add(&mut media, "pic_url", url);
    Some(media)
}

fn voice(item: &Item) -> Option<Media> {
    let mut media = reference(item, MediaKind::Voice)?;
    let format = item.field("Format");
    media.content_type = match format.map(str::to_ascii_lowercase).as_deref() {
        Some("amr") => Some("audio/amr".to_owned()),
        Some("speex") => Some("audio/speex".to_owned()),
        _ => None,
    };
    if media.content_type.is_none() {
        add(&mut media, "format", format);
    }
    add(&mut media, "media_id16k", item.field("MediaId16K"));
    add(&mut media, "recognition", item.field("Recognition"));
    Some(media)
}

fn video(item: &Item) -> Option<Media> {
    let mut media = reference(item, MediaKind::Video)?;
    add(&mut media, "thumb_media_id", item.field("ThumbMediaId"));
    Some(media)
}

/// `Location_X` is the latitude.
fn place(item: &Item) -> Option<Location> {
    let degrees = |name: &str, most: f64| {
        item.field(name)?.parse::<f64>().ok().filter(|degrees| (-most..=most).contains(degrees))
    };
    Some(Location {
        latitude: degrees("Location_X", 90.0)?,
        longitude: degrees("Location_Y", 180.0)?,
        name: None,
        address: item.text("Label"),
        url: None,
    })
}

fn add(media: &mut Media, name: &str, value: Option<&str>) {
    media.attributes.extend(value.map(|value| (name.to_owned(), value.to_owned())));
}
