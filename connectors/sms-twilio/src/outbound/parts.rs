//! What each part becomes.

use std::collections::BTreeMap;

use trunkline_sdk::outbound::{self, numbered};
use trunkline_sdk::{plain, prelude::*};

use super::attachment::{self, MmsRule};
use super::draft::{Draft, Step};
use super::native::{self, FormFields};
use super::peers::{Peers, is_sid};
use super::typing;

/// A message, part by part.
pub struct Rendered {
    /// In the order of the parts.
    pub steps: Vec<Step>,
    /// Parameters for every message among them.
    pub options: FormFields,
}

/// Renders every part, or refuses the whole message.
pub fn rendered(message: &Outgoing, peers: &Peers, context: &Context) -> Result<Rendered, Failure> {
    if message.thread.as_ref().is_some_and(|thread| thread.kind != ThreadKind::Direct) {
        return Err(outbound::refuse("unsupported", "Twilio's messages have no groups"));
    }
    let mms = MmsRule::of(context);
    let (mut steps, mut options) = (Vec::new(), FormFields::new());
    for (part, content) in message.parts.iter().enumerate() {
        match content {
            OutgoingPart::Text(text) => {
                require_text(part, text)?;
                steps.push(Step::Message(Draft { open: true, ..Draft::text(part, text) }));
            }
            OutgoingPart::Media(media) => {
                steps.push(Step::Message(attachment::draft(part, media, peers, mms)?));
            }
            OutgoingPart::Location(place) => steps.push(Step::Message(location(part, place, peers))),
            OutgoingPart::Contacts(cards) => steps.push(Step::Message(contacts(part, cards)?)),
            OutgoingPart::Choices(asked) => steps.push(Step::Message(choices(part, asked)?)),
            OutgoingPart::Template(chosen) => steps.push(Step::Message(template(part, chosen)?)),
            OutgoingPart::Read(_) => typing::require_typing(part, message, peers)?,
            OutgoingPart::Typing => {
                let message_id = typing::message_id(part, message, peers)?;
                steps.push(Step::Typing { part, message_id });
            }
            OutgoingPart::Native(opaque) if opaque.name == "form" => {
                let fields = native::fields(part, &opaque.payload)?;
                if native::has_content(&fields) {
                    let free_form = native::first(&fields, "ContentSid").is_none();
                    steps.push(Step::Message(Draft { part, fields, free_form, ..Draft::default() }));
                } else {
                    native::merge(&mut options, fields);
                }
            }
            OutgoingPart::Native(opaque) => {
                return Err(outbound::unsupported(
                    part,
                    &format!("native part `{}`, only `form`", opaque.name),
                ));
            }
            OutgoingPart::Html(_) => return Err(outbound::unsupported(part, "HTML")),
            OutgoingPart::Reaction(_) => return Err(outbound::unsupported(part, "reactions")),
        }
    }
    if !steps.iter().any(|step| matches!(step, Step::Message(_))) && (steps.is_empty() || !options.is_empty())
    {
        return Err(outbound::refuse("missing", "there is nothing to send"));
    }
    Ok(Rendered { steps, options })
}

fn require_text(part: usize, text: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(outbound::refuse("missing", format!("part {part}: the text is empty")));
    }
    Ok(())
}

/// A pin on WhatsApp, which has to have a name.
fn location(part: usize, place: &Location, peers: &Peers) -> Draft {
    if !peers.is_whatsapp() {
        return Draft::text(part, plain::place(place)).noting("the place as text with a link to a map");
    }
    let given = |text: &Option<String>| {
        let text = text.as_deref().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        text.filter(|text| !text.is_empty())
    };
    let (name, address) = (given(&place.name), given(&place.address));
    let coordinates = format!("{},{}", place.latitude, place.longitude);
    let label = address.as_ref().filter(|_| name.is_some()).map(|address| format!("|{address}"));
    let action = format!("geo:{coordinates}{}", label.unwrap_or_default());
    let mut draft = Draft::text(part, name.or(address).unwrap_or(coordinates));
    draft.fields.push(("PersistentAction".to_owned(), action));
    if place.url.as_ref().is_some_and(|url| !url.is_empty()) {
        draft = draft.noting("the place without its link");
    }
    draft
}

fn contacts(part: usize, cards: &[ContactCard]) -> Result<Draft, Failure> {
    let text = plain::cards(cards);
    require_text(part, &text)?;
    Ok(Draft::text(part, text).noting("the contact's card as text"))
}

/// Buttons would need a template made for these options beforehand.
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

/// A content template. Its language is one of its own: each has a ContentSid.
fn template(part: usize, template: &Template) -> Result<Draft, Failure> {
    if !is_sid(&template.name, "HX") {
        let what =
            format!("part {part}: a template is named by its ContentSid, `HX` and 32 hexadecimal digits");
        return Err(outbound::refuse("unsupported", what));
    }
    let mut fields = vec![("ContentSid".to_owned(), template.name.clone())];
    if !template.parameters.is_empty() {
        let variables: BTreeMap<_, _> = template.parameters.iter().cloned().collect();
        let variables = serde_json::to_string(&variables).unwrap_or_default();
        fields.push(("ContentVariables".to_owned(), variables));
    }
    if let Some(components) = &template.components {
        native::merge(&mut fields, native::fields(part, components)?);
    }
    Ok(Draft { part, fields, ..Draft::default() })
}
