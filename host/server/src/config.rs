//! `trunkline.toml`: read, checked as a whole, and resolved into what the host is put together from.
//!
//! `config/default.toml` is the reference; the types here are its form. Problems carry the line where they
//! are and what to do about them.

mod file;
mod problem;
mod resolve;
mod secret;
mod unknown;

use std::path::{Path, PathBuf};

pub use file::{Format, Limits, Start};
pub use problem::{Problem, nearest};
pub use resolve::{Config, DestinationConfig, Target, connection_settings};

/// The commented default file, which is the reference.
pub const DEFAULT: &str = include_str!("config/default.toml");

/// A file that was read but not yet checked against the connectors.
pub struct Source {
    /// Where it was read.
    pub path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let problem = Problem::new(path, None, format!("cannot be read: {error}"));
            match error.kind() {
                std::io::ErrorKind::NotFound => problem.hint(
                    "write the commented default with `trunkline check --default > trunkline.toml`, or name a file with --config",
                ),
                _ => problem,
            }
        })?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// Checks everything that can be checked without the connectors, and resolves it.
    pub fn resolve(&self) -> Result<Config, Vec<Problem>> {
        resolve::resolve(self)
    }

    /// The folder that relative paths start from.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}
