//! What is counted, for Prometheus. A label is a name from the configuration or one of a fixed set, never
//! something that a sender chose.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    pub connection: String,
    pub outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Journaled {
    pub connection: String,
    pub kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfConnection {
    pub connection: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Attempt {
    pub destination: String,
    pub outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfDestination {
    pub destination: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Overload {
    pub connection: String,
    pub reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct HandedIn {
    pub edge: String,
    pub outcome: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reloaded {
    pub connector: String,
    pub outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfEdge {
    pub edge: String,
}

/// Every metric of the host.
pub struct Metrics {
    registry: Registry,
    /// `accepted`, or why not: the reason of a refusal, the failure of a connector, `journal`, `overload` ...
    pub webhooks: Family<Outcome, Counter>,
    overloaded: Family<Overload, Counter>,
    /// Events that were new.
    pub events: Family<Journaled, Counter>,
    /// Events that were known already.
    pub duplicates: Family<OfConnection, Counter>,
    /// From the last byte of the body to the answer.
    pub webhook_seconds: Family<OfConnection, Histogram>,
    /// Requests to a connection that does not exist.
    pub unknown_connection: Counter,
    /// Sockets without a whole request that were closed for a new one.
    pub sockets_displaced: Counter,
    queued: Family<OfConnection, Counter>,
    ended: Family<Outcome, Counter>,
    calls: Family<Outcome, Counter>,
    call_seconds: Family<OfConnection, Histogram>,
    waiting: Family<OfConnection, Gauge>,
    media_requested: Family<Outcome, Counter>,
    media_fetched: Family<Outcome, Counter>,
    profiles: Family<Outcome, Counter>,
    pages_opened: Family<Outcome, Counter>,
    pages_following: Family<OfConnection, Gauge>,
    pages_told: Family<OfConnection, Counter>,
    ingest: Family<HandedIn, Counter>,
    outbox_waiting: Family<OfEdge, Gauge>,
    reloads: Family<Reloaded, Counter>,
    attempts: Family<Attempt, Counter>,
    cursor: Family<OfDestination, Gauge>,
    parked: Family<OfDestination, Gauge>,
    held_back: Family<OfDestination, Gauge>,
    dead: Family<OfDestination, Gauge>,
    paused: Family<OfDestination, Gauge>,
}

impl Metrics {
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("trunkline"),
            webhooks: Family::default(),
            overloaded: Family::default(),
            events: Family::default(),
            duplicates: Family::default(),
            webhook_seconds: Family::new_with_constructor(|| {
                Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5])
            }),
            unknown_connection: Counter::default(),
            sockets_displaced: Counter::default(),
            queued: Family::default(),
            ended: Family::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(|| {
                Histogram::new([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
            }),
            waiting: Family::default(),
            media_requested: Family::default(),
            media_fetched: Family::default(),
            profiles: Family::default(),
            pages_opened: Family::default(),
            pages_following: Family::default(),
            pages_told: Family::default(),
            ingest: Family::default(),
            outbox_waiting: Family::default(),
            reloads: Family::default(),
            attempts: Family::default(),
            cursor: Family::default(),
            parked: Family::default(),
            held_back: Family::default(),
            dead: Family::default(),
            paused: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("webhooks_received", "Webhooks by outcome", metrics.webhooks.clone());
        registry.register(
            "webhooks_overloaded",
            "Webhooks that were answered 503 since the host is behind, by what was used up",
            metrics.overloaded.clone(),
        );
        registry.register("events_journaled", "Events that were new", metrics.events.clone());
        registry.register("events_duplicated", "Events that were known already", metrics.duplicates.clone());
        registry.register(
            "webhook_seconds",
            "Seconds from the body to the answer, the commit included",
            metrics.webhook_seconds.clone(),
        );
        registry.register(
            "webhooks_unaddressed",
            "Requests to a connection that does not exist",
            metrics.unknown_connection.clone(),
        );
        registry.register(
            "sockets_displaced",
            "Sockets without a whole request that were closed to make room for a new one",
            metrics.sockets_displaced.clone(),
        );
        registry.register("messages_queued", "Messages to contacts that were taken", metrics.queued.clone());
        registry.register(
            "messages_ended",
            "Messages by what the host knows of them after its last attempt",
            metrics.ended.clone(),
        );
        registry.register("messages_waiting", "Messages that wait to be sent", metrics.waiting.clone());
        registry.register("calls_made", "Calls for messages by outcome", metrics.calls.clone());
        registry.register("call_seconds", "Seconds of a call for a message", metrics.call_seconds.clone());
        registry.register("media_requested", "Files asked for by outcome", metrics.media_requested.clone());
        registry.register(
            "media_fetched",
            "Fetches from providers by outcome",
            metrics.media_fetched.clone(),
        );
        registry.register("profiles_looked_up", "Look-ups of names by outcome", metrics.profiles.clone());
        registry.register("pages_opened", "Requests of pages by outcome", metrics.pages_opened.clone());
        registry.register(
            "pages_following",
            "Pages that follow their conversation right now",
            metrics.pages_following.clone(),
        );
        registry.register("pages_told", "What pages were told", metrics.pages_told.clone());
        registry.register("ingest", "Webhooks that edges handed in, by outcome", metrics.ingest.clone());
        registry.register(
            "edge_outbox_waiting",
            "Webhooks that wait at an edge, as it said last",
            metrics.outbox_waiting.clone(),
        );
        registry.register("connector_reloads", "Changed connectors by outcome", metrics.reloads.clone());
        registry.register("deliveries_attempted", "Attempts to deliver by outcome", metrics.attempts.clone());
        registry.register("destination_cursor", "Place in the journal", metrics.cursor.clone());
        registry.register(
            "destination_held_back",
            "Events kept beyond their time because the destination has not got them",
            metrics.held_back.clone(),
        );
        registry.register(
            "destination_parked",
            "Events that wait for another attempt",
            metrics.parked.clone(),
        );
        registry.register(
            "destination_dead_letters",
            "Events that were attempted often enough, and wait for somebody to decide",
            metrics.dead.clone(),
        );
        registry.register(
            "destination_paused",
            "1: the destination takes nothing and is only probed",
            metrics.paused.clone(),
        );
        metrics
    }

    /// How many events are kept beyond their time because that destination has not got them.
    pub fn held_back(&self, destination: &str, count: u64) {
        let labels = OfDestination { destination: destination.to_owned() };
        self.held_back.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Counts how a webhook ended.
    pub fn webhook(&self, connection: &str, outcome: &str) {
        count(&self.webhooks, connection, outcome);
    }

    /// Counts a webhook that was not taken because too much was under way already.
    pub fn overloaded(&self, connection: &str, reason: &'static str) {
        self.overloaded.get_or_create(&Overload { connection: connection.to_owned(), reason }).inc();
    }

    /// Counts a file that a program asked for: `inline`, `cached`, `fetched`, `shared` with another request, or why
    /// it was not given.
    pub fn media_requested(&self, connection: &str, outcome: &str) {
        count(&self.media_requested, connection, outcome);
    }

    /// Counts a file that was fetched from a provider: `whole`, or why not.
    pub fn media_fetched(&self, connection: &str, outcome: &str) {
        count(&self.media_fetched, connection, outcome);
    }

    /// Counts a look-up of a name: `found`, `unknown`, or why it failed.
    pub fn profile_looked_up(&self, connection: &str, outcome: &str) {
        count(&self.profiles, connection, outcome);
    }

    /// Counts a request of a page: `answered`, `refused` by its connector, `followed`, or why it has no answer.
    pub fn page_opened(&self, connection: &str, outcome: &str) {
        count(&self.pages_opened, connection, outcome);
    }

    /// Counts one more page that follows its conversation, for as long as what is given lives.
    pub fn page_follows(&self, connection: &str) -> Following {
        let labels = OfConnection { connection: connection.to_owned() };
        let pages = self.pages_following.get_or_create_owned(&labels);
        pages.inc();
        Following { pages, told: self.pages_told.get_or_create_owned(&labels) }
    }

    /// Counts what an edge handed in: `accepted`, or why not.
    pub fn handed_in(&self, edge: &str, outcome: &str) {
        let labels = HandedIn { edge: edge.to_owned(), outcome: outcome.to_owned() };
        self.ingest.get_or_create(&labels).inc();
    }

    /// How many webhooks wait at an edge.
    pub fn outbox_waiting(&self, edge: &str, count: u64) {
        let labels = OfEdge { edge: edge.to_owned() };
        self.outbox_waiting.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Counts a connector whose file has changed: `taken` or `refused`.
    pub fn reloaded(&self, connector: &str, outcome: &'static str) {
        let labels = Reloaded { connector: connector.to_owned(), outcome };
        self.reloads.get_or_create(&labels).inc();
    }

    /// Counts a message that was taken.
    pub fn message_queued(&self, connection: &str) {
        self.queued.get_or_create(&OfConnection { connection: connection.to_owned() }).inc();
    }

    /// Counts how a message ended.
    pub fn message_ended(&self, connection: &str, outcome: &str) {
        let labels = Outcome { connection: connection.to_owned(), outcome: outcome.to_owned() };
        self.ended.get_or_create(&labels).inc();
    }

    /// How many messages wait.
    pub fn messages_waiting(&self, connection: &str, count: usize) {
        let labels = OfConnection { connection: connection.to_owned() };
        self.waiting.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Counts a call that was made for a message.
    pub fn called(&self, connection: &str, outcome: &str, latency_ms: u64) {
        let labels = Outcome { connection: connection.to_owned(), outcome: outcome.to_owned() };
        self.calls.get_or_create(&labels).inc();
        let labels = OfConnection { connection: connection.to_owned() };
        self.call_seconds.get_or_create(&labels).observe(latency_ms as f64 / 1_000.0);
    }

    /// Counts an attempt to deliver an event.
    pub fn attempted(&self, destination: &str, delivered: bool) {
        let outcome = if delivered { "delivered" } else { "failed" };
        self.attempts.get_or_create(&Attempt { destination: destination.to_owned(), outcome }).inc();
    }

    /// How far a destination is, and how many events wait there.
    pub fn destination(&self, destination: &str, cursor: u64, parked: usize) {
        gauge(&self.cursor, destination, cursor);
        gauge(&self.parked, destination, parked as u64);
    }

    /// How many dead letters a destination has.
    pub fn dead_letters(&self, destination: &str, count: u64) {
        gauge(&self.dead, destination, count);
    }

    /// One more dead letter.
    pub fn died(&self, destination: &str) {
        self.dead.get_or_create(&OfDestination { destination: destination.to_owned() }).inc();
    }

    /// Whether a destination is paused.
    pub fn paused(&self, destination: &str, paused: bool) {
        gauge(&self.paused, destination, u64::from(paused));
    }

    /// The text format of Prometheus.
    pub fn render(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)
            .expect("a String takes every text");
        text
    }
}

/// A page that follows its conversation.
pub struct Following {
    pages: Gauge,
    told: Counter,
}

impl Following {
    /// It was told something.
    pub fn told(&self) {
        self.told.inc();
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.pages.dec();
    }
}

fn count(family: &Family<Outcome, Counter>, connection: &str, outcome: &str) {
    let labels = Outcome { connection: connection.to_owned(), outcome: outcome.to_owned() };
    family.get_or_create(&labels).inc();
}

fn gauge(family: &Family<OfDestination, Gauge>, destination: &str, value: u64) {
    let labels = OfDestination { destination: destination.to_owned() };
    family.get_or_create(&labels).set(i64::try_from(value).unwrap_or(i64::MAX));
}
