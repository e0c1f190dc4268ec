//! What the page is told of an event: one line of JSON, with texts as they are. The widget renders none of it as markup.

use serde_json::{Value, json};
use trunkline_sdk::email::text_of_html;
use trunkline_sdk::plain;
use trunkline_sdk::prelude::*;

/// What the contract allows.
const BYTES_MAX: usize = 256 << 10;

/// What was written on either side. Of everything else the page is told nothing.
pub fn show(event: &Event) -> Option<String> {
    let (from, message) = match &event.kind {
        EventKind::Message(message) => ("visitor", message),
        EventKind::Echo(message) => ("us", message),
        _ => return None,
    };
    let parts: Vec<Value> = message.parts.iter().filter_map(|part| shown(part, message)).collect();
    if parts.is_empty() {
        return None;
    }
    let mut line = json!({ "type": "message", "from": from, "id": message.id, "parts": parts });
    if let Some(at) = event.occurred_at {
        line["at"] = at.into();
    }
    Some(line.to_string()).filter(|line| line.len() <= BYTES_MAX)
}

fn shown(part: &Part, message: &Message) -> Option<Value> {
    let text = |text: String| (!text.trim().is_empty()).then(|| json!({ "text": text }));
    match part {
        Part::Text(written) => text(written.clone()),
        Part::Html(html) => text(text_of_html(html)),
        Part::Media(media) => Some(json!({ "media": file(media) })),
        Part::Location(place) => Some(json!({ "location": location(place) })),
        Part::Contacts(cards) => text(plain::cards(cards)),
        Part::Choice(choice) => {
            let title = choice.title.as_ref().or(choice.id.as_ref())?;
            let mut shown = json!({ "title": title });
            if let Some(answered) = &message.reply_to {
                shown["message"] = answered.id.as_str().into();
            }
            Some(json!({ "choice": shown }))
        }
        Part::Other(other) if other.name == "choices" => {
            let choices: Choices = serde_json::from_str(&other.payload).ok()?;
            Some(json!({ "choices": buttons(&choices) }))
        }
        _ => None,
    }
}

fn file(media: &Media) -> Value {
    let mut shown = json!({ "kind": media.kind.as_str() });
    let mut say = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            shown[name] = value.into();
        }
    };
    if let MediaSource::Url(url) = &media.source {
        say("url", Some(url).filter(|url| is_link(url)).map(String::as_str));
    }
    say("name", media.name.as_deref());
    say("type", media.content_type.as_deref());
    say("caption", media.caption.as_deref());
    if let Some(size) = media.size {
        shown["size"] = size.into();
    }
    shown
}

fn location(place: &Location) -> Value {
    let map = || format!("https://www.openstreetmap.org/?mlat={0}&mlon={1}", place.latitude, place.longitude);
    let url = place.url.clone().filter(|url| is_link(url)).unwrap_or_else(map);
    let words = [place.name.as_deref(), place.address.as_deref()];
    json!({ "text": plain::lines(words.into_iter().flatten()), "url": url })
}

fn buttons(choices: &Choices) -> Value {
    let options = choices.options.iter().filter(|option| option.url.as_deref().is_none_or(is_link));
    let options: Vec<Value> = options
        .map(|option| {
            let mut shown = json!({ "id": option.id, "title": option.title });
            for (name, value) in [("description", &option.description), ("url", &option.url)] {
                if let Some(value) = value {
                    shown[name] = value.as_str().into();
                }
            }
            shown
        })
        .collect();
    json!({ "text": choices.text, "options": options })
}

/// What a link or picture in the page may lead to: nothing that is run.
pub fn is_link(url: &str) -> bool {
    let scheme = ["https://", "http://"]
        .into_iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    scheme && !url.chars().any(|letter| letter.is_control() || letter.is_whitespace())
}
