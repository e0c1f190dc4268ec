//! `trunkline serve`

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;
use trunkline_core::journal::HostLock;
use trunkline_runtime::Natives;

use crate::config::{Config, Source, Target};
use crate::delivery::Deliveries;
use crate::desk;
use crate::failure::Failure;
use crate::host::{Host, Observer, load_connectors, make_store};
use crate::http;
use crate::outboxes;
use crate::pages;
use crate::reloading;
use crate::retaining;
use crate::sending::Workers;
use crate::signals::{Signals, survive_large_files};

/// Connections that may wait to be accepted; the operating system may allow fewer.
const LISTEN_QUEUE: u32 = 4_096;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How much to log: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,trunkline_core=debug`.
    #[arg(long, env = "TRUNKLINE_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// Log one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    start_log(&arguments.log, arguments.json)?;
    serve(path, None, &Natives::new()).await
}

/// Serves until the process is asked to end. `observer` is told of every webhook that was read; `natives` answer in place of
/// the components of the same id.
pub async fn serve(path: &Path, observer: Option<Observer>, natives: &Natives) -> Result<(), Failure> {
    survive_large_files();
    let source = Source::read(path)?;
    let config = Arc::new(source.resolve().map_err(Failure::configuration)?);
    make_store(&config.store)?;
    // Until the very end: only then may another host go on with this journal.
    let _lock = HostLock::take(&config.store)?;
    let (stop, stopping) = watch::channel(false);
    let within = Duration::from_millis(config.limits.shutdown_ms_max);
    let registry = load_connectors(&config).await?.natively(natives);
    let mut host = Host::open(&source, &config, &registry, stopping.clone()).await?;
    drop(registry);
    host.observer = observer;
    let journal = host.journal.clone();
    let deliveries =
        Deliveries::start(&config, &journal, &host.routes, &host.clock, &host.standings, &host.profiles)?;
    let listener = listen(config.listen).map_err(|error| {
        Failure::new(format!("cannot listen on {}", config.listen))
            .because(&error)
            .hint("is another host running there? set `listen` under `[server]`")
    })?;
    announce(&host, &config);
    let signals =
        Signals::take_over().map_err(|error| Failure::new("signals cannot be taken").because(&error))?;
    tokio::spawn(obey(signals, stop));
    let host = Arc::new(host);
    let workers = Workers::start(&host, &config.outbound, within).await?;
    let retaining = retaining::start(&host, retaining::retention(&host, &config), stopping.clone());
    let reloading = reloading::start(&host, &config, source.path.clone(), stopping.clone());
    let desk = desk::start(&host, &stopping);
    let asking = outboxes::start(&host, &config.edges, &stopping)?;
    let metrics = host.metrics.clone();
    // Side by side, so that all of it together ends in time.
    let ((), (), _, (), retained, reloaded) = tokio::join!(
        http::serve(listener, http::app(host), &config.limits, &metrics, stopping.clone()),
        end(stopping, within, workers, deliveries),
        outboxes::ended(asking),
        desk::ended(desk),
        retaining,
        reloading,
    );
    if let Err(error) = reloaded {
        tracing::error!(%error, "watching the connectors ended with a panic");
    }
    if let Err(error) = retained {
        tracing::error!(%error, "retention ended with a panic");
    }
    journal.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Listens with a long queue: where many connect at once, one that finds it full tries again after a second only.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As `TcpListener::bind` does: a host that is started again must not wait for old connections to time out.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LISTEN_QUEUE)
}

/// Starts the log on standard error, for people or as JSON.
pub fn start_log(words: &str, json: bool) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter(words)).map_err(|error| {
        Failure::new(format!("`{words}` is no log filter")).because(&error).hint("for example `info`")
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A log that cannot be written is no reason to end: it would be said on the same broken output, by a panic.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    if json {
        log.json().flatten_event(true).init();
    } else {
        use std::io::IsTerminal as _;
        log.with_target(false).with_ansi(std::io::stderr().is_terminal()).init();
    }
    Ok(())
}

/// A bare level is about this program: what libraries say below `info` holds heads and bodies of requests. Whoever
/// wants that names the library.
fn filter(text: &str) -> String {
    match text.trim().to_ascii_lowercase().as_str() {
        level @ ("debug" | "trace") => {
            let own = ["trunkline", "trunkline_core", "trunkline_model", "trunkline_runtime"];
            let own: Vec<String> = own.iter().map(|name| format!("{name}={level}")).collect();
            format!("info,{}", own.join(","))
        }
        _ => text.to_owned(),
    }
}

fn announce(host: &Host, config: &Config) {
    if !config.public_url_given {
        tracing::warn!(
            "`public_url` is not set: providers that sign the URL will be refused, except from this machine"
        );
    }
    if config.api_token.is_none() {
        tracing::info!("the API is closed, since `api_token` is not set");
    }
    let connections = host.connections.all();
    let mut names: Vec<&String> = connections.keys().collect();
    names.sort();
    for name in &names {
        let connector = &connections[*name].connector.manifest().id;
        tracing::info!(connector, "webhook {}/hooks/{name}", host.public_url);
        if connections[*name].connector.has(pages::ABILITY) {
            tracing::info!(connector, "page {}/pages/{name}", host.public_url);
        }
    }
    for edge in &config.edges {
        let asked = edge.outbox.is_some();
        tracing::info!(asked, "edge {}", edge.name);
    }
    for destination in &config.destinations {
        let kind = match &destination.target {
            Target::Webhook { .. } => "webhook",
            Target::Stdout { .. } => "stdout",
            Target::Stream { .. } => "stream",
        };
        tracing::info!(kind, "destination {}", destination.name);
    }
    tracing::info!("listening on {}, {} connections", config.listen, names.len());
}

/// The first signal ends the host in order; the second one at once, which loses nothing either: what is not done is done
/// after the next start.
async fn obey(mut signals: Signals, stop: watch::Sender<bool>) {
    signals.next().await;
    tracing::info!("stopping: no more webhooks are taken, what runs may end");
    let _ = stop.send(true);
    signals.next().await;
    tracing::warn!("asked again to stop: what runs is cut off");
    std::process::exit(1);
}

/// Lets what runs behind the webhooks end within its time, once that is asked for.
async fn end(
    mut stopping: watch::Receiver<bool>,
    within: Duration,
    workers: Workers,
    deliveries: Deliveries,
) {
    // An error: nobody can ask any more.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    let ended = async { tokio::join!(workers.stop(), deliveries.stop()) };
    if tokio::time::timeout(within, ended).await.is_err() {
        tracing::warn!("calls and deliveries were still running at the end of `shutdown_ms_max`");
    }
}
