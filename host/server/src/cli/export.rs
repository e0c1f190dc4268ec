//! `trunkline export`

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client;
use crate::config::Source;
use crate::failure::Failure;

/// For example: trunkline export --contact email:ana@example.com --output ana.ndjson
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The person, by any identifier: `phone:+49…`, `email:…`, `id:…`. A number with `+` and an address need no scheme.
    #[arg(long, value_name = "IDENTIFIER")]
    contact: String,
    /// Only what is kept of this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Write to this file, which only you can read. Default: standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let url = format!("{}/v1/contacts/export", client::base_url(config.listen));
    let mut request = json!({ "contact": arguments.contact });
    if let Some(connection) = &arguments.connection {
        request["connection"] = json!(connection);
    }
    let mut response =
        client::open(&url, config.api_token.as_deref(), request.to_string().into_bytes()).await?;
    let mut target = Target::open(arguments.output)?;
    // The last line says that it is the last.
    let mut line = Vec::new();
    let mut last = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| cut().because(&error))? {
        target.write(&bytes)?;
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                last = std::mem::take(&mut line);
            }
        }
    }
    let last: Value = serde_json::from_slice(&last).unwrap_or_default();
    if last["record"] != "end" || !line.is_empty() {
        return Err(cut());
    }
    target.keep()?;
    anstream::eprintln!("{} records", last["records"]);
    Ok(())
}

fn cut() -> Failure {
    Failure::new("the export ended before its last line")
        .hint("run it again; what was written so far is not all")
}

/// Where it is written. A file gets its name when it is whole.
enum Target {
    Standard,
    File { file: File, part: PathBuf, path: PathBuf },
}

impl Target {
    fn open(path: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Standard) };
        let mut part = path.clone().into_os_string();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| unwritable(&part, &error))?;
        Ok(Self::File { file, part, path })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Standard => std::io::stdout()
                .write_all(bytes)
                .map_err(|error| Failure::new("cannot write to standard output").because(&error)),
            Self::File { file, part, .. } => file.write_all(bytes).map_err(|error| unwritable(part, &error)),
        }
    }

    fn keep(self) -> Result<(), Failure> {
        let Self::File { file, part, path } = self else { return Ok(()) };
        let kept = file.sync_all().and_then(|()| std::fs::rename(&part, &path));
        kept.map_err(|error| unwritable(&path, &error))
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("`{}` cannot be written", path.display())).because(error)
}
