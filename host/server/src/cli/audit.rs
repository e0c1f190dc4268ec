//! `trunkline audit`

use std::path::Path;

use serde_json::Value;

use super::client;
use crate::config::Source;
use crate::failure::Failure;
use crate::{table, text};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// At most so many, the newest of them.
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Only records before this number: to read back further.
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
    /// Print JSON, one record a line.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let base = client::base_url(config.listen);
    let before = arguments.before.map(|before| format!("&before={before}")).unwrap_or_default();
    let url = format!("{base}/v1/audit?limit={}{before}", arguments.limit);
    let answer = client::get(&url, config.api_token.as_deref()).await?;
    let records = answer["records"].as_array().map(Vec::as_slice).unwrap_or_default();
    if arguments.json {
        for record in records {
            println!("{record}");
        }
        return Ok(());
    }
    if records.is_empty() {
        anstream::eprintln!("nothing was dropped, repeated, replayed or erased yet");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = records.iter().map(row).collect();
    table::print(&["number", "at", "who", "what", "of", ""], &rows);
    Ok(())
}

fn row(record: &Value) -> Vec<String> {
    let field = |name: &str| text::plain(record[name].as_str().unwrap_or_default());
    let detail = record["detail"].as_object().into_iter().flatten();
    let detail: Vec<String> = detail.map(|(name, value)| text::plain(&format!("{name} {value}"))).collect();
    vec![
        record["number"].to_string(),
        field("at"),
        field("actor"),
        field("action"),
        field("subject"),
        detail.join(", "),
    ]
}
