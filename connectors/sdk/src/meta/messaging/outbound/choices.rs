//! Something to choose from. Which form it takes:
//!
//! 1. up to 3 options below a short text: a template with buttons, links as `web_url`;
//! 2. else up to 13 answers, where no other bubble follows: quick replies, links in the text above;
//! 3. else a numbered list.
//!
//! Where a product puts quick replies first, buttons are left for links and for what is not last. Quick replies vanish
//! as soon as another bubble follows or one of them is chosen; buttons stay. Titles have 20 characters: longer ones
//! are cut, unless two would look alike, which makes a numbered list.

use serde_json::{Value, json};
use trunkline_model::{ChoiceOption, Choices, Failure};

use super::Sender;
use super::part::{Content, Piece, noted, texts};
use crate::meta::messaging::attachment::http;
use crate::outbound::{ANSWERS, numbered, refuse};
use crate::split::{self, Unit};

const BUTTONS_MAX: usize = 3;
const QUICK_REPLIES_MAX: usize = 13;
const TITLE_UNITS_MAX: usize = 20;
/// Which characters is not said: UTF-16 units are never fewer.
const UNIT: Unit = Unit::Utf16;
/// Not confirmed for quick replies; documented for buttons.
const PAYLOAD_UNITS_MAX: usize = 1_000;

/// `is_last`: no bubble follows.
pub(super) fn pieces<S: Sender>(
    index: usize,
    choices: &Choices,
    is_last: bool,
) -> Result<Vec<Piece>, Failure> {
    check(index, choices)?;
    let replies: Vec<&ChoiceOption> = choices.options.iter().filter(|option| option.url.is_none()).collect();
    let titles: Vec<String> = choices.options.iter().map(|option| shortened(&option.title)).collect();
    if let Some((at, _)) = titles.iter().enumerate().find(|(at, title)| titles[..*at].contains(title)) {
        let alike = titles.iter().position(|title| *title == titles[at]).unwrap_or_default();
        // Options that were alike from the start are the sender's wish.
        if choices.options[alike].title != choices.options[at].title {
            return listed::<S>(index, choices, "their titles look alike at 20 characters");
        }
    }
    let (text, mut notes) = described(choices);
    let fitting = choices.options.len() <= BUTTONS_MAX && UNIT.length(&text) <= S::BUTTON_TEXT_MAX;
    if fitting && (S::BUTTONS_FIRST || !is_last || replies.len() < choices.options.len()) {
        notes.extend(choices.options.iter().filter_map(title_note));
        let buttons: Vec<Value> = choices.options.iter().map(button).collect();
        let payload = S::buttons(&text, buttons);
        let piece =
            Piece::message(index, json!({ "attachment": { "type": "template", "payload": payload } }));
        return Ok(noted(vec![piece], &notes));
    }
    if replies.len() > QUICK_REPLIES_MAX {
        return listed::<S>(index, choices, &format!("{} has room for {QUICK_REPLIES_MAX}", S::NAME));
    }
    if !replies.is_empty() && !is_last {
        return listed::<S>(index, choices, "quick replies would vanish below the next part");
    }
    let text = with_links::<S>(text, choices, &mut notes);
    notes.extend(replies.iter().filter_map(|option| title_note(option)));
    let mut pieces = noted(texts::<S>(index, &text)?, &notes);
    if let Some(Piece { content: Content::Message(message), .. }) = pieces.last_mut()
        && !replies.is_empty()
    {
        message["quick_replies"] = replies.iter().map(|option| quick_reply(option)).collect();
    }
    Ok(pieces)
}

fn check(index: usize, choices: &Choices) -> Result<(), Failure> {
    let missing = |what: &str| Err(refuse("missing", format!("part {index}: {what}")));
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
            Some(url) if http(url).is_none() => return missing("the link of an option is not http or https"),
            None if option.id.is_empty() => return missing("an option has no id"),
            _ => {}
        }
        if UNIT.length(&option.id) > PAYLOAD_UNITS_MAX {
            let what = format!("part {index}: the id of an option is longer than 1,000 characters");
            return Err(refuse("too_long", what));
        }
    }
    Ok(())
}

/// The text, with the descriptions that neither buttons nor quick replies have room for.
fn described(choices: &Choices) -> (String, Vec<String>) {
    let mut text = choices.text.trim_end().to_owned();
    let mut notes = Vec::new();
    for option in &choices.options {
        let Some(description) = option.description.as_deref().filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        text += if notes.is_empty() { "\n\n" } else { "\n" };
        text += &format!("{}: {description}", option.title);
        notes = vec!["the descriptions of the options stand in the text".to_owned()];
    }
    (text, notes)
}

/// The text, with the links that quick replies cannot be.
fn with_links<S: Sender>(mut text: String, choices: &Choices, notes: &mut Vec<String>) -> String {
    let links = choices.options.iter().filter_map(|option| Some((&option.title, option.url.as_ref()?)));
    for (number, (title, url)) in links.enumerate() {
        text += if number == 0 { "\n\n" } else { "\n" };
        text += &format!("{title}: {url}");
        if number == 0 {
            notes.push(format!(
                "the links stand in the text: only up to {BUTTONS_MAX} options under a text of up to {} characters are \
                 buttons",
                S::BUTTON_TEXT_MAX
            ));
        }
    }
    text
}

fn listed<S: Sender>(index: usize, choices: &Choices, why: &str) -> Result<Vec<Piece>, Failure> {
    let list = numbered(choices);
    let note = format!("the options are sent as a numbered list: {why}");
    let mut pieces = noted(texts::<S>(index, &list.text)?, &[note]);
    if let Some(last) = pieces.last_mut() {
        last.attributes.push((ANSWERS.to_owned(), list.answers));
    }
    Ok(pieces)
}

fn button(option: &ChoiceOption) -> Value {
    let title = shortened(&option.title);
    match &option.url {
        Some(url) => json!({ "type": "web_url", "title": title, "url": url }),
        None => json!({ "type": "postback", "title": title, "payload": option.id }),
    }
}

fn quick_reply(option: &ChoiceOption) -> Value {
    json!({ "content_type": "text", "title": shortened(&option.title), "payload": option.id })
}

fn title_note(option: &ChoiceOption) -> Option<String> {
    let title = shortened(&option.title);
    (title != option.title).then(|| format!("the title `{}` is shortened to `{title}`", option.title))
}

/// At most 20 characters, the last one an ellipsis where something is cut off.
fn shortened(title: &str) -> String {
    split::shortened(title, TITLE_UNITS_MAX, UNIT).unwrap_or_else(|| title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_cut_between_characters() {
        for (title, expected) in [
            ("Yes", "Yes"),
            ("exactly twenty chars", "exactly twenty chars"),
            ("exactly twenty chars!", "exactly twenty char…"),
            ("a title with a blank at the cut", "a title with a blan…"),
            ("nineteen letters is this", "nineteen letters is…"),
            ("😀😀😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀😀…"),
        ] {
            let found = shortened(title);
            assert_eq!(found, expected);
            assert!(UNIT.length(&found) <= TITLE_UNITS_MAX, "{found}");
        }
    }
}
