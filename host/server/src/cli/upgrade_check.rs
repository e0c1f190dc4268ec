//! `trunkline upgrade-check`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tokio::sync::{mpsc, watch};
use trunkline_core::clock::{Clock as _, SystemClock};
use trunkline_core::journal::JournalReader;
use trunkline_runtime::{Connector, Engine};

use crate::config::{Config, ConnectionConfig, Source, nearest};
use crate::connections::{Connection, join};
use crate::egress::Egress;
use crate::failure::Failure;
use crate::replay::line::{ReplayLine, ReplaySummary};
use crate::replay::manifest::ManifestChange;
use crate::replay::report::{Printer, print_manifest};
use crate::replay::run::{LINES_MAX, Run};
use crate::{host, instant};

/// Something would change.
const CODE_DIFFERS: u8 = 3;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The component file that is to take over. It may have any name.
    component: PathBuf,
    /// The connection whose webhooks it is tried on, with the settings that it has in the configuration.
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// Webhooks that came at that time or later: `2026-11-22T17:00:00Z`, `2026-11-22`, or an age such as `7d`, `12h`.
    #[arg(long, default_value = "7d", value_name = "TIME")]
    since: String,
    /// Print JSON, one object a line: `manifest`, then what `trunkline replay --dry-run --json` prints.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let source = Source::read(path)?;
    let config = source.resolve().map_err(Failure::configuration)?;
    let until = SystemClock.now_ms();
    let since =
        instant::parse(&arguments.since, until).map_err(|error| Failure::new(format!("--since: {error}")))?;
    let configured = configured(&config, &arguments.connection)?;
    let engine = host::engine(&config, 1)?;
    let tried = load(&engine, &arguments.component, configured).await?;
    let reader = JournalReader::open(&config.store)?;
    let installed = installed(&engine, &config, configured).await;
    let (connection, problems) = match join(&source.path, &config, configured, tried.clone()) {
        Ok(connection) => (Some(connection), Vec::new()),
        Err(problems) => (None, problems),
    };
    let change = ManifestChange::new(installed.as_ref(), &tried, problems);
    if arguments.json {
        println!("{}", json!({ "manifest": change }));
    } else {
        print_manifest(&change);
    }
    let differs = match connection {
        Some(connection) => {
            let installed = installed.map(|installed| join(&source.path, &config, configured, installed));
            let connections = (connection, installed.and_then(Result::ok));
            let printer = Printer::new(arguments.json);
            compare(&config, connections, reader, (since, until), &printer).await?.differs()
        }
        // Without its settings it would only refuse.
        None => {
            anstream::eprintln!("the webhooks were not tried: the host would not start with these settings");
            true
        }
    };
    if differs || change.differs() { Err(Failure::code(CODE_DIFFERS)) } else { Ok(()) }
}

fn configured<'a>(config: &'a Config, name: &str) -> Result<&'a ConnectionConfig, Failure> {
    let found = config.connections.iter().find(|connection| connection.name == name);
    found.ok_or_else(|| {
        let known = config.connections.iter().map(|connection| connection.name.as_str());
        let hint = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", known.collect::<Vec<_>>().join(", ")),
        };
        Failure::new(format!("the configuration has no connection `{name}`")).hint(hint)
    })
}

async fn load(engine: &Engine, path: &Path, connection: &ConnectionConfig) -> Result<Connector, Failure> {
    let tried = Connector::load_unnamed(engine, path).await?;
    let id = &tried.manifest().id;
    if *id == connection.connector {
        return Ok(tried);
    }
    Err(Failure::new(format!(
        "`{}` is connector `{id}`, but connection `{}` has connector `{}`",
        path.display(),
        connection.name,
        connection.connector
    ))
    .hint(format!("name a connection of `{id}` with --connection")))
}

/// The component that is in use. One that cannot be loaded is no reason not to try another.
async fn installed(engine: &Engine, config: &Config, connection: &ConnectionConfig) -> Option<Connector> {
    let file = config.components.path.join(format!("{}.wasm", connection.connector));
    match Connector::load(engine, &file).await {
        Ok(connector) => Some(connector),
        Err(error) => {
            anstream::eprintln!("note: nothing to compare its manifest with: {error}");
            None
        }
    }
}

async fn compare(
    config: &Config,
    (connection, installed): (Connection, Option<Connection>),
    reader: JournalReader,
    (since, until): (u64, u64),
    printer: &Printer,
) -> Result<ReplaySummary, Failure> {
    let egress = Egress::new(config.egress.clone())
        .map_err(|error| Failure::new("HTTP client cannot start").because(&error))?;
    let (sender, mut lines) = mpsc::channel(LINES_MAX);
    let (_stop, stopping) = watch::channel(false);
    let run = Run {
        reader,
        write: None,
        egress: Arc::new(egress),
        connection: Arc::new(connection),
        installed: installed.map(Arc::new),
        since,
        until,
        host: None,
        live: Arc::default(),
        stopping,
        lines: sender,
    };
    tokio::spawn(run.run(|_| {}));
    while let Some(line) = lines.recv().await {
        printer.print(&line);
        match line {
            ReplayLine::Summary(summary) => return Ok(summary),
            ReplayLine::Error(error) => return Err(Failure::new(error.title)),
            _ => {}
        }
    }
    Err(Failure::new("the comparison has ended without a result"))
}
