//! The tests that connectors and SDKs of other languages have in their own language: libraries of others read what they make.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use trunkline_author::Language;

use crate::python;
use crate::workspace::{self, ConnectorFolder};

/// Runs all of them. Gives what is needed and cannot be had, where something is left out.
pub fn test() -> Result<Option<&'static str>> {
    let connectors = workspace::connectors()?;
    let of = |language| connectors.iter().filter(move |connector| connector.language == language);
    for connector in of(Language::JavaScript) {
        if !connector.path.join("node_modules").is_dir() {
            return Ok(Some("npm: `cargo xtask build` says why"));
        }
        run(Command::new("npm").args(["test", "--silent"]), &connector.path)?;
    }
    let sdk = workspace::root().join("connectors/sdk/python");
    let mut folders = vec![(sdk.clone(), sdk.join("requirements.txt"))];
    folders.extend(of(Language::Python).filter_map(tests_of));
    for (folder, requirements) in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(python) = python::environment_named(&format!("python-{name}"), &requirements)? else {
            return Ok(Some("python3 with venv and pip"));
        };
        run(Command::new(python).args(["-m", "unittest", "discover", "-s", "tests"]), &folder)?;
    }
    Ok(None)
}

/// The folder of a connector with tests of its own, and what they need.
fn tests_of(connector: &ConnectorFolder) -> Option<(PathBuf, PathBuf)> {
    let requirements = connector.path.join("tests/requirements.txt");
    requirements.is_file().then(|| (connector.path.clone(), requirements))
}

fn run(command: &mut Command, folder: &Path) -> Result<()> {
    println!("{}", workspace::relative(folder));
    let status = command.current_dir(folder).status()?;
    if !status.success() {
        bail!("the tests in `{}` ended with {status}", workspace::relative(folder));
    }
    Ok(())
}
