//! What a message consists of: text and files.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::{calls, mms, prelude::*};

use crate::media::DOMAIN;

/// Plivo documents ten files a message. Their numbers begin with 0 or with 1, depending on the page.
const FILES_MAX: usize = 30;

/// Takes the parts from the fields.
pub fn take(fields: &mut Fields) -> Vec<Part> {
    let mut parts = Vec::new();
    // SMS has the one, MMS and WhatsApp the other.
    let (text, body) = (fields.take("Text"), fields.take("Body"));
    parts.extend(text.or(body).map(Part::Text));
    parts.extend(files(fields).into_iter().map(Part::Media));
    if parts.is_empty() {
        parts.push(match fields.peek("ContentType") {
            None | Some("text") => Part::Text(String::new()),
            Some(name) => Part::Other(Opaque { name: name.to_owned(), payload: fields.json() }),
        });
    }
    parts
}

fn files(fields: &mut Fields) -> Vec<Media> {
    let mut found = 0;
    let mut files = Vec::new();
    for number in 0..FILES_MAX {
        let name = format!("Media{number}");
        let Some(url) = fields.peek(&name) else { continue };
        found += 1;
        // The layout of a multimedia message is not for the reader: it stays behind as an attribute.
        if mms::is_layout(None, url) {
            continue;
        }
        let source = match calls::is_at(url, DOMAIN) {
            true => MediaSource::Reference(url.to_owned()),
            false => MediaSource::Url(url.to_owned()),
        };
        files.push(Media::new(mms::kind(None, url), source));
        fields.take(&name);
    }
    // A number that is not that of the files is worth an attribute.
    if fields.peek("MediaCount").and_then(|count| count.trim().parse::<usize>().ok()) == Some(found) {
        fields.take("MediaCount");
    }
    files
}
