//! `trunkline destinations`

use std::path::Path;

use serde_json::Value;

use super::client;
use crate::config::Source;
use crate::failure::Failure;
use crate::{table, text};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print JSON, one destination a line.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let url = format!("{}/v1/destinations", client::base_url(config.listen));
    let answer = client::get(&url, config.api_token.as_deref()).await?;
    let destinations = answer["destinations"].as_array().map(Vec::as_slice).unwrap_or_default();
    if arguments.json {
        for destination in destinations {
            println!("{destination}");
        }
        return Ok(());
    }
    if destinations.is_empty() {
        anstream::eprintln!("there are no destinations but streams, which are read");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = destinations.iter().map(row).collect();
    table::print(&["destination", "state", "behind", "waiting", "dead", ""], &rows);
    Ok(())
}

fn row(destination: &Value) -> Vec<String> {
    let pause = &destination["paused"];
    let (state, words) = if pause.is_object() {
        let field = |name: &str| text::plain(pause[name].as_str().unwrap_or("-"));
        let words = format!(
            "{}; since {}, next probe at {}",
            field("reason"),
            field("since"),
            field("next_probe_at")
        );
        ("paused", words)
    } else if destination["configured"] == Value::Bool(false) {
        ("not configured", String::new())
    } else {
        ("takes events", String::new())
    };
    vec![
        text::plain(destination["name"].as_str().unwrap_or_default()),
        state.to_owned(),
        destination["behind"].to_string(),
        destination["waiting"].to_string(),
        destination["dead"].to_string(),
        words,
    ]
}
