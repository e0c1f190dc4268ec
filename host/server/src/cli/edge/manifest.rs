//! `trunkline edge manifest`

use std::collections::BTreeMap;
use std::path::Path;

use trunkline_deploy::kubernetes::{self, App, Value};
use trunkline_deploy::{Edge, Variable};
use trunkline_policy::variables;

use super::artefact::Output;
use super::selection::{Selected, Selection};
use crate::config::{Written, nearest};
use crate::failure::Failure;

/// For example: trunkline edge manifest --image registry.example.com/edge:1 --variable public_url=https://hooks.example.com
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The application in a registry, as `spin registry push` put it there.
    #[arg(long, value_name = "REFERENCE")]
    image: String,
    /// The name of the SpinApp, its Deployment and its Service.
    #[arg(long, default_value = "trunkline-edge", value_parser = label)]
    name: String,
    /// Pods.
    #[arg(long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    replicas: u32,
    /// The Secret with a key for each secret. Default: the name of the SpinApp.
    #[arg(long, value_name = "NAME", value_parser = subdomain)]
    secret: Option<String>,
    /// The value of a variable that is no secret; several times for several. `ingest_url` is the routing host,
    /// `public_url` what providers call.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    variable: Vec<(String, String)>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    output: Output,
}

pub async fn run(config: &Path, arguments: Arguments) -> Result<(), Failure> {
    let selected = arguments.selection.load(config).await?;
    let mut values = configured(&selected);
    for (name, value) in arguments.variable {
        check(&selected.edge, &name)?;
        values.insert(name, Value::Shown(value));
    }
    let app = App {
        command: &format!("trunkline edge manifest{}", arguments.selection.words()),
        name: &arguments.name,
        image: &arguments.image,
        replicas: arguments.replicas,
        secret: arguments.secret.as_deref().unwrap_or(&arguments.name),
        values,
    };
    arguments.output.write(&kubernetes::manifest(&selected.edge, &app))?;
    let unset = kubernetes::unset(&selected.edge, &app);
    if !unset.is_empty() {
        anstream::eprintln!("note: set these as well, with --variable NAME=VALUE: {}", unset.join(", "));
    }
    Ok(())
}

/// What the configuration says of variables that are no secrets.
fn configured(selected: &Selected) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    let Some(outline) = &selected.outline else { return values };
    // Names of hosts: an edge may call no path of it.
    if let Some(url) = outline.public_url.as_deref().map(|url| url.trim_end_matches('/'))
        && url.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'))
    {
        values.insert(variables::INGEST_URL.to_owned(), Value::Shown(url.to_owned()));
    }
    for connection in &outline.connections {
        let Some(served) = selected.connections.get(&connection.name) else { continue };
        let plain = served.manifest.settings.iter().filter(|(_, setting)| setting.secret.is_none());
        for (setting, _) in plain {
            let value = match connection.written(setting) {
                Written::Not => continue,
                Written::Here(value) => Value::Shown(value.to_owned()),
                Written::Elsewhere => Value::Kept,
            };
            values.insert(variables::setting(&connection.name, setting), value);
        }
    }
    values
}

/// Whether a value may be given for a variable.
fn check(edge: &Edge, name: &str) -> Result<(), Failure> {
    let known = edge.variables();
    match known.iter().find(|variable| variable.name == name) {
        Some(Variable { secret: false, .. }) => Ok(()),
        Some(_) => Err(Failure::new(format!("`{name}` is a secret, which does not stand in a manifest"))
            .hint("give the Secret a key of that name")),
        None => {
            let plain =
                known.iter().filter(|variable| !variable.secret).map(|variable| variable.name.as_str());
            let hint = match nearest(name, plain.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", plain.collect::<Vec<_>>().join(", ")),
            };
            Err(Failure::new(format!("there is no variable `{name}`")).hint(hint))
        }
    }
}

fn assignment(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or("expected NAME=VALUE")
}

fn label(text: &str) -> Result<String, &'static str> {
    let rule = "expected lower-case letters, digits and hyphens, a letter first, at most 63";
    kubernetes::is_label(text).then(|| text.to_owned()).ok_or(rule)
}

fn subdomain(text: &str) -> Result<String, &'static str> {
    let rule = "expected lower-case letters, digits, hyphens and dots, at most 253";
    kubernetes::is_subdomain(text).then(|| text.to_owned()).ok_or(rule)
}
