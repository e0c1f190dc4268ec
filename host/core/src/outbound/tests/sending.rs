//! What is sent, when, and how often.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_once_and_consumers_are_told() {
    let house = House::new();
    house.queue("m1", "+491", &["a", "b"]).await;
    let post = house.start(false, |id, _| answered(id));
    let life = house.until("m1", MessageState::Accepted).await;
    assert_eq!(house.seen(), ["a", "b"]);
    let ids: Vec<&str> = life.message.receipts.iter().map(|receipt| receipt.message_id.as_str()).collect();
    assert_eq!(ids, ["p-a", "p-b"]);
    assert_eq!(life.calls.len(), 2);
    assert!(life.calls.iter().all(|call| call.response.is_some() && call.kept));
    let events = house.journal.events(EventQuery::default()).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].kind.as_str(), events[0].message.as_deref(), events[0].webhook),
        ("status", Some("m1"), 0)
    );
    assert_eq!(events[0].conversation, "shop/account/+491");
    // Queued while it runs.
    let waiting = house.queue("m2", "+491", &["c"]).await;
    post.queue.send(waiting).unwrap();
    house.until("m2", MessageState::Accepted).await;
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_thousand_messages_leave_at_the_pace_and_in_order() {
    let mut house = House::new();
    house.options.rate_per_second = 20.0;
    for number in 0..1_000 {
        let contact = format!("+49{}", number % 37);
        house.queue(&format!("m{number}"), &contact, &[&format!("{number:04}")]).await;
    }
    let post = house.start(false, |id, _| answered(id));
    // No other timer than that of the pace runs: under paused time it would run ahead of the disk.
    let mut seen = house.seen.subscribe();
    seen.wait_for(|seen| seen.len() == 1_000).await.unwrap();
    let seen = house.seen.borrow().clone();
    let took_ms = seen.last().unwrap().at_ms - seen[0].at_ms;
    let rate = 999.0 / (took_ms as f64 / 1_000.0);
    println!("1000 messages in {took_ms} ms: {rate:.2} a second");
    assert!((19.0..=21.0).contains(&rate), "{rate} a second");
    let mut last: HashMap<&str, &str> = HashMap::new();
    for seen in &seen {
        let before = last.insert(&seen.conversation, &seen.id);
        assert!(before.is_none_or(|before| *before < *seen.id), "{} after {before:?}", seen.id);
    }
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_half_sent_message_goes_on_where_it_was() {
    let house = House::new();
    house.queue("m1", "+491", &["a", "b"]).await;
    let post = house.start(false, |id, time| if id == "b" && time < 3 { status(503) } else { answered(id) });
    let life = house.until("m1", MessageState::Accepted).await;
    assert_eq!(house.seen(), ["a", "b", "b", "b"], "`a` is not sent again");
    assert_eq!(life.message.attempt, 3);
    assert_eq!(life.message.receipts.len(), 2);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_repeated_and_what_does_not_is_not() {
    let house = House::new();
    for (id, text) in [("m1", "limited"), ("m2", "refused"), ("m3", "unplugged"), ("m4", "forbidden")] {
        house.queue(id, &format!("+49{id}"), &[text]).await;
    }
    let begun = house.clock.now_ms();
    let post = house.start(false, |id, time| match (id, time) {
        ("limited", 1) => status(429),
        ("unplugged", 1) => Err(Uncalled::NotSent("no connection".into())),
        ("refused", _) => status(403),
        ("forbidden", _) => Err(Uncalled::Forbidden("not declared".into())),
        _ => answered(id),
    });
    house.until("m1", MessageState::Accepted).await;
    assert!(house.clock.now_ms() - begun >= 30_000, "Retry-After is honoured");
    house.until("m3", MessageState::Accepted).await;
    let refused = house.until("m2", MessageState::Failed).await;
    assert_eq!(refused.message.failure.map(|failure| failure.reason), Some(FailureReason::OptedOut));
    let forbidden = house.until("m4", MessageState::Failed).await;
    assert_eq!(forbidden.message.failure.and_then(|failure| failure.code).as_deref(), Some("forbidden"));
    let contact = |id: &str| vec![Identifier::new(IdentifierScheme::Phone, format!("+49{id}"))];
    assert!(house.journal.opt_out("shop", contact("m2")).await.unwrap().is_some(), "the provider said so");
    assert!(house.journal.opt_out("shop", contact("m1")).await.unwrap().is_none());
    house.journal.append(webhook(vec![message("in", "+49m2")])).await.unwrap();
    assert!(house.journal.opt_out("shop", contact("m2")).await.unwrap().is_none(), "the contact wrote");
    // No more advertising is not: no more answers.
    let mut advertising = new_message("m5", "+49m5", &[], house.clock.now_ms());
    let (name, language) = ("refused".to_owned(), "en".to_owned());
    let template = Template { name, language, parameters: Vec::new(), components: None };
    advertising.outgoing.parts = vec![OutgoingPart::Template(template)];
    let conversation = advertising.conversation.clone();
    let Queued::New(number) = house.journal.queue_message(advertising).await.unwrap() else { panic!("new") };
    post.queue.send(Waiting { number, conversation, due_at: 0, attempt: 0 }).unwrap();
    house.until("m5", MessageState::Failed).await;
    assert!(house.journal.opt_out("shop", contact("m5")).await.unwrap().is_none());
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_is_given_up_in_the_end() {
    let mut house = House::new();
    house.options.give_up_ms = 60_000;
    house.queue("m1", "+491", &["a"]).await;
    let post = house.start(false, |_, _| status(503));
    let life = house.until("m1", MessageState::Failed).await;
    assert!(life.message.attempt > 2 && life.message.attempt < 12, "{} attempts", life.message.attempt);
    assert_eq!(life.message.failure.and_then(|failure| failure.code).as_deref(), Some("503"));
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_worth_nothing_later_is_not_repeated() {
    let house = House::new();
    let mut typing = new_message("m1", "+491", &[], house.clock.now_ms());
    typing.outgoing.parts = vec![OutgoingPart::Typing];
    house.journal.queue_message(typing).await.unwrap();
    let post = house.start(false, |_, _| status(503));
    let life = house.until("m1", MessageState::Failed).await;
    assert_eq!((house.seen().len(), life.message.attempt), (1, 1));
    assert_eq!(house.journal.waiting_by_connection().await.unwrap(), []);
    house.queue("m2", "+491", &["a"]).await;
    assert_eq!(house.journal.waiting_by_connection().await.unwrap(), [("shop".to_owned(), 1)]);
    post.end().await;
}
