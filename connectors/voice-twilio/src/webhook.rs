//! Which report a webhook is, and what Twilio is to do next.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::form::Form;
use trunkline_sdk::prelude::*;
use trunkline_sdk::twilio::ACCOUNT_SID;

use crate::call::{self, Parties};
use crate::menu::{Menu, START};
use crate::place::{Place, Report};
use crate::{input, recording, step};

/// The events of verified fields, and the response to them.
pub fn answer(form: &Form, request: &Request, context: &Context) -> Received {
    let mut fields = Fields::new(form);
    let kept = fields.json();
    let place = Place::of(request.query());
    let nothing = |events| Ok(Answer { response: Response::empty(204), events });
    let Some(parties) = Parties::take(&mut fields) else {
        return nothing(vec![other(kept, context)]);
    };
    let status = fields.peek("CallStatus").unwrap_or_default().to_owned();
    let say = |menu: &Menu, next: Option<&str>, events| {
        Ok(Answer { response: step::response(menu, next, &place, request, context), events })
    };
    let after = |menu: &Menu| menu.step(&place.step).and_then(|step| step.then.clone());
    let or_kept = |event: Option<Event>| vec![event.unwrap_or_else(|| other(kept.clone(), context))];
    match place.report {
        None if is_progress(&fields, &status) => nothing(call::events(&parties, &status, fields)),
        None => {
            let menu = Menu::of(context)?;
            let events = call::events(&parties, &status, fields);
            say(&menu, Some(START), events)
        }
        Some(Report::Input) => {
            let menu = Menu::of(context)?;
            let (event, next) = input::taken(&menu, &place, &parties, fields);
            say(&menu, next.as_deref(), event.into_iter().collect())
        }
        Some(report @ (Report::Dialed | Report::Queued)) => {
            let menu = Menu::of(context)?;
            let (event, talked) = ended(report, &place, &parties, fields);
            // Whoever has talked with somebody has what they called for.
            say(&menu, after(&menu).filter(|_| !talked).as_deref(), vec![event])
        }
        Some(Report::Recorded) => {
            let menu = Menu::of(context)?;
            let event = recording::message(&parties, fields);
            say(&menu, after(&menu).as_deref(), event.into_iter().collect())
        }
        Some(Report::Recording) => nothing(or_kept(recording::message(&parties, fields))),
        Some(Report::Transcript) => nothing(or_kept(recording::transcript(&parties, fields))),
    }
}

/// Whether it only tells what became of a call. At the URL of a number both come: the question what to do, and, where
/// the same URL is given for statuses, these.
fn is_progress(fields: &Fields, status: &str) -> bool {
    let told = ["CallbackSource", "SequenceNumber", "CallDuration"].iter().any(|name| fields.has(name));
    told || matches!(status, "completed" | "busy" | "failed" | "no-answer" | "canceled")
}

/// How a call to somebody else, or waiting in a queue, ended, and whether the caller has talked with somebody. The number of
/// the request keeps two of one call apart.
fn ended(report: Report, place: &Place, parties: &Parties, mut fields: Fields) -> (Event, bool) {
    fields.take("CallStatus");
    let (prefix, result) = match report {
        Report::Dialed => ("dial", fields.take("DialCallStatus")),
        _ => ("queue", fields.take("QueueResult")),
    };
    let result = result.unwrap_or_else(|| "unknown".to_owned()).replace([' ', '-'], "_");
    let talked = matches!(result.as_str(), "completed" | "answered" | "bridged");
    let name: String = format!("{prefix}_{result}").chars().take(64).collect();
    let call = PhoneCall {
        id: parties.call_sid.clone(),
        inbound: parties.inbound,
        state: CallState::Other(name.clone()),
        duration_ms: None,
    };
    let id = format!("{}:{}:{name}", parties.call_sid, place.number);
    (parties.event(id, EventKind::PhoneCall(call), &fields), talked)
}

/// What is no report of a call: kept as it is.
pub fn other(payload: String, context: &Context) -> Event {
    let account = context.setting(ACCOUNT_SID).unwrap_or_default();
    let id = signature::content_id("webhook", &[account, &payload]);
    Event::new(id, account, EventKind::Other(Opaque { name: "webhook".to_owned(), payload }))
}
