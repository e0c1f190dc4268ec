//! Where things are, and how cargo is called.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use trunkline_author::{Language, rust};
use trunkline_model::manifest::Manifest;

use crate::author;

/// The root of the repository.
pub fn root() -> PathBuf {
    // Set by `cargo run` at run time: the repository may have moved since this was compiled.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let package = PathBuf::from(package);
    package.parent().map_or_else(|| package.clone(), Path::to_owned)
}

/// A folder of the repository that holds a `connector.toml`.
pub struct ConnectorFolder {
    /// The folder's name, which is the connector's id.
    pub id: String,
    /// The folder.
    pub path: PathBuf,
    /// What it is written in.
    pub language: Language,
}

impl ConnectorFolder {
    /// Its `connector.toml`.
    pub fn manifest(&self) -> Result<Manifest> {
        let file = self.path.join("connector.toml");
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        Manifest::parse(&text).with_context(|| format!("`{}` is not valid", relative(&file)))
    }
}

/// Every connector of the repository, by id. There is no list to edit.
pub fn connectors() -> Result<Vec<ConnectorFolder>> {
    connectors_in("connectors")
}

/// Every connector that exists for the tests of the host.
pub fn guests() -> Result<Vec<ConnectorFolder>> {
    connectors_in("tests/guests")
}

fn connectors_in(parent: &str) -> Result<Vec<ConnectorFolder>> {
    let parent = root().join(parent);
    let entries =
        std::fs::read_dir(&parent).with_context(|| format!("cannot read `{}`", parent.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join("connector.toml").is_file() {
            let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let language = Language::of(&path).map_err(author::told)?;
            found.push(ConnectorFolder { id, path, language });
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

/// The folder that cargo builds into, whatever decides it.
pub fn target() -> Result<PathBuf> {
    let output = cargo(["metadata", "--format-version", "1", "--no-deps"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run `cargo metadata`")?;
    if !output.status.success() {
        bail!("`cargo metadata` ended with {}", output.status);
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("`cargo metadata` wrote no JSON")?;
    let folder = metadata["target_directory"].as_str().context("`cargo metadata` names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// Cargo, in the root of the repository.
pub fn cargo<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(arguments: I) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    // What `cargo run` sets for us is not meant for the packages that we build.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end, with its output where ours goes.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run `{}`", words(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", words(command));
    }
    Ok(())
}

/// Runs `cargo build` with these arguments, progress visible, and gives the files that it made.
pub fn cargo_build<I: IntoIterator<Item = A>, A: AsRef<OsStr>>(arguments: I) -> Result<Vec<PathBuf>> {
    let mut command = cargo(["build", "--message-format", "json-render-diagnostics"]);
    command.args(arguments).stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("cannot run `{}`", words(&command)))?;
    if !output.status.success() {
        bail!("`{}` ended with {}", words(&command), output.status);
    }
    Ok(rust::artifacts(&output.stdout))
}

fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// A path as seen from the root, with `/` on every system: for messages and generated files.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// Folders that hold what was built or fetched.
const MADE: [&str; 4] = ["target", "build", "node_modules", "__pycache__"];

/// Every file below a folder whose name ends like that, in order. Build folders and hidden folders are left out.
pub fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                if !MADE.contains(&name.as_str()) && !name.starts_with('.') {
                    folders.push(entry.path());
                }
            } else if name.ends_with(ending) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
