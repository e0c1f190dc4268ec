//! `trunkline explain`

use std::path::Path;

use serde_json::Value;

use super::client;
use crate::config::Source;
use crate::failure::Failure;
use crate::text;

/// Characters of a value in a line.
const VALUE_CHARACTERS_MAX: usize = 100;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// An event (`evt_…`), a ticket (`tkt_…`) or a contact (`con_…`).
    subject: String,
    /// At most so many entries of the desk's log.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
    limit: u16,
    /// Only entries after this one: to read on.
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Print JSON, one entry a line.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let base = client::base_url(config.listen);
    let subject = &arguments.subject;
    if !subject.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return Err(Failure::new(format!("`{}` is no id of anything", text::plain(subject)))
            .hint("`trunkline events` lists events; `GET /v1/tickets` tickets"));
    }
    let after = arguments.after.map(|after| format!("&after={after}")).unwrap_or_default();
    let url = format!("{base}/v1/explain/{subject}?limit={}{after}", arguments.limit);
    let answer = client::get(&url, config.api_token.as_deref()).await?;
    for entry in answer["entries"].as_array().into_iter().flatten() {
        match arguments.json {
            true => println!("{entry}"),
            false => println!("{}", lines(entry).join("\n")),
        }
    }
    if let Some(next) = answer["next_after"].as_u64() {
        anstream::eprintln!("there is more: `--after {next}`");
    }
    Ok(())
}

/// An entry: what happened, and below it why.
fn lines(entry: &Value) -> Vec<String> {
    let (number, at) = (&entry["number"], entry["at"].as_str().unwrap_or_default());
    let mut lines = vec![format!("#{number} {at} {}", what(&entry["what"]))];
    for (name, reasons) in entry["why"].as_object().into_iter().flatten() {
        lines.push(format!("  {name}"));
        for reason in reasons.as_array().into_iter().flatten() {
            tell(reason, 4, &mut lines);
        }
    }
    lines
}

fn what(what: &Value) -> String {
    let kind = what["entry"].as_str().unwrap_or_default();
    match kind {
        "heard" => {
            let said = what["what"]["message"]["text"].as_str().map(|text| format!(": {}", short(text)));
            let event = what["event"].as_str().unwrap_or_default();
            let on = text::plain(what["connection"].as_str().unwrap_or_default());
            format!("heard {event} on {on}{}", said.unwrap_or_default())
        }
        "asked" => {
            let by = text::plain(what["by"].as_str().unwrap_or_default());
            format!("{by} asked: {}", what["command"]["command"].as_str().unwrap_or_default())
        }
        kind => text::plain(kind),
    }
}

/// A reason, a line for each value that says something, indented as it is nested.
fn tell(reason: &Value, indent: usize, lines: &mut Vec<String>) {
    let space = " ".repeat(indent);
    match reason {
        Value::Object(members) => {
            let plain: Vec<String> = members
                .iter()
                .filter(|(_, value)| !value.is_object() && !value.is_array() && !value.is_null())
                .map(|(name, value)| format!("{name} {}", scalar(value)))
                .collect();
            if !plain.is_empty() {
                lines.push(format!("{space}{}", plain.join(", ")));
            }
            for (name, value) in members.iter().filter(|(_, value)| value.is_object() || value.is_array()) {
                let empty = value.as_array().is_some_and(Vec::is_empty)
                    || value.as_object().is_some_and(serde_json::Map::is_empty);
                if !empty {
                    lines.push(format!("{space}{name}"));
                    tell(value, indent + 2, lines);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| tell(item, indent, lines)),
        Value::Null => {}
        value => lines.push(format!("{space}{}", scalar(value))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => short(text),
        value => value.to_string(),
    }
}

fn short(text: &str) -> String {
    let mut short: String = text::plain(text).chars().take(VALUE_CHARACTERS_MAX).collect();
    if text.chars().nth(VALUE_CHARACTERS_MAX).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_is_told_with_its_reasons() {
        let entry = json!({
            "number": 7, "at": "2026-11-22T17:00:00.000Z",
            "what": { "entry": "heard", "event": "evt_1", "connection": "shop",
                      "what": { "message": { "text": "Hello\u{1b}[31m?" } } },
            "why": { "ticket": [{ "is": "new", "ticket": 7 }],
                     "flow": [{ "flow": "welcome", "trace": { "candidates": [{ "flow": "welcome", "looked": null }] } }] }
        });
        let lines = lines(&entry);
        assert!(lines[0].starts_with("#7 2026-11-22T17:00:00.000Z heard evt_1 on shop: Hello"), "{lines:?}");
        assert!(!lines[0].contains('\u{1b}'), "nothing that a terminal would obey");
        assert_eq!(
            lines[1..],
            [
                "  ticket",
                "    is new, ticket 7",
                "  flow",
                "    flow welcome",
                "    trace",
                "      candidates",
                "        flow welcome",
            ]
        );
    }
}
