//! Options as buttons, as a menu, or as a numbered list: whichever is the first that fits.
//!
//! <https://docs.slack.dev/reference/block-kit/block-elements/>, read 2026-07.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{ANSWERS, numbered, require_complete};
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, shortened};

use super::draft::{Draft, pieces, texts};

/// Elements of an `actions` block.
const BUTTONS_MAX: usize = 25;
const BUTTON_VALUE_MAX: usize = 2_000;
const URL_LENGTH_MAX: usize = 3_000;
/// Of a `static_select`.
const MENU_OPTIONS_MAX: usize = 100;
const MENU_VALUE_MAX: usize = 150;
const PLACEHOLDER_MAX: usize = 150;
/// Of a button and of an entry of a menu.
const TITLE_MAX: usize = 75;
/// Of the text above.
const SECTION_MAX: usize = 3_000;
/// All blocks together: Slack refuses some 13,000 characters, which it does not document.
const BLOCKS_MAX: usize = 12_000;
const PLACEHOLDER: &str = "…";

/// The question with its options.
pub fn drafts(part: usize, choices: &Choices) -> Result<Vec<Draft>, Failure> {
    require_complete(part, choices)?;
    let titles: Vec<String> = choices.options.iter().map(|option| title(&option.title)).collect();
    let element = match repeats(&titles) {
        true => Err("titles are the same in their first 75 characters"),
        false => buttons(choices, &titles).map_or_else(|| menu(choices, &titles).map(|menu| vec![menu]), Ok),
    };
    let mut pieces = pieces(&question(choices), SECTION_MAX);
    let last = pieces.pop().unwrap_or_default();
    let element = element.and_then(|elements| {
        let weight = json!(elements).to_string().chars().count() + last.chars().count();
        if weight > BLOCKS_MAX { Err("Slack takes no more text in blocks") } else { Ok(elements) }
    });
    let elements = match element {
        Ok(elements) => elements,
        Err(why) => return list(part, choices, why),
    };
    let section = json!({ "type": "section", "text": { "type": "mrkdwn", "text": last } });
    let actions = json!({ "type": "actions", "elements": elements });
    let mut draft = Draft::new(part, json!({ "text": last, "blocks": [section, actions] }));
    draft.degraded = notes(choices, &titles);
    let mut drafts: Vec<Draft> =
        pieces.into_iter().map(|piece| Draft::new(part, json!({ "text": piece }))).collect();
    drafts.push(draft);
    Ok(drafts)
}

/// None where something does not fit on buttons.
fn buttons(choices: &Choices, titles: &[String]) -> Option<Vec<Value>> {
    let opens = |url: &str| {
        url.len() <= URL_LENGTH_MAX && (url.starts_with("https://") || url.starts_with("http://"))
    };
    let fits = |option: &ChoiceOption| match option.url.as_deref() {
        Some(url) => opens(url),
        None => Unit::Chars.length(&option.id) <= BUTTON_VALUE_MAX,
    };
    if choices.options.len() > BUTTONS_MAX || !choices.options.iter().all(fits) {
        return None;
    }
    let buttons = choices.options.iter().zip(titles).enumerate().map(|(index, (option, title))| {
        let mut button = json!({
            "type": "button",
            "text": { "type": "plain_text", "text": title },
            "action_id": format!("choice-{index}"),
        });
        match &option.url {
            Some(url) => button["url"] = json!(url),
            None => button["value"] = json!(option.id),
        }
        button
    });
    Some(buttons.collect())
}

/// A menu to pull down; why there is none.
fn menu(choices: &Choices, titles: &[String]) -> Result<Value, &'static str> {
    if choices.options.len() > MENU_OPTIONS_MAX {
        return Err("Slack has at most 100 options in a menu");
    }
    if choices.options.iter().any(|option| option.url.is_some()) {
        return Err(
            "Slack has at most 25 buttons, `http` links of at most 3000 characters, and no links in menus",
        );
    }
    if choices.options.iter().any(|option| Unit::Chars.length(&option.id) > MENU_VALUE_MAX) {
        return Err("an id has more than 150 characters (2000 on buttons, of which there are 25)");
    }
    let options = choices.options.iter().zip(titles);
    let options = options.map(
        |(option, title)| json!({ "text": { "type": "plain_text", "text": title }, "value": option.id }),
    );
    let label = choices.label.as_deref().filter(|label| !label.trim().is_empty()).unwrap_or(PLACEHOLDER);
    let label = shortened(label, PLACEHOLDER_MAX, Unit::Chars).unwrap_or_else(|| label.to_owned());
    Ok(json!({
        "type": "static_select",
        "action_id": "choice",
        "placeholder": { "type": "plain_text", "text": label },
        "options": options.collect::<Vec<_>>(),
    }))
}

fn list(part: usize, choices: &Choices, why: &str) -> Result<Vec<Draft>, Failure> {
    let list = numbered(choices);
    let mut drafts = texts(part, &list.text)?;
    if let Some(draft) = drafts.last_mut() {
        draft.degraded.push(format!("the options are a numbered list: {why}"));
        if choices.options.iter().any(|option| option.url.is_none()) {
            draft.attributes.push((ANSWERS.to_owned(), list.answers));
        }
    }
    Ok(drafts)
}

fn title(title: &str) -> String {
    shortened(title, TITLE_MAX, Unit::Chars).unwrap_or_else(|| title.to_owned())
}

fn repeats(titles: &[String]) -> bool {
    titles.iter().enumerate().any(|(at, title)| titles[..at].contains(title))
}

/// The question, then a line for each option that has a description.
fn question(choices: &Choices) -> String {
    let line = |option: &ChoiceOption| Some(format!("{}: {}", option.title, description(option)?));
    let question = choices.text.trim_end().to_owned();
    let lines: Vec<String> = [question].into_iter().chain(choices.options.iter().filter_map(line)).collect();
    lines.join("\n")
}

fn description(option: &ChoiceOption) -> Option<&str> {
    option.description.as_deref().filter(|text| !text.trim().is_empty())
}

fn notes(choices: &Choices, titles: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if choices.options.iter().any(|option| description(option).is_some()) {
        notes.push("descriptions stand in the text: buttons have none".to_owned());
    }
    let short = choices.options.iter().zip(titles).filter(|(option, title)| option.title != **title);
    notes.extend(short.map(|(option, title)| format!("`{}` is shortened to `{title}`", option.title)));
    notes
}
