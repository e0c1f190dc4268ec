//! `trunkline connectors list`

use serde_json::{Value, json};
use trunkline_sources::Entry;

use super::facts::described;
use super::place::Place;
use crate::failure::Failure;
use crate::table;

/// What not every connector exports.
const OPTIONAL: [&str; 5] = ["outbound", "media", "profiles", "page", "simulator"];

pub async fn run(place: &Place, as_json: bool) -> Result<(), Failure> {
    let registry = place.load().await?;
    let pinned = |id: &str| place.provenance.lock().connectors.get(id);
    if as_json {
        let connectors: Vec<Value> =
            registry.connectors.iter().map(|(id, connector)| described(connector, pinned(id))).collect();
        println!("{}", json!({ "connectors": connectors }));
    } else {
        let rows: Vec<Vec<String>> = registry
            .connectors
            .iter()
            .map(|(id, connector)| {
                let manifest = connector.manifest();
                let mut row = vec![id.clone(), manifest.title.clone(), manifest.version.clone()];
                row.extend(OPTIONAL.map(|ability| mark(connector.has(ability))));
                row.push(connector.digest()[..12].to_owned());
                row.push(signed(pinned(id)));
                row.push(pinned(id).map(|entry| entry.source.clone()).unwrap_or_default());
                row
            })
            .collect();
        let mut headings = vec!["id", "channel", "version"];
        headings.extend(OPTIONAL);
        headings.extend(["sha256", "signed by", "from"]);
        table::print(&headings, &rows);
    }
    for (_, error) in &registry.failures {
        anstream::eprintln!("error: {error}");
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

fn mark(has: bool) -> String {
    if has { "yes" } else { "-" }.to_owned()
}

/// Nothing where the operator put the file there by hand.
fn signed(entry: Option<&Entry>) -> String {
    let signer = entry.map(|entry| entry.signer.as_ref().map_or("nobody", |signer| signer.key.as_str()));
    signer.unwrap_or_default().to_owned()
}
