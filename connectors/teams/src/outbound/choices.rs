//! Something to choose from: an Adaptive Card with a button for each option; beyond six, which Teams shows, a numbered list.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{ANSWERS, numbered, refuse};
use trunkline_sdk::prelude::*;

use super::item::{Item, texts};
use crate::message::{CHOICE_ID, CHOICE_TITLE};

const CARD: &str = "application/vnd.microsoft.card.adaptive";
const VERSION: &str = "1.5";
const BUTTONS_MAX: usize = 6;

/// The activities that options become.
pub fn items(part: usize, choices: &Choices) -> Result<Vec<Item>, Failure> {
    check(part, choices)?;
    if choices.options.len() > BUTTONS_MAX {
        let list = numbered(choices);
        let note = format!("the options are a numbered list: Teams shows {BUTTONS_MAX} buttons");
        let mut items: Vec<Item> =
            texts(part, &list.text)?.into_iter().map(|item| item.degraded(note.as_str())).collect();
        if let Some(last) = items.last_mut() {
            last.attributes.push((ANSWERS.to_owned(), list.answers));
        }
        return Ok(items);
    }
    let described = choices.options.iter().filter_map(|option| {
        let description = option.description.as_deref().filter(|text| !text.trim().is_empty())?;
        Some(block(&format!("{}: {description}", option.title)))
    });
    let body: Vec<Value> = [block(&choices.text)].into_iter().chain(described).collect();
    let actions: Vec<Value> = choices.options.iter().map(action).collect();
    let is_described = body.len() > 1;
    let card = json!({
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "body": body,
        "actions": actions,
    });
    let activity = json!({ "type": "message", "attachments": [{ "contentType": CARD, "content": card }] });
    let item = Item::new(part, activity);
    let note = "the descriptions stand in the text: buttons have none";
    Ok(vec![if is_described { item.degraded(note) } else { item }])
}

fn block(text: &str) -> Value {
    json!({ "type": "TextBlock", "text": text, "wrap": true })
}

/// What comes back is read in `message::chosen`.
fn action(option: &ChoiceOption) -> Value {
    match &option.url {
        Some(url) => json!({ "type": "Action.OpenUrl", "title": option.title, "url": url }),
        None => json!({
            "type": "Action.Submit",
            "title": option.title,
            "data": { CHOICE_ID: option.id, CHOICE_TITLE: option.title },
        }),
    }
}

fn check(part: usize, choices: &Choices) -> Result<(), Failure> {
    let missing = |what: &str| Err(refuse("missing", format!("part {part}: {what}")));
    if choices.options.is_empty() {
        return missing("there are no options to choose from");
    }
    if choices.text.trim().is_empty() {
        return missing("options need a text above them");
    }
    for option in &choices.options {
        if option.title.trim().is_empty() {
            return missing("an option has no title");
        }
        match &option.url {
            Some(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
                return missing("the link of an option is neither http nor https");
            }
            None if option.id.is_empty() => return missing("an option has no id"),
            _ => {}
        }
    }
    Ok(())
}
