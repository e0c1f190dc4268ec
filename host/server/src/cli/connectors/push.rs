//! `trunkline connectors push`

use std::path::PathBuf;

use serde_json::json;
use trunkline_core::clock::{Clock as _, SystemClock};
use trunkline_model::interface_name;
use trunkline_runtime::{ComponentFile, Connector, Engine, EngineOptions, LoadError};
use trunkline_sources::{Description, Reference, SourceError, Sources};

use crate::failure::Failure;
use crate::instant;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The component.
    file: PathBuf,
    /// Where to: `ghcr.io/acme/post:1.2.0`
    reference: String,
}

pub async fn run(arguments: &Arguments, as_json: bool) -> Result<(), Failure> {
    let parsed = Reference::parse(&arguments.reference).map_err(SourceError::from)?;
    let Reference::Registry(reference) = parsed else {
        let message = format!("`{}` is no place in a registry", arguments.reference);
        return Err(Failure::new(message).hint("for example `ghcr.io/acme/post:1.2.0`"));
    };
    if reference.tag().is_none() || reference.digest().is_some() {
        let message = format!("`{reference}` has a digest, which is known only when it is pushed");
        return Err(Failure::new(message).hint("give a tag: `:1.2.0`"));
    }
    let file = &arguments.file;
    let bytes = std::fs::read(file).map_err(|source| LoadError::Read { path: file.clone(), source })?;
    let component = ComponentFile::new(file.display().to_string(), bytes);
    // What no host would load is not published.
    let engine = Engine::new(&EngineOptions { calls_max: 1, cache: None })?;
    let connector = Connector::unnamed(&engine, &component).await?;
    let manifest = connector.manifest();
    let description = Description {
        created: instant::text(SystemClock.now_ms()).unwrap_or_default(),
        exports: connector.abilities().iter().map(|ability| interface_name(ability)).collect(),
        imports: connector.imports().to_vec(),
        title: manifest.title.clone(),
        version: manifest.version.clone(),
    };
    let pushed = Sources::new()?.push(&reference, component.into_bytes(), &description).await?;
    if as_json {
        println!("{}", json!({ "reference": pushed.resolved, "digest": pushed.digest }));
    } else {
        anstream::println!("pushed {}", pushed.resolved);
    }
    Ok(())
}
