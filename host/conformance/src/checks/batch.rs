//! A bad item in a batch leaves its neighbours alone.
//!
//! Which arrays of a body are batches is found by trying: where an item stands twice, its events come twice.

use serde_json::{Value, json};
use trunkline_cases::Case;
use trunkline_model::{Event, ReceiveStep, Request};

use super::garbage::resigned;
use crate::finding::{Finding, Findings, counted, told};
use crate::subject::Subject;

/// The part of the time in which batches are looked for.
const LOOKED_FOR: f64 = 0.4;

/// A batch in a case, and the events of the case.
struct Batch<'a> {
    name: &'a str,
    case: &'a Case,
    body: Value,
    /// A JSON pointer to the array.
    pointer: String,
    items: usize,
    events: Vec<Event>,
}

/// A batch with a bad item in it.
struct Trial<'a> {
    batch: &'a Batch<'a>,
    what: &'static str,
    item: Value,
    place: usize,
}

/// Items that are none.
fn bad_items() -> Vec<(&'static str, Value)> {
    vec![
        ("null", Value::Null),
        ("a number", json!(7)),
        ("a text", json!("x")),
        ("an empty object", json!({})),
        ("an array", json!([])),
        ("an object of an unknown type", json!({ "type": "made_up", "id": { "a": [null] }, "at": "never" })),
    ]
}

/// `isolation/batch`
pub fn isolation(subject: &Subject, findings: &mut Findings) {
    if subject.genuine().next().is_none() {
        return;
    }
    let batches = batches(subject, findings);
    if batches.is_empty() {
        return findings
            .skip("no case file has a batch: an array of items in JSON whose webhook can be signed anew");
    }
    let mut trials = Vec::new();
    for batch in &batches {
        for (what, item) in bad_items() {
            let places = if batch.items > 1 { vec![0, 1, batch.items] } else { vec![0, 1] };
            trials.extend(places.into_iter().map(|place| Trial { batch, what, item: item.clone(), place }));
        }
    }
    findings.note(counted(batches.len(), "batch", "batches"));
    findings.draw(
        trials,
        |trial| trial.what.to_owned(),
        |findings, trial| attempt(subject, findings, &trial),
    );
}

/// The batches of all cases. Finding them takes a call for each array.
fn batches<'a>(subject: &'a Subject, findings: &mut Findings) -> Vec<Batch<'a>> {
    let mut batches = Vec::new();
    let cases = subject.genuine().count();
    for (looked, (name, case)) in subject.genuine().enumerate() {
        if findings.is_over(LOOKED_FOR) && !batches.is_empty() {
            findings.note(format!("looked for in {looked} of {cases} cases"));
            break;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&case.request.body) else { continue };
        let Some(events) = events(subject, case, case.request.clone()) else { continue };
        for pointer in arrays(&body, String::new()) {
            let Some(items) = body.pointer(&pointer).and_then(Value::as_array) else { continue };
            let mut twice = body.clone();
            if let Some(array) = twice.pointer_mut(&pointer).and_then(Value::as_array_mut) {
                array.extend(items.last().cloned());
            }
            let doubled =
                signed(subject, case, &twice).and_then(|request| self::events(subject, case, request));
            if doubled.is_some_and(|doubled| doubled.len() > events.len() && holds(&doubled, &events)) {
                batches.push(Batch {
                    name,
                    case,
                    body: body.clone(),
                    pointer,
                    items: items.len(),
                    events: events.clone(),
                });
            }
        }
    }
    batches
}

/// Pointers to every array of objects.
fn arrays(value: &Value, pointer: String) -> Vec<String> {
    let step = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(name, value)| arrays(value, step(name))).collect()
        }
        Value::Array(items) => {
            let inside =
                items.iter().enumerate().flat_map(|(index, item)| arrays(item, step(&index.to_string())));
            let mut all: Vec<String> = inside.collect();
            if !items.is_empty() && items.iter().all(Value::is_object) {
                all.push(pointer.clone());
            }
            all
        }
        _ => Vec::new(),
    }
}

fn signed(subject: &Subject, case: &Case, body: &Value) -> Option<Request> {
    resigned(subject, case, body.to_string().into_bytes())
}

fn events(subject: &Subject, case: &Case, request: Request) -> Option<Vec<Event>> {
    match subject.receive(request, &case.context) {
        Ok(ReceiveStep::Answer(answer)) => Some(answer.events),
        _ => None,
    }
}

fn is_empty(item: &Value) -> bool {
    matches!(item, Value::Object(members) if members.is_empty())
        || matches!(item, Value::Array(items) if items.is_empty())
}

/// Whether these events stand in the others, in their order.
fn holds(all: &[Event], some: &[Event]) -> bool {
    let mut rest = all.iter();
    some.iter().all(|event| rest.any(|other| other == event))
}

fn attempt(subject: &Subject, findings: &mut Findings, trial: &Trial<'_>) {
    let Batch { name, case, pointer, events, .. } = trial.batch;
    let mut body = trial.batch.body.clone();
    if let Some(array) = body.pointer_mut(pointer).and_then(Value::as_array_mut) {
        array.insert(trial.place.min(array.len()), trial.item.clone());
    }
    let Some(request) = signed(subject, case, &body) else { return };
    let step = subject.receive(request.clone(), &case.context);
    let what = || {
        let place = if trial.place == 0 { "at the beginning" } else { "behind a good item" };
        format!("{name} with {} {place} of `{pointer}`", trial.what)
    };
    let Ok(ReceiveStep::Answer(answer)) = &step else {
        findings.check(false, || {
            let found = format!("{}, expected the events of its neighbours", told(&step));
            Finding::new(what(), found).changed_and_signed(&case.request, &request)
        });
        return;
    };
    let untouched = holds(&answer.events, events);
    findings.check(untouched, || {
        let json = |events: &[Event]| serde_json::to_string_pretty(events).unwrap_or_default() + "\n";
        let finding = Finding::new(what(), "the events of its neighbours are not what they were");
        finding.difference(&json(events), &json(&answer.events)).changed_and_signed(&case.request, &request)
    });
    // What is empty holds nothing that could be lost.
    let kept = is_empty(&trial.item) || answer.events.len() > events.len();
    findings.check(!untouched || kept, || {
        let found = "the bad item brought nothing, expected an `other` event with its raw text";
        Finding::new(what(), found).changed_and_signed(&case.request, &request)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_of_objects_are_found_at_any_depth() {
        let body = json!({ "a/b": [{ "c": [{}, {}], "d": [1] }], "e": [], "f": [{}, 1] });
        assert_eq!(arrays(&body, String::new()), ["/a~1b/0/c", "/a~1b"]);
    }
}
