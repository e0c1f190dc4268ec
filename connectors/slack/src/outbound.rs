//! Messages to a person, a channel or a thread: <https://docs.slack.dev/reference/methods/chat.postMessage/>, read 2026-07.

mod attachment;
mod choices;
mod draft;
mod native;
mod place;
mod signal;
mod words;

use serde_json::{Value, json};
use trunkline_sdk::outbound::{refuse, unsupported};
use trunkline_sdk::prelude::*;

use crate::address::message_id;
use crate::api::{self, Answer, Effect};
use crate::wire::{Named, filled, parse};
use attachment::Upload;
use draft::{Draft, texts};
use place::Place;
use signal::Signal;

/// The host gives 32 rounds. The last one only tells the end, and a direct conversation may have to be opened.
const CALLS_MAX: usize = 30;
/// Of one upload: where to, the bytes, and the message.
const UPLOAD_CALLS: usize = 3;

/// What is done for a part.
enum Step<'a> {
    /// A message, in one call.
    Message(Draft),
    /// A file.
    Upload(Upload<'a>),
    /// A call that writes nothing.
    Signal(Signal),
}

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let mut place = Place::of(message)?;
    let steps = steps(message, &mut place)?;
    let now = context.now;
    let mut calls = Calls::new(context);
    let mut channel = place.channel.clone();
    if place.is_person() && steps.iter().any(|step| matches!(step, Step::Upload(_))) {
        // Messages find a person's conversation by themselves, files do not.
        let open = api::call("conversations.open", &json!({ "users": channel })).repeatable();
        let answer = api::accepted(calls.make(open)?, Effect::Harmless, now)?;
        let opened = answer.channel.and_then(parse::<Named>).and_then(|channel| channel.id);
        channel = opened.map(String::from).ok_or_else(|| unreadable("conversations.open"))?;
    }
    let mut sent = Vec::new();
    for step in &steps {
        let outcome = match step {
            Step::Message(draft) => post(&mut calls, draft, &channel, &place, now),
            Step::Upload(upload) => upload.send(&mut calls, &channel, &place, now).map(Some),
            Step::Signal(signal) => signal.send(&mut calls, now).map(|()| None),
        };
        match outcome {
            Ok(receipt) => sent.extend(receipt),
            Err(Unfinished::Call(call)) => return Err(Unfinished::Call(call)),
            Err(Unfinished::Failed(failure)) => {
                return Err(Unfinished::Failed(SendFailure { failure, receipts: sent }));
            }
        }
    }
    Ok(sent)
}

fn unreadable(method: &str) -> Failure {
    let message = Some(format!("the answer of `{method}` lacks what it is asked for"));
    Failure { reason: FailureReason::Other, code: None, message }
}

/// The whole message in the order of its parts, checked.
fn steps<'a>(message: &'a Outgoing, place: &mut Place) -> Result<Vec<Step<'a>>, Failure> {
    let mut steps = Vec::new();
    let mut subject = message.subject.as_deref().filter(|subject| !subject.trim().is_empty());
    for (index, part) in message.parts.iter().enumerate() {
        let new = of_part(message, place, index, part)?;
        let writes = !matches!(new.first(), Some(Step::Signal(_)));
        if let Some(subject) = subject.take_if(|_| writes) {
            let note = "the subject is a message of its own: Slack has none";
            steps.extend(texts(index, subject)?.into_iter().map(|draft| Step::Message(draft.degraded(note))));
        }
        steps.extend(new);
    }
    let calls = |step: &Step| if matches!(step, Step::Upload(_)) { UPLOAD_CALLS } else { 1 };
    let count: usize = steps.iter().map(calls).sum();
    if steps.is_empty() {
        return Err(refuse("missing", "the message has no parts"));
    }
    if subject.is_some() {
        return Err(refuse("unsupported", "Slack has no subject, and there is no message to put it before"));
    }
    if count > CALLS_MAX {
        let what = format!("the message needs {count} calls, at most {CALLS_MAX}: send it in pieces");
        return Err(refuse("too_many", what));
    }
    note_on_reply(&mut steps, place);
    Ok(steps)
}

fn of_part<'a>(
    message: &'a Outgoing,
    place: &Place,
    index: usize,
    part: &'a OutgoingPart,
) -> Result<Vec<Step<'a>>, Failure> {
    let drafts = match part {
        OutgoingPart::Text(text) => texts(index, text)?,
        OutgoingPart::Media(media) => return attachment::steps(index, media),
        OutgoingPart::Location(location) => words::location(index, location)?,
        OutgoingPart::Contacts(cards) => words::contacts(index, cards)?,
        OutgoingPart::Choices(choices) => choices::drafts(index, choices)?,
        OutgoingPart::Native(opaque) => vec![native::draft(index, opaque, message)?],
        OutgoingPart::Reaction(reaction) => {
            return Ok(vec![Step::Signal(signal::reaction(index, reaction)?)]);
        }
        OutgoingPart::Typing => return Ok(vec![Step::Signal(signal::typing(index, place)?)]),
        OutgoingPart::Html(_) => return Err(unsupported(index, "HTML: send a text")),
        OutgoingPart::Template(_) => return Err(unsupported(index, "templates: send a text")),
        OutgoingPart::Read(_) => return Err(unsupported(index, "read marks of an app")),
    };
    Ok(drafts.into_iter().map(Step::Message).collect())
}

/// Says on the first message what became of `reply_to`.
fn note_on_reply(steps: &mut [Step], place: &mut Place) {
    let Some(note) = place.note.take() else { return };
    for step in steps {
        let degraded = match step {
            Step::Message(draft) => &mut draft.degraded,
            Step::Upload(upload) => &mut upload.degraded,
            Step::Signal(_) => continue,
        };
        return degraded.push(note.to_owned());
    }
}

/// One message. No receipt where nothing can be referred to.
fn post(
    calls: &mut Calls,
    draft: &Draft,
    channel: &str,
    place: &Place,
    now: u64,
) -> Result<Option<Receipt>, Unfinished<Failure>> {
    let call = api::call(draft.method, &draft.arguments(channel, place.thread_ts.as_deref()));
    let effect = if draft.repeatable { Effect::Harmless } else { Effect::Writes };
    let call = if draft.repeatable { call.repeatable() } else { call };
    let answer = api::accepted(calls.make(call)?, effect, now)?;
    Ok(id(draft, &answer, channel).map(|id| draft.receipt(id)))
}

fn id(draft: &Draft, answer: &Answer, channel: &str) -> Option<String> {
    // A modal, or nothing any more.
    if matches!(draft.method, "views.open" | "chat.delete") {
        return None;
    }
    if let Some(scheduled) = filled(&answer.scheduled_message_id) {
        return Some(scheduled.to_owned());
    }
    let ts = filled(&answer.ts).or(filled(&answer.message_ts))?;
    // A person's conversation has a channel of its own, which only the answer tells.
    let told: Option<String> =
        answer.channel.and_then(|raw| parse::<Value>(raw)?.as_str().map(str::to_owned));
    Some(message_id(Some(told.as_deref().filter(|told| !told.is_empty()).unwrap_or(channel)), ts))
}
