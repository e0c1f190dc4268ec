//! The folder that a command is about.

use std::path::{Path, PathBuf};

use trunkline_runtime::{ComponentFile, Connector, Engine, EngineOptions, Registry};
use trunkline_sources::Folder;

use crate::config::{Outline, Source};
use crate::failure::Failure;
use crate::host;
use crate::provenance::{Origin, Provenance};

/// The folder that a command is about.
pub struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// What its files are held against.
    pub provenance: Provenance,
    /// None: there is no configuration.
    pub outline: Option<Outline>,
}

impl Place {
    /// The folder of the configuration, or another one without it. No secret is looked up.
    pub fn find(config: &Path, folder: Option<PathBuf>) -> Result<Self, Failure> {
        let outline = match folder {
            Some(_) => None,
            None => Some(Source::read(config)?.outline().map_err(Failure::configuration)?),
        };
        let folder = folder.or_else(|| outline.as_ref().map(|outline| outline.connectors.clone()));
        let folder = folder.unwrap_or_else(|| PathBuf::from("connectors"));
        let provenance = Provenance::outlined(&folder, outline.as_ref())?;
        Ok(Self { folder, provenance, outline })
    }

    /// An engine that loads and calls nothing else.
    pub fn engine(&self) -> Result<Engine, Failure> {
        const CALLS_MAX: u32 = 1;
        match &self.outline {
            Some(outline) => host::engine_with(&outline.cache, &outline.store, CALLS_MAX),
            None => Ok(Engine::new(&EngineOptions { calls_max: CALLS_MAX, cache: None })?),
        }
    }

    /// Every connector that the host would run.
    pub async fn load(&self) -> Result<Registry, Failure> {
        let may_run = |file: &ComponentFile| self.provenance.check(file).map(drop);
        Ok(Registry::load_checked(&self.engine()?, &self.folder, may_run).await?)
    }
}

/// A connector that may run, with where it comes from.
pub async fn load<'a>(
    engine: &Engine,
    folder: &Path,
    id: &str,
    provenance: &'a Provenance,
) -> Result<(Connector, Origin<'a>), Failure> {
    let path = Folder::component(folder, id);
    let file = ComponentFile::read(&path)?;
    let origin = provenance.check(&file)?;
    Ok((Connector::from_file(engine, &file).await?, origin))
}

/// The ids of the connectors in a folder, by the names of the files. Whether they load is not looked at.
pub fn ids(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Failure::new(format!("cannot read `{}`", folder.display()))
            .because(&error)
            .hint("build the connectors with `cargo xtask build`, or name their folder with --path")
    })?;
    let mut ids: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".wasm")?.to_owned()))
        .collect();
    ids.sort();
    Ok(ids)
}
