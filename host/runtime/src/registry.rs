//! The connectors in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::connector::Connector;
use crate::engine::Engine;
use crate::error::LoadError;
use crate::file::ComponentFile;

/// Every connector that could be loaded, and why the others could not.
#[derive(Default)]
pub struct Registry {
    /// By id.
    pub connectors: BTreeMap<String, Connector>,
    /// By file.
    pub failures: Vec<(PathBuf, LoadError)>,
}

impl Registry {
    /// Loads every `*.wasm` in a folder, side by side. One that cannot be loaded does not disturb the others.
    pub async fn load(engine: &Engine, folder: &Path) -> Result<Self, LoadError> {
        Self::load_checked(engine, folder, |_| Ok(())).await
    }

    /// The same, where somebody else says first whether a file may be loaded, by its bytes, which are then the ones that are
    /// compiled.
    pub async fn load_checked(
        engine: &Engine,
        folder: &Path,
        check: impl Fn(&ComponentFile) -> Result<(), LoadError>,
    ) -> Result<Self, LoadError> {
        let unreadable = |source| LoadError::Read { path: folder.to_owned(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                files.push(path);
            }
        }
        files.sort();
        let reading: Vec<_> = files
            .into_iter()
            .map(|path| (path.clone(), tokio::task::spawn_blocking(move || ComponentFile::read(&path))))
            .collect();
        let mut tasks = Vec::new();
        for (path, read) in reading {
            let read = read.await.unwrap_or_else(|_| Err(LoadError::stumbled(&path)));
            let checked = read.and_then(|file| check(&file).map(|()| file));
            let engine = engine.clone();
            let load = async move { Connector::from_file(&engine, &checked?).await };
            tasks.push((path, tokio::spawn(load)));
        }
        let mut registry = Self::default();
        for (path, task) in tasks {
            match task.await.unwrap_or_else(|_| Err(LoadError::stumbled(&path))) {
                Ok(connector) => {
                    registry.connectors.insert(connector.manifest().id.clone(), connector);
                }
                Err(error) => registry.failures.push((path, error)),
            }
        }
        Ok(registry)
    }
}
