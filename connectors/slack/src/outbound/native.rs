//! Parts in Slack's own notation: a method that writes, by its name, with its arguments as JSON.

use serde_json::{Value, json};
use trunkline_sdk::outbound::{address, attribute, refuse};
use trunkline_sdk::prelude::*;

use super::draft::Draft;

/// Methods, and whether a second call does nothing more.
const METHODS: [(&str, bool); 6] = [
    ("chat.postMessage", false),
    ("chat.postEphemeral", false),
    ("chat.scheduleMessage", false),
    ("chat.update", true),
    ("chat.delete", false),
    ("views.open", false),
];

/// The call, with what it lacks of what is known: the channel, the thread, the person, the trigger.
pub fn draft(part: usize, opaque: &Opaque, message: &Outgoing) -> Result<Draft, Failure> {
    let wrong = |what: String| refuse("unsupported", format!("part {part}: {what}"));
    let Some((method, repeatable)) = METHODS.iter().find(|(method, _)| *method == opaque.name) else {
        let names: Vec<&str> = METHODS.iter().map(|(method, _)| *method).collect();
        return Err(wrong(format!("`{}` is none of {}", opaque.name, names.join(", "))));
    };
    let mut body: Value = serde_json::from_str(&opaque.payload)
        .map_err(|error| wrong(format!("no JSON, line {} column {}", error.line(), error.column())))?;
    let Some(arguments) = body.as_object_mut() else {
        return Err(wrong("the arguments of a method are a JSON object".to_owned()));
    };
    // A message goes to whom it is addressed to; an older one stands where it stands.
    let elsewhere = arguments.contains_key("channel") && !matches!(*method, "chat.update" | "chat.delete");
    if elsewhere {
        return Err(wrong("the channel is that of the message: leave `channel` out".to_owned()));
    }
    let known = match *method {
        "chat.postEphemeral" => Some(("user", address(message, &IdentifierScheme::Id))),
        "views.open" => Some(("trigger_id", attribute(message, "trigger_id"))),
        _ => None,
    };
    if let Some((name, value)) = known
        && !arguments.contains_key(name)
    {
        let value = value.ok_or_else(|| refuse("missing", format!("part {part}: `{name}` is not known")))?;
        arguments.insert(name.to_owned(), json!(value));
    }
    Ok(Draft { repeatable: *repeatable, ..Draft::of_method(part, method, body) })
}
