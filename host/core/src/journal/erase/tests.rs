//! A journal of several people, and what is left of one of them afterwards: looked for in the rows and in the bytes of
//! every file.

use std::path::Path;
use std::sync::Mutex;

use trunkline_model::{
    Attributes, Contact, Event, EventKind, IdentifierScheme, Media, MediaKind, MediaSource, Message,
    MessageRef, Outgoing, OutgoingPart, Part, Receipt, Response, Thread, ThreadKind,
};

use super::*;
use crate::journal::{
    EventQuery, Exported, JournalOptions, MessageKey, MessageStep, NewMessage, Parked, Progress, RequestKey,
    StoredProfile, Webhook,
};
use crate::outbound::MessageState;
use crate::samples::webhook;

const ANA: &str = "+491701111111";
const BO: &str = "+491702222222";
const SECRET_WORDS: &str = "appendix-of-ana";

fn phone(value: &str) -> Identifier {
    Identifier::new(IdentifierScheme::Phone, value)
}

fn says(id: &str, contact: &Contact, text: &str) -> Event {
    let message = Message::new(id, vec![Part::Text(text.to_owned())]);
    Event { contact: Some(contact.clone()), ..Event::new(id, "account", EventKind::Message(message)) }
}

fn ana() -> Contact {
    let id = Identifier::new(IdentifierScheme::Id, "BSUID-of-ana");
    Contact { identifiers: vec![id, phone(ANA)], name: Some("Ana Appendix".into()), ..Contact::default() }
}

fn bo() -> Contact {
    Contact { name: Some("Bo Bystander".into()), ..Contact::new(IdentifierScheme::Phone, BO) }
}

fn group(event: Event) -> Event {
    Event { thread: Some(Thread { id: "the-group".into(), kind: ThreadKind::Group, title: None }), ..event }
}

fn picture(id: &str, contact: &Contact, bytes: &[u8]) -> Event {
    let media = Media::new(MediaKind::Image, MediaSource::Bytes(bytes.to_vec()));
    let message = Message::new(id, vec![Part::Media(media)]);
    Event { contact: Some(contact.clone()), ..Event::new(id, "account", EventKind::Message(message)) }
}

/// As a provider's request: with the number as it writes it.
fn brought(events: Vec<Event>) -> Webhook {
    let words: Vec<String> = events
        .iter()
        .map(|event| serde_json::to_string(event).expect("JSON").replace("\"+49", "\"49"))
        .collect();
    Webhook { body: words.join("\n").into_bytes(), ..webhook(events) }
}

fn outgoing(to: &str, text: &str) -> Outgoing {
    Outgoing {
        id: format!("id-of-{text}"),
        account: "account".into(),
        to: vec![phone(to)],
        thread: None,
        parts: vec![OutgoingPart::Text(text.into())],
        subject: None,
        reply_to: None,
        last_inbound_at: None,
        attributes: Attributes::new(),
    }
}

fn new_message(number: u8, to: &str, text: &str) -> NewMessage {
    NewMessage {
        id: format!("00000000-0000-7000-8000-0000000000{number:02}"),
        connection: "shop".into(),
        connector: "sample".into(),
        conversation: format!("shop/account/{to}"),
        outgoing: outgoing(to, text),
        queued_at: 1_700_000_000_000,
        key: Some(RequestKey { key: [number; 32], request: [number; 32] }),
    }
}

/// Sent, with a call whose answer quotes it.
async fn sent(journal: &Journal, number: u8, to: &str, text: &str) {
    let queued = journal.queue_message(new_message(number, to, text)).await.unwrap();
    let crate::journal::Queued::New(place) = queued else { panic!("{queued:?}") };
    let begun = MessageStep::CallBegun {
        number: place,
        call: 0,
        attempt: 1,
        began_at: 1,
        at: 1,
        method: "POST".into(),
        url: format!("https://api.example.com/{to}"),
        request: [0; 32],
        repeatable: false,
        context: None,
    };
    let body = format!("{to} was sent {text}").into_bytes();
    let ended = MessageStep::CallEnded {
        number: place,
        call: 0,
        at: 2,
        result: Ok(Response { status: 200, headers: Vec::new(), body }),
        kept: true,
    };
    let receipts = vec![Receipt { message_id: format!("p{number}"), ..Receipt::default() }];
    let state = MessageState::Accepted;
    let over = MessageStep::Ended { number: place, attempt: 1, at: 3, state, receipts, failure: None };
    assert!(journal.message_steps(vec![begun, ended, over]).await.unwrap());
}

struct House {
    folder: tempfile::TempDir,
    journal: Journal,
}

async fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
    // A batch of both; a batch of Bo that repeats an event of Ana; a group; an answer that quotes her.
    journal
        .append(brought(vec![says("a1", &ana(), SECRET_WORDS), says("b1", &bo(), "hello")]))
        .await
        .unwrap();
    journal
        .append(brought(vec![says("a1", &ana(), SECRET_WORDS), says("b2", &bo(), "again")]))
        .await
        .unwrap();
    journal.append(brought(vec![says("b3", &bo(), "alone")])).await.unwrap();
    let mut answer = says("g2", &bo(), &format!("ask {ANA}, or not"));
    if let EventKind::Message(message) = &mut answer.kind {
        message.reply_to = Some(MessageRef { id: "g1".into(), author: Some(phone(ANA)) });
    }
    journal.append(brought(vec![group(answer)])).await.unwrap();
    journal.append(brought(vec![group(says("g1", &ana(), SECRET_WORDS))])).await.unwrap();
    // Known by her id alone.
    let id_only = Contact::new(IdentifierScheme::Id, "BSUID-of-ana");
    journal.append(brought(vec![says("a2", &id_only, SECRET_WORDS)])).await.unwrap();
    // Files: one of hers, one that both sent.
    journal.append(brought(vec![picture("a3", &ana(), b"file-of-ana")])).await.unwrap();
    journal.append(brought(vec![picture("a4", &ana(), b"file-of-both")])).await.unwrap();
    journal.append(brought(vec![picture("b4", &bo(), b"file-of-both")])).await.unwrap();
    sent(&journal, 1, ANA, "invoice-of-ana").await;
    sent(&journal, 2, BO, "invoice-of-bo").await;
    journal.queue_message(new_message(3, ANA, "waits-for-ana")).await.unwrap();
    let contact = serde_json::to_string(&["account", "", "id", "BSUID-of-ana"]).unwrap();
    let profile = StoredProfile { connection: "shop".into(), contact, found: Some(ana()), at: 5 };
    journal.store_profile(profile).await.unwrap();
    let row = |seq| Parked {
        seq,
        conversation: format!("shop/account/{ANA}"),
        attempt: 1,
        due_at: 0,
        reason: "answered 500".into(),
        state: crate::journal::ParkedState::Dead,
        failed_at: Some(1),
    };
    let parked = [(1, Some(row(1)))].into_iter().collect();
    journal.progress(Progress { destination: "crm".into(), cursor: 5, parked }).await.unwrap();
    House { folder, journal }
}

fn erasure(identifier: Identifier) -> Erasure {
    Erasure { identifier, connection: None, opt_outs: false, dry_run: false, actor: Actor::new("tests") }
}

/// Whether any file of the folder holds these bytes.
fn stands(folder: &Path, words: &str) -> bool {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let holds = |bytes: Vec<u8>| bytes.windows(words.len()).any(|window| window == words.as_bytes());
    files.filter(|file| file.path().is_file()).any(|file| holds(std::fs::read(file.path()).unwrap()))
}

async fn ids(journal: &Journal) -> Vec<String> {
    let events = journal.events(EventQuery { limit: 1_000, ..EventQuery::default() }).await.unwrap();
    events
        .iter()
        .map(|event| serde_json::from_str::<Event>(event.event.get()).unwrap().id)
        .filter(|id| !id.starts_with("trunkline:"))
        .collect()
}

const OF_ANA: [&str; 8] = [
    "491701111111",
    "BSUID-of-ana",
    "Ana Appendix",
    SECRET_WORDS,
    "file-of-ana",
    "invoice-of-ana",
    "waits-for-ana",
    "id-of-waits",
];

/// Notes what is to be forgotten.
#[derive(Default)]
struct Forgotten(Mutex<Vec<String>>);

impl MediaFiles for Forgotten {
    fn forget(&self, media_ids: Vec<String>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.lock().unwrap().extend(media_ids);
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn nothing_of_a_person_is_left_in_any_file_and_all_of_the_others() {
    let House { folder, journal } = house().await;
    for words in OF_ANA {
        assert!(stands(folder.path(), words), "{words} stands there before");
    }
    let files = Forgotten::default();
    let erased = journal.erase(erasure(phone(ANA)), &files).await.unwrap().unwrap();
    for words in OF_ANA {
        assert!(!stands(folder.path(), words), "{words} is left");
    }
    for words in ["491702222222", "Bo Bystander", "invoice-of-bo", "file-of-both"] {
        assert!(stands(folder.path(), words), "{words} is gone");
    }
    assert_eq!(ids(&journal).await, ["b1", "b2", "b3", "g2", "b4"]);
    assert_eq!(erased.identifiers.len(), 2, "{:?}", erased.identifiers);
    let Removed { events, webhooks, messages, conversations, blobs, deliveries, .. } = erased.removed;
    // Five events, a status that the host made of her message; the batches of both, what quotes her, and her own.
    assert_eq!((events, webhooks, messages), (6, 7, 2));
    assert_eq!((conversations, blobs, deliveries), (2, 1, 1));
    assert_eq!((erased.media, erased.profiles, erased.blotted), (2, 1, 2));
    assert!(erased.log_emptied);
    assert_eq!(files.0.lock().unwrap().len(), 4, "each before and after its event");
    let quoting =
        journal.events(EventQuery { kind: Some("message".into()), ..EventQuery::default() }).await.unwrap();
    assert!(quoting.iter().any(|event| event.event.get().contains("ask (erased), or not")));
    assert!(journal.webhook(3).await.unwrap().is_some(), "the batch of Bo alone");
    assert!(journal.webhook(2).await.unwrap().is_none(), "it repeated an event of hers");
    let gone = journal.message(MessageKey::Number(1)).await.unwrap();
    assert!(gone.is_none() && journal.message(MessageKey::Number(2)).await.unwrap().is_some());
    assert_eq!(journal.message_of_key([1; 32]).await.unwrap(), None);
    assert!(journal.message_of_key([2; 32]).await.unwrap().is_some());
    assert_eq!(journal.parked("crm").await.unwrap(), []);
}

#[tokio::test]
async fn a_repetition_of_a_provider_does_not_bring_them_back_and_a_second_erasure_finds_nothing() {
    let House { folder, journal } = house().await;
    journal.erase(erasure(phone(ANA)), &()).await.unwrap().unwrap();
    let before = journal.holdings().await.unwrap();
    let again = journal.append(brought(vec![picture("a3", &ana(), b"file-of-ana")])).await.unwrap();
    assert_eq!(again.events[0].seq, None, "its key is kept");
    let new = journal
        .append(brought(vec![picture("a3", &ana(), b"file-of-ana"), says("b9", &bo(), "with a repetition")]))
        .await
        .unwrap();
    assert!(new.events[1].seq.is_some());
    let second = journal.erase(erasure(phone(ANA)), &()).await.unwrap().unwrap();
    assert_eq!(
        (second.removed.events, second.removed.webhooks),
        (0, 1),
        "the raw batch that held a repetition"
    );
    assert!(!stands(folder.path(), "file-of-ana") && !stands(folder.path(), "491701111111"));
    let third = journal.erase(erasure(phone(ANA)), &()).await.unwrap().unwrap();
    assert!(third.removed.is_nothing(), "{third:?}");
    let after = journal.holdings().await.unwrap();
    assert_eq!(after[0].events, before[0].events + 1);
    let records = journal.audit(0, 10).await.unwrap();
    assert_eq!(
        (records.len(), records[0].action.as_str(), records[0].actor.as_str()),
        (3, "contact.erase", "tests")
    );
}

#[tokio::test]
async fn a_dry_run_counts_the_same_and_changes_nothing() {
    let House { folder, journal } = house().await;
    let before = ids(&journal).await;
    let dry = Erasure { dry_run: true, ..erasure(Identifier::new(IdentifierScheme::Id, "BSUID-of-ana")) };
    let counted = journal.erase(dry, &()).await.unwrap().unwrap();
    assert_eq!(ids(&journal).await, before);
    assert!(stands(folder.path(), SECRET_WORDS));
    assert_eq!((counted.removed.events, counted.removed.webhooks, counted.removed.messages), (6, 7, 2));
    assert_eq!((counted.media, counted.profiles), (2, 1));
    assert!(journal.audit(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_opt_out_is_kept_unless_it_is_to_go() {
    let House { folder, journal } = house().await;
    let mut stop = says("a9", &ana(), "STOP");
    stop.attributes.push(("keyword".into(), "opt_out".into()));
    journal.append(brought(vec![stop])).await.unwrap();
    let erased = journal.erase(erasure(phone(ANA)), &()).await.unwrap().unwrap();
    assert_eq!((erased.opt_outs, erased.opt_outs_kept), (0, 2), "her number and her id");
    assert!(journal.opt_out("shop", vec![phone(ANA)]).await.unwrap().is_some());
    let all = Erasure { opt_outs: true, ..erasure(phone(ANA)) };
    let erased = journal.erase(all, &()).await.unwrap().unwrap();
    // Her id is not known any more: the opt-out under it goes with `id:`.
    assert_eq!((erased.opt_outs, erased.opt_outs_kept), (1, 0));
    assert!(journal.opt_out("shop", vec![phone(ANA)]).await.unwrap().is_none());
    assert!(!stands(folder.path(), "491701111111"));
}

#[tokio::test]
async fn another_connection_is_left_alone_where_one_is_named() {
    let House { folder: _folder, journal } = house().await;
    let elsewhere = Webhook { connection: "desk".into(), ..brought(vec![says("d1", &ana(), "at the desk")]) };
    journal.append(elsewhere).await.unwrap();
    let desk = Erasure { connection: Some("desk".into()), ..erasure(phone(ANA)) };
    let erased = journal.erase(desk, &()).await.unwrap().unwrap();
    assert_eq!((erased.removed.events, erased.removed.webhooks), (1, 1));
    assert!(ids(&journal).await.contains(&"a1".to_owned()));
}

#[tokio::test]
async fn a_crash_in_the_middle_loses_nothing_of_who_they_are() {
    let House { folder, journal } = house().await;
    // As if the host had ended after the first slices: the events that tie her number to her id are gone.
    let (mut person, _) = journal.person(&phone(ANA), None).await.unwrap().unwrap();
    let found = survey(&journal, &mut person).await.unwrap();
    journal.write_down(&person).await.unwrap();
    let tying: Vec<u64> =
        [1, 5, 7, 8].into_iter().filter(|seq| found.events.iter().any(|e| e.seq == *seq)).collect();
    journal
        .write(move |writing| {
            for seq in &tying {
                let of = &mut Removed::default();
                super::super::remove::event(
                    writing,
                    super::super::record::column(*seq),
                    super::super::remove::Reach::Person,
                    of,
                )?;
            }
            for table in ["messages", "calls", "conversations"] {
                writing.transaction.execute(&format!("DELETE FROM {table}"), [])?;
            }
            Ok(())
        })
        .await
        .unwrap();
    journal.close().await.unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
    journal.erase(erasure(phone(ANA)), &()).await.unwrap().unwrap();
    for words in ["491701111111", "BSUID-of-ana", SECRET_WORDS] {
        assert!(!stands(folder.path(), words), "{words} is left");
    }
    let (person, unfinished) = journal.person(&phone(ANA), None).await.unwrap().unwrap();
    assert_eq!((person.identifiers.len(), unfinished), (1, vec![]), "that she was erased is not kept either");
}

#[tokio::test]
async fn our_own_account_is_nobody() {
    let House { folder: _folder, journal } = house().await;
    let own = journal.erase(erasure(Identifier::new(IdentifierScheme::Id, "account")), &()).await.unwrap();
    assert_eq!(own, Err(OwnAccount));
    assert_eq!(ids(&journal).await.len(), 10);
}

#[tokio::test]
async fn what_stood_in_pages_that_were_divided_is_gone_too() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path(), JournalOptions::default()).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    let mut people: Vec<String> = (0..400).map(|number| format!("+4917{number:08}")).collect();
    random.shuffle(&mut people);
    for (number, person) in people.iter().enumerate() {
        let contact = Contact::new(IdentifierScheme::Phone, person.as_str());
        journal.append(brought(vec![says(&format!("m{number}"), &contact, "text")])).await.unwrap();
        let contact = serde_json::to_string(&["account", "", "phone", person]).unwrap();
        let profile = StoredProfile { connection: "shop".into(), contact, found: None, at: 5 };
        journal.store_profile(profile).await.unwrap();
        let mut queued = new_message(0, person, "text");
        queued.id = format!("message-{}", random.u64(..));
        queued.key = None;
        journal.queue_message(queued).await.unwrap();
    }
    for person in people.iter().step_by(40) {
        journal.erase(erasure(phone(person)), &()).await.unwrap().unwrap();
        assert!(!stands(folder.path(), person.trim_start_matches('+')), "{person} is left");
    }
}

#[tokio::test]
async fn an_export_holds_what_an_erasure_would_remove_and_nothing_of_others() {
    let House { folder: _folder, journal } = house().await;
    let mut export = journal.export(&phone(ANA), None).await.unwrap().unwrap();
    let mut pieces = Vec::new();
    loop {
        let page = export.next().await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 32);
        pieces.extend(page);
    }
    assert!(matches!(&pieces[0], Exported::Person(identifiers) if identifiers.len() == 2));
    let count = |is: fn(&Exported) -> bool| pieces.iter().filter(|piece| is(piece)).count();
    assert_eq!(count(|piece| matches!(piece, Exported::Event(_))), 6);
    assert_eq!(count(|piece| matches!(piece, Exported::Message(_))), 2);
    assert_eq!(count(|piece| matches!(piece, Exported::Webhook { .. })), 7);
    assert_eq!(count(|piece| matches!(piece, Exported::Mention { .. })), 1);
    assert_eq!(count(|piece| matches!(piece, Exported::Profile(_))), 1);
    let all = format!("{pieces:?}");
    assert!(all.contains(SECRET_WORDS) && all.contains("waits-for-ana"));
    assert!(!all.contains("491702222222") && !all.contains("Bo Bystander"), "{all}");
}
