//! The connectors in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::connector::{Connector, read};
use crate::engine::Engine;
use crate::error::LoadError;

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
        Self::load_checked(engine, folder, |_, _| Ok(())).await
    }

    /// The same, where somebody else says first whether a file may be loaded: by the file's name without `.wasm`, and by its
    /// bytes, which are then the ones that are compiled.
    pub async fn load_checked(
        engine: &Engine,
        folder: &Path,
        check: impl Fn(&str, &[u8]) -> Result<(), LoadError>,
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
        let tasks: Vec<_> = files
            .into_iter()
            .map(|path| {
                let engine = engine.clone();
                let read = read(&path).and_then(|(file, bytes)| {
                    check(file.trim_end_matches(".wasm"), &bytes)?;
                    Ok((file, bytes))
                });
                let load = async move {
                    let (file, bytes) = read?;
                    Connector::from_bytes(&engine, &file, &bytes).await
                };
                (path, tokio::spawn(load))
            })
            .collect();
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
