//! `trunkline events`

use std::path::Path;

use serde_json::Value;
use trunkline_model::Event;

use super::client;
use crate::config::Source;
use crate::failure::Failure;
use crate::text;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Show this event (`evt_…`) with the webhook that brought it.
    id: Option<String>,
    /// At most so many, the newest of them.
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Only events of this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Only events of this kind: `message`, `status`, `other` ...
    #[arg(long)]
    kind: Option<String>,
    /// Only events before this sequence number: to read back further.
    #[arg(long, value_name = "SEQUENCE")]
    before: Option<u64>,
    /// Print the CloudEvents, one a line.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let base = client::base_url(config.listen);
    let token = config.api_token.as_deref();
    if let Some(id) = &arguments.id {
        return show(&base, token, id, arguments.json).await;
    }
    let mut url = format!("{base}/v1/events?order=newest&limit={}", arguments.limit);
    for (name, value) in [("connection", &arguments.connection), ("kind", &arguments.kind)] {
        if let Some(value) = value {
            url.push_str(&format!("&{name}={}", client::query_value(value)));
        }
    }
    if let Some(before) = arguments.before {
        url.push_str(&format!("&after={before}"));
    }
    let answer = client::get(&url, token).await?;
    let events = answer["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    if events.is_empty() && !arguments.json {
        anstream::eprintln!("there are no such events");
    }
    // The newest were asked for; people and programs read downwards in time.
    for event in events.iter().rev() {
        print(event, arguments.json);
    }
    Ok(())
}

/// Prints a CloudEvent: as it is, or as a line for people.
pub fn print(cloud_event: &Value, as_json: bool) {
    if as_json {
        println!("{cloud_event}");
        return;
    }
    let time = cloud_event["time"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let time_ms = time.and_then(|time| u64::try_from(time.as_millisecond()).ok()).unwrap_or_default();
    let connection = cloud_event["connection"].as_str().unwrap_or_default();
    match serde_json::from_value::<Event>(cloud_event["data"].clone()) {
        Ok(event) => anstream::println!("{}", text::line(time_ms, connection, &event)),
        Err(error) => anstream::println!("{} cannot be shown: {error}", cloud_event["id"]),
    }
}

async fn show(base: &str, token: Option<&str>, id: &str, as_json: bool) -> Result<(), Failure> {
    let event = client::get(&format!("{base}/v1/events/{}", client::query_value(id)), token).await?;
    let webhook = client::get(&format!("{base}/v1/webhooks/{}", event["webhook"]), token).await?;
    if as_json {
        println!("{}", serde_json::json!({ "event": event, "webhook": webhook }));
        return Ok(());
    }
    print(&event["event"], false);
    anstream::println!("{:#}\n", event["event"]);
    anstream::println!("came {} more times; brought by webhook {}:", event["duplicates"], webhook["id"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    anstream::println!("{} {}", text(&webhook["method"]), text(&webhook["url"]));
    for header in webhook["headers"].as_array().into_iter().flatten() {
        anstream::println!("{}: {}", text(&header[0]), text(&header[1]));
    }
    // A body is a stranger's text: what steers a terminal is shown, not sent to it.
    let body: String = text(&webhook["body"])
        .chars()
        .map(|letter| if letter.is_control() && letter != '\n' { '\u{fffd}' } else { letter })
        .collect();
    anstream::println!("\n{body}");
    Ok(())
}
