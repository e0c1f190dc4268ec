//! What nobody knows: calls without an answer, and crashes between a call and its receipt.

use super::*;

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_is_held_or_repeated() {
    for (repeatable, rule, expected) in [
        (false, OnUnconfirmed::Hold, MessageState::Unconfirmed),
        (true, OnUnconfirmed::Hold, MessageState::Accepted),
        (false, OnUnconfirmed::Retry, MessageState::Accepted),
    ] {
        let mut house = House::new();
        house.options.unconfirmed = rule;
        house.queue("m1", "+491", &["a"]).await;
        house.queue("m2", "+491", &["b"]).await;
        let post = house.start(repeatable, |id, time| match (id, time) {
            ("a", 1) => Err(Uncalled::Unknown("no answer in time".into())),
            _ => answered(id),
        });
        house.until("m1", expected).await;
        house.until("m2", MessageState::Accepted).await;
        let calls = if expected == MessageState::Accepted { 2 } else { 1 };
        assert_eq!(house.seen().iter().filter(|id| *id == "a").count(), calls);
        if expected == MessageState::Unconfirmed {
            let events = house.journal.events(EventQuery::default()).await.unwrap();
            assert!(events[0].event.get().contains("\"unconfirmed\""), "{}", events[0].event.get());
            // Somebody decides that it is sent again.
            let number = house.life("m1").await.message.number;
            house.journal.message_steps(vec![MessageStep::Resumed { number, at: 1 }]).await.unwrap();
            let conversation = "shop/account/+491".to_owned();
            post.queue.send(Waiting { number, conversation, due_at: 0, attempt: 1 }).unwrap();
            house.until("m1", MessageState::Accepted).await;
        }
        post.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connector_may_say_that_it_does_not_know() {
    for (rule, expected, calls) in [
        (OnUnconfirmed::Hold, MessageState::Unconfirmed, 1),
        (OnUnconfirmed::Retry, MessageState::Accepted, 2),
    ] {
        let mut house = House::new();
        house.options.unconfirmed = rule;
        house.queue("m1", "+491", &["a"]).await;
        let post = house.start(false, |id, time| if time == 1 { status(502) } else { answered(id) });
        house.until("m1", expected).await;
        assert_eq!(house.seen().len(), calls);
        post.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_ended_during_a_call_knows_that_it_does_not_know() {
    for (repeatable, expected) in [(false, MessageState::Unconfirmed), (true, MessageState::Accepted)] {
        let house = House::new();
        let waiting = house.queue("m1", "+491", &["a", "b"]).await;
        let call = |text: &str| {
            let call = Call::post(format!("https://a.example/{text}"), "text/plain", "shop/account/+491");
            if repeatable { call.repeatable() } else { call }
        };
        // What stands in the journal after a crash in the middle of the second call.
        let begun = |text: &str, number: u32| MessageStep::CallBegun {
            number: waiting.number,
            call: number,
            attempt: 1,
            began_at: house.clock.now_ms(),
            at: house.clock.now_ms(),
            method: "POST".to_owned(),
            url: format!("https://a.example/{text}"),
            request: attempt::fingerprint(&call(text)),
            repeatable,
            context: None,
        };
        let ended = MessageStep::CallEnded {
            number: waiting.number,
            call: 0,
            at: house.clock.now_ms(),
            result: Ok(answered("a").unwrap()),
            kept: true,
        };
        house.journal.message_steps(vec![begun("a", 0), ended, begun("b", 1)]).await.unwrap();
        let post = house.start(repeatable, |id, _| answered(id));
        let life = house.until("m1", expected).await;
        let seen: &[&str] = if repeatable { &["b"] } else { &[] };
        assert_eq!(house.seen(), seen, "`a` was sent before the crash");
        assert_eq!(life.calls.len(), if repeatable { 3 } else { 2 });
        assert_eq!(life.calls[1].problem.as_deref(), Some("the host ended before the answer"));
        post.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_changes_its_mind_is_stopped() {
    let house = House::new();
    let waiting = house.queue("m1", "+491", &["a"]).await;
    let number = waiting.number;
    let begun = MessageStep::CallBegun {
        number,
        call: 0,
        attempt: 1,
        began_at: 1,
        at: 1,
        method: "POST".to_owned(),
        url: "https://a.example/other".to_owned(),
        request: [7; 32],
        repeatable: false,
        context: None,
    };
    let ended = MessageStep::CallEnded {
        number,
        call: 0,
        at: 2,
        result: answered("x").map_err(|_| String::new()),
        kept: true,
    };
    house.journal.message_steps(vec![begun, ended]).await.unwrap();
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Unconfirmed).await;
    assert_eq!(house.seen(), [] as [&str; 0]);
    post.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_while_the_next_call_waits_for_its_place() {
    let mut house = House::new();
    house.options.rate_per_second = 0.001;
    house.queue("m1", "+491", &["a", "b"]).await;
    let post = house.start(false, |id, _| answered(id));
    house.seen.subscribe().wait_for(|seen| seen.len() == 1).await.unwrap();
    // A moment at a time: the place of the second call is 1,000 s away.
    let life = loop {
        let life = house.life("m1").await;
        if life.calls[0].response.is_some() {
            break life;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    assert_eq!((life.calls.len(), life.calls[0].kept), (1, true), "the second call has no place yet");
    post.end().await;
    // The next start goes on with it.
    house.options.rate_per_second = 1_000.0;
    let post = house.start(false, |id, _| answered(id));
    house.until("m1", MessageState::Accepted).await;
    assert_eq!(house.seen(), ["a", "b"]);
    post.end().await;
}
