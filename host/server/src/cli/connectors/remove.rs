//! `trunkline connectors remove`

use serde_json::json;
use trunkline_model::manifest::is_id;
use trunkline_sources::Folder;

use super::place::Place;
use super::{ids, unknown};
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The connector's id.
    id: String,
    /// Also where a connection uses it: the host will not start with this configuration.
    #[arg(long)]
    force: bool,
}

pub fn run(place: &Place, arguments: &Arguments, as_json: bool) -> Result<(), Failure> {
    let id = &arguments.id;
    let used = place.outline.iter().flat_map(|outline| &outline.connections);
    let used: Vec<&str> = used.filter(|one| one.connector == *id).map(|one| one.name.as_str()).collect();
    if !used.is_empty() && !arguments.force {
        let message = format!("connector `{id}` is used by `{}`", used.join("`, `"));
        let hint = "remove the connection from the configuration first, or remove the connector all the same with --force";
        return Err(Failure::new(message).hint(hint));
    }
    // Only what may be an id is ever part of a path.
    if !is_id(id) || !Folder::open(&place.folder)?.take(id)? {
        let known = ids(&place.folder)?;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(unknown(id, &known));
    }
    if as_json {
        println!("{}", json!({ "removed": id }));
    } else {
        anstream::println!("removed {}", Folder::component(&place.folder, id).display());
    }
    Ok(())
}
