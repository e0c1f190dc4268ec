//! `benches/rivals/rivals.toml`: what people would run instead. Left out where this machine cannot run it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::channel::{Channel, PUBLIC_URL};
use super::host::empty;
use super::load::Target;
use super::process::{Running, free_address};
use super::programs::Programs;
use crate::workspace;

/// What `node postgres.mjs` starts.
const POSTGRES: &str = "postgres";
/// Where Debian keeps programs of PostgreSQL, apart from the path.
const POSTGRES_FOLDER: &str = "/usr/lib/postgresql";

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    rival: Vec<Rival>,
}

/// A server that takes webhooks.
#[derive(Debug, Clone, Deserialize)]
pub struct Rival {
    /// Its id.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// Below `benches/rivals`.
    folder: PathBuf,
    /// Run once in the folder.
    install: Vec<String>,
    /// Is there after that.
    installed: Option<PathBuf>,
    command: Vec<String>,
    /// Whose webhooks it takes.
    pub channel: String,
    /// Where it takes them.
    pub path: String,
    #[serde(default)]
    needs: Vec<String>,
}

fn folder() -> PathBuf {
    workspace::root().join("benches/rivals")
}

/// All of them; none where there is no such file.
pub fn read() -> Result<Vec<Rival>> {
    let path = folder().join("rivals.toml");
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let file: File = toml::from_str(&text).with_context(|| format!("`{}` is not valid", path.display()))?;
    Ok(file.rival)
}

impl Rival {
    fn folder(&self) -> PathBuf {
        folder().join(&self.folder)
    }

    /// Makes it ready. Gives why it has to be left out, where it has to.
    pub fn prepare(&self) -> Option<String> {
        if let Some(missing) = self.needs.iter().find(|program| !has(program)) {
            return Some(format!("needs `{missing}`"));
        }
        let there = self.installed.as_ref().is_some_and(|installed| self.folder().join(installed).exists());
        let [program, arguments @ ..] = self.install.as_slice() else { return None };
        if there {
            return None;
        }
        eprintln!("  {}: {}", self.name, self.install.join(" "));
        let installed =
            Command::new(program).args(arguments).current_dir(self.folder()).stdout(Stdio::null()).status();
        match installed {
            Ok(status) if status.success() => None,
            Ok(status) => {
                Some(format!("needs its packages, and `{}` ended with {status}", self.install.join(" ")))
            }
            Err(error) => Some(format!("needs its packages, and `{program}` cannot be run: {error}")),
        }
    }

    /// Starts it with an empty database.
    pub fn start(&self, programs: &Programs, channel: &Channel) -> Result<Target> {
        let work = programs.work.join(&self.name);
        empty(&work)?;
        let data = work.join("data");
        empty(&data)?;
        let address = free_address()?;
        let [program, arguments @ ..] = self.command.as_slice() else {
            bail!("`{}` has no command", self.name)
        };
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder()).stdout(Stdio::null());
        command.env("PORT", address.port().to_string()).env("FOLDER", &data);
        command.env("SECRET", channel.secret()?).env("URL", format!("{PUBLIC_URL}{}", self.path));
        let mut with = Vec::new();
        if self.needs.iter().any(|need| need == POSTGRES) {
            let (database, url) = postgres(&work)?;
            command.env("DATABASE_URL", url);
            with.push(database);
        }
        let mut server = Running::start(&mut command, &work.join("log"))?;
        server.ready(address)?;
        let plan = programs.plan(&self.name, &[channel.plan(&self.path)])?;
        Ok(Target { address, plan, server, with, beside: Vec::new() })
    }
}

/// A PostgreSQL of its own, and its address.
fn postgres(work: &Path) -> Result<(Running, String)> {
    let data = work.join("postgres");
    empty(&data)?;
    let port = free_address()?.port().to_string();
    let mut command = Command::new("node");
    command.arg("postgres.mjs").current_dir(folder()).env("FOLDER", &data).env("PORT", port);
    let mut running = Running::start(command.stdout(Stdio::piped()), &work.join("postgres.log"))?;
    let mut line = String::new();
    let output = running.output().context("it has no output")?;
    BufReader::new(output).read_line(&mut line).context("PostgreSQL does not tell its address")?;
    if line.trim().is_empty() {
        bail!("PostgreSQL does not start, see `{}`", work.join("postgres.log").display());
    }
    Ok((running, line.trim().to_owned()))
}

/// Whether a program can be run.
fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
        || (program == POSTGRES && Path::new(POSTGRES_FOLDER).is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_said() {
        let text = "[[rival]]\nname = \"x\"\ntitle = \"X\"\nfolder = \"x\"\ninstall = []\ncommand = [\"x\"]\n\
                    channel = \"line\"\npath = \"/\"\nneeds = [\"sh\", \"no-such-program\"]\nrefuses = 401\n";
        let file: File = toml::from_str(text).expect("valid");
        assert_eq!(file.rival[0].prepare().as_deref(), Some("needs `no-such-program`"));
    }
}
