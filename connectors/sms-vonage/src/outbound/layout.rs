//! From parts to messages: what stands before them, and what is too long for one.

use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends};

use super::draft::{Draft, Step};
use super::peers::Peers;

/// What `31/31 ` takes before a piece.
const NUMBER_UNITS_MAX: usize = 6;
const SMS_UNITS_MAX: usize = 3_200;
const WHATSAPP_UNITS_MAX: usize = 4_096;

/// The messages as they will be sent.
pub fn laid_out(mut steps: Vec<Step>, message: &Outgoing, peers: &Peers) -> Result<Vec<Step>, Failure> {
    if let Some(subject) = message.subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty()) {
        add_subject(&mut steps, subject);
    }
    let first = steps.iter_mut().find_map(|step| match step {
        Step::Message(draft) => Some(draft),
        Step::Seen { .. } => None,
    });
    if let (Some(draft), Some(_)) = (first, &message.reply_to) {
        // A reaction names its message itself.
        if peers.is_whatsapp() && !draft.fields.contains_key("context") {
            draft.quotes = true;
        } else if !peers.is_whatsapp() {
            draft.degraded.push("not shown as an answer to the message quoted".to_owned());
        }
    }
    let mut parted = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Message(draft) => parted.extend(pieces(draft, peers).into_iter().map(Step::Message)),
            seen => parted.push(seen),
        }
    }
    Ok(parted)
}

/// As the first line of the first text, or as a text of its own before what has none.
fn add_subject(steps: &mut Vec<Step>, subject: &str) {
    const NOTE: &str = "the subject as first line";
    let Some(at) = steps.iter().position(|step| matches!(step, Step::Message(_))) else { return };
    match &mut steps[at] {
        Step::Message(draft) if !draft.text.is_empty() => {
            draft.text = format!("{subject}\n{}", draft.text);
            draft.degraded.insert(0, NOTE.to_owned());
        }
        Step::Message(Draft { part, .. }) => {
            let draft = Draft::text(*part, subject).noting(NOTE);
            steps.insert(at, Step::Message(draft));
        }
        Step::Seen { .. } => {}
    }
}

/// Carriers may deliver several SMS in another order, so that those say which one they are.
fn pieces(mut draft: Draft, peers: &Peers) -> Vec<Draft> {
    // Of other channels the limit is Vonage's to say.
    let units_max = match &*peers.channel {
        "sms" => SMS_UNITS_MAX,
        "whatsapp" => WHATSAPP_UNITS_MAX,
        _ => usize::MAX,
    };
    if Unit::Utf16.length(&draft.text) <= units_max {
        return vec![draft];
    }
    let pieces = at_word_ends(&draft.text, units_max - NUMBER_UNITS_MAX, Unit::Utf16);
    let count = pieces.len();
    let mut drafts: Vec<Draft> = pieces
        .into_iter()
        .enumerate()
        .map(|(at, piece)| {
            let piece = if peers.is_sms() { format!("{}/{count} {piece}", at + 1) } else { piece };
            Draft::text(draft.part, piece)
        })
        .collect();
    if let Some(first) = drafts.first_mut() {
        first.quotes = draft.quotes;
        first.degraded = std::mem::take(&mut draft.degraded);
        first.degraded.push(format!("split into {count} messages: one takes {units_max} characters"));
    }
    // The options of a list come last.
    if let Some(last) = drafts.last_mut() {
        last.attributes = draft.attributes;
    }
    drafts
}
