//! From parts to messages: what stands before them, what goes together, what is too long for one.

use trunkline_sdk::prelude::*;
use trunkline_sdk::split::{Unit, at_word_ends};

use super::BODY_UNITS_MAX;
use super::attachment::{MMS_BYTES_MAX, MMS_ITEMS_MAX};
use super::draft::{Draft, Step};
use super::peers::Peers;

/// What `31/31 ` takes before a piece.
const NUMBER_UNITS_MAX: usize = 6;

/// How Twilio is taken to count.
pub fn units(text: &str) -> usize {
    Unit::Utf16.length(text)
}

/// The messages as they will be sent.
pub fn laid_out(mut steps: Vec<Step>, message: &Outgoing, peers: &Peers) -> Result<Vec<Step>, Failure> {
    if let Some(subject) = message.subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty()) {
        add_subject(&mut steps, subject)?;
    }
    let first = steps.iter_mut().find_map(|step| match step {
        Step::Message(draft) => Some(draft),
        Step::Typing { .. } => None,
    });
    if let (Some(draft), Some(_)) = (first, &message.reply_to) {
        draft.degraded.push("not shown as an answer to the message quoted".to_owned());
    }
    if peers.is_sms() {
        steps = together(steps);
    }
    let mut parted = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            Step::Message(draft) => parted.extend(split(draft, peers).into_iter().map(Step::Message)),
            typing => parted.push(typing),
        }
    }
    Ok(parted)
}

/// As the first line of the first text, or as a text of its own before what has none.
fn add_subject(steps: &mut Vec<Step>, subject: &str) -> Result<(), Failure> {
    const NOTE: &str = "the subject as first line";
    let first = steps.iter().position(|step| matches!(step, Step::Message(_)));
    let Some((at, Step::Message(draft))) = first.and_then(|at| Some((at, steps.get_mut(at)?))) else {
        let what = "a subject needs a text";
        return Err(trunkline_sdk::outbound::refuse("missing", what));
    };
    if draft.fields.is_empty() && !draft.body.is_empty() {
        draft.body = format!("{subject}\n{}", draft.body);
        draft.degraded.insert(0, NOTE.to_owned());
    } else {
        let draft = Draft { open: true, ..Draft::text(draft.part, subject) }.noting(NOTE);
        steps.insert(at, Step::Message(draft));
    }
    Ok(())
}

/// A text and the files after it are one MMS, as it would be written on a telephone.
fn together(steps: Vec<Step>) -> Vec<Step> {
    let mut joined: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        match (joined.last_mut(), step) {
            (Some(Step::Message(before)), Step::Message(after)) if fits(before, &after) => {
                before.caption_units_max = after.caption_units_max;
                before.media.extend(after.media);
                before.degraded.extend(after.degraded);
            }
            (_, step) => joined.push(step),
        }
    }
    joined
}

fn fits(before: &Draft, after: &Draft) -> bool {
    let media = || before.media.iter().chain(&after.media);
    before.open
        && after.open
        && !after.media.is_empty()
        && after.body.is_empty()
        && units(&before.body) <= after.caption_units_max
        && media().count() <= MMS_ITEMS_MAX
        && media().map(|attachment| attachment.size).fold(0, u64::saturating_add) <= MMS_BYTES_MAX
}

/// A long text in pieces; a caption that is too long, or that the channel does not show, before its file.
fn split(mut draft: Draft, peers: &Peers) -> Vec<Draft> {
    let units_max = if draft.media.is_empty() { BODY_UNITS_MAX } else { draft.caption_units_max };
    if units(&draft.body) <= units_max || !draft.fields.is_empty() {
        return vec![draft];
    }
    if draft.media.is_empty() {
        return pieces(draft, peers);
    }
    let mut drafts = pieces(Draft::text(draft.part, std::mem::take(&mut draft.body)), peers);
    drafts.push(draft.noting("the caption as a message of its own"));
    drafts
}

/// Carriers may deliver several SMS in another order, so that those say which one they are.
fn pieces(draft: Draft, peers: &Peers) -> Vec<Draft> {
    if units(&draft.body) <= BODY_UNITS_MAX {
        return vec![draft];
    }
    let pieces = at_word_ends(&draft.body, BODY_UNITS_MAX - NUMBER_UNITS_MAX, Unit::Utf16);
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
        first.degraded = draft.degraded;
        first.degraded.push(format!("split into {count} messages: one takes {BODY_UNITS_MAX} characters"));
    }
    // The options of a list come last.
    if let Some(last) = drafts.last_mut() {
        last.attributes = draft.attributes;
    }
    drafts
}
