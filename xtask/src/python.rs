//! A Python environment of the project's own, below the target folder.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::author::{Told, told};
use crate::workspace;

/// The interpreter of an environment that has what a file of requirements names. None where there is no Python, or
/// what it needs cannot be fetched; an error where the requirements cannot be installed.
pub fn environment(requirements: &str) -> Result<Option<PathBuf>> {
    environment_named("python", &workspace::root().join(requirements))
}

/// The same, in a folder of that name below the target folder.
pub fn environment_named(name: &str, requirements: &Path) -> Result<Option<PathBuf>> {
    let folder = workspace::target()?.join(name);
    match trunkline_author::python::environment(&folder, requirements, &mut Told { id: name }) {
        Ok(python) => Ok(Some(python)),
        Err(error) if error.needs().is_some() => {
            eprintln!("{error}");
            Ok(None)
        }
        Err(error) => Err(told(error)),
    }
}
