//! Writes a small journal as this host writes it, compressed, under the number of its schema: `cargo xtask store-sample`
//! keeps it for the tests of the hosts to come.
//!
//! Only what is public is used, so that the same file fills the journals of older hosts, without the parts that they
//! lack (`host/core/testdata/stores/README.md`). Everything in it is invented, and the same in every run.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use trunkline_core::clock::FakeClock;
use trunkline_core::journal::{
    Actor, DeadLetters, FILE_NAME, Journal, JournalOptions, MessageStep, NewMessage, Parked, ParkedState,
    Progress, Queued, RequestKey, StoredProfile, Webhook,
};
use trunkline_core::outbound::MessageState;
use trunkline_model::{
    Consent, ConsentState, Contact, DeliveryState, Event, EventKind, Failure, FailureReason,
    IdentifierScheme, Media, MediaKind, MediaSource, Message, Opaque, Outgoing, OutgoingPart, Part, Receipt,
    Response, Status,
};

/// The time of the journal: milliseconds since the Unix epoch.
const NOW: u64 = 1_790_000_000_000;
/// Connections and how many contacts write there.
const CONNECTIONS: [(&str, u64); 3] = [("desk", 3), ("shop", 4), ("support", 2)];

type Done<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let target = std::env::args().nth(1).ok_or("expected the folder to write the sample to")?;
    let folder = std::env::temp_dir().join(format!("store-sample-{}", std::process::id()));
    let clock = Arc::new(FakeClock::new(NOW));
    let journal = Journal::open_with_clock(&folder, JournalOptions::default(), clock)?;
    webhooks(&journal).await?;
    deliveries(&journal).await?;
    dead_letters(&journal).await?;
    messages(&journal).await?;
    consents(&journal).await?;
    profiles(&journal).await?;
    journal.close().await?;
    let file = folder.join(FILE_NAME);
    let version: u32 =
        rusqlite::Connection::open(&file)?.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let packed = zstd::encode_all(std::fs::read(&file)?.as_slice(), 19)?;
    let target = Path::new(&target).join(format!("schema-{version}.sqlite.zst"));
    std::fs::write(&target, packed)?;
    std::fs::remove_dir_all(&folder)?;
    println!("{}", target.display());
    Ok(())
}

/// Of schema 1 on: webhooks of several connections, inline files, repetitions, what has no place in the model.
async fn webhooks(journal: &Journal) -> Done {
    for (connection, contacts) in CONNECTIONS {
        for number in 0..8 {
            let event = text(connection, number, number % contacts);
            let other = Event {
                kind: EventKind::Other(Opaque {
                    name: "sticker_pack".into(),
                    payload: format!("{{\"n\":{number}}}"),
                }),
                ..text(connection, 100 + number, number % contacts)
            };
            let events = if number % 3 == 0 { vec![event, other] } else { vec![event] };
            journal.append(webhook(connection, number, events)).await?;
        }
        let files = (0..3).map(|number| {
            let bytes = format!("the bytes of file {number}").into_bytes();
            Part::Media(Media::new(MediaKind::Image, MediaSource::Bytes(bytes)))
        });
        let mut event = text(connection, 50, 0);
        event.kind = EventKind::Message(Message::new(format!("{connection}-m50"), files.collect()));
        journal.append(webhook(connection, 50, vec![event])).await?;
        // Sent again by the provider.
        journal.append(webhook(connection, 1, vec![text(connection, 1, 1 % contacts)])).await?;
    }
    Ok(())
}

/// Of schema 1 on: cursors, and what waits for another attempt.
async fn deliveries(journal: &Journal) -> Done {
    let parked = |seq: u64, attempt| Parked {
        seq,
        conversation: format!("shop/account-shop/+1555000{seq:04}"),
        attempt,
        due_at: NOW + 60_000 * seq,
        reason: "answered 503".into(),
        state: ParkedState::Waiting,
        failed_at: Some(NOW),
    };
    let rows = [(4, Some(parked(4, 3))), (7, Some(parked(7, 0))), (9, Some(parked(9, 12)))];
    journal.progress(Progress { destination: "crm".into(), cursor: 20, parked: rows.into() }).await?;
    journal.progress(Progress { destination: "bot".into(), cursor: 31, ..Progress::default() }).await?;
    Ok(())
}

/// Of schema 3 on: dead letters, and one that somebody dropped, with the record of it.
async fn dead_letters(journal: &Journal) -> Done {
    let dead = |seq: u64| Parked {
        seq,
        conversation: "shop/account-shop/+15550000001".into(),
        state: ParkedState::Dead,
        attempt: 40,
        due_at: 0,
        failed_at: Some(NOW),
        reason: "answered 422".into(),
    };
    let rows = [(12, Some(dead(12))), (15, Some(dead(15)))];
    journal.progress(Progress { destination: "archive".into(), cursor: 14, parked: rows.into() }).await?;
    let event = journal.event_at(15).await?.ok_or("there is an event 15")?;
    let (one, actor) = (DeadLetters::One(event.id), Actor::new("ada"));
    let dropped = journal.drop_dead("archive", one, actor, Some("not wanted".into())).await?;
    assert_eq!(dropped, 1);
    Ok(())
}

/// Of schema 2 on: messages in every state, their calls, receipts and statuses.
async fn messages(journal: &Journal) -> Done {
    let queued = queue(journal, 1, Some([1; 32])).await?;
    let sent = queue(journal, 2, None).await?;
    let failed = queue(journal, 3, Some([3; 32])).await?;
    let unknown = queue(journal, 4, None).await?;
    let delivered = queue(journal, 5, None).await?;
    let mut steps = Vec::new();
    for number in [sent, failed, unknown, delivered] {
        steps.push(MessageStep::CallBegun {
            number,
            call: 0,
            attempt: 1,
            began_at: NOW,
            at: NOW,
            method: "POST".into(),
            url: "https://api.example.com/messages".into(),
            request: [7; 32],
            repeatable: false,
            context: None,
        });
    }
    for (number, status) in [(sent, 200), (failed, 400), (delivered, 201)] {
        let response = Response::with_body(status, "application/json", format!("{{\"id\":{number}}}"));
        steps.push(MessageStep::CallEnded {
            number,
            call: 0,
            at: NOW + 90,
            result: Ok(response),
            kept: true,
        });
    }
    for (number, state) in [
        (sent, MessageState::Accepted),
        (failed, MessageState::Failed),
        (unknown, MessageState::Unconfirmed),
        (delivered, MessageState::Accepted),
    ] {
        let accepted = state == MessageState::Accepted;
        let receipt = Receipt { message_id: format!("provider-{number}"), ..Receipt::default() };
        let failure = Failure {
            reason: FailureReason::Invalid,
            code: Some("131".into()),
            message: Some("not a number".into()),
        };
        steps.push(MessageStep::Ended {
            number,
            attempt: 1,
            at: NOW + 100,
            state,
            receipts: accepted.then_some(receipt).into_iter().collect(),
            failure: (!accepted).then_some(failure),
        });
    }
    journal.message_steps(steps).await?;
    let status = |id: &str, of: String| Event {
        kind: EventKind::Status(Status {
            message_id: of,
            state: DeliveryState::Delivered,
            failure: None,
            client_reference: None,
        }),
        ..Event::new(
            id,
            "account-shop",
            EventKind::Other(Opaque { name: String::new(), payload: String::new() }),
        )
    };
    let events =
        vec![status("s1", format!("provider-{delivered}")), status("s2", "of-another-sender".into())];
    journal.append(webhook("shop", 70, events)).await?;
    assert!(queued < sent, "numbers rise");
    Ok(())
}

async fn queue(journal: &Journal, id: u64, key: Option<[u8; 32]>) -> Done<u64> {
    let message = NewMessage {
        id: format!("00000000-0000-4000-8000-{id:012}"),
        connection: "shop".into(),
        connector: "sample".into(),
        conversation: format!("shop/account-shop/+1555000{id:04}"),
        outgoing: Outgoing {
            id: format!("00000000-0000-4000-8000-{id:012}"),
            account: "account-shop".into(),
            to: vec![trunkline_model::Identifier::new(IdentifierScheme::Phone, format!("+1555000{id:04}"))],
            thread: None,
            parts: vec![OutgoingPart::Text(format!("answer {id}"))],
            subject: None,
            reply_to: None,
            last_inbound_at: None,
            attributes: Vec::new(),
        },
        queued_at: NOW + id,
        key: key.map(|key| RequestKey { key, request: [9; 32] }),
    };
    match journal.queue_message(message).await? {
        Queued::New(number) => Ok(number),
        other => Err(format!("message {id} was not queued: {other:?}").into()),
    }
}

/// Of schema 2 on: who does not want to be written to.
async fn consents(journal: &Journal) -> Done {
    for (number, state) in
        [(1, ConsentState::Revoked), (2, ConsentState::Revoked), (2, ConsentState::Granted)]
    {
        let consent = Consent { state: state.clone(), scope: "all".into(), origin: "provider".into() };
        let id = 80 + number * 2 + u64::from(state == ConsentState::Granted);
        let event = Event { kind: EventKind::Consent(consent), ..text("shop", id, number) };
        journal.append(webhook("shop", id, vec![event])).await?;
    }
    Ok(())
}

/// Of schema 2 on: names that were looked up, and one that the provider does not say.
async fn profiles(journal: &Journal) -> Done {
    for number in 0..3 {
        let found = Contact {
            name: Some(format!("Contact {number}")),
            ..Contact::new(IdentifierScheme::Phone, format!("+1555000{number:04}"))
        };
        let profile = StoredProfile {
            connection: "shop".into(),
            contact: format!("phone:+1555000{number:04}"),
            found: (number > 0).then_some(found),
            at: NOW,
        };
        journal.store_profile(profile).await?;
    }
    journal.store_blob(b"an uploaded file".to_vec()).await?;
    Ok(())
}

fn text(connection: &str, number: u64, contact: u64) -> Event {
    let message =
        Message::new(format!("{connection}-m{number}"), vec![Part::Text(format!("text {number} \u{2713}"))]);
    Event {
        occurred_at: Some(NOW + number * 1_000),
        contact: Some(Contact::new(IdentifierScheme::Phone, format!("+1555000{contact:04}"))),
        ..Event::new(
            format!("{connection}-{number}"),
            format!("account-{connection}"),
            EventKind::Message(message),
        )
    }
}

fn webhook(connection: &str, number: u64, events: Vec<Event>) -> Webhook {
    Webhook {
        connection: connection.into(),
        connector: "sample".into(),
        component: "c0ffee".repeat(10),
        received_at: NOW + number * 1_000 + 300,
        // Of schema 4 on: one that waited at an edge.
        handed_in_at: (number == 50).then_some(NOW + 7_200_000),
        method: "POST".into(),
        url: format!("https://hooks.example.org/hooks/{connection}?n={number}"),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("x-number".into(), number.to_string()),
        ],
        body: format!("{{\"connection\":\"{connection}\",\"number\":{number}}}").into_bytes(),
        events,
    }
}
