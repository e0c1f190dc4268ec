//! What each part becomes.

use serde_json::{Map, Value};
use trunkline_sdk::outbound::{self, numbered};
use trunkline_sdk::{plain, prelude::*};

use super::draft::{Draft, Route};
use super::media;
use super::peers::Peers;

/// A message, part by part.
pub struct Rendered {
    /// In the order of the parts.
    pub drafts: Vec<Draft>,
    /// Fields for every message among them.
    pub options: Map<String, Value>,
}

/// Renders every part, or refuses the whole message.
pub fn rendered(message: &Outgoing, peers: &Peers, context: &Context) -> Result<Rendered, Failure> {
    let (mut drafts, mut options) = (Vec::new(), Map::new());
    for (part, content) in message.parts.iter().enumerate() {
        let draft = match content {
            OutgoingPart::Text(text) => Draft { open: true, ..self::text(part, text)? },
            OutgoingPart::Media(media) => media::draft(part, media, peers, context)?,
            OutgoingPart::Location(place) => {
                Draft::text(part, plain::place(place)).noting("the place as text with a link to a map")
            }
            OutgoingPart::Contacts(cards) => {
                text(part, &plain::cards(cards))?.noting("the contact's card as text")
            }
            OutgoingPart::Choices(asked) => choices(part, asked)?,
            OutgoingPart::Native(opaque) => {
                let fields = fields(part, &opaque.payload)?;
                let route = route(part, &opaque.name)?;
                if route == Route::Message
                    && !["text", "media_urls"].iter().any(|name| fields.contains_key(*name))
                {
                    options.extend(fields);
                    continue;
                }
                Draft { part, route, fields, ..Draft::default() }
            }
            OutgoingPart::Html(_) => return Err(outbound::unsupported(part, "HTML")),
            OutgoingPart::Reaction(_) => return Err(outbound::unsupported(part, "reactions")),
            OutgoingPart::Template(_) => return Err(outbound::unsupported(part, "templates")),
            OutgoingPart::Typing => return Err(outbound::unsupported(part, "typing indicator")),
            OutgoingPart::Read(_) => return Err(outbound::unsupported(part, "read marker")),
        };
        drafts.push(draft);
    }
    if drafts.is_empty() {
        return Err(outbound::refuse("missing", "there is nothing to send"));
    }
    require_channel(&drafts, message)?;
    Ok(Rendered { drafts, options })
}

fn text(part: usize, text: &str) -> Result<Draft, Failure> {
    if text.trim().is_empty() {
        return Err(outbound::refuse("missing", format!("part {part}: the text is empty")));
    }
    Ok(Draft::text(part, text))
}

fn choices(part: usize, choices: &Choices) -> Result<Draft, Failure> {
    if choices.options.is_empty() {
        return Err(outbound::refuse("missing", format!("part {part}: there are no options")));
    }
    let list = numbered(choices);
    let mut draft = Draft::text(part, list.text);
    if choices.options.iter().any(|option| option.url.is_none()) {
        draft.attributes.push((outbound::ANSWERS.to_owned(), list.answers));
        return Ok(draft.noting("the options as a numbered list"));
    }
    Ok(draft.noting("the links as text"))
}

fn route(part: usize, name: &str) -> Result<Route, Failure> {
    match name {
        "message" => Ok(Route::Message),
        "rcs" => Ok(Route::Rcs),
        "whatsapp" => Ok(Route::Whatsapp),
        other => {
            let what = format!("native part `{other}`, only `message`, `rcs` and `whatsapp`");
            Err(outbound::unsupported(part, &what))
        }
    }
}

/// Fields of Telnyx's, as they are.
fn fields(part: usize, payload: &str) -> Result<Map<String, Value>, Failure> {
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(payload) else {
        return Err(outbound::refuse("unsupported", format!("part {part}: not a JSON object of fields")));
    };
    // It would write to somebody else in this conversation's name.
    if fields.contains_key("to") {
        let what = format!("part {part}: `to` is the contact, and cannot be replaced");
        return Err(outbound::refuse("unsupported", what));
    }
    Ok(fields)
}

/// A contact who writes by RCS or WhatsApp is not answered by SMS unasked.
fn require_channel(drafts: &[Draft], message: &Outgoing) -> Result<(), Failure> {
    let channel = outbound::attribute(message, "channel").unwrap_or("sms").to_ascii_lowercase();
    let route = match &*channel {
        "sms" | "mms" => Route::Message,
        "rcs" => Route::Rcs,
        "whatsapp" => Route::Whatsapp,
        other => {
            return Err(outbound::refuse("unsupported", format!("`{other}` is no channel of Telnyx's")));
        }
    };
    match drafts.iter().find(|draft| draft.route != route) {
        None => Ok(()),
        Some(draft) if route == Route::Message => {
            let what = format!("part {}: for another channel than `{channel}`", draft.part);
            Err(outbound::refuse("unsupported", what))
        }
        Some(draft) => {
            let what =
                format!("part {}: on `{channel}` only a native part `{channel}` can be sent", draft.part);
            Err(outbound::refuse("unsupported", what))
        }
    }
}
