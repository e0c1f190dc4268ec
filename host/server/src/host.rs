//! The host put together: what all requests share.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;
use trunkline_core::clock::{Clock, SystemClock};
use trunkline_core::journal::{Journal, JournalOptions};
use trunkline_core::outbound::answers::Answers;
use trunkline_core::route::Routes;
use trunkline_model::{Answer, Refusal, Request};
use trunkline_policy::steps::Unfinished;
use trunkline_runtime::{ComponentFile, Connector, Engine, EngineOptions, Narrowing, Registry};

use crate::config::{Config, MediaConfig, Source, Target, TokenConfig};
use crate::connections::{Connection, Serving, connect};
use crate::delivery::Standings;
use crate::desk::{self, Desk};
use crate::edges::Edges;
use crate::egress::Egress;
use crate::failure::Failure;
use crate::http::Admission;
use crate::live::Live;
use crate::media::Attachments;
use crate::metrics::Metrics;
use crate::pages;
use crate::profiles::Profiles;
use crate::provenance::Provenance;
use crate::reloading::Reloads;
use crate::sending::{Files, HostSender, Queues};

/// Readers of streams at once.
const STREAM_READERS_MAX: usize = 64;
/// Pages that follow their conversations at once. Each has a socket, so that `sockets_max` bounds them before this does.
const PAGE_FOLLOWERS_MAX: usize = 100_000;

/// A webhook as its connector has read it.
pub struct Observed<'a> {
    /// As it came.
    pub request: &'a Request,
    /// Whose it is.
    pub connection: &'a Connection,
    /// When it came. Milliseconds since the Unix epoch.
    pub received_at: u64,
    /// What the connector made of it.
    pub read: &'a Result<Result<Answer, Refusal>, Unfinished>,
}

/// Whoever watches what comes in.
pub type Observer = Box<dyn Fn(&Observed<'_>) + Send + Sync>;

/// What all requests share.
pub struct Host {
    /// By name.
    pub connections: Serving,
    /// Who may hand webhooks in.
    pub edges: Edges,
    /// Where everything is kept.
    pub journal: Journal,
    /// What goes where.
    pub routes: Arc<Routes>,
    /// How destinations stand.
    pub standings: Arc<Standings>,
    /// Streams by name, with their tokens.
    pub streams: HashMap<String, String>,
    /// Contacts, tickets, queues. None: this host has no desk.
    pub desk: Option<Desk>,
    /// Who else may ask, and for what.
    pub tokens: Vec<TokenConfig>,
    /// The bearer token of the API.
    pub api_token: Option<String>,
    /// What providers call.
    pub public_url: String,
    /// Makes the calls that connectors ask for.
    pub egress: Arc<Egress>,
    /// Steps and calls of messages to contacts.
    pub sender: Arc<HostSender>,
    /// Messages that wait.
    pub queues: Queues,
    /// Numbered lists that contacts were offered.
    pub answers: Arc<Answers>,
    /// Links to uploaded files.
    pub files: Arc<Files>,
    /// Bounds of files.
    pub media: MediaConfig,
    /// Files that contacts sent.
    pub attachments: Arc<Attachments>,
    /// Held while a person is erased.
    pub erasing: tokio::sync::Mutex<()>,
    /// Who contacts are.
    pub profiles: Arc<Profiles>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who is taken in when much is under way.
    pub admission: Admission,
    /// Kilobytes of bodies that may still be taken in.
    pub bodies: Arc<Semaphore>,
    /// Readers of streams that may still come.
    pub stream_readers: Arc<Semaphore>,
    /// Pages that may still follow their conversations.
    pub page_followers: Arc<Semaphore>,
    /// Webhooks that are worked on.
    pub live: Arc<Live>,
    /// One replay at a time.
    pub replays: Arc<Semaphore>,
    /// Names this run of the host with these connectors: another has other connectors or settings, maybe.
    identity: RwLock<String>,
    /// Told of every webhook that was read: for authors.
    pub observer: Option<Observer>,
    /// What became of changed components.
    pub reloads: Reloads,
    /// Becomes true when no more requests are taken.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

/// The engine, for so many calls at once.
pub fn engine(config: &Config, calls_max: u32) -> Result<Engine, Failure> {
    engine_with(&config.components.cache, &config.store, calls_max)
}

/// The same for a configuration whose secrets nobody looks up.
pub fn engine_with(cache: &Path, store: &Path, calls_max: u32) -> Result<Engine, Failure> {
    // Only serving makes folders: a check leaves nothing behind.
    let in_place = cache.is_dir() || store.is_dir();
    let cache = in_place.then(|| cache.to_owned());
    Ok(Engine::new(&EngineOptions { calls_max, cache })?)
}

/// The engine with every connector of the configured folder that may run.
pub async fn load_connectors(config: &Config) -> Result<Registry, Failure> {
    let engine = engine(config, config.components.calls_max)?;
    let provenance = Provenance::of(config)?;
    let may_run = |file: &ComponentFile| provenance.check(file).map(drop);
    let mut registry = Registry::load_checked(&engine, &config.components.path, may_run).await?;
    for (id, connector) in &mut registry.connectors {
        *connector = narrowed(config, id, connector.clone());
    }
    for (path, error) in &registry.failures {
        let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(file = %path.display(), %error, cause, "connector cannot be loaded");
    }
    Ok(registry)
}

/// The connector with what the operator lets it have.
pub fn narrowed(config: &Config, id: &str, connector: Connector) -> Connector {
    let Some(limits) = config.components.limits.get(id) else { return connector };
    connector.narrowed(&Narrowing {
        time_ms_max: limits.time_ms_max,
        memory_bytes_max: limits.memory_bytes_max,
        body_bytes_max: limits.body_bytes_max,
        answer_bytes_max: limits.answer_bytes_max,
    })
}

impl Host {
    /// Opens the journal, whose folder exists. Nothing listens yet.
    pub async fn open(
        source: &Source,
        config: &Config,
        registry: &Registry,
        stopping: tokio::sync::watch::Receiver<bool>,
    ) -> Result<Self, Failure> {
        let connections =
            Serving::new(connect(&source.path, config, registry).map_err(Failure::configuration)?);
        let egress = Egress::new(config.egress.clone())
            .map_err(|error| Failure::new("HTTP client cannot start").because(&error))?;
        let options = JournalOptions {
            dedupe_days: config.dedupe_days,
            followed: followed(&connections),
            ..JournalOptions::default()
        };
        let journal = Journal::open(&config.store, options)?;
        let names = config.destinations.iter().map(|destination| destination.name.clone()).collect();
        let streams = config.destinations.iter().filter_map(|destination| match &destination.target {
            Target::Stream { token } => Some((destination.name.clone(), token.clone()?)),
            _ => None,
        });
        let delivered = config.destinations.iter().filter(|one| !matches!(one.target, Target::Stream { .. }));
        let delivered = delivered.map(|destination| destination.name.clone());
        let egress = Arc::new(egress);
        let files = Arc::new(Files::open(&config.store, &config.public_url)?);
        let sender = HostSender {
            connections: connections.clone(),
            egress: egress.clone(),
            files: files.clone(),
            journal: journal.clone(),
        };
        let (clock, metrics): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(Metrics::new()));
        let standings = Arc::new(Standings::new(delivered, metrics.clone()));
        standings.count_dead(&journal.delivery_counts().await?);
        let attachments = Attachments::new(
            &config.store,
            config.media,
            journal.clone(),
            connections.clone(),
            egress.clone(),
            clock.clone(),
            metrics.clone(),
        );
        let profiles = Profiles::new(
            config.profiles_enabled,
            &connections,
            journal.clone(),
            egress.clone(),
            clock.clone(),
            metrics.clone(),
        );
        let desk = match &config.desk {
            Some(folder) => {
                let names = connections.all().keys().cloned().collect();
                let newest = *journal.committed().borrow();
                Some(desk::open(folder, &config.store, clock.clone(), names, newest).await?)
            }
            None => None,
        };
        Ok(Self {
            desk,
            tokens: config.tokens.clone(),
            standings,
            erasing: tokio::sync::Mutex::default(),
            profiles: Arc::new(profiles),
            attachments: Arc::new(attachments),
            queues: Queues::new(connections.all().values(), config.outbound.waiting_max),
            sender: Arc::new(sender),
            answers: Arc::default(),
            files,
            media: config.media,
            edges: Edges::new(&config.edges, &config.limits),
            connections,
            journal,
            routes: Arc::new(Routes::new(config.routes.clone(), names)),
            streams: streams.collect(),
            api_token: config.api_token.clone(),
            public_url: config.public_url.clone(),
            egress,
            metrics,
            clock,
            admission: Admission::new(config.limits.bodies_bytes_max, config.components.calls_max),
            bodies: crate::http::pool(u64::from(config.limits.bodies_bytes_max)),
            stream_readers: Arc::new(Semaphore::new(STREAM_READERS_MAX)),
            page_followers: Arc::new(Semaphore::new(PAGE_FOLLOWERS_MAX)),
            live: Arc::default(),
            replays: Arc::new(Semaphore::new(1)),
            identity: RwLock::new(uuid::Uuid::new_v4().to_string()),
            observer: None,
            reloads: Reloads::default(),
            stopping,
        })
    }
}

impl Host {
    /// Names this host as it is now: another one, or this one with other connectors, has another name.
    pub fn identity(&self) -> String {
        self.identity.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its connectors are others now.
    pub fn changed(&self) {
        *self.identity.write().unwrap_or_else(PoisonError::into_inner) = uuid::Uuid::new_v4().to_string();
    }
}

/// Connections whose conversations pages follow.
fn followed(connections: &Serving) -> HashSet<String> {
    let connections = connections.all();
    let followed = connections.values().filter(|connection| connection.connector.has(pages::ABILITY));
    followed.map(|connection| connection.name.clone()).collect()
}

/// Makes the folder of the store. What people wrote is nobody else's business.
pub fn make_store(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        Failure::new(format!("cannot create `{}`", folder.display()))
            .because(&error)
            .hint("set `path` under `[store]` to a folder that the host may write to")
    })
}
