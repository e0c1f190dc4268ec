//! A host with a configuration of its own and an empty journal.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::channel::{Channel, PUBLIC_URL};
use super::process::{Running, free_address};

/// The bearer token of the API.
pub const API_TOKEN: &str = "bench-token-of-this-machine";

/// What a host is configured with.
pub struct Configuration {
    folder: PathBuf,
    text: String,
    /// Where it is to listen.
    pub listen: SocketAddr,
}

impl Configuration {
    /// In a folder that is emptied. Components are not watched: what is measured does not change. `compiled`: where
    /// compiled components are kept, for hosts that are to start as they do from their second start on.
    pub fn new(folder: &Path, components: &Path, compiled: &Path) -> Result<Self> {
        empty(folder)?;
        std::fs::create_dir_all(compiled)?;
        let listen = free_address()?;
        let mut text = "config_version = 1\n".to_owned();
        let (store, components) = (folder.join("store"), components.display());
        write!(
            text,
            "[server]\nlisten = \"{listen}\"\npublic_url = \"{PUBLIC_URL}\"\napi_token = \"{API_TOKEN}\"\n\
             [store]\npath = \"{}\"\n[connectors]\npath = \"{components}\"\nreload = false\ncache = \"{}\"\n",
            store.display(),
            compiled.display()
        )?;
        Ok(Self { folder: folder.to_owned(), text, listen })
    }

    /// A connection, with what else stands in its table.
    pub fn connection(&mut self, name: &str, connector: &str, channel: &Channel, more: &str) {
        let settings = channel.settings.iter().map(|(name, value)| format!("{name} = \"{value}\"\n"));
        self.text += &format!(
            "[connections.{name}]\nconnector = \"{connector}\"\n{more}\n[connections.{name}.settings]\n{}",
            settings.collect::<String>()
        );
    }

    /// Whatever else stands in the file.
    pub fn more(&mut self, text: &str) {
        self.text += text;
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the file. Gives its path.
    pub fn write(&self) -> Result<PathBuf> {
        let file = self.folder.join("trunkline.toml");
        std::fs::write(&file, &self.text)?;
        Ok(file)
    }

    /// Starts a host with it.
    pub fn start(&self, program: &Program) -> Result<Running> {
        let file = self.write()?;
        let mut command = Command::new(&program.binary);
        command.arg("--config").arg(file).args(program.arguments).stdout(Stdio::null());
        Running::start(&mut command, &self.folder.join("host.log"))
    }

    /// Starts a host with it and waits until it listens.
    pub fn started(&self, program: &Program) -> Result<Running> {
        let mut running = self.start(program)?;
        running.ready(self.listen)?;
        Ok(running)
    }
}

/// A program that serves as a host.
#[derive(Debug, Clone)]
pub struct Program {
    /// What is run.
    pub binary: PathBuf,
    /// After `--config FILE`.
    pub arguments: &'static [&'static str],
}

impl Program {
    /// The host as it is shipped.
    pub fn shipped(binary: PathBuf) -> Self {
        Self { binary, arguments: &["serve", "--log", "warn"] }
    }

    /// The one with connectors that are compiled in.
    pub fn native(binary: PathBuf) -> Self {
        Self { binary, arguments: &[] }
    }
}

/// Makes a folder with nothing in it.
pub fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(std::fs::create_dir_all(folder)?)
}
