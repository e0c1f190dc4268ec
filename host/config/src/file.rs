//! The form of `trunkline.toml`. What the keys mean is said in `default.toml`, and again here for the schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// `trunkline.toml`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct File {
    /// Version of this format. Always 1.
    pub config_version: u32,
    /// HTTP.
    #[serde(default)]
    pub server: Server,
    /// The journal.
    #[serde(default)]
    pub store: Store,
    /// The components.
    #[serde(default)]
    pub connectors: Connectors,
    /// Calls that connectors ask for.
    #[serde(default)]
    pub egress: Egress,
    /// Messages to contacts.
    #[serde(default)]
    pub outbound: Outbound,
    /// Files.
    #[serde(default)]
    pub media: Media,
    /// Names of contacts.
    #[serde(default)]
    pub profiles: Profiles,
    /// The desk: contacts, tickets, queues. Default: there is none.
    pub desk: Option<Desk>,
    /// Who else may ask the API, and for what, by name.
    #[serde(default)]
    pub tokens: BTreeMap<String, Token>,
    /// Accounts at providers, by name.
    #[serde(default)]
    pub connections: BTreeMap<String, Connection>,
    /// Who hands in webhooks that it took in elsewhere, by name.
    #[serde(default)]
    pub edges: BTreeMap<String, Edge>,
    /// Where events go, by name.
    #[serde(default)]
    pub destinations: BTreeMap<String, Destination>,
    /// Which events go where.
    #[serde(default)]
    pub routes: Vec<Route>,
}

/// HTTP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Server {
    /// Where to listen.
    pub listen: String,
    /// What providers call, up to the path.
    pub public_url: Option<String>,
    /// The bearer token of the API.
    pub api_token: Option<String>,
    /// Upper bounds.
    pub limits: Limits,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            api_token: None,
            limits: Limits::default(),
        }
    }
}

/// Upper bounds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limits {
    /// Bytes of a request's head. At least 8192.
    #[schemars(range(min = 8_192))]
    pub head_bytes_max: usize,
    /// Bytes of a webhook's body.
    pub body_bytes_max: u64,
    /// Milliseconds until head and body must have arrived.
    pub request_time_ms_max: u64,
    /// Whole webhooks of one connection that are worked on at once.
    pub requests_per_connection_max: usize,
    /// Bytes of all bodies at once, counted as they come; one connection has at most half of them.
    pub bodies_bytes_max: u32,
    /// TCP connections at once. A new one displaces the one that has sent no whole request for the longest.
    pub sockets_max: usize,
    /// Milliseconds for what runs to end: requests, calls and deliveries side by side.
    pub shutdown_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes_max: 32_768,
            body_bytes_max: 32 << 20,
            request_time_ms_max: 10_000,
            requests_per_connection_max: 512,
            bodies_bytes_max: 256 << 20,
            sockets_max: 4_096,
            shutdown_ms_max: 10_000,
        }
    }
}

/// The journal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Store {
    /// A folder.
    pub path: String,
    /// Days for which an event is recognized when it comes again. At least 30.
    #[schemars(range(min = 30))]
    pub dedupe_days: u32,
    /// How much is kept of each connection.
    pub retention: Retention,
}

/// How much is kept: of events and raw webhooks, messages and conversations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Retention {
    /// Days since it came in. 0: without limit.
    pub days: Option<u32>,
    /// Bytes of events, raw webhooks and the files inside of them. 0: without limit.
    pub bytes: Option<u64>,
}

impl Default for Store {
    fn default() -> Self {
        Self { path: "trunkline-data".to_owned(), dedupe_days: 30, retention: Retention::default() }
    }
}

/// The components.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Connectors {
    /// A folder of `<id>.wasm`.
    pub path: String,
    /// A folder for the compiled components. Default: `compiled` in the store.
    pub cache: Option<String>,
    /// Calls that run at once, 1 to 512.
    #[schemars(range(min = 1, max = 512))]
    pub calls_max: u32,
    /// Whether a component whose file changes is taken while the host runs.
    pub reload: bool,
    /// Before it is taken, it reads the webhooks of its connections once more that came since: an age such as `1h`. One that
    /// reads anything otherwise is not taken. Default: none are read.
    pub reload_check: Option<String>,
    /// What a component may use, where that is less than it declares. By its id.
    pub limits: BTreeMap<String, ComponentLimits>,
    /// Files with the public keys of those who may sign components: ECDSA P-256 in PEM, such as `cosign.pub`.
    pub keys: Vec<String>,
    /// Which components need a signature by one of `keys`.
    pub unsigned: Unsigned,
}

impl Default for Connectors {
    fn default() -> Self {
        Self {
            path: "connectors".to_owned(),
            cache: None,
            calls_max: 64,
            reload: true,
            reload_check: None,
            limits: BTreeMap::new(),
            keys: Vec::new(),
            unsigned: Unsigned::default(),
        }
    }
}

/// What a component may use, where that is less than its manifest declares. More has no effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ComponentLimits {
    /// Milliseconds of computing of one call, at least 10.
    #[schemars(range(min = 10))]
    pub time_ms_max: Option<u64>,
    /// Bytes of memory of one call, at least 1 MiB.
    #[schemars(range(min = 1_048_576))]
    pub memory_bytes_max: Option<u64>,
    /// Bytes of a webhook's body, at least 1 KiB.
    #[schemars(range(min = 1_024))]
    pub body_bytes_max: Option<u64>,
    /// Bytes of an answer, at least 1 KiB.
    #[schemars(range(min = 1_024))]
    pub answer_bytes_max: Option<u64>,
    /// Hosts that it may call. Each must be among those that it declares, or below.
    pub hosts: Option<Vec<String>>,
}

/// Which components need no signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unsigned {
    /// Files that the operator puts into the folder. What is fetched from a URL or a registry needs one.
    #[default]
    Local,
    /// All.
    Allow,
    /// None: each is pinned in `connectors.lock`, with a signature.
    Refuse,
}

/// Calls that connectors ask for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Egress {
    /// Milliseconds of a call as a whole, 100 to 120000.
    #[schemars(range(min = 100, max = 120_000))]
    pub timeout_ms_max: u64,
    /// Bytes of an answer, 1024 to 33554432. Media have limits of their own.
    #[schemars(range(min = 1_024, max = 33_554_432))]
    pub response_bytes_max: u64,
    /// For tests: hosts that are called on this machine instead, without TLS. Host name to
    /// `http://127.0.0.1:PORT`.
    pub dangerous_loopback: BTreeMap<String, String>,
}

impl Default for Egress {
    fn default() -> Self {
        Self { timeout_ms_max: 20_000, response_bytes_max: 1 << 20, dangerous_loopback: BTreeMap::new() }
    }
}

/// Messages to contacts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Outbound {
    /// Where it is not known whether the provider has a message. Default `hold`.
    pub unconfirmed: Unconfirmed,
    /// Hours until a message that cannot be sent is given up, 1 to 168.
    #[schemars(range(min = 1, max = 168))]
    pub give_up_hours: u64,
    /// Messages of one connection that may wait, 1 to 1000000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub waiting_max: u64,
    /// Messages of one connection that are sent at once, 1 to 256.
    #[schemars(range(min = 1, max = 256))]
    pub in_flight_max: u64,
}

impl Default for Outbound {
    fn default() -> Self {
        Self { unconfirmed: Unconfirmed::Hold, give_up_hours: 24, waiting_max: 100_000, in_flight_max: 16 }
    }
}

/// What happens where it is not known whether the provider has a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Unconfirmed {
    /// It waits for a status, or for somebody to decide.
    #[default]
    Hold,
    /// It is sent again: the contact may get it twice.
    Retry,
}

/// Files.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Media {
    /// Bytes of a file that is uploaded to be sent, 1024 to 104857600.
    #[schemars(range(min = 1_024, max = 104_857_600))]
    pub upload_bytes_max: u64,
    /// Bytes of a file that is fetched from a provider.
    pub fetch_bytes_max: u64,
    /// Bytes of all fetched files that are kept on disk; the oldest go first. 0: none is kept.
    pub cache_bytes_max: u64,
}

impl Default for Media {
    fn default() -> Self {
        Self { upload_bytes_max: 25 << 20, fetch_bytes_max: 200 << 20, cache_bytes_max: 5 << 30 }
    }
}

/// Names of contacts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Profiles {
    /// Whether names that a webhook lacks are looked up at the provider. Default `true`.
    pub enabled: bool,
}

impl Default for Profiles {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// The desk: contacts, tickets, queues.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Desk {
    /// A folder with `desk.toml` and, where there are flows, `flows/*.toml`. Relative to the file of the configuration.
    pub path: String,
}

/// A token of the API that may do some things.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Token {
    /// The secret, at least 16 characters.
    pub token: Option<String>,
    /// What it may do.
    pub scope: Scope,
    /// Whom it speaks for, where its scope is `agent`. Default: the agent of its name.
    pub agent: Option<String>,
}

/// What a token may do at the desk. The token of the API may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// What one agent does: be there, take and answer tickets.
    Agent,
    /// That for every agent, and assign, transfer, merge.
    Supervisor,
    /// What programs do: read everything of the desk, describe contacts, write in the name of nobody.
    Integration,
}

/// One account at one provider.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Connection {
    /// The id of its connector.
    pub connector: String,
    /// Hosts that may be called for it, within those that the connector declares. Default: all of them.
    pub hosts: Option<Vec<String>>,
    /// For tests: as `egress.dangerous_loopback`, for this connection alone and before that.
    #[serde(default)]
    pub dangerous_loopback: BTreeMap<String, String>,
    /// Calls per second, where that is to be less than what the connector declares. 0.1 to 10000.
    #[schemars(range(min = 0.1, max = 10_000.0))]
    pub rate_per_second: Option<f64>,
    /// How much is kept of it, where that is not what `store.retention` says.
    #[serde(default)]
    pub retention: Retention,
    /// What the connector's manifest asks for.
    #[serde(default)]
    pub settings: BTreeMap<String, OneOrMany>,
}

/// Takes webhooks in elsewhere, and hands them in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Edge {
    /// `whsec_…`, what it signs with.
    pub secret: Option<OneOrMany>,
    /// Names of the connections that it may hand in. Default: all.
    pub connections: Option<Vec<String>>,
    /// Its address, up to the path: it is asked there to empty its outbox. Default: it is not asked.
    pub url: Option<String>,
    /// Seconds between two questions, 5 to 86400. Default 60.
    #[schemars(range(min = 5, max = 86_400))]
    pub outbox_poll_seconds: Option<u64>,
}

/// One value, or several during rotation with the newest first.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// What a destination is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// HTTP.
    Webhook,
    /// One line an event.
    Stdout,
    /// Server-sent events.
    Stream,
}

/// How events look on standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// CloudEvents, one a line.
    Json,
}

/// Where a new destination begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// With the oldest event.
    #[default]
    Beginning,
    /// With the next event.
    Now,
}

/// Where events go.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Destination {
    /// What it is.
    pub kind: Kind,
    /// Of a `webhook`: where to.
    pub url: Option<String>,
    /// Of a `webhook`: `whsec_…`, what deliveries are signed with.
    pub secret: Option<OneOrMany>,
    /// Of a `webhook`: milliseconds of one attempt. Default 15000.
    pub timeout_ms_max: Option<u64>,
    /// Of a `webhook`: conversations served at once. Default 32.
    pub in_flight_max: Option<usize>,
    /// Of a `webhook`: when an event is attempted again that it did not take.
    pub retry: Option<Retry>,
    /// Of a `webhook` or `stdout`: where a new destination begins. Default `beginning`.
    pub start: Option<Start>,
    /// Of `stdout`: `text` or `json`. Default `text`.
    pub format: Option<Format>,
    /// Of a `stream`: bearer token. Default: `server.api_token`.
    pub token: Option<String>,
}

/// When an event is attempted again that a destination did not take.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Retry {
    /// Milliseconds until the second attempt, 10 to 3600000.
    #[schemars(range(min = 10, max = 3_600_000))]
    pub delay_ms_first: u64,
    /// By what each wait is longer than the one before, 1 to 10.
    #[schemars(range(min = 1, max = 10))]
    pub factor: u32,
    /// Milliseconds of the longest wait, 10 to 86400000.
    #[schemars(range(min = 10, max = 86_400_000))]
    pub delay_ms_max: u64,
    /// Seconds of waits after which an event is a dead letter, 1 to 2592000. While a destination is paused they do not
    /// pass.
    #[schemars(range(min = 1, max = 2_592_000))]
    pub give_up_seconds: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { delay_ms_first: 1_000, factor: 3, delay_ms_max: 3_600_000, give_up_seconds: 86_400 }
    }
}

/// Which events go where.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Route {
    /// Names. Empty: all.
    #[serde(default)]
    pub connections: Vec<String>,
    /// Kinds of event. Empty: all.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Names.
    pub destinations: Vec<String>,
}
