//! `trunkline connectors verify`

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trunkline_runtime::{ComponentFile, LoadError};
use trunkline_sources::Folder;

use super::place::Place;
use super::{facts, ids, unknown};
use crate::failure::Failure;
use crate::provenance::Origin;
use crate::table;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only this connector.
    id: Option<String>,
}

pub fn run(place: &Place, arguments: &Arguments, as_json: bool) -> Result<(), Failure> {
    let mut known: BTreeSet<String> = ids(&place.folder)?.into_iter().collect();
    known.extend(place.provenance.lock().connectors.keys().cloned());
    if let Some(id) = &arguments.id {
        if !known.contains(id) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(unknown(id, &known));
        }
        known.retain(|one| one == id);
    }
    let mut wrong = Vec::new();
    let (mut rows, mut listed) = (Vec::new(), Vec::new());
    for id in &known {
        let file = Folder::component(&place.folder, id);
        let component = ComponentFile::read(&file);
        let found = match &component {
            Ok(component) => place.provenance.check(component),
            Err(_) => Err(LoadError::Refused {
                file: format!("{id}.wasm"),
                reason: "it is pinned in `connectors.lock`, but cannot be read".to_owned(),
                hint: Some(format!("add it again, or take it out with `trunkline connectors remove {id}`")),
            }),
        };
        let (state, signer) = match &found {
            Ok(origin) => (state(origin), origin.signer.as_ref().map_or("", |signer| signer.key.as_str())),
            Err(_) => ("refused", ""),
        };
        rows.push(vec![id.clone(), state.to_owned(), signer.to_owned()]);
        listed.push(shown(id, state, &found));
        wrong.extend(found.err());
    }
    if as_json {
        println!("{}", json!({ "valid": wrong.is_empty(), "connectors": listed }));
    } else {
        table::print(&["id", "", "signed by"], &rows);
    }
    let count = wrong.len();
    for error in wrong {
        anstream::eprintln!("error: {error}");
        if let Some(hint) = error.hint() {
            anstream::eprintln!("hint: {hint}");
        }
    }
    if count == 0 { Ok(()) } else { Err(Failure::told()) }
}

fn state(origin: &Origin<'_>) -> &'static str {
    match (origin.pinned, &origin.signer, origin.unproven) {
        (None, _, _) => "not pinned",
        (Some(_), Some(_), _) => "pinned, signed",
        (Some(_), None, Some(_)) => "pinned, signature not proven",
        (Some(_), None, None) => "pinned, unsigned",
    }
}

fn shown(id: &str, state: &str, found: &Result<Origin<'_>, LoadError>) -> Value {
    match found {
        Ok(origin) => json!({
            "id": id,
            "state": state,
            "signed_by": origin.signer.as_ref().map(facts::signer),
            "unproven": origin.unproven,
            "origin": facts::origin(origin.pinned),
        }),
        Err(error) => json!({ "id": id, "state": state, "error": error.to_string(), "hint": error.hint() }),
    }
}
