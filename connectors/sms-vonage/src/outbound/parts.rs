//! What each part becomes.

use serde_json::{Map, Value, json};
use trunkline_sdk::{form, outbound, plain, prelude::*};

use super::draft::{Draft, Step};
use super::peers::Peers;
use super::{choices, file};

/// A message, part by part.
pub struct Rendered {
    /// In the order of the parts.
    pub steps: Vec<Step>,
    /// Fields for every message among them.
    pub options: Map<String, Value>,
}

/// Renders every part, or refuses the whole message.
pub fn rendered(message: &Outgoing, peers: &Peers, context: &Context) -> Result<Rendered, Failure> {
    let (mut steps, mut options) = (Vec::new(), Map::new());
    for (part, content) in message.parts.iter().enumerate() {
        match content {
            OutgoingPart::Text(text) => steps.push(Step::Message(self::text(part, text)?)),
            OutgoingPart::Media(media) => {
                steps.extend(file::drafts(part, media, peers, context)?.into_iter().map(Step::Message));
            }
            OutgoingPart::Location(place) => steps.push(Step::Message(location(part, place, peers))),
            OutgoingPart::Contacts(cards) => {
                let draft = text(part, &plain::cards(cards))?.noting("the contact's card as text");
                steps.push(Step::Message(draft));
            }
            OutgoingPart::Choices(asked) => steps.push(Step::Message(choices::draft(part, asked, peers)?)),
            OutgoingPart::Template(chosen) => steps.push(Step::Message(template(part, chosen, peers)?)),
            OutgoingPart::Reaction(reaction) => {
                steps.push(Step::Message(self::reaction(part, reaction, peers)?))
            }
            OutgoingPart::Read(_) if !peers.is_whatsapp() => {
                return Err(outbound::unsupported(part, "read marker, except on WhatsApp"));
            }
            OutgoingPart::Typing if !peers.is_whatsapp() => {
                return Err(outbound::unsupported(part, "typing indicator, except on WhatsApp"));
            }
            // The typing indicator marks as read, too.
            OutgoingPart::Read(_) if message.parts.contains(&OutgoingPart::Typing) => {}
            OutgoingPart::Read(target) => steps.push(seen(part, &target.id, false)?),
            OutgoingPart::Typing => steps.push(seen(part, last_message(part, message)?, true)?),
            OutgoingPart::Native(opaque) if opaque.name == "message" => {
                let fields = fields(part, &opaque.payload)?;
                if fields.contains_key("message_type") {
                    let free_form = fields["message_type"] != json!("template");
                    steps.push(Step::Message(Draft { part, fields, free_form, ..Draft::default() }));
                } else {
                    options.extend(fields);
                }
            }
            OutgoingPart::Native(opaque) => {
                let what = format!("native part `{}`, only `message`", opaque.name);
                return Err(outbound::unsupported(part, &what));
            }
            OutgoingPart::Html(_) => return Err(outbound::unsupported(part, "HTML")),
        }
    }
    let messages = steps.iter().any(|step| matches!(step, Step::Message(_)));
    if steps.is_empty() || (!messages && !options.is_empty()) {
        return Err(outbound::refuse("missing", "there is nothing to send"));
    }
    Ok(Rendered { steps, options })
}

fn text(part: usize, text: &str) -> Result<Draft, Failure> {
    if text.trim().is_empty() {
        return Err(outbound::refuse("missing", format!("part {part}: the text is empty")));
    }
    Ok(Draft::text(part, text))
}

/// A pin on WhatsApp.
fn location(part: usize, place: &Location, peers: &Peers) -> Draft {
    if !peers.is_whatsapp() {
        return Draft::text(part, plain::place(place)).noting("the place as text with a link to a map");
    }
    let mut pin = json!({ "latitude": place.latitude, "longitude": place.longitude });
    for (name, value) in [("name", &place.name), ("address", &place.address)] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            pin[name] = json!(value);
        }
    }
    let draft = Draft::of(part, "custom", json!({ "type": "location", "location": pin }));
    if place.url.is_some() { draft.noting("the place without its link") } else { draft }
}

/// A WhatsApp template. Its placeholders have numbers at Vonage; what needs more is WhatsApp's own notation.
fn template(part: usize, template: &Template, peers: &Peers) -> Result<Draft, Failure> {
    if !peers.is_whatsapp() {
        return Err(outbound::unsupported(part, "templates, except on WhatsApp"));
    }
    let language = json!({ "policy": "deterministic", "code": template.language });
    if let Some(components) = &template.components {
        let Ok(components) = serde_json::from_str::<Value>(components) else {
            return Err(outbound::refuse("unsupported", format!("part {part}: `components` is no JSON")));
        };
        let content = json!({ "name": template.name, "language": language, "components": components });
        let draft = Draft::of(part, "custom", json!({ "type": "template", "template": content }));
        return Ok(Draft { free_form: false, ..draft });
    }
    let parameters: Vec<&str> = template.parameters.iter().map(|(_, value)| value.as_str()).collect();
    let mut content = json!({ "name": template.name });
    if !parameters.is_empty() {
        content["parameters"] = json!(parameters);
    }
    let mut draft = Draft { free_form: false, ..Draft::of(part, "template", content) };
    let options = json!({ "policy": "deterministic", "locale": template.language });
    draft.fields.insert("whatsapp".to_owned(), options);
    Ok(draft)
}

fn reaction(part: usize, reaction: &OutgoingReaction, peers: &Peers) -> Result<Draft, Failure> {
    if !peers.is_whatsapp() {
        return Err(outbound::unsupported(part, "reactions, except on WhatsApp"));
    }
    let content = match &reaction.emoji {
        Some(emoji) => json!({ "action": "react", "emoji": emoji }),
        None => json!({ "action": "unreact" }),
    };
    let mut draft = Draft::of(part, "reaction", content);
    draft.fields.insert("context".to_owned(), json!({ "message_uuid": reaction.target.id }));
    Ok(draft)
}

fn seen(part: usize, id: &str, typing: bool) -> Result<Step, Failure> {
    let path = form::path_segment(id).ok_or_else(|| {
        outbound::refuse("missing", format!("part {part}: the message to be marked as read has no id"))
    })?;
    Ok(Step::Seen { part, path, typing })
}

/// The contact's message under which the indicator is shown.
fn last_message(part: usize, message: &Outgoing) -> Result<&str, Failure> {
    let read = message.parts.iter().find_map(|part| match part {
        OutgoingPart::Read(target) => Some(&*target.id),
        _ => None,
    });
    let found = read.or_else(|| outbound::attribute(message, outbound::LAST_MESSAGE_ID));
    found.filter(|id| !id.is_empty()).ok_or_else(|| {
        let what =
            format!("part {part}: a typing indicator needs the contact's last message (`last_message_id`)");
        outbound::refuse("missing", what)
    })
}

/// Fields of Vonage's, as they are.
fn fields(part: usize, payload: &str) -> Result<Map<String, Value>, Failure> {
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(payload) else {
        return Err(outbound::refuse("unsupported", format!("part {part}: not a JSON object of fields")));
    };
    // It would write to somebody else in this conversation's name.
    if fields.contains_key("to") || fields.contains_key("failover") {
        let what = format!("part {part}: `to` is the contact, and cannot be replaced");
        return Err(outbound::refuse("unsupported", what));
    }
    Ok(fields)
}
