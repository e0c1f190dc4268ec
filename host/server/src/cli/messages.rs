//! `trunkline messages`

use std::path::Path;

use serde_json::Value;

use super::client;
use crate::config::Source;
use crate::failure::Failure;
use crate::{table, text};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Show this message with its calls and everything that the provider said of it.
    id: Option<String>,
    /// Send it again, where nobody knows whether the provider has it.
    #[arg(long, requires = "id")]
    retry: bool,
    /// At most so many, the newest of them.
    #[arg(long, short = 'n', default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    /// Only messages of this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Only messages in this state: `queued`, `sending`, `unconfirmed`, `accepted`, `sent`, `failed`, `delivered`, `read`,
    /// `played`.
    #[arg(long)]
    state: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let base = client::base_url(config.listen);
    let token = config.api_token.as_deref();
    if let Some(id) = &arguments.id {
        let url = format!("{base}/v1/messages/{}", client::query_value(id));
        if arguments.retry {
            client::post(&format!("{url}/retry"), token, &[], Vec::new()).await?;
        }
        print(&client::get(&url, token).await?, arguments.json);
        return Ok(());
    }
    let mut url = format!("{base}/v1/messages?limit={}", arguments.limit);
    for (name, value) in [("connection", &arguments.connection), ("state", &arguments.state)] {
        if let Some(value) = value {
            url.push_str(&format!("&{name}={}", client::query_value(value)));
        }
    }
    let answer = client::get(&url, token).await?;
    let messages = answer["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    if arguments.json {
        for message in messages {
            println!("{message}");
        }
        return Ok(());
    }
    if messages.is_empty() {
        anstream::eprintln!("there are no such messages");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = messages.iter().map(row).collect();
    table::print(&["queued", "id", "state", "connection", "to", ""], &rows);
    Ok(())
}

fn row(message: &Value) -> Vec<String> {
    let field = |name: &str| text::plain(message[name].as_str().unwrap_or_default());
    let to = text::plain(message["to"][0]["value"].as_str().unwrap_or_default());
    vec![
        field("queued_at"),
        field("id"),
        field("state"),
        field("connection"),
        to,
        failure(&message["failure"]),
    ]
}

/// The provider's words.
fn failure(failure: &Value) -> String {
    if failure.is_null() {
        return String::new();
    }
    let reason = match &failure["reason"] {
        Value::String(reason) => reason.clone(),
        other => other.as_object().and_then(|reason| reason.keys().next().cloned()).unwrap_or_default(),
    };
    let mut words = reason;
    if let Some(code) = failure["code"].as_str() {
        words += &format!(" ({})", text::plain(code));
    }
    if let Some(message) = failure["message"].as_str() {
        words += &format!(": {}", text::plain(message));
    }
    words
}

/// Prints a message: as it is, or its life for people.
pub fn print(message: &Value, as_json: bool) {
    if as_json {
        println!("{message}");
        return;
    }
    let field = |value: &Value| text::plain(value.as_str().unwrap_or_default());
    anstream::println!("{} {}", field(&message["id"]), field(&message["state"]));
    anstream::println!("  {} queued for {}", field(&message["queued_at"]), field(&message["conversation"]));
    for call in message["calls"].as_array().into_iter().flatten() {
        let outcome = match (&call["status"], &call["problem"]) {
            (Value::Number(status), _) => format!("answered {status}"),
            (_, Value::String(problem)) => text::plain(problem),
            _ => "no answer yet".to_owned(),
        };
        let (begun, method, url) = (field(&call["begun_at"]), field(&call["method"]), field(&call["url"]));
        anstream::println!("  {begun} {method} {url}: {outcome}");
    }
    for receipt in message["receipts"].as_array().into_iter().flatten() {
        anstream::println!("  at the provider: {}", field(&receipt["message_id"]));
        for degraded in receipt["degraded"].as_array().into_iter().flatten() {
            anstream::println!("    {}", field(degraded));
        }
    }
    for status in message["statuses"].as_array().into_iter().flatten() {
        anstream::println!("  {} {}", field(&status["at"]), field(&status["state"]));
    }
    let failure = failure(&message["failure"]);
    if !failure.is_empty() {
        anstream::println!("  {failure}");
    }
    if let Some(next) = message["next_attempt_at"].as_str() {
        anstream::println!("  next attempt at {next}");
    }
}
