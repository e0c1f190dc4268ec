//! `trunkline simulate`

use std::path::{Path, PathBuf};
use std::time::Duration;

use trunkline_core::clock::{Clock as _, SystemClock};
use trunkline_model::manifest::{Manifest, Sample};
use trunkline_model::{
    Choice, Contact, DeliveryState, Event, EventKind, Failure as SendFailure, FailureReason,
    IdentifierScheme, Location, Media, MediaKind, MediaSource, Message, Opaque, Part, Request, Status,
};

use super::client;
use crate::config::{Config, Source, nearest};
use crate::connections::{Connection, connect};
use crate::failure::Failure;
use crate::host::load_connectors;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The connection that the webhook goes to.
    connection: String,
    #[command(flatten)]
    content: Content,
    /// The contact's id in the provider's form (a number, a user id, an address). Default: an invented one.
    #[arg(long, value_name = "ID")]
    from: Option<String>,
    /// The contact's name.
    #[arg(long)]
    name: Option<String>,
    /// The id of the message or event. Default: a new one. The same id again is a redelivery.
    #[arg(long)]
    id: Option<String>,
    /// Spoil the signature, to see it refused.
    #[arg(long)]
    tamper: bool,
    /// Print the request instead of sending it.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Content {
    /// A text message.
    #[arg(long)]
    text: Option<String>,
    /// A photo, by the provider's id or URL for it.
    #[arg(long, value_name = "REFERENCE")]
    photo: Option<String>,
    /// A place.
    #[arg(long, value_name = "LATITUDE,LONGITUDE", value_parser = place, allow_hyphen_values = true)]
    location: Option<Location>,
    /// A pressed button, by what was given to it when it was offered.
    #[arg(long, value_name = "ID")]
    choice: Option<String>,
    /// What became of a message of ours: `sent`, `delivered`, `read`, `failed`. Its id comes with --id.
    #[arg(long, value_name = "STATE")]
    status: Option<String>,
    /// An event that nobody knows, under this name.
    #[arg(long, value_name = "NAME")]
    unknown: Option<String>,
    /// An event as JSON, as it stands in `data` of what is delivered.
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
}

fn place(text: &str) -> Result<Location, String> {
    let (latitude, longitude) = text.split_once(',').ok_or("expected two numbers with a comma")?;
    let degrees = |text: &str| text.trim().parse::<f64>().map_err(|error| format!("`{text}`: {error}"));
    Ok(Location { latitude: degrees(latitude)?, longitude: degrees(longitude)?, ..Location::default() })
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let source = Source::read(path)?;
    let config = source.resolve().map_err(Failure::configuration)?;
    let registry = load_connectors(&config).await?;
    let connections = connect(&source.path, &config, &registry).map_err(Failure::configuration)?;
    let Some(connection) = connections.get(&arguments.connection) else {
        return Err(unknown_connection(&config, &arguments.connection));
    };
    let event = event(connection.connector.manifest(), &arguments)?;
    let path = format!("/hooks/{}", connection.name);
    let url = format!("{}{path}", config.public_url);
    let mut request = match simulate(connection, event.clone(), &url).await? {
        Some(request) => request,
        // Not every channel tells what a button says.
        None => {
            simulate(connection, without_titles(event), &url).await?.ok_or_else(|| no_webhook(connection))?
        }
    };
    if arguments.tamper {
        tamper(&mut request);
    }
    // The provider's URL is what is signed; the request itself goes to this machine.
    let rest = request.url.strip_prefix(&config.public_url).unwrap_or(&path);
    let url = format!("{}{rest}", client::base_url(config.listen));
    if arguments.dry_run {
        show(&request);
        return Ok(());
    }
    send(&url, request).await
}

fn unknown_connection(config: &Config, wanted: &str) -> Failure {
    let names: Vec<&str> = config.connections.iter().map(|connection| connection.name.as_str()).collect();
    let failure = Failure::new(format!("the configuration has no connection `{wanted}`"));
    match nearest(wanted, names.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(format!("there are: {}", names.join(", "))),
    }
}

async fn simulate(connection: &Connection, event: Event, url: &str) -> Result<Option<Request>, Failure> {
    let id = &connection.connector.manifest().id;
    let simulated =
        connection.connector.simulate(event, url, &connection.settings, SystemClock.now_ms()).await;
    simulated.map_err(|error| Failure::new(format!("connector `{id}` cannot simulate")).because(&error))
}

fn no_webhook(connection: &Connection) -> Failure {
    let id = &connection.connector.manifest().id;
    Failure::new(format!("`{id}` has no webhook for such an event"))
        .hint("its README lists what the provider sends; --event takes any event as JSON")
}

fn without_titles(mut event: Event) -> Event {
    if let EventKind::Message(message) = &mut event.kind {
        for part in &mut message.parts {
            if let Part::Choice(choice) = part {
                choice.title = None;
            }
        }
    }
    event
}

fn event(manifest: &Manifest, arguments: &Arguments) -> Result<Event, Failure> {
    let content = &arguments.content;
    if let Some(file) = &content.event {
        let unreadable = |error: &dyn std::error::Error| {
            Failure::new(format!("`{}` is no event", file.display())).because(error)
        };
        let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
        return serde_json::from_str(&text).map_err(|error| unreadable(&error));
    }
    let nobody = Sample { account: "account".into(), contact: "contact".into(), scheme: "id".into() };
    let sample = manifest.sample.clone().unwrap_or(nobody);
    let id = arguments.id.clone().unwrap_or_else(|| format!("sim-{}", uuid::Uuid::now_v7().simple()));
    let mut event = Event::new(&id, &sample.account, kind(content, &id));
    event.occurred_at = Some(SystemClock.now_ms());
    let contact = arguments.from.as_deref().unwrap_or(&sample.contact);
    let mut contact =
        Contact::new(IdentifierScheme::from(sample.scheme.as_str()), with_plus(contact, &sample.scheme));
    contact.name = arguments.name.clone();
    event.contact = Some(contact);
    Ok(event)
}

/// A number is E.164 in events, however it was typed.
fn with_plus(contact: &str, scheme: &str) -> String {
    match scheme {
        "phone" if !contact.starts_with('+') => format!("+{contact}"),
        _ => contact.to_owned(),
    }
}

fn kind(content: &Content, id: &str) -> EventKind {
    let message = |part: Part| EventKind::Message(Message::new(id, vec![part]));
    if let Some(text) = &content.text {
        return message(Part::Text(text.clone()));
    }
    if let Some(reference) = &content.photo {
        let source = match reference.starts_with("https://") {
            true => MediaSource::Url(reference.clone()),
            false => MediaSource::Reference(reference.clone()),
        };
        let mut photo = Media::new(MediaKind::Image, source);
        photo.content_type = Some("image/jpeg".to_owned());
        return message(Part::Media(photo));
    }
    if let Some(place) = &content.location {
        return message(Part::Location(place.clone()));
    }
    if let Some(choice) = &content.choice {
        return message(Part::Choice(Choice {
            id: Some(choice.clone()),
            title: Some(choice.clone()),
            data: None,
        }));
    }
    if let Some(state) = &content.status {
        let state = DeliveryState::from(state.as_str());
        let failed = state == DeliveryState::Failed;
        let failure =
            failed.then_some(SendFailure { reason: FailureReason::Other, code: None, message: None });
        return EventKind::Status(Status {
            message_id: id.to_owned(),
            state,
            failure,
            client_reference: None,
        });
    }
    let name = content.unknown.clone().unwrap_or_default();
    EventKind::Other(Opaque { name, payload: format!("{{\"id\":\"{id}\"}}") })
}

/// Changes the last character of whatever looks like a signature, or else the body.
fn tamper(request: &mut Request) {
    let other = |last: char| if last == '0' { '1' } else { '0' };
    for (name, value) in &mut request.headers {
        if name.contains("signature") {
            // The last character of Base64 is padding, so the first of the digest is changed.
            let start = value
                .find('=')
                .filter(|position| position + 1 < value.len())
                .map_or(0, |position| position + 1);
            let first = value[start..].chars().next().unwrap_or('0');
            value.replace_range(start..start + first.len_utf8(), &other(first).to_string());
            return;
        }
    }
    // A signature inside of the body.
    let body = String::from_utf8_lossy(&request.body).into_owned();
    request.body = body
        .replacen("signature=", "signature=0", 1)
        .replacen("\"signature\":\"", "\"signature\":\"0", 1)
        .into_bytes();
}

fn show(request: &Request) {
    println!("{} {}", request.method, request.url);
    for (name, value) in &request.headers {
        println!("{name}: {value}");
    }
    println!("\n{}", String::from_utf8_lossy(&request.body));
}

async fn send(url: &str, request: Request) -> Result<(), Failure> {
    let method = reqwest::Method::from_bytes(request.method.as_bytes()).unwrap_or(reqwest::Method::POST);
    let mut sent = client::client()?.request(method, url).timeout(Duration::from_secs(30)).body(request.body);
    for (name, value) in &request.headers {
        sent = sent.header(name, value);
    }
    let response = sent.send().await.map_err(|error| client::unreachable(url, &error))?;
    let status = response.status();
    if status.is_success() {
        anstream::println!("{} {url}: taken and on disk", status.as_u16());
        return Ok(());
    }
    Err(client::refused(response).await)
}
