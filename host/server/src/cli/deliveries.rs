//! `trunkline deliveries`

use std::path::Path;

use serde_json::{Value, json};

use super::client;
use crate::config::Source;
use crate::failure::Failure;
use crate::{table, text};

/// One answer of the API has no more; what is asked for beyond comes page by page.
const PAGE: u32 = 1_000;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List what failed: dead letters, or what is attempted again.
    List(List),
    /// Show one with the reason of its last failure.
    Show {
        /// The destination.
        destination: String,
        /// Id of the event: `evt_…`.
        event: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Attempt dead letters again; with `--all` also what waits, and probe a paused destination now.
    Retry(Which),
    /// Give dead letters up: they are not delivered. The events stay in the journal, and a record says who dropped them.
    Drop {
        #[command(flatten)]
        which: Which,
        /// Why, for the record.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct List {
    /// Only to this destination.
    #[arg(long)]
    destination: Option<String>,
    /// Only in this state: `dead` or `waiting`.
    #[arg(long, value_parser = ["dead", "waiting"])]
    state: Option<String>,
    /// At most so many.
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Print JSON, one delivery a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("letters").required(true).args(["event", "all"]))]
struct Which {
    /// The destination.
    destination: String,
    /// Id of the event: `evt_…`.
    event: Option<String>,
    /// All dead letters of the destination.
    #[arg(long)]
    all: bool,
}

/// The API of the host that the configuration describes.
struct Api {
    base: String,
    token: Option<String>,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let api = Api { base: client::base_url(config.listen), token: config.api_token };
    match arguments.command {
        Command::List(arguments) => list(&api, &arguments).await,
        Command::Show { destination, event, json } => show(&api, &destination, &event, json).await,
        Command::Retry(which) => {
            let count = decide(&api, &which, "retry", &Value::Null).await?;
            anstream::println!("{count} dead letters are attempted again");
            Ok(())
        }
        Command::Drop { which, reason } => {
            let body = reason.map_or(Value::Null, |reason| json!({ "reason": reason }));
            let count = decide(&api, &which, "drop", &body).await?;
            anstream::println!("{count} dead letters are dropped; `trunkline audit` has the record");
            Ok(())
        }
    }
}

async fn list(api: &Api, arguments: &List) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut left = arguments.limit;
    let mut after = None;
    while left > 0 {
        let mut url = format!("{}/v1/deliveries?limit={}", api.base, left.min(PAGE));
        let filters =
            [("destination", &arguments.destination), ("state", &arguments.state), ("after", &after)];
        for (name, value) in filters {
            if let Some(value) = value {
                url.push_str(&format!("&{name}={}", client::query_value(value)));
            }
        }
        let answer = client::get(&url, api.token.as_deref()).await?;
        let page = answer["deliveries"].as_array().map(Vec::as_slice).unwrap_or_default();
        left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
        for delivery in page {
            if arguments.json { println!("{delivery}") } else { rows.push(row(delivery)) }
        }
        after = answer["next_after"].as_str().map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    if arguments.json {
        return Ok(());
    }
    if rows.is_empty() {
        anstream::eprintln!("there are no such deliveries: everything else is delivered or on its way");
        return Ok(());
    }
    table::print(&["destination", "event", "state", "attempts", "failed", "next attempt", "reason"], &rows);
    if after.is_some() {
        anstream::eprintln!("there are more: raise --limit");
    }
    Ok(())
}

fn row(delivery: &Value) -> Vec<String> {
    let field = |name: &str| text::plain(delivery[name].as_str().unwrap_or("-"));
    vec![
        field("destination"),
        field("event"),
        field("state"),
        delivery["attempts"].to_string(),
        field("failed_at"),
        field("next_attempt_at"),
        field("reason"),
    ]
}

async fn show(api: &Api, destination: &str, event: &str, as_json: bool) -> Result<(), Failure> {
    let (destination, event) = (client::query_value(destination), client::query_value(event));
    let url = format!("{}/v1/deliveries/{destination}/{event}", api.base);
    let delivery = client::get(&url, api.token.as_deref()).await?;
    if as_json {
        println!("{delivery}");
        return Ok(());
    }
    let field = |name: &str| text::plain(delivery[name].as_str().unwrap_or("-"));
    anstream::println!("{} to {}: {}", field("event"), field("destination"), field("state"));
    anstream::println!("  {} of connection {}", field("kind"), field("connection"));
    anstream::println!("  {} attempts, the last failed at {}", delivery["attempts"], field("failed_at"));
    anstream::println!("  {}", field("reason"));
    if delivery["next_attempt_at"].is_string() {
        anstream::println!("  next attempt at {}", field("next_attempt_at"));
    }
    anstream::eprintln!("`trunkline events {}` shows the event", field("event"));
    Ok(())
}

/// Gives how many there were.
async fn decide(api: &Api, which: &Which, what: &str, body: &Value) -> Result<u64, Failure> {
    let destination = client::query_value(&which.destination);
    let url = match &which.event {
        Some(event) => {
            format!("{}/v1/deliveries/{destination}/{}/{what}", api.base, client::query_value(event))
        }
        None => format!("{}/v1/destinations/{destination}/{what}", api.base),
    };
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let mut total = 0;
    loop {
        let answer = client::post(&url, api.token.as_deref(), &[], body.clone()).await?;
        let count = answer["deliveries"].as_u64().unwrap_or_default();
        total += count;
        // In portions, until there are none left.
        if which.event.is_some() || count < u64::from(PAGE) {
            return Ok(total);
        }
    }
}
