//! Options: as buttons or a list on WhatsApp, where they fit, else as a numbered list.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{self, numbered};
use trunkline_sdk::prelude::*;

use super::draft::Draft;
use super::peers::Peers;

const BUTTONS_MAX: usize = 3;
const BUTTON_CHARS_MAX: usize = 20;
const ROWS_MAX: usize = 10;
const ROW_CHARS_MAX: usize = 24;
const DESCRIPTION_CHARS_MAX: usize = 72;
const BODY_CHARS_MAX: usize = 1_024;
const ID_CHARS_MAX: usize = 200;
const LABEL: &str = "Menu";

/// One question.
pub fn draft(part: usize, choices: &Choices, peers: &Peers) -> Result<Draft, Failure> {
    if choices.options.is_empty() {
        return Err(outbound::refuse("missing", format!("part {part}: there are no options")));
    }
    if let Some(interactive) = interactive(choices).filter(|_| peers.is_whatsapp()) {
        let content = json!({ "type": "interactive", "interactive": interactive });
        return Ok(Draft::of(part, "custom", content));
    }
    let list = numbered(choices);
    let mut draft = Draft::text(part, list.text);
    if choices.options.iter().any(|option| option.url.is_none()) {
        draft.attributes.push((outbound::ANSWERS.to_owned(), list.answers));
        return Ok(draft.noting("the options as a numbered list"));
    }
    Ok(draft.noting("the links as text"))
}

/// WhatsApp's own notation. None where the options do not fit.
fn interactive(choices: &Choices) -> Option<Value> {
    let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
    let short = |option: &ChoiceOption, most| {
        option.url.is_none() && fits(&option.title, most) && fits(&option.id, ID_CHARS_MAX)
    };
    let text = choices.text.trim();
    if !fits(text, BODY_CHARS_MAX) {
        return None;
    }
    let options = &choices.options;
    let described = options.iter().any(|option| option.description.is_some());
    if options.len() <= BUTTONS_MAX
        && !described
        && options.iter().all(|option| short(option, BUTTON_CHARS_MAX))
    {
        let button = |option: &ChoiceOption| json!({ "type": "reply", "reply": { "id": option.id, "title": option.title } });
        let buttons: Vec<Value> = options.iter().map(button).collect();
        return Some(json!({ "type": "button", "body": { "text": text }, "action": { "buttons": buttons } }));
    }
    let description = |option: &ChoiceOption| option.description.clone().unwrap_or_default();
    let row_fits = |option: &ChoiceOption| {
        short(option, ROW_CHARS_MAX) && description(option).chars().count() <= DESCRIPTION_CHARS_MAX
    };
    if options.len() > ROWS_MAX || !options.iter().all(row_fits) {
        return None;
    }
    let row = |option: &ChoiceOption| {
        let mut row = json!({ "id": option.id, "title": option.title });
        if !description(option).is_empty() {
            row["description"] = json!(description(option));
        }
        row
    };
    let rows: Vec<Value> = options.iter().map(row).collect();
    let label = choices.label.as_deref().filter(|label| fits(label, BUTTON_CHARS_MAX)).unwrap_or(LABEL);
    let action = json!({ "button": label, "sections": [{ "rows": rows }] });
    Some(json!({ "type": "list", "body": { "text": text }, "action": action }))
}
