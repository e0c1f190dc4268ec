//! Options: buttons, a list, a link, or a numbered text where none of these can carry them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trunkline_sdk::outbound::{self, refuse};
use trunkline_sdk::prelude::*;

use super::Draft;
use super::content::{UNIT, pieces};

/// Of the question, wherever there are buttons.
const BODY_UNITS_MAX: usize = 1_024;
const BODY_TOO_LONG: &str = "the text above buttons has at most 1024 characters";
const BUTTONS_MAX: usize = 3;
/// Of the title of a button, of one that is a link, and of the one that opens a list.
const BUTTON_UNITS_MAX: usize = 20;
const BUTTON_ID_UNITS_MAX: usize = 256;
/// Of all sections together.
const ROWS_MAX: usize = 10;
const ROW_UNITS_MAX: usize = 24;
const ROW_DESCRIPTION_UNITS_MAX: usize = 72;
const ROW_ID_UNITS_MAX: usize = 200;
/// What opens a list whose label is not given: WhatsApp insists on one.
const LABEL_DEFAULT: &str = "Options";

/// The options in the best form that can carry them all.
pub fn drafts(part: usize, choices: &Choices, group: bool) -> Result<Vec<Draft>, Failure> {
    let missing = |what: String| Err(refuse("missing", format!("part {part}: {what}")));
    if choices.options.is_empty() {
        return missing("there are no options".to_owned());
    }
    if choices.text.trim().is_empty() {
        return missing("the options have no text above them".to_owned());
    }
    for (index, option) in choices.options.iter().enumerate() {
        if option.title.trim().is_empty() {
            return missing(format!("option {index} has no title"));
        }
        if option.url.is_none() && option.id.is_empty() {
            return missing(format!("option {index} has no id"));
        }
    }
    Ok(match rendering(choices, group) {
        Rendering::Buttons => vec![interactive(part, buttons(choices))],
        Rendering::List => vec![list(part, choices)],
        Rendering::Link(url) => vec![link(part, choices, url)],
        Rendering::Numbered(why) => numbered(part, choices, why),
    })
}

enum Rendering<'a> {
    Buttons,
    List,
    /// One link.
    Link(&'a str),
    /// A text, and why.
    Numbered(&'static str),
}

fn rendering(choices: &Choices, group: bool) -> Rendering<'_> {
    let options = &choices.options;
    let links = options.iter().filter(|option| option.url.is_some()).count();
    if group {
        return Rendering::Numbered("WhatsApp has no buttons in groups");
    }
    if UNIT.length(&choices.text) > BODY_UNITS_MAX {
        return Rendering::Numbered(BODY_TOO_LONG);
    }
    if let ([option], Some(url)) = (options.as_slice(), options[0].url.as_deref()) {
        return if UNIT.length(option.title.trim()) > BUTTON_UNITS_MAX {
            Rendering::Numbered("the title of a link has at most 20 characters")
        } else if UNIT.length(&link_body(choices, option)) > BODY_UNITS_MAX {
            Rendering::Numbered(BODY_TOO_LONG)
        } else if !url.starts_with("https://") && !url.starts_with("http://") {
            Rendering::Numbered("a button opens nothing but web pages")
        } else {
            Rendering::Link(url)
        };
    }
    if links > 0 {
        return Rendering::Numbered("a link cannot stand beside other buttons");
    }
    if fits_buttons(options) {
        return Rendering::Buttons;
    }
    match why_no_list(options) {
        None => Rendering::List,
        Some(why) => Rendering::Numbered(why),
    }
}

fn fits_buttons(options: &[ChoiceOption]) -> bool {
    options.len() <= BUTTONS_MAX
        && unique(options.iter().map(|option| option.id.as_str()))
        && unique(options.iter().map(|option| option.title.trim()))
        && options.iter().all(|option| {
            description(option).is_none()
                && UNIT.length(option.title.trim()) <= BUTTON_UNITS_MAX
                && UNIT.length(&option.id) <= BUTTON_ID_UNITS_MAX
        })
}

fn why_no_list(options: &[ChoiceOption]) -> Option<&'static str> {
    let longer = |most: usize, text: fn(&ChoiceOption) -> &str| {
        options.iter().any(|option| UNIT.length(text(option)) > most)
    };
    if options.len() > ROWS_MAX {
        Some("a list has at most 10 options")
    } else if longer(ROW_UNITS_MAX, |option| option.title.trim()) {
        Some("the title of an option has at most 24 characters")
    } else if longer(ROW_DESCRIPTION_UNITS_MAX, |option| description(option).unwrap_or_default()) {
        Some("the description of an option has at most 72 characters")
    } else if longer(ROW_ID_UNITS_MAX, |option| &option.id) {
        Some("the id of an option has at most 200 characters")
    } else if !unique(options.iter().map(|option| option.id.as_str())) {
        Some("two options have the same id")
    } else {
        None
    }
}

fn unique<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = BTreeSet::new();
    let mut texts = texts;
    texts.all(|text| seen.insert(text))
}

fn description(option: &ChoiceOption) -> Option<&str> {
    option.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn interactive(part: usize, content: Value) -> Draft {
    Draft::new(part, "interactive", content)
}

fn buttons(choices: &Choices) -> Value {
    let button = |option: &ChoiceOption| json!({ "type": "reply", "reply": { "id": option.id, "title": option.title.trim() } });
    let buttons: Vec<_> = choices.options.iter().map(button).collect();
    json!({ "type": "button", "body": { "text": choices.text }, "action": { "buttons": buttons } })
}

fn list(part: usize, choices: &Choices) -> Draft {
    let rows = choices.options.iter().map(|option| {
        let mut row = json!({ "id": option.id, "title": option.title.trim() });
        if let Some(description) = description(option) {
            row["description"] = json!(description);
        }
        row
    });
    let label = choices.label.as_deref().map(str::trim).filter(|label| !label.is_empty());
    let label = label.unwrap_or(LABEL_DEFAULT);
    let shown = shortened(label, BUTTON_UNITS_MAX);
    let action = json!({ "button": shown, "sections": [{ "rows": rows.collect::<Vec<_>>() }] });
    let draft =
        interactive(part, json!({ "type": "list", "body": { "text": choices.text }, "action": action }));
    if shown == label {
        return draft;
    }
    draft.degraded(format!("the label has at most {BUTTON_UNITS_MAX} characters: shortened to `{shown}`"))
}

fn link(part: usize, choices: &Choices, url: &str) -> Draft {
    let option = &choices.options[0];
    let parameters = json!({ "display_text": option.title.trim(), "url": url });
    let draft = interactive(
        part,
        json!({
            "type": "cta_url",
            "body": { "text": link_body(choices, option) },
            "action": { "name": "cta_url", "parameters": parameters },
        }),
    );
    match description(option) {
        Some(_) => draft.degraded("a link has no description: it stands in the text"),
        None => draft,
    }
}

fn link_body(choices: &Choices, option: &ChoiceOption) -> String {
    match description(option) {
        Some(description) => format!("{}\n{description}", choices.text.trim_end()),
        None => choices.text.clone(),
    }
}

/// The answers go with the last message, which the contact answers.
fn numbered(part: usize, choices: &Choices, why: &str) -> Vec<Draft> {
    let numbered = outbound::numbered(choices);
    let mut drafts = pieces(part, &numbered.text);
    drafts[0].degraded.insert(0, format!("{why}: the options are a numbered text"));
    let answers = choices.options.iter().any(|option| option.url.is_none());
    if let Some(last) = drafts.last_mut()
        && answers
    {
        last.attributes.push((outbound::ANSWERS.to_owned(), numbered.answers));
    }
    drafts
}

/// At most so many units, with `…` where something is missing.
fn shortened(text: &str, units_max: usize) -> String {
    if UNIT.length(text) <= units_max {
        return text.to_owned();
    }
    let mut short = text.to_owned();
    while UNIT.length(&short) >= units_max {
        short.pop();
    }
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_text_keeps_whole_letters() {
        for (text, expected) in [
            ("exactly twenty chars", "exactly twenty chars"),
            ("one more than twenty.", "one more than twent…"),
            ("a blank before the cut", "a blank before the…"),
            ("eighteen letters: 😀😀", "eighteen letters:…"),
        ] {
            let short = shortened(text, BUTTON_UNITS_MAX);
            assert!(UNIT.length(&short) <= BUTTON_UNITS_MAX, "{short}");
            assert_eq!(short, expected, "{text}");
        }
    }
}
