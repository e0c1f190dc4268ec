//! What others say of a message: statuses, opt-outs, repeated requests.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_opt_out_while_a_message_waits_ends_it() {
    let house = House::new();
    let stop = |id: &str, at: u64| {
        let mut event = message(id, "+491");
        event.occurred_at = Some(at);
        event.attributes.push(("keyword".into(), "opt_out".into()));
        let mut webhook = webhook(vec![event]);
        webhook.received_at = at;
        webhook
    };
    // Earlier: whoever queued the message knew of it.
    let now = house.clock.now_ms();
    house.journal.append(stop("s1", now - 1_000)).await.unwrap();
    house.queue("m1", "+491", &["a"]).await;
    let contact = vec![Identifier::new(IdentifierScheme::Phone, "+492")];
    house.queue("m2", "+492", &["b"]).await;
    let mut later = stop("s2", now + 1_000);
    later.events[0].contact = Some(trunkline_model::Contact { identifiers: contact, ..Default::default() });
    house.journal.append(later).await.unwrap();
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Accepted).await;
    let ended = house.until("m2", MessageState::Failed).await;
    assert_eq!(ended.message.failure.map(|failure| failure.reason), Some(FailureReason::OptedOut));
    assert_eq!(house.seen(), ["a"]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn statuses_find_their_message_whichever_comes_first() {
    let house = House::new();
    let told = |id: &str, message_id: &str, state: DeliveryState, reference: Option<&str>| {
        let status = Status {
            message_id: message_id.to_owned(),
            state,
            failure: None,
            client_reference: reference.map(str::to_owned),
        };
        webhook(vec![trunkline_model::Event { kind: EventKind::Status(status), ..message(id, "+491") }])
    };
    house.queue("m1", "+491", &["a"]).await;
    // Faster than the receipt.
    house.journal.append(told("s1", "p-a", DeliveryState::Delivered, None)).await.unwrap();
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Delivered).await;
    // Late and lower: written down, but no way back.
    house.journal.append(told("s2", "p-a", DeliveryState::Sent, None)).await.unwrap();
    house.journal.append(told("s3", "p-a", DeliveryState::Read, None)).await.unwrap();
    let life = house.until("m1", MessageState::Read).await;
    let said: Vec<&str> = life.statuses.iter().map(|status| status.state.name()).collect();
    assert_eq!(said, ["delivered", "sent", "read"]);
    // By what we gave along, where the provider's id is not known.
    house.queue("m2", "+492", &["b"]).await;
    house.journal.append(told("s4", "p-unknown", DeliveryState::Delivered, Some("m2"))).await.unwrap();
    assert_eq!(house.life("m2").await.message.state, MessageState::Delivered);
    let events = house.journal.events(EventQuery::default()).await.unwrap();
    let of: Vec<Option<&str>> = events.iter().map(|event| event.message.as_deref()).collect();
    assert_eq!(of, [None, Some("m1"), Some("m1"), Some("m1"), Some("m2")]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_watermark_moves_every_message_up_to_its_time() {
    let house = House::new();
    house.queue("m1", "+491", &["a"]).await;
    house.queue("m2", "+492", &["b"]).await;
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Accepted).await;
    house.until("m2", MessageState::Accepted).await;
    let up_to = house.clock.now_ms();
    house.clock.advance(Duration::from_secs(5));
    let later = house.queue("m3", "+491", &["c"]).await;
    post.queue.send(later).unwrap();
    house.until("m3", MessageState::Accepted).await;
    let watermark = |id: &str, state: DeliveryState| {
        let kind = EventKind::Watermark(Watermark { state, up_to });
        webhook(vec![trunkline_model::Event { kind, ..message(id, "+491") }])
    };
    house.journal.append(watermark("w1", DeliveryState::Read)).await.unwrap();
    house.journal.append(watermark("w2", DeliveryState::Delivered)).await.unwrap();
    for (id, state) in
        [("m1", MessageState::Read), ("m2", MessageState::Accepted), ("m3", MessageState::Accepted)]
    {
        assert_eq!(house.life(id).await.message.state, state, "{id}");
    }
    assert_eq!(house.life("m1").await.statuses.len(), 1, "a lower one says nothing new");
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_key_makes_two_requests_one_message() {
    let house = House::new();
    let with_key = |id: &str, request: u8| NewMessage {
        key: Some(RequestKey { key: [1; 32], request: [request; 32] }),
        ..new_message(id, "+491", &["a"], 5)
    };
    assert_eq!(house.journal.queue_message(with_key("m1", 1)).await.unwrap(), Queued::New(1));
    assert_eq!(house.journal.queue_message(with_key("m2", 1)).await.unwrap(), Queued::Known("m1".into()));
    assert_eq!(house.journal.queue_message(with_key("m3", 2)).await.unwrap(), Queued::Conflict);
    assert_eq!(house.journal.message_of_key([1; 32]).await.unwrap(), Some(("m1".into(), [1; 32])));
    assert!(house.journal.message(MessageKey::Id("m2".into())).await.unwrap().is_none());
}
