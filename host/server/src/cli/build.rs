//! `trunkline build`

use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::Digest as _;
use trunkline_author::{AuthorError, Built};

use super::progress::Shown;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The connector's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Write the component there, and not only to `build/<id>.wasm`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let built = build(&arguments.folder, arguments.out.as_deref())?;
    let component = std::fs::read(&built.path)
        .map_err(|error| Failure::new(format!("cannot read `{}`", built.path.display())).because(&error))?;
    let digest = hex::encode(sha2::Sha256::digest(&component));
    if arguments.json {
        println!("{}", described(&built, &digest));
    } else {
        show(&built, &digest);
    }
    Ok(())
}

/// Builds a folder with its steps on standard error, and all that a tool said where one fails.
pub fn build(folder: &Path, out: Option<&Path>) -> Result<Built, Failure> {
    let built = trunkline_author::build(folder, out, &mut Shown::new());
    let said = built.as_ref().map_or_else(AuthorError::output, |built| built.warnings.as_str());
    if !said.is_empty() {
        anstream::eprintln!("{}", said.trim_end());
    }
    Ok(built?)
}

fn described(built: &Built, digest: &str) -> serde_json::Value {
    json!({
        "id": built.id,
        "language": built.language.name(),
        "path": built.path,
        "bytes": built.bytes,
        "sha256": digest,
        "exports": built.interfaces.exports,
        "imports": built.interfaces.imports,
        "changed": built.changed,
        "seconds": (built.took.as_secs_f64() * 10.0).round() / 10.0,
    })
}

fn show(built: &Built, digest: &str) {
    let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
    let path = built.path.strip_prefix(&here).unwrap_or(&built.path);
    let bold = anstyle::Style::new().bold();
    let state = if built.changed { "" } else { ", as before" };
    anstream::println!(
        "{bold}{}{bold:#}  {} KiB{state}, {:.1} s",
        path.display(),
        built.bytes.div_ceil(1024),
        built.took.as_secs_f64()
    );
    let imports = match built.interfaces.imports.as_slice() {
        [] => "nothing".to_owned(),
        some => some.join(" "),
    };
    for (name, fact) in
        [("exports", built.interfaces.exports.join(" ")), ("imports", imports), ("sha256", digest.to_owned())]
    {
        anstream::println!("{name:<8} {fact}");
    }
}
