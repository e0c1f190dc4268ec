//! `trunkline connectors`

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trunkline_model::manifest::{Manifest, OnFailure, Secret};
use trunkline_runtime::{Connector, Engine, EngineOptions, Registry};

use crate::config::{Source, nearest};
use crate::failure::Failure;
use crate::table;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Show this connector with its settings.
    id: Option<String>,
    /// Look in this folder, without a configuration.
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let registry = load(path, arguments.path).await?;
    match arguments.id {
        None => list(&registry, arguments.json),
        Some(id) => {
            let Some(connector) = registry.connectors.get(&id) else {
                let known: Vec<&str> = registry.connectors.keys().map(String::as_str).collect();
                return Err(unknown(&id, &known));
            };
            show(connector, arguments.json);
        }
    }
    for (_, error) in &registry.failures {
        anstream::eprintln!("error: {error}");
        let mut cause = std::error::Error::source(error);
        while let Some(source) = cause {
            anstream::eprintln!("  caused by: {source}");
            cause = source.source();
        }
        if let Some(hint) = error.hint() {
            anstream::eprintln!("hint: {hint}");
        }
    }
    if registry.failures.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} components cannot be loaded", registry.failures.len())))
    }
}

/// There is no such connector, but these.
pub fn unknown(id: &str, known: &[&str]) -> Failure {
    let hint = match nearest(id, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "build the connectors with `cargo xtask build`, or name their folder".to_owned()
        }
        None => format!("there are: {}", known.join(", ")),
    };
    Failure::new(format!("there is no connector `{id}`")).hint(hint)
}

async fn load(path: &Path, folder: Option<PathBuf>) -> Result<Registry, Failure> {
    match folder {
        Some(folder) => {
            let engine = Engine::new(&EngineOptions { calls_max: 1, cache: None })?;
            Ok(Registry::load(&engine, &folder).await?)
        }
        None => {
            let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
            crate::host::load_connectors(&config).await
        }
    }
}

fn list(registry: &Registry, as_json: bool) {
    if as_json {
        let connectors: Vec<Value> = registry.connectors.values().map(described).collect();
        println!("{}", json!({ "connectors": connectors }));
        return;
    }
    let rows: Vec<Vec<String>> = registry
        .connectors
        .values()
        .map(|connector| {
            let manifest = connector.manifest();
            vec![
                manifest.id.clone(),
                manifest.title.clone(),
                manifest.version.clone(),
                connector.abilities()[1..].join(" "),
                connector.digest()[..12].to_owned(),
            ]
        })
        .collect();
    table::print(&["id", "channel", "version", "abilities", "sha256"], &rows);
}

fn described(connector: &Connector) -> Value {
    json!({
        "manifest": connector.manifest(),
        "abilities": connector.abilities(),
        "imports": connector.imports(),
        "sha256": connector.digest(),
    })
}

fn show(connector: &Connector, as_json: bool) {
    if as_json {
        println!("{}", described(connector));
        return;
    }
    let manifest = connector.manifest();
    let bold = anstyle::Style::new().bold();
    anstream::println!("{bold}{}{bold:#} {} ({})", manifest.title, manifest.version, manifest.id);
    anstream::println!("{}", manifest.summary);
    anstream::println!("{}\n", manifest.documentation);
    let limits = &manifest.limits;
    let facts = [
        ("abilities", connector.abilities()[1..].join(" ")),
        ("methods", manifest.methods.join(" ")),
        ("imports", format!("{} (types only)", connector.imports().join(" "))),
        ("hosts", manifest.hosts.join(" ")),
        (
            "limits",
            format!(
                "{} ms, {} bytes of memory, {} bytes of body",
                limits.time_ms_max, limits.memory_bytes_max, limits.body_bytes_max
            ),
        ),
        ("answered 503", on_failure(manifest.webhooks.on_failure).to_owned()),
        ("sha256", connector.digest().to_owned()),
    ];
    for (name, fact) in facts {
        anstream::println!("{name:<12} {fact}");
    }
    anstream::println!();
    let rows: Vec<Vec<String>> = settings(manifest);
    table::print(&["setting", "", "where to find it"], &rows);
}

/// What the provider does with a webhook that the host could not take.
fn on_failure(on_failure: OnFailure) -> &'static str {
    match on_failure {
        OnFailure::RetriesDays => "the provider sends it again for days",
        OnFailure::RetriesHours => "the provider sends it again for hours",
        OnFailure::RetriesMinutes => "the provider sends it again for minutes",
        OnFailure::Drops => "the provider does not send it again: lost",
        OnFailure::Suspends => "the provider sends it again, and stops altogether when that goes on",
    }
}

fn settings(manifest: &Manifest) -> Vec<Vec<String>> {
    let row = |(name, setting): (&String, &trunkline_model::manifest::Setting)| {
        let mut marks = Vec::new();
        marks.push(if setting.required { "required" } else { "optional" });
        marks.extend(setting.secret.map(|secret| match secret {
            Secret::Verify => "secret",
            Secret::Call => "secret, never shown to the connector",
        }));
        if setting.multiple {
            marks.push("several values");
        }
        vec![name.clone(), marks.join(", "), setting.help.clone()]
    };
    manifest.settings.iter().map(row).collect()
}
