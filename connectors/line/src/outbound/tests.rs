//! What case files do not show: the clock of a message that is resumed, and messages that are very long.

use super::*;

const NOW: u64 = 1_790_000_300_000;

fn message(parts: Vec<OutgoingPart>) -> Outgoing {
    Outgoing {
        id: "01990000-0000-7000-8000-000000000001".to_owned(),
        account: "U00000000000000000000000000000001".to_owned(),
        to: vec![Identifier::new(IdentifierScheme::Id, "U000000000000000000000000000000a2")],
        thread: None,
        parts,
        subject: None,
        reply_to: None,
        last_inbound_at: Some(NOW - 5_000),
        attributes: vec![("reply_token".to_owned(), "rt0000000000000000000000000000a2".to_owned())],
    }
}

fn text() -> OutgoingPart {
    OutgoingPart::Text("We are open until six.".to_owned())
}

fn wanted(sent: Sent) -> Call {
    match sent {
        Err(Unfinished::Call(call)) => *call,
        other => panic!("a call is wanted, not {other:?}"),
    }
}

/// Goes on a day later, after these answers.
fn a_day_later(message: &Outgoing, first_at: u64, answers: &[(u16, &str)]) -> Sent {
    let mut context = Context { now: first_at, ..Context::default() };
    for (status, body) in answers {
        let request = wanted(send(message, &context)).request;
        let response = Response::with_body(*status, JSON, *body);
        context.exchanges.push(Exchange { request, response });
    }
    context.now = NOW + 86_400_000;
    send(message, &context)
}

#[test]
fn a_reply_that_is_resumed_stays_a_reply() {
    let answer = r#"{"sentMessages":[{"id":"510000000000000101"}]}"#;
    let receipts = a_day_later(&message(vec![text()]), NOW, &[(200, answer)]).expect("sent");
    assert_eq!(receipts[0].attributes, [("spent".to_owned(), "reply_token".to_owned())]);
    let call =
        wanted(a_day_later(&message(vec![text()]), NOW, &[(400, r#"{"message":"Invalid reply token"}"#)]));
    assert_eq!((call.request.url.as_str(), call.repeatable), (PUSH, true));
}

#[test]
fn a_push_that_is_resumed_stays_a_push() {
    let mut fresh = message(vec![text()]);
    fresh.last_inbound_at = Some(NOW - 60_000);
    let answer = r#"{"sentMessages":[{"id":"510000000000000101"}]}"#;
    let mut context = Context { now: NOW, ..Context::default() };
    let request = wanted(send(&fresh, &context)).request;
    assert_eq!(request.url, PUSH);
    // A clock that was set back must not make a reply of it.
    context.now = NOW - 50_000;
    context.exchanges.push(Exchange { request, response: Response::with_body(200, JSON, answer) });
    assert_eq!(send(&fresh, &context).expect("sent")[0].attributes, []);
}

#[test]
fn a_message_fits_into_the_rounds_of_the_host() {
    let most = send(&message(vec![text(); MESSAGES_MAX * STEPS_MAX]), &Context::default());
    assert_eq!(wanted(most).request.url, PUSH);
    let Err(Unfinished::Failed(failed)) =
        send(&message(vec![text(); MESSAGES_MAX * STEPS_MAX + 1]), &Context::default())
    else {
        panic!("too many")
    };
    assert_eq!(failed.failure.code.as_deref(), Some("too_many"));
}

#[test]
fn no_answer_traps() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for status in [100, 200, 204, 301, 400, 409, 429, 500, 599] {
        for body in
            ["", "<html>", "null", "[]", "1e999", "{\"sentMessages\":[1e999]}", "{\"message\":1e999}", &deep]
        {
            let _ = a_day_later(&message(vec![text()]), NOW, &[(status, body)]);
        }
    }
}
