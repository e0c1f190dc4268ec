//! `trunkline connectors show`

use std::path::Path;

use trunkline_model::manifest::{Manifest, OnFailure, Secret};
use trunkline_runtime::Connector;

use super::facts::{abilities, described, print, print_title};
use super::place::Place;
use super::{ids, load, running, unknown};
use crate::failure::Failure;
use crate::provenance::Origin;
use crate::table;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The connector's id.
    id: String,
}

pub async fn run(config: &Path, place: &Place, arguments: &Arguments, as_json: bool) -> Result<(), Failure> {
    let (id, known) = (&arguments.id, ids(&place.folder)?);
    if !known.contains(id) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(unknown(id, &known));
    }
    let (connector, origin) = load(&place.engine()?, &place.folder, id, &place.provenance).await?;
    let running = match &place.outline {
        Some(_) => running::find(config, id).await,
        None => None,
    };
    if as_json {
        let mut shown = described(&connector, origin.pinned);
        shown["running"] = running.unwrap_or_default();
        println!("{shown}");
        return Ok(());
    }
    let manifest = connector.manifest();
    print_title(&connector);
    anstream::println!("{}\n", manifest.documentation);
    print(&facts(&connector, &origin));
    print(&running::facts(running.as_ref()));
    anstream::println!();
    let rows: Vec<Vec<String>> = settings(manifest);
    table::print(&["setting", "", "where to find it"], &rows);
    Ok(())
}

fn facts(connector: &Connector, origin: &Origin<'_>) -> Vec<(&'static str, String)> {
    let manifest = connector.manifest();
    let limits = &manifest.limits;
    let mut facts = abilities(connector);
    facts.extend([
        ("methods", manifest.methods.join(" ")),
        (
            "limits",
            format!(
                "{} ms, {} bytes of memory, {} bytes of body",
                limits.time_ms_max, limits.memory_bytes_max, limits.body_bytes_max
            ),
        ),
        ("answered 503", on_failure(manifest.webhooks.on_failure).to_owned()),
        ("sha256", connector.digest().to_owned()),
        ("signed by", signature(origin)),
    ]);
    match origin.pinned {
        Some(entry) => {
            facts.push(("from", entry.resolved.clone()));
            facts.push(("added", entry.added_at.clone()));
        }
        None => facts.push(("from", "put into the folder by hand, not pinned".to_owned())),
    }
    facts
}

/// Who signed a component, verified just now.
fn signature(origin: &Origin<'_>) -> String {
    let recorded = origin.pinned.and_then(|entry| entry.signer.as_ref());
    match (&origin.signer, origin.unproven, recorded) {
        (Some(signer), _, _) => format!("{} ({})", signer.key, signer.fingerprint),
        (None, Some(reason), Some(signer)) => format!("{} when it was added; now {reason}", signer.key),
        (None, Some(reason), None) => format!("nobody known: {reason}"),
        (None, None, _) => "nobody".to_owned(),
    }
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
