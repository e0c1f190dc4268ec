//! The desk of this host: its folder, its log, what it hears and what it wants done.

mod effects;
mod feed;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use trunkline_contacts::{FOUND_MAX, Scheme};
use trunkline_core::clock::Clock;
use trunkline_core::journal::Known;
use trunkline_desk::{Asked, Command, Configuration, DESK_FILE, Entry, Flaw, Untaken, Worker};

use crate::config::{Config, Problem};
use crate::failure::Failure;
use crate::host::Host;

/// A handle on the desk; clones share it.
pub type Desk = Worker<trunkline_desk::Desk>;

/// Flows of one folder.
const FLOWS: &str = "flows";

/// Opens the desk's log in the store, and puts the files of its folder in force.
pub async fn open(
    folder: &Path,
    store: &Path,
    clock: Arc<dyn Clock>,
    connections: BTreeSet<String>,
    heard_to: u64,
) -> Result<Desk, Failure> {
    let configuration = read(folder)?;
    let desk = Desk::start(store, Box::new(move || clock.now_ms()))
        .map_err(|error| Failure::new("the desk cannot be opened").because(&error))?;
    let is_new = *desk.taken().borrow() == 0;
    let settings = desk.state().read(&configuration);
    let checked = settings.map_err(|flaws| flaws.iter().map(ToString::to_string).collect::<Vec<_>>());
    let checked = checked
        .and_then(|settings| settings.check_connections(&connections).map_err(|flaw| vec![flaw.to_string()]));
    if let Err(flaws) = checked {
        let what = format!("the desk in `{}` cannot be used", folder.display());
        return Err(Failure::new(format!("{what}\n{}", flaws.join("\n"))));
    }
    let is_behind = desk.state().heard_to() > heard_to;
    if is_behind {
        tracing::warn!(
            "the journal is older than the desk: it was restored, and the desk goes on from its end"
        );
    }
    if is_new || is_behind {
        // What was said before there was a desk is not work that waits.
        take(&desk, Entry::Begun { heard_to }).await?;
    }
    if *desk.state().configuration() != configuration {
        take(&desk, Entry::Configured(configuration)).await?;
        tracing::info!("desk works by the files in `{}`", folder.display());
    }
    Ok(desk)
}

/// What is wrong with the files of the desk, as `trunkline check` says it.
pub fn problems(config: &Config) -> Result<Vec<Problem>, Failure> {
    let Some(folder) = &config.desk else { return Ok(Vec::new()) };
    let configuration = read(folder)?;
    let connections = config.connections.iter().map(|connection| connection.name.clone()).collect();
    let checked = trunkline_desk::Desk::default().read(&configuration);
    let checked =
        checked.and_then(|settings| settings.check_connections(&connections).map_err(|flaw| vec![flaw]));
    let flaws = checked.err().unwrap_or_default();
    let problem = |flaw: Flaw| {
        let problem = Problem::new(&folder.join(&flaw.file), flaw.line, flaw.message);
        match &flaw.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    };
    Ok(flaws.into_iter().map(problem).collect())
}

async fn take(desk: &Desk, entry: Entry) -> Result<(), Failure> {
    desk.take(entry).await.map(drop).map_err(|error| match error {
        Untaken::Refused(refused) => Failure::new(format!("the desk cannot be used: {refused}")),
        error => Failure::new("the desk cannot be used").because(&error),
    })
}

/// The files of a desk's folder.
pub fn read(folder: &Path) -> Result<Configuration, Failure> {
    let text = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| {
            Failure::new(format!("`{}` cannot be read", path.display()))
                .because(&error)
                .hint("a desk is a folder with `desk.toml` and `flows/*.toml`: docs/desk.md shows one")
        })
    };
    let mut configuration = Configuration { desk: text(&folder.join(DESK_FILE))?, flows: Vec::new() };
    let Ok(entries) = std::fs::read_dir(folder.join(FLOWS)) else { return Ok(configuration) };
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        configuration.flows.push((format!("{FLOWS}/{name}"), text(&file)?));
    }
    Ok(configuration)
}

/// Removes a person: contacts, tickets, and what the log says of them.
pub async fn erase(desk: &Desk, identifiers: &[Known]) {
    for known in identifiers {
        let scheme = Scheme::from(&known.identifier.scheme);
        let contacts = desk.state().contacts().find_all(&scheme, &known.identifier.value, None, FOUND_MAX);
        for contact in contacts {
            let subjects = desk.state().subjects_of(contact);
            let command = Command::Erase { contact: contact.0 };
            let asked = Asked { by: "erasure".to_owned(), command };
            let taken = desk.take(Entry::Asked(Box::new(asked))).await.map(drop);
            let forgotten = match taken {
                Ok(()) => desk.forget(subjects).await,
                Err(error) => Err(error),
            };
            if let Err(error) = forgotten {
                tracing::error!(%error, "the desk still knows somebody who was erased: erase again");
            }
        }
    }
}

/// Has it hear what comes in, and does what it wants done, until the host ends.
pub fn start(host: &Arc<Host>, stopping: &watch::Receiver<bool>) -> Option<JoinHandle<()>> {
    let desk = host.desk.clone()?;
    let (host, stopping) = (host.clone(), stopping.clone());
    Some(tokio::spawn(async move {
        tokio::join!(
            feed::run(host.clone(), desk.clone(), stopping.clone()),
            effects::run(host, desk.clone(), stopping)
        );
        desk.close().await;
    }))
}

/// Waits until it has ended.
pub async fn ended(desk: Option<JoinHandle<()>>) {
    if let Some(desk) = desk
        && let Err(error) = desk.await
    {
        tracing::error!(%error, "the desk ended with a panic");
    }
}
