//! Something to choose from: buttons where everything fits, else quick replies, else a numbered list.
//!
//! Buttons come first because they stay; quick replies vanish with the next message, in either direction.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{ANSWERS, numbered, require_complete};
use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, shortened};

use super::item::{Item, texts};

/// Of a buttons template.
const BUTTONS_MAX: usize = 4;
const BUTTONS_TEXT_UNITS_MAX: usize = 160;
const QUICK_REPLIES_MAX: usize = 13;
/// Letters as one sees them, by the documentation; UTF-16 code units are never fewer.
const LABEL_UNITS_MAX: usize = 20;
/// Of a postback's data, and of what it shows as said by the contact.
const DATA_UNITS_MAX: usize = 300;
const URI_LENGTH_MAX: usize = 1_000;
/// What a URI action opens; `sms:` is refused.
const URI_SCHEMES: [&str; 5] = ["https://", "http://", "line://", "tel:", "mailto:"];

/// The question with its options. `last`: no other message follows.
pub fn items(part: usize, choices: &Choices, last: bool) -> Result<Vec<Item>, Failure> {
    require_complete(part, choices)?;
    let labels: Vec<String> = choices.options.iter().map(|option| label(&option.title)).collect();
    if let Some(item) = buttons(part, choices, &labels) {
        return Ok(vec![item]);
    }
    match no_quick_replies(choices, &labels, last) {
        None => quick_replies(part, choices, &labels),
        Some(why) => {
            let list = numbered(choices);
            let note = format!("the options are a numbered list: {why}");
            let mut items = texts(part, &list.text)?;
            if let Some(item) = items.last_mut() {
                item.degraded.push(note);
                item.attributes.push((ANSWERS.to_owned(), list.answers));
            }
            Ok(items)
        }
    }
}

/// A buttons template. None where something does not fit into it.
fn buttons(part: usize, choices: &Choices, labels: &[String]) -> Option<Item> {
    let text = with_lines(choices, described);
    let opens = |url: &String| {
        url.len() <= URI_LENGTH_MAX
            && url.bytes().all(|byte| byte.is_ascii_graphic())
            && URI_SCHEMES.iter().any(|scheme| url.starts_with(scheme))
    };
    let fits = choices.options.len() <= BUTTONS_MAX
        && Unit::Utf16.length(&text) <= BUTTONS_TEXT_UNITS_MAX
        && choices.options.iter().all(|option| option.url.as_ref().is_none_or(opens))
        && cannot_press(choices, labels).is_none();
    if !fits {
        return None;
    }
    let actions: Vec<Value> =
        choices.options.iter().zip(labels).map(|(option, label)| action(option, label)).collect();
    let template = json!({ "type": "buttons", "text": text, "actions": actions });
    let mut item = Item::new(part, json!({ "type": "template", "altText": text, "template": template }));
    item.degraded = notes(choices, labels);
    Some(item)
}

/// Why quick replies would not do. None: they do.
fn no_quick_replies(choices: &Choices, labels: &[String], last: bool) -> Option<&'static str> {
    let replies = choices.options.iter().filter(|option| option.url.is_none()).count();
    // Nothing but links: they stand in the text.
    if replies == 0 {
        return None;
    }
    if replies > QUICK_REPLIES_MAX {
        return Some("LINE has at most 13 quick replies");
    }
    if !last {
        return Some("quick replies vanish with the next message, and one follows");
    }
    cannot_press(choices, labels)
}

/// Why an option cannot be something to press.
fn cannot_press(choices: &Choices, labels: &[String]) -> Option<&'static str> {
    let is_long =
        |option: &ChoiceOption| option.url.is_none() && Unit::Utf16.length(&option.id) > DATA_UNITS_MAX;
    if choices.options.iter().any(is_long) {
        return Some("an id has more than 300 characters");
    }
    let repeats = labels.iter().enumerate().any(|(at, label)| labels[..at].contains(label));
    repeats.then_some("titles are the same in their first 20 characters")
}

fn quick_replies(part: usize, choices: &Choices, labels: &[String]) -> Result<Vec<Item>, Failure> {
    let link = |option: &ChoiceOption| {
        let url = option.url.as_ref()?;
        let line = format!("{}: {url}", option.title);
        Some(description(option).map_or(line.clone(), |text| format!("{line} ({text})")))
    };
    let text = with_lines(choices, |option| link(option).or_else(|| described(option)));
    let mut items = texts(part, &text)?;
    let replies = choices.options.iter().zip(labels).filter(|(option, _)| option.url.is_none());
    let replies: Vec<Value> =
        replies.map(|(option, label)| json!({ "type": "action", "action": action(option, label) })).collect();
    if let Some(item) = items.last_mut() {
        item.degraded = notes(choices, labels);
        if choices.options.iter().any(|option| option.url.is_some()) {
            item.degraded.push("links stand in the text: they do not fit on buttons".to_owned());
        }
        if !replies.is_empty() {
            item.content["quickReply"] = json!({ "items": replies });
        }
    }
    Ok(items)
}

fn action(option: &ChoiceOption, label: &str) -> Value {
    if let Some(url) = &option.url {
        return json!({ "type": "uri", "label": label, "uri": url });
    }
    let said = shortened(&option.title, DATA_UNITS_MAX, Unit::Utf16);
    let said = said.as_ref().unwrap_or(&option.title);
    json!({ "type": "postback", "label": label, "data": option.id, "displayText": said })
}

fn label(title: &str) -> String {
    shortened(title, LABEL_UNITS_MAX, Unit::Utf16).unwrap_or_else(|| title.to_owned())
}

/// The question, then a line for each option that has one.
fn with_lines(choices: &Choices, line: impl Fn(&ChoiceOption) -> Option<String>) -> String {
    let question = choices.text.trim_end().to_owned();
    let lines: Vec<String> = [question].into_iter().chain(choices.options.iter().filter_map(line)).collect();
    lines.join("\n")
}

fn described(option: &ChoiceOption) -> Option<String> {
    Some(format!("{}: {}", option.title, description(option)?))
}

fn description(option: &ChoiceOption) -> Option<&str> {
    option.description.as_deref().filter(|text| !text.trim().is_empty())
}

/// What is not as asked for, whatever it is rendered as.
fn notes(choices: &Choices, labels: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if choices.options.iter().any(|option| description(option).is_some()) {
        notes.push("descriptions stand in the text: LINE has none".to_owned());
    }
    let short = choices.options.iter().zip(labels).filter(|(option, label)| option.title != **label);
    notes.extend(short.map(|(option, label)| format!("`{}` is shortened to `{label}`", option.title)));
    notes
}
