//! What a case file cannot show.

use trunkline_sdk::meta::messaging::outbound;
use trunkline_sdk::prelude::*;

use crate::Messenger;

const DAY_MS: u64 = 24 * 3_600_000;

/// A case file has one clock for all of its rounds.
#[test]
fn what_is_half_sent_when_the_window_closes_is_left_to_messenger() {
    let text = || OutgoingPart::Text("hi".to_owned());
    let message = Outgoing {
        id: "01990000-0000-7000-8000-000000000001".to_owned(),
        account: "700".to_owned(),
        to: vec![Identifier::new(IdentifierScheme::Id, "800")],
        thread: None,
        parts: vec![text(), text()],
        subject: None,
        reply_to: None,
        last_inbound_at: Some(1_000),
        attributes: Attributes::new(),
    };
    let mut context = Context { now: 1_000 + DAY_MS, ..Context::default() };
    let Err(Unfinished::Failed(failed)) = outbound::send::<Messenger>(&message, &context) else {
        panic!("the window is closed")
    };
    assert_eq!(failed.failure.reason, FailureReason::WindowClosed);

    context.now -= 1;
    for answer in [r#"{"message_id":"m_1"}"#, r#"{"error":{"code":10,"error_subcode":2018278}}"#] {
        let Err(Unfinished::Call(call)) = outbound::send::<Messenger>(&message, &context) else {
            panic!("a call is wanted")
        };
        let status = if answer.contains("error") { 400 } else { 200 };
        let response = Response::with_body(status, "application/json", answer);
        context.exchanges.push(Exchange { request: call.request, response });
        context.now = 1_000 + DAY_MS;
    }
    let Err(Unfinished::Failed(failed)) = outbound::send::<Messenger>(&message, &context) else {
        panic!("Messenger refused it")
    };
    assert_eq!(failed.failure.reason, FailureReason::WindowClosed);
    assert_eq!(failed.receipts.len(), 1);
}
