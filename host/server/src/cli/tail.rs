//! `trunkline tail`

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::lines::Lines;
use super::{client, events};
use crate::config::{Config, Source, Target};
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The destination of kind `stream` to read. Default: the first in the configuration.
    destination: Option<String>,
    /// Begin after this sequence number; 0 is the beginning of the journal. Default: what comes from now on.
    #[arg(long, value_name = "SEQUENCE")]
    after: Option<u64>,
    /// End after so many events.
    #[arg(long, short = 'n', value_name = "COUNT")]
    limit: Option<u64>,
    /// Print the CloudEvents, one a line.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let (name, token) = stream_of(&config, arguments.destination.as_deref())?;
    let url = format!("{}/v1/streams/{name}", client::base_url(config.listen));
    let mut after = arguments.after;
    let mut left = arguments.limit.unwrap_or(u64::MAX);
    let mut was_connected = false;
    while left > 0 {
        match follow(&url, &token, &mut after, &mut left, arguments.json, &mut was_connected).await {
            Ok(()) if left == 0 => break,
            // The host went away: it goes on where it was when the host is back.
            Ok(()) => anstream::eprintln!("the host has ended the stream, waiting for it to come back"),
            Err(failure) if !was_connected => return Err(failure),
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

fn stream_of(config: &Config, wanted: Option<&str>) -> Result<(String, String), Failure> {
    let mut streams = config.destinations.iter().filter_map(|destination| match &destination.target {
        Target::Stream { token } => Some((destination.name.clone(), token.clone().unwrap_or_default())),
        _ => None,
    });
    let found = match wanted {
        Some(wanted) => streams.find(|(name, _)| name == wanted),
        None => streams.next(),
    };
    found.ok_or_else(|| {
        let what = wanted.map_or_else(String::new, |name| format!(" `{name}`"));
        Failure::new(format!("the configuration has no destination{what} of kind `stream`"))
            .hint("add one:\n\n  [destinations.live]\n  kind = \"stream\"\n")
    })
}

/// Reads until the stream ends, or so many events have been shown.
async fn follow(
    url: &str,
    token: &str,
    after: &mut Option<u64>,
    left: &mut u64,
    as_json: bool,
    was_connected: &mut bool,
) -> Result<(), Failure> {
    let mut request = client::client()?.get(url).bearer_auth(token);
    if let Some(after) = after {
        request = request.header("last-event-id", after.to_string());
    }
    let response = request.send().await.map_err(|error| client::unreachable(url, &error))?;
    if !response.status().is_success() {
        return Err(client::refused(response).await);
    }
    *was_connected = true;
    let mut lines = Lines::default();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| client::unreachable(url, &error))?;
        for line in lines.push(&chunk)? {
            if let Some(id) = line.strip_prefix("id: ") {
                *after = id.trim().parse().ok().or(*after);
            } else if let Some(data) = line.strip_prefix("data: ")
                && let Ok(event) = serde_json::from_str(data)
            {
                events::print(&event, as_json);
                *left -= 1;
                if *left == 0 {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}
