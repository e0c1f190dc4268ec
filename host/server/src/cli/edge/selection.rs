//! Which connections an edge serves.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use trunkline_deploy::{Connection, Edge, Refusal};
use trunkline_model::manifest::Manifest;
use trunkline_runtime::{ComponentFile, Engine, EngineOptions, Registry};

use crate::cli::connectors::{ids, load};
use crate::config::{Outline, OutlinedConnection, Problem, Source};
use crate::connections::no_connector;
use crate::failure::Failure;
use crate::host;
use crate::provenance::Provenance;

#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Serve a connection for each connector of the folder, named like it, and not those of the configuration.
    #[arg(long)]
    all: bool,
    /// The folder of the connectors. Default: what the configuration says.
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
}

/// A checked selection.
pub struct Selected {
    /// What is served.
    pub edge: Edge,
    /// The folder of the connectors.
    pub folder: PathBuf,
    /// The same connections with their manifests, by name.
    pub connections: BTreeMap<String, Connection>,
    /// The configuration, where it was read.
    pub outline: Option<Outline>,
}

impl Selection {
    /// The options, for the command that is named in what is written.
    pub fn words(&self) -> &'static str {
        if self.all { " --all" } else { "" }
    }

    /// Loads the connectors, so that what the host would refuse is not deployed.
    pub async fn load(&self, config: &Path) -> Result<Selected, Failure> {
        let source = if self.all && self.path.is_some() { None } else { Some(Source::read(config)?) };
        let outline = source.as_ref().map(Source::outline).transpose().map_err(Failure::configuration)?;
        let (folder, engine) = place(self.path.as_deref(), outline.as_ref())?;
        let provenance = Provenance::outlined(&folder, outline.as_ref())?;
        let connections = match (&source, &outline) {
            (Some(source), Some(outline)) if !self.all => {
                configured(&source.path, outline, &folder, &engine, &provenance).await?
            }
            _ => {
                let may_run = |file: &ComponentFile| provenance.check(file).map(drop);
                of_folder(Registry::load_checked(&engine, &folder, may_run).await?)?
            }
        };
        let edge = Edge::new(&connections)
            .map_err(|refusal| refused(&refusal, source.as_ref().filter(|_| !self.all), outline.as_ref()))?;
        Ok(Selected { edge, folder, connections, outline })
    }
}

/// The folder of the connectors and the engine to load them.
pub fn place(path: Option<&Path>, outline: Option<&Outline>) -> Result<(PathBuf, Engine), Failure> {
    const CALLS_MAX: u32 = 1;
    let engine = match outline {
        Some(outline) => host::engine_with(&outline.cache, &outline.store, CALLS_MAX)?,
        None => Engine::new(&EngineOptions { calls_max: CALLS_MAX, cache: None })?,
    };
    let folder = path.or(outline.map(|outline| outline.connectors.as_path()));
    Ok((folder.unwrap_or(Path::new("connectors")).to_owned(), engine))
}

/// One connection for each connector. All of them load.
fn of_folder(registry: Registry) -> Result<BTreeMap<String, Connection>, Failure> {
    if let Some((_, error)) = registry.failures.into_iter().next() {
        return Err(error.into());
    }
    let connectors = registry.connectors.into_iter();
    Ok(connectors
        .map(|(id, connector)| (id, Connection { manifest: connector.manifest().clone(), hosts: None }))
        .collect())
}

/// The connections of the configuration. Only the connectors that they have need load.
async fn configured(
    file: &Path,
    outline: &Outline,
    folder: &Path,
    engine: &Engine,
    provenance: &Provenance,
) -> Result<BTreeMap<String, Connection>, Failure> {
    let known = ids(folder)?;
    let mut manifests: BTreeMap<&str, Manifest> = BTreeMap::new();
    let mut connections = BTreeMap::new();
    for OutlinedConnection { name, connector: id, hosts, line, .. } in &outline.connections {
        if !known.contains(id) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(no_connector((file, *line), id, folder, &known).into());
        }
        let manifest = match manifests.entry(id) {
            Entry::Occupied(loaded) => loaded.into_mut(),
            Entry::Vacant(place) => {
                let (connector, _) = load(engine, folder, id, provenance).await?;
                place.insert(connector.manifest().clone())
            }
        };
        connections.insert(name.clone(), Connection { manifest: manifest.clone(), hosts: hosts.clone() });
    }
    Ok(connections)
}

fn refused(refusal: &Refusal, source: Option<&Source>, outline: Option<&Outline>) -> Failure {
    let Some(source) = source else { return Failure::of(refusal).hint(refusal.hint()) };
    let line = refusal.connection().and_then(|name| {
        outline.into_iter().flat_map(|outline| &outline.connections).find(|one| one.name == name)?.line
    });
    Problem::new(&source.path, line, refusal.to_string()).hint(refusal.hint()).into()
}
