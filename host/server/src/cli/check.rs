//! `trunkline check`

use std::path::Path;

use serde_json::json;

use crate::config::{self, Config, EdgeConfig, Problem, Source};
use crate::connections::{Connections, connect};
use crate::desk;
use crate::failure::Failure;
use crate::host::load_connectors;
use crate::table;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print the commented default configuration, which is the reference, and check nothing.
    #[arg(long)]
    default: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    if arguments.default {
        print!("{}", config::DEFAULT);
        return Ok(());
    }
    match checked(path).await {
        Ok((config, connections)) => {
            show(path, &config, &connections, arguments.json);
            Ok(())
        }
        Err(Refused::Problems(problems)) => {
            if arguments.json {
                println!("{}", json!({ "valid": false, "problems": problems }));
            }
            Err(Failure::configuration(problems))
        }
        Err(Refused::Failure(failure)) => Err(failure),
    }
}

enum Refused {
    Problems(Vec<Problem>),
    Failure(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

async fn checked(path: &Path) -> Result<(Config, Connections), Refused> {
    let source = Source::read(path).map_err(|problem| Refused::Problems(vec![problem]))?;
    let config = source.resolve().map_err(Refused::Problems)?;
    let registry = load_connectors(&config).await.map_err(Refused::Failure)?;
    let mut problems: Vec<Problem> = registry
        .failures
        .iter()
        .map(|(file, error)| {
            let causes =
                std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            let problem = Problem::new(file, None, format!("{error}{causes}"));
            match error.hint() {
                Some(hint) => problem.hint(hint),
                None => problem,
            }
        })
        .collect();
    problems.extend(desk::problems(&config)?);
    match connect(&source.path, &config, &registry) {
        Ok(connections) if problems.is_empty() => Ok((config, connections)),
        Ok(_) => Err(Refused::Problems(problems)),
        Err(more) => {
            problems.extend(more);
            Err(Refused::Problems(problems))
        }
    }
}

fn show(path: &Path, config: &Config, connections: &Connections, as_json: bool) {
    let mut names: Vec<&String> = connections.keys().collect();
    names.sort();
    let url = |name: &str| format!("{}/hooks/{name}", config.public_url);
    if as_json {
        let connections: Vec<_> = names
            .iter()
            .map(|name| {
                let connector = &connections[*name].connector.manifest().id;
                json!({ "name": name, "connector": connector, "webhook_url": url(name) })
            })
            .collect();
        println!(
            "{}",
            json!({
                "valid": true,
                "connections": connections,
                "destinations": config.destinations.len(),
                "edges": config.edges.len(),
            })
        );
        return;
    }
    let rows: Vec<Vec<String>> = names
        .iter()
        .map(|name| vec![(*name).clone(), connections[*name].connector.manifest().id.clone(), url(name)])
        .collect();
    if !rows.is_empty() {
        table::print(&["connection", "connector", "webhook URL for the provider"], &rows);
    }
    show_edges(config);
    if !config.public_url_given {
        anstream::println!(
            "note: `public_url` is not set, so these URLs are good for trying on this machine only"
        );
    }
    let edges = match config.edges.len() {
        0 => String::new(),
        count => format!(", {}", counted(count, "edge")),
    };
    anstream::println!(
        "{} is valid: {}, {}, {}{edges}",
        path.display(),
        counted(connections.len(), "connection"),
        counted(config.destinations.len(), "destination"),
        counted(config.routes.len(), "route"),
    );
}

fn show_edges(config: &Config) {
    let row = |edge: &EdgeConfig| {
        let connections = edge.connections.as_ref();
        let connections = connections.map_or_else(
            || "all".to_owned(),
            |names| names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        );
        let asked = edge.outbox.as_ref();
        let asked = asked.map_or_else(
            || "not asked".to_owned(),
            |outbox| format!("asked every {} s", outbox.poll_every.as_secs()),
        );
        vec![edge.name.clone(), connections, asked]
    };
    if !config.edges.is_empty() {
        let rows: Vec<Vec<String>> = config.edges.iter().map(row).collect();
        table::print(&["edge", "may hand in", "outbox"], &rows);
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
