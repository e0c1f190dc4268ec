//! The TwiML of a step.

use trunkline_sdk::prelude::*;

use crate::menu::{Gather, Menu, Record, Step};
use crate::place::{Place, REQUESTS_MAX, Report};
use crate::twiml::Twiml;

/// Steps that only speak follow each other in one answer, so many at most: a circle ends.
const STEPS_AT_ONCE: usize = 10;

/// What a caller hears at the step of that name. After too many requests, or where there is no such step, the call ends.
pub fn response(
    menu: &Menu,
    name: Option<&str>,
    place: &Place,
    request: &Request,
    context: &Context,
) -> Response {
    let mut twiml = Twiml::default();
    let mut next = name.filter(|_| place.number < REQUESTS_MAX);
    for _ in 0..STEPS_AT_ONCE {
        let Some((name, step)) = next.and_then(|name| Some((name, menu.step(name)?))) else { break };
        if acted(&mut twiml, step, |report| place.url(request, report, name), context) {
            return twiml.response();
        }
        next = step.then.as_deref();
    }
    twiml.element("Hangup", &[], "");
    twiml.response()
}

/// Writes a step. Whether Twilio asks again, or does not take the call: what stands after that is not reached.
fn acted(twiml: &mut Twiml, step: &Step, url: impl Fn(Report) -> String, context: &Context) -> bool {
    if let Some(reason) = &step.reject {
        twiml.element("Reject", &[("reason", reason)], "");
        return true;
    }
    if let Some(gather) = &step.gather {
        let mut inside = Twiml::default();
        spoken(&mut inside, step, context);
        asked(twiml, gather, &inside, &url(Report::Input), context);
        return true;
    }
    spoken(twiml, step, context);
    if let Some(number) = &step.dial {
        twiml.element("Dial", &[("action", &url(Report::Dialed)), ("method", "POST")], number);
    } else if let Some(queue) = &step.enqueue {
        twiml.element("Enqueue", &[("action", &url(Report::Queued)), ("method", "POST")], queue);
    } else if let Some(record) = &step.record {
        recorded(twiml, record, &url(Report::Recorded), (&url(Report::Recording), &url(Report::Transcript)));
    } else {
        return false;
    }
    true
}

fn spoken(twiml: &mut Twiml, step: &Step, context: &Context) {
    if let Some(say) = &step.say {
        say_in(twiml, say, context);
    }
    if let Some(play) = &step.play {
        twiml.element("Play", &[], play);
    }
}

/// Speaks with the voice and in the language of the settings.
pub fn say_in(twiml: &mut Twiml, text: &str, context: &Context) {
    let setting = |name| context.setting(name).unwrap_or_default();
    twiml.element("Say", &[("voice", setting("voice")), ("language", setting("language"))], text);
}

fn asked(twiml: &mut Twiml, gather: &Gather, inside: &Twiml, action: &str, context: &Context) {
    let words = |name: &str| gather.input.split_whitespace().any(|word| word == name);
    let input = match (words("digits"), words("speech")) {
        (true, true) => "dtmf speech",
        (_, true) => "speech",
        _ => "dtmf",
    };
    let (digits, seconds) = (gather.digits.map(|digits| digits.to_string()), gather.seconds.to_string());
    let speech = if words("speech") { context.setting("language").unwrap_or_default() } else { "" };
    let attributes = [
        ("input", input),
        ("numDigits", digits.as_deref().unwrap_or_default()),
        ("timeout", &seconds),
        ("hints", &gather.hints),
        ("language", speech),
        // Else Twilio asks the same URL again, for ever.
        ("action", action),
        ("method", "POST"),
        // Silence is an answer as well.
        ("actionOnEmptyResult", "true"),
    ];
    twiml.nested("Gather", &attributes, inside);
}

fn recorded(twiml: &mut Twiml, record: &Record, action: &str, (recording, transcript): (&str, &str)) {
    let seconds = record.seconds_max.to_string();
    let mut attributes = vec![
        ("maxLength", seconds.as_str()),
        ("playBeep", "true"),
        ("action", action),
        ("method", "POST"),
        ("recordingStatusCallback", recording),
        ("recordingStatusCallbackMethod", "POST"),
    ];
    if record.transcribe {
        attributes.extend([("transcribe", "true"), ("transcribeCallback", transcript)]);
    }
    twiml.element("Record", &attributes, "");
}
