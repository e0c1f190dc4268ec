//! Goes through the kept webhooks of a connection, slice by slice, and says what differs; writes it where it is told to.
//!
//! One webhook after the other, and those that come in meanwhile go before. Whatever ends a run, what it has written stands,
//! is on record, and is nothing new to the next one.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};
use trunkline_core::journal::{
    Actor, Grants, Journal, JournalError, JournalReader, KeptEvent, KeptWebhook, ReplayQuery, ReplayRecord,
    ReplayedEvent, ReplayedSlice, ReplayedWebhook, StoredWebhook, WrittenEvent,
};
use trunkline_model::{Event, Request};

use super::compare::{Compared, Difference, compare, unplaced};
use super::line::{
    EventChange, EventDifference, ReplayError, ReplayLine, ReplayProgress, ReplaySummary, Unread,
    UnreadWebhook,
};
use crate::connections::Connection;
use crate::egress::Egress;
use crate::live::Live;
use crate::{instant, receiving};

/// Lines that wait for a slow reader.
pub const LINES_MAX: usize = 8;

/// Events that are written in one transaction.
const GROUP_EVENTS_MAX: usize = 256;
/// How long one webhook gives way to those that come in. Where they never cease, two hundred a second go on.
const GIVE_WAY_MAX: Duration = Duration::from_millis(5);

/// A replay that is to be run.
pub struct Run {
    /// Where the webhooks are.
    pub reader: JournalReader,
    /// Where to write, and who asks for it. None: a dry run.
    pub write: Option<(Journal, Actor)>,
    /// Makes the calls that the connector needs.
    pub egress: Arc<Egress>,
    /// The connector and its settings.
    pub connection: Arc<Connection>,
    /// The component that is in use, where another one is tried: what it reads otherwise as well is no change.
    pub installed: Option<Arc<Connection>>,
    /// From when on. Milliseconds since the Unix epoch.
    pub since: u64,
    /// Until when.
    pub until: u64,
    /// [`ReplaySummary::host`].
    pub host: Option<String>,
    /// What it gives way to.
    pub live: Arc<Live>,
    /// Becomes true when it is to be broken off.
    pub stopping: watch::Receiver<bool>,
    /// Where to say what.
    pub lines: mpsc::Sender<ReplayLine>,
}

/// Why a run does not go on.
enum Broken {
    /// Nobody listens any more.
    Left,
    /// The host is shutting down.
    Stopping,
    /// The journal fails.
    Journal(JournalError),
}

impl From<JournalError> for Broken {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// What was found in a webhook, to be told when it is written.
struct Found {
    lines: Vec<ReplayLine>,
    webhook: ReplayedWebhook,
}

impl Found {
    fn new(webhook: u64, lines: Vec<ReplayLine>) -> Self {
        Self { lines, webhook: ReplayedWebhook { webhook, events: Vec::new() } }
    }
}

/// A webhook without its request.
struct Came {
    number: u64,
    at: u64,
    events: u64,
    damage: Option<String>,
}

struct Running {
    run: Run,
    query: ReplayQuery,
    summary: ReplaySummary,
    record: Option<ReplayRecord>,
    grants: Arc<Grants>,
}

impl Run {
    /// Runs to the end, and gives each event that was written. The last line says how it ended.
    pub async fn run(self, mut written: impl FnMut(&EventDifference) + Send) {
        let lines = self.lines.clone();
        let mut running = Running::new(self);
        let error = match running.all(&mut written).await {
            Ok(()) => return,
            Err(Broken::Left) => {
                tracing::info!(connection = running.query.connection, "replay ended: its client has left");
                return;
            }
            Err(Broken::Stopping) => ("stopping", "the host is shutting down".to_owned()),
            Err(Broken::Journal(error)) => {
                tracing::error!(%error, "replay ended: the journal fails");
                ("journal", error.to_string())
            }
        };
        let (code, title) = error;
        // Who has left needs no last line.
        let _ = lines.send(ReplayLine::Error(ReplayError { code: code.to_owned(), title })).await;
    }
}

impl Running {
    fn new(run: Run) -> Self {
        let connector = &run.connection.connector;
        let query = ReplayQuery {
            connection: run.connection.name.clone(),
            connector: connector.manifest().id.clone(),
            since: run.since,
            until: run.until,
        };
        let summary = ReplaySummary {
            connection: query.connection.clone(),
            connector: query.connector.clone(),
            component: connector.digest().to_owned(),
            since: instant::text(run.since),
            until: instant::text(run.until),
            host: run.host.clone(),
            dry_run: run.write.is_none(),
            ..ReplaySummary::default()
        };
        let record = run.write.as_ref().map(|(_, actor)| ReplayRecord::new(actor.clone(), detail(&summary)));
        Self { run, query, summary, record, grants: Arc::default() }
    }

    async fn all(&mut self, written: &mut (impl FnMut(&EventDifference) + Send)) -> Result<(), Broken> {
        let mut next = Some(self.run.reader.replay_start(self.query.clone()).await?);
        while let Some(from) = next {
            let slice = self.run.reader.replay_slice(self.query.clone(), from).await?;
            next = slice.next;
            self.summary.others += slice.others;
            let last = slice.webhooks.last().and_then(|kept| instant::text(kept.webhook.received_at));
            let mut found = Vec::new();
            for kept in slice.webhooks {
                self.check()?;
                self.run.live.give_way(GIVE_WAY_MAX).await;
                let of_webhook = self.webhook(kept).await?;
                if self.record.is_some() {
                    found.push(of_webhook);
                } else {
                    self.tell_all(of_webhook.lines).await?;
                }
            }
            self.write(found, written).await?;
            let progress = ReplayProgress { webhooks: self.summary.webhooks, received_at: last };
            self.tell(ReplayLine::Progress(progress)).await?;
        }
        if let (Some((journal, _)), Some(record)) = (&self.run.write, self.record.take()) {
            journal.end_replay(&self.query.connection, record).await?;
        }
        self.tell(ReplayLine::Summary(self.summary.clone())).await
    }

    fn check(&self) -> Result<(), Broken> {
        if self.run.lines.is_closed() {
            return Err(Broken::Left);
        }
        if *self.run.stopping.borrow() {
            return Err(Broken::Stopping);
        }
        Ok(())
    }

    async fn tell(&self, line: ReplayLine) -> Result<(), Broken> {
        self.run.lines.send(line).await.map_err(|_| Broken::Left)
    }

    async fn tell_all(&self, lines: Vec<ReplayLine>) -> Result<(), Broken> {
        for line in lines {
            self.tell(line).await?;
        }
        Ok(())
    }

    /// Reads a webhook anew, and compares.
    async fn webhook(&mut self, kept: KeptWebhook) -> Result<Found, Broken> {
        self.summary.webhooks += 1;
        let KeptWebhook { webhook, damage, events } = kept;
        let came = Came { number: webhook.id, at: webhook.received_at, events: events.len() as u64, damage };
        let StoredWebhook { method, url, headers, body, .. } = webhook;
        let request = Request { method, url, headers, body };
        let reading = read(&self.run.egress, &self.run.connection, &came, &request).await;
        let tried = self.run.installed.is_some().then(|| reading.clone());
        let found = match reading {
            Ok(read) => self.compare(&came, events, read).await?,
            Err(unread) => Found::new(came.number, vec![ReplayLine::Webhook(unread)]),
        };
        if let (Some(installed), Some(tried), false) = (&self.run.installed, tried, found.lines.is_empty())
            && is_same(&read(&self.run.egress, installed, &came, &request).await, &tried)
        {
            self.summary.already += 1;
            return Ok(Found::new(came.number, Vec::new()));
        }
        self.count(&found.lines);
        Ok(found)
    }

    async fn compare(
        &mut self,
        came: &Came,
        kept: Vec<KeptEvent>,
        read: Vec<Event>,
    ) -> Result<Found, Broken> {
        let ids = unplaced(&self.query.connection, &kept, &read);
        let places = match ids.as_slice() {
            [] => Vec::new(),
            _ => self.run.reader.replay_places(came.number, ids.clone()).await?,
        };
        let compared = compare(&self.query.connection, kept, read, ids.into_iter().zip(places))?;
        let Compared { same, repeated, differences } = compared;
        self.summary.same += same;
        self.summary.repeated += repeated;
        let mut found = Found::new(came.number, Vec::new());
        for difference in differences {
            found.lines.push(ReplayLine::Event(told(&difference, came)));
            match difference {
                Difference::Added(now) => found.webhook.events.push(ReplayedEvent::Add(now)),
                Difference::Changed { was, now } => {
                    found.webhook.events.push(ReplayedEvent::Replace { seq: was.seq, was: was.event, now });
                }
                Difference::Gone(_) => {}
            }
        }
        Ok(found)
    }

    fn count(&mut self, lines: &[ReplayLine]) {
        let summary = &mut self.summary;
        for line in lines {
            match line {
                ReplayLine::Event(event) => match event.change {
                    EventChange::Added => summary.added += 1,
                    EventChange::Changed => summary.changed += 1,
                    EventChange::Gone => summary.gone += 1,
                },
                ReplayLine::Webhook(webhook) => match webhook.outcome {
                    Unread::Refused => summary.refused += 1,
                    Unread::Failed => summary.failed += 1,
                },
                _ => {}
            }
        }
    }

    /// Writes what was found in a slice, and then says it.
    async fn write(
        &mut self,
        found: Vec<Found>,
        tell: &mut (impl FnMut(&EventDifference) + Send),
    ) -> Result<(), Broken> {
        let mut lines = Vec::new();
        let mut webhooks = Vec::new();
        for found in found {
            lines.extend(found.lines);
            webhooks.extend(Some(found.webhook).filter(|webhook| !webhook.events.is_empty()));
        }
        for group in groups(webhooks) {
            self.check()?;
            let written = self.write_group(group).await?;
            mark(&mut lines, &written);
        }
        let events = lines.iter().filter_map(|line| match line {
            ReplayLine::Event(event) => Some(event),
            _ => None,
        });
        events.filter(|event| event.written).for_each(tell);
        self.tell_all(lines).await
    }

    /// Writes in one transaction.
    async fn write_group(&mut self, webhooks: Vec<ReplayedWebhook>) -> Result<Vec<WrittenEvent>, Broken> {
        let (Some((journal, _)), Some(record)) = (&self.run.write, &self.record) else {
            return Ok(Vec::new());
        };
        if webhooks.iter().flat_map(|webhook| &webhook.events).any(revokes) {
            let known = Arc::unwrap_or_clone(std::mem::take(&mut self.grants));
            self.grants = Arc::new(self.run.reader.grants(&self.query.connection, known).await?);
        }
        let slice = ReplayedSlice {
            connection: self.query.connection.clone(),
            component: self.summary.component.clone(),
            webhooks,
            grants: self.grants.clone(),
            record: record.clone(),
        };
        let done = journal.write_replayed(slice).await?;
        self.record = Some(done.record);
        self.summary.written += done.events.len() as u64;
        Ok(done.events)
    }
}

/// The same in transactions of a bounded size: a webhook that comes in waits for one of them at most.
fn groups(webhooks: Vec<ReplayedWebhook>) -> Vec<Vec<ReplayedWebhook>> {
    let (mut groups, mut group, mut room) = (Vec::new(), Vec::new(), GROUP_EVENTS_MAX);
    for ReplayedWebhook { webhook, mut events } in webhooks {
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(room));
            room -= events.len();
            group.push(ReplayedWebhook { webhook, events });
            if room == 0 {
                groups.push(std::mem::take(&mut group));
                room = GROUP_EVENTS_MAX;
            }
            events = rest;
        }
    }
    groups.extend(Some(group).filter(|group| !group.is_empty()));
    groups
}

/// Has a connector read a webhook as it would have when it came.
async fn read(
    egress: &Egress,
    connection: &Connection,
    came: &Came,
    request: &Request,
) -> Result<Vec<Event>, UnreadWebhook> {
    let unread = |outcome, reason: &str, detail: String| UnreadWebhook {
        outcome,
        webhook: came.number,
        received_at: instant::text(came.at),
        reason: reason.to_owned(),
        detail,
        events: came.events,
    };
    if let Some(damage) = &came.damage {
        return Err(unread(Unread::Failed, "damaged", damage.clone()));
    }
    match receiving::receive(egress, connection, request, came.at).await {
        Ok(Ok(answer)) => Ok(answer.events),
        Ok(Err(refusal)) => Err(unread(Unread::Refused, receiving::reason(&refusal), refusal.detail.clone())),
        Err(error) => Err(unread(Unread::Failed, error.name(), error.to_string())),
    }
}

/// Whether two connectors read the same, or end in the same way.
fn is_same(one: &Result<Vec<Event>, UnreadWebhook>, other: &Result<Vec<Event>, UnreadWebhook>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(one), Err(other)) => (one.outcome, &one.reason) == (other.outcome, &other.reason),
        _ => false,
    }
}

fn revokes(event: &ReplayedEvent) -> bool {
    match event {
        ReplayedEvent::Add(now) | ReplayedEvent::Replace { now, .. } => now.revokes(),
    }
}

/// Says of the lines which of them are written.
fn mark(lines: &mut [ReplayLine], written: &[WrittenEvent]) {
    let written: std::collections::HashSet<&str> = written.iter().map(|event| event.id.as_str()).collect();
    for line in lines {
        if let ReplayLine::Event(event) = line {
            event.written |= event.change != EventChange::Gone && written.contains(event.id.as_str());
        }
    }
}

fn told(difference: &Difference, came: &Came) -> EventDifference {
    let (webhook, received_at) = (came.number, instant::text(came.at));
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::from(text));
    let (change, id, kind, before, after) = match difference {
        Difference::Added(now) => (EventChange::Added, now.id(), now.kind(), None, Some(json(now.event()))),
        Difference::Changed { was, now } => (
            EventChange::Changed,
            was.id.clone(),
            now.kind(),
            Some(json(&was.event)),
            Some(json(now.event())),
        ),
        Difference::Gone(was) => {
            (EventChange::Gone, was.id.clone(), was.kind.as_str(), Some(json(&was.event)), None)
        }
    };
    EventDifference { change, webhook, received_at, id, kind: kind.to_owned(), before, after, written: false }
}

/// What the record of a replay says beside what it wrote.
fn detail(summary: &ReplaySummary) -> Map<String, Value> {
    let entries = [
        ("since", json!(summary.since)),
        ("until", json!(summary.until)),
        ("component", json!(summary.component.get(..12))),
    ];
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use trunkline_core::journal::Reread;
    use trunkline_model::{EventKind, Opaque};

    use super::*;

    fn webhook(webhook: u64, events: usize) -> ReplayedWebhook {
        let event = |number: usize| {
            let opaque = Opaque { name: "x".into(), payload: String::new() };
            let event = Event::new(number.to_string(), "account", EventKind::Other(opaque));
            ReplayedEvent::Add(Reread::new("shop", event).expect("it can be encoded"))
        };
        ReplayedWebhook { webhook, events: (0..events).map(event).collect() }
    }

    #[test]
    fn a_transaction_is_bounded_whatever_a_webhook_holds() {
        let shape = |webhooks: Vec<ReplayedWebhook>| -> Vec<Vec<(u64, usize)>> {
            let of =
                |group: Vec<ReplayedWebhook>| group.iter().map(|of| (of.webhook, of.events.len())).collect();
            groups(webhooks).into_iter().map(of).collect()
        };
        assert!(shape(vec![]).is_empty());
        assert_eq!(shape(vec![webhook(1, 2), webhook(2, 0), webhook(3, 1)]), [vec![(1, 2), (3, 1)]]);
        assert_eq!(
            shape(vec![webhook(1, 200), webhook(2, 400), webhook(3, 168)]),
            [vec![(1, 200), (2, 56)], vec![(2, 256)], vec![(2, 88), (3, 168)]]
        );
    }
}
