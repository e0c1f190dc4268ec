//! What must hold whenever the host stands, and when everything is done.

use std::collections::{BTreeMap, BTreeSet};

use trunkline_model::EventKind;

use super::consumers;
use super::world::{DESTINATIONS, World};
use crate::journal::{
    DeliveryQuery, EventQuery, Journal, JournalError, MessageKey, MessageLife, ParkedState, StoredEvent,
};
use crate::outbound::MessageState;

/// Every event that was acknowledged is there, once, under the number that it was given; no cursor is past an event that
/// is neither delivered nor parked; no message goes back. Where the disk does not let itself be read, nothing is said.
pub async fn standing(world: &World, journal: &Journal) {
    if let Ok(Some(wrong)) = look(world, journal).await {
        world.wrong(format_args!("{wrong}"));
    }
}

async fn all(journal: &Journal) -> Result<Vec<StoredEvent>, JournalError> {
    journal.events(EventQuery { limit: 10_000, ..EventQuery::default() }).await
}

async fn look(world: &World, journal: &Journal) -> Result<Option<String>, JournalError> {
    let events = all(journal).await?;
    let mut ids = BTreeMap::new();
    for event in &events {
        if let Some(before) = ids.insert(event.id.as_str(), event.seq) {
            return Ok(Some(format!("{} is there twice: {before} and {}", event.id, event.seq)));
        }
        let known =
            world.with(|truth| truth.numbers.entry(event.seq).or_insert_with(|| event.id.clone()).clone());
        if known != event.id {
            return Ok(Some(format!("number {} was {known}, and is {}", event.seq, event.id)));
        }
    }
    let lost = world.with(|truth| {
        let mut acknowledged = truth.sent.iter().filter(|sent| sent.acknowledged);
        let lost = acknowledged.find(|sent| !ids.contains_key(sent.id.as_str())).map(|sent| sent.id.clone());
        lost.or_else(|| truth.numbers.values().find(|id| !ids.contains_key(id.as_str())).cloned())
    });
    if let Some(lost) = lost {
        return Ok(Some(format!("{lost} was acknowledged or seen, and is not there")));
    }
    for name in DESTINATIONS {
        let cursor = journal.cursor(name).await?.unwrap_or(0);
        let parked = parked(journal, name, None).await?;
        if let Some(skipped) = skipped(world, name, &events, cursor, &parked) {
            return Ok(Some(format!(
                "{name} is at {cursor}, past event {skipped}, which is neither delivered nor parked"
            )));
        }
    }
    went_back(world, journal).await
}

async fn parked(
    journal: &Journal,
    name: &str,
    state: Option<ParkedState>,
) -> Result<BTreeSet<u64>, JournalError> {
    let query =
        DeliveryQuery { destination: Some(name.to_owned()), state, limit: 1_000, ..DeliveryQuery::default() };
    Ok(journal.deliveries(query).await?.into_iter().map(|delivery| delivery.parked.seq).collect())
}

/// The first event up to the cursor of which nobody knows where it went.
fn skipped(
    world: &World,
    name: &'static str,
    events: &[StoredEvent],
    cursor: u64,
    parked: &BTreeSet<u64>,
) -> Option<u64> {
    let routes = consumers::routes();
    world.with(|truth| {
        let consumed = truth.consumers.entry(name).or_default();
        let mut passed = events.iter().filter(|event| event.seq <= cursor);
        passed
            .find(|event| {
                routes.wants(name, &event.connection, &event.kind)
                    && !consumed.delivered.contains(&event.id)
                    && !consumed.dropped.contains(&event.id)
                    && !parked.contains(&event.seq)
            })
            .map(|event| event.seq)
    })
}

async fn lives(world: &World, journal: &Journal) -> Result<Vec<(usize, Option<MessageLife>)>, JournalError> {
    let ids: Vec<String> = world.with(|truth| truth.messages.iter().map(|one| one.id.clone()).collect());
    let mut lives = Vec::new();
    for (index, id) in ids.into_iter().enumerate() {
        lives.push((index, journal.message(MessageKey::Id(id)).await?));
    }
    Ok(lives)
}

async fn went_back(world: &World, journal: &Journal) -> Result<Option<String>, JournalError> {
    for (index, life) in lives(world, journal).await? {
        let state = life.map(|life| life.message.state);
        let wrong = world.with(|truth| {
            let one = &mut truth.messages[index];
            let before = one.seen;
            one.seen = state.max(before);
            if one.queued && state.is_none() {
                return Some(format!("{} was queued, and is not there", one.id));
            }
            (state < before).then(|| format!("{} was {before:?}, and is {state:?}", one.id))
        });
        if wrong.is_some() {
            return Ok(wrong);
        }
    }
    Ok(None)
}

/// What is still to be done. None: nothing.
pub async fn left(world: &World, journal: &Journal) -> Option<String> {
    match try_left(world, journal).await {
        Ok(left) => left,
        Err(error) => Some(error.to_string()),
    }
}

async fn try_left(world: &World, journal: &Journal) -> Result<Option<String>, JournalError> {
    let outside = world.with(|truth| {
        let unsent = truth.sent.iter().filter(|sent| !sent.acknowledged).count();
        let unqueued = truth.messages.iter().filter(|one| !one.settled).count();
        (unsent + unqueued > 0)
            .then(|| format!("{unsent} events are not sent, {unqueued} messages not queued"))
    });
    if outside.is_some() {
        return Ok(outside);
    }
    let waiting = journal.waiting_by_connection().await?;
    if !waiting.is_empty() {
        return Ok(Some(format!("messages wait: {waiting:?}")));
    }
    let committed = *journal.committed().borrow();
    for name in DESTINATIONS {
        let cursor = journal.cursor(name).await?.unwrap_or(0);
        let parked = parked(journal, name, None).await?;
        if cursor < committed || !parked.is_empty() {
            return Ok(Some(format!("{name} is at {cursor} of {committed}, and has parked {parked:?}")));
        }
    }
    Ok(None)
}

/// Everything is delivered or was dropped by somebody; every message came to its end, and no contact got one twice.
pub async fn end(world: &World, journal: &Journal) {
    match try_end(world, journal).await {
        Ok(None) => {}
        Ok(Some(wrong)) => world.wrong(format_args!("{wrong}")),
        Err(error) => world.wrong(format_args!("the journal cannot be read: {error}")),
    }
}

async fn try_end(world: &World, journal: &Journal) -> Result<Option<String>, JournalError> {
    let events = all(journal).await?;
    for name in DESTINATIONS {
        if let Some(seq) = skipped(world, name, &events, u64::MAX, &BTreeSet::new()) {
            return Ok(Some(format!("event {seq} was never delivered to {name}")));
        }
    }
    for (index, life) in lives(world, journal).await? {
        let Some(life) = life else { continue };
        if let Some(wrong) = message(world, index, &life) {
            return Ok(Some(wrong));
        }
    }
    Ok(None)
}

fn message(world: &World, index: usize, life: &MessageLife) -> Option<String> {
    let state = life.message.state;
    world.with(|truth| {
        let one = &truth.messages[index];
        let accepted = |text: &String| truth.pieces.get(text).map_or(0, |piece| piece.accepted);
        if state < MessageState::Unconfirmed {
            return Some(format!("{} is {state:?} in the end", one.id));
        }
        if state == MessageState::Unconfirmed {
            truth.count.unconfirmed += 1;
            return one.repeatable.then(|| format!("{} may be repeated, and is unconfirmed", one.id));
        }
        if let Some(text) = one.texts.iter().find(|text| accepted(text) > 1) {
            return Some(format!("the contact got {text} {} times", accepted(text)));
        }
        // A status may tell that a message has arrived of which nobody knew; its other piece may not have.
        if life.message.receipts.len() < one.texts.len() {
            return None;
        }
        if let Some(text) = one.texts.iter().find(|text| accepted(text) != 1) {
            return Some(format!(
                "{} is {state:?}, and the contact got {text} {} times",
                one.id,
                accepted(text)
            ));
        }
        let [text] = one.texts.as_slice() else { return None };
        let told = truth.sent.iter().filter_map(|sent| match &sent.event.kind {
            EventKind::Status(status) if status.message_id == format!("p-{text}") => {
                MessageState::of_delivery(&status.state)
            }
            _ => None,
        });
        let expected = told.max().unwrap_or(MessageState::Accepted);
        (state != expected).then(|| format!("{} is {state:?}, and the provider said {expected:?}", one.id))
    })
}
