//! Something to choose from: a menu in the conversation. What is pressed comes back as a text with the id of the item.

use serde_json::{Value, json};
use trunkline_sdk::outbound::require_complete;
use trunkline_sdk::prelude::*;

use super::item::{Item, texts};

/// The question with its options.
pub fn items<'a>(part: usize, choices: &Choices) -> Result<Vec<Item<'a>>, Failure> {
    require_complete(part, choices)?;
    let (links, options): (Vec<_>, Vec<_>) = choices.options.iter().partition(|option| option.url.is_some());
    let described = options.iter().filter_map(|option| {
        let description = option.description.as_deref().filter(|text| !text.trim().is_empty())?;
        Some(format!("{}: {description}", option.title))
    });
    let described: Vec<String> = described.collect();
    let linked =
        links.iter().map(|option| format!("{}: {}", option.title, option.url.as_deref().unwrap_or_default()));
    let mut notes = Vec::new();
    if !described.is_empty() {
        notes.push("descriptions stand in the text: WeChat has none".to_owned());
    }
    if !links.is_empty() {
        notes.push("links stand in the text: WeChat's menus have none".to_owned());
    }
    let question = [choices.text.trim_end().to_owned()];
    let head = question.into_iter().chain(described).chain(linked).collect::<Vec<_>>().join("\n");
    if options.is_empty() {
        let mut items = texts(part, &head)?;
        if let Some(item) = items.last_mut() {
            item.degraded = notes;
        }
        return Ok(items);
    }
    let list: Vec<Value> =
        options.iter().map(|option| json!({ "id": option.id, "content": option.title })).collect();
    let content = json!({ "head_content": head, "list": list, "tail_content": "" });
    let mut item = Item::message(part, "msgmenu", content);
    item.degraded = notes;
    Ok(vec![item])
}
