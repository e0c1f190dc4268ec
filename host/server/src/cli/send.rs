//! `trunkline send`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::{client, messages};
use crate::config::{Config, Source};
use crate::failure::Failure;

/// How long the answer of the provider is waited for.
const WAIT_MAX: Duration = Duration::from_secs(15);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// For example: trunkline send support +491701234567 --text "We are open until six."
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("content").required(true).multiple(true)
    .args(["text", "file", "media", "location", "template", "parts"]))]
pub struct Arguments {
    /// The connection that sends it.
    connection: String,
    /// The contact, in the provider's form: a number, a user id, an address. Or a conversation, as `subject` of an event
    /// names it.
    address: String,
    #[command(flatten)]
    content: Content,
    /// Of an e-mail.
    #[arg(long)]
    subject: Option<String>,
    /// The message that is answered: the provider's id, an event's (`evt_…`), or that of a message sent here.
    #[arg(long, value_name = "ID")]
    reply_to: Option<String>,
    /// Our number, page or mailbox, where the connection has several.
    #[arg(long)]
    account: Option<String>,
    /// What the channel needs or allows beyond this; see the connector's README. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    attribute: Vec<(String, String)>,
    /// Makes a repeated command one message.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Send although the contact does not want to be written to.
    #[arg(long)]
    override_opt_out: bool,
    /// Do not wait until the provider has it.
    #[arg(long)]
    no_wait: bool,
    /// Print the message as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[group(skip)]
struct Content {
    /// A text.
    #[arg(long)]
    text: Option<String>,
    /// A file of this machine.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A file that the provider can fetch: an `https://` URL.
    #[arg(long, value_name = "URL")]
    media: Option<String>,
    /// A place.
    #[arg(long, value_name = "LATITUDE,LONGITUDE", allow_hyphen_values = true)]
    location: Option<String>,
    /// Something to choose, with --text as the question. May be repeated.
    #[arg(long, value_name = "ID=TITLE", value_parser = pair, requires = "text")]
    choice: Vec<(String, String)>,
    /// An approved template, with --language and --parameter.
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// The template's language.
    #[arg(long, requires = "template", default_value = "en")]
    language: String,
    /// A value of the template, by name or number. May be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "template")]
    parameter: Vec<(String, String)>,
    /// Any parts as JSON, as `parts` of `POST /v1/messages`.
    #[arg(long, value_name = "JSON")]
    parts: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected a name, `=` and a value")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let request = request(&config, &arguments).await?;
    let url = format!("{}/v1/messages", client::base_url(config.listen));
    let mut headers = vec![("content-type", "application/json".to_owned())];
    headers.extend(arguments.idempotency_key.clone().map(|key| ("idempotency-key", key)));
    let body = request.to_string().into_bytes();
    let accepted = client::post(&url, config.api_token.as_deref(), &headers, body).await?;
    let message = if arguments.no_wait { accepted } else { wait(&config, accepted).await? };
    messages::print(&message, arguments.json);
    match message["state"].as_str() {
        Some("failed") => Err(Failure::new("the message was not sent")),
        Some("unconfirmed") => Err(Failure::new("nobody knows whether the provider has the message")
            .hint("`trunkline messages ID --retry` sends it again, at the risk of two")),
        Some("queued" | "sending") if !arguments.no_wait => {
            anstream::eprintln!("not sent yet; the host goes on trying");
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn request(config: &Config, arguments: &Arguments) -> Result<Value, Failure> {
    let mut request = Map::new();
    request.insert("parts".to_owned(), Value::Array(parts(config, &arguments.content).await?));
    if arguments.address.starts_with(&format!("{}/", arguments.connection)) {
        request.insert("conversation".to_owned(), json!(arguments.address));
    } else {
        request.insert("to".to_owned(), json!(arguments.address));
    }
    request.insert("connection".to_owned(), json!(arguments.connection));
    for (name, value) in
        [("subject", &arguments.subject), ("reply_to", &arguments.reply_to), ("account", &arguments.account)]
    {
        if let Some(value) = value {
            request.insert(name.to_owned(), json!(value));
        }
    }
    if !arguments.attribute.is_empty() {
        request.insert("attributes".to_owned(), object(&arguments.attribute));
    }
    if arguments.override_opt_out {
        request.insert("override_opt_out".to_owned(), json!(true));
    }
    Ok(Value::Object(request))
}

async fn parts(config: &Config, content: &Content) -> Result<Vec<Value>, Failure> {
    let mut parts = Vec::new();
    match &content.text {
        Some(text) if !content.choice.is_empty() => {
            let options = content.choice.iter().map(|(id, title)| json!({ "id": id, "title": title }));
            parts.push(json!({ "choices": { "text": text, "options": options.collect::<Vec<_>>() } }));
        }
        Some(text) => parts.push(json!({ "text": text })),
        None => {}
    }
    if let Some(file) = &content.file {
        parts.push(upload(config, file).await?);
    }
    if let Some(url) = &content.media {
        let name = url.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let (kind, content_type) = kind_of(name);
        parts.push(
            json!({ "media": { "kind": kind, "source": { "url": url }, "content_type": content_type } }),
        );
    }
    if let Some(location) = &content.location {
        let numbers: Option<Vec<f64>> =
            location.split(',').map(|number| number.trim().parse().ok()).collect();
        let Some([latitude, longitude]) = numbers.as_deref() else {
            return Err(Failure::new(format!("`{location}` is no place")).hint("for example `52.52,13.405`"));
        };
        parts.push(json!({ "location": { "latitude": latitude, "longitude": longitude } }));
    }
    if let Some(name) = &content.template {
        let template =
            json!({ "name": name, "language": content.language, "parameters": object(&content.parameter) });
        parts.push(json!({ "template": template }));
    }
    if let Some(text) = &content.parts {
        let more: Vec<Value> = serde_json::from_str(text)
            .map_err(|error| Failure::new("--parts is no JSON list").because(&error))?;
        parts.extend(more);
    }
    Ok(parts)
}

fn object(pairs: &[(String, String)]) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect())
}

async fn upload(config: &Config, file: &Path) -> Result<Value, Failure> {
    let bytes = tokio::fs::read(file)
        .await
        .map_err(|error| Failure::new(format!("`{}` cannot be read", file.display())).because(&error))?;
    let url = format!("{}/v1/media", client::base_url(config.listen));
    let uploaded = client::post(&url, config.api_token.as_deref(), &[], bytes).await?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (kind, content_type) = kind_of(&name);
    Ok(json!({ "media": {
        "kind": kind,
        "source": { "reference": uploaded["reference"] },
        "content_type": content_type,
        "name": name,
        "size": uploaded["size"],
    } }))
}

/// By the end of the name, as people do.
fn kind_of(name: &str) -> (&'static str, &'static str) {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match end.as_str() {
        "jpg" | "jpeg" => ("image", "image/jpeg"),
        "png" => ("image", "image/png"),
        "gif" => ("image", "image/gif"),
        "webp" => ("image", "image/webp"),
        "mp4" | "m4v" => ("video", "video/mp4"),
        "mp3" => ("audio", "audio/mpeg"),
        "m4a" => ("audio", "audio/mp4"),
        "ogg" | "opus" => ("audio", "audio/ogg"),
        "pdf" => ("file", "application/pdf"),
        "txt" => ("file", "text/plain"),
        "csv" => ("file", "text/csv"),
        "zip" => ("file", "application/zip"),
        _ => ("file", "application/octet-stream"),
    }
}

/// Looks until the provider has it, or does not, or it takes too long.
async fn wait(config: &Config, accepted: Value) -> Result<Value, Failure> {
    let id = accepted["id"].as_str().unwrap_or_default().to_owned();
    let url = format!("{}/v1/messages/{id}", client::base_url(config.listen));
    let begun = Instant::now();
    loop {
        let message = client::get(&url, config.api_token.as_deref()).await?;
        let open = matches!(message["state"].as_str(), Some("queued" | "sending"));
        if !open || begun.elapsed() > WAIT_MAX {
            return Ok(message);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_a_name_and_a_value() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(pair("a").is_err());
    }

    #[test]
    fn files_are_told_by_their_end() {
        assert_eq!(kind_of("A.JPG").0, "image");
        assert_eq!(kind_of("notes").1, "application/octet-stream");
    }
}
