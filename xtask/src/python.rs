//! A Python environment of the project's own, below the target folder.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::workspace;

/// The interpreter of an environment that has what a file of requirements names. None where there is no Python,
/// or it has no `venv`; an error where the requirements cannot be installed.
pub fn environment(requirements: &str) -> Result<Option<PathBuf>> {
    let folder = workspace::target()?.join("python");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let requirements = workspace::root().join(requirements);
    let wanted = std::fs::read_to_string(&requirements)
        .with_context(|| format!("cannot read `{}`", requirements.display()))?;
    let stamp = folder.join("requirements.txt");
    if python.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Some(python));
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).stdout(Stdio::null()).status();
    if !made.is_ok_and(|status| status.success()) || !python.is_file() {
        return Ok(None);
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    workspace::run(install.arg(&requirements))?;
    std::fs::write(&stamp, wanted)?;
    Ok(Some(python))
}
