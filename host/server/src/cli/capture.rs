//! `trunkline capture`

use std::path::{Path, PathBuf};

use serde_json::Value;
use trunkline_cases::capture::{Captured, Keep, Kind, Original, Signed, capture, kinds};
use trunkline_cases::scheme::Schemes;
use trunkline_cases::{outcome, trace};
use trunkline_model::manifest::Manifest;
use trunkline_model::{Context, Event, ReceiveStep, Request};
use trunkline_runtime::Connector;

use super::client;
use crate::config::{Config, Source};
use crate::connections::{Connection, join};
use crate::failure::Failure;
use crate::{host, text};

/// A case was written, and is not what it should be.
const CODE_INCOMPLETE: u8 = 3;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The event (`evt_…`) whose webhook becomes a case.
    id: String,
    /// The connector's folder: its case files say how the channel signs, `testdata/defaults.txt` what with. Default:
    /// `connectors/<id>`, or this folder.
    #[arg(long, value_name = "FOLDER")]
    connector: Option<PathBuf>,
    /// Leave what people wrote as it is. Names, numbers and addresses in it are replaced nevertheless.
    #[arg(long)]
    keep_text: bool,
}

/// A webhook of the host, and what reads it.
struct Found {
    request: Request,
    event: Event,
    connection: Connection,
    context: Context,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let source = Source::read(path)?;
    let config = source.resolve().map_err(Failure::configuration)?;
    let found = find(&source, &config, &arguments.id).await?;
    let manifest = found.connection.connector.manifest();
    let folder = folder(arguments.connector.as_deref(), manifest)?;
    let schemes = match &folder {
        Some(folder) => {
            Schemes::of_folder(folder, manifest).map_err(|error| Failure::new(error.to_string()))?
        }
        None => {
            anstream::eprintln!(
                "note: no folder of `{}` was found, so that what is usual is tried",
                manifest.id
            );
            Schemes::default()
        }
    };
    let events = events(&found).await?;
    let tried = tried(&config, folder.as_deref(), &found.connection.connector).await?;
    let original = Original { request: &found.request, context: &found.context, events: &events };
    let attempts: &[Keep] =
        if arguments.keep_text { &[Keep::Texts] } else { &[Keep::Nothing, Keep::ShortTexts] };
    let (captured, keep, step) = attempt(&original, manifest, &schemes, attempts, &tried).await?;
    print!("{}", captured.with_expected(&outcome(&step)));
    report(&captured, keep, arguments.keep_text);
    judge(&original, &schemes, &captured, &step)
}

/// Asks the host for the event and the webhook that brought it.
async fn find(source: &Source, config: &Config, id: &str) -> Result<Found, Failure> {
    let base = client::base_url(config.listen);
    let token = config.api_token.as_deref();
    let origin = client::get(&format!("{base}/v1/events/{}", client::query_value(id)), token).await?;
    let webhook = client::get(&format!("{base}/v1/webhooks/{}", origin["webhook"]), token).await?;
    let event = serde_json::from_value(origin["event"]["data"].clone())
        .map_err(|error| Failure::new(format!("event `{id}` cannot be read")).because(&error))?;
    let name = text_of(&webhook["connection"]);
    let configured =
        config.connections.iter().find(|connection| connection.name == name).ok_or_else(|| {
            Failure::new(format!(
                "the configuration has no connection `{}`, which the event came in on",
                text::plain(&name)
            ))
            .hint("use the configuration of the host that took it")
        })?;
    let engine = host::engine(config, 1)?;
    let component = config.components.path.join(format!("{}.wasm", configured.connector));
    let connector = Connector::load(&engine, &component).await?;
    let connection = join(&source.path, config, configured, connector).map_err(Failure::configuration)?;
    let received_at = webhook["received_at"].as_u64().unwrap_or_default();
    let context = connection.settings.context(&[], received_at);
    Ok(Found { request: request(&webhook)?, event, connection, context })
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn request(webhook: &Value) -> Result<Request, Failure> {
    use base64::Engine as _;
    let text = text_of(&webhook["body"]);
    let body = match webhook["body_encoding"].as_str() {
        Some("base64") => base64::engine::general_purpose::STANDARD
            .decode(text)
            .map_err(|error| Failure::new("the host's webhook cannot be read").because(&error))?,
        _ => text.into_bytes(),
    };
    let headers = webhook["headers"].as_array().into_iter().flatten();
    let headers = headers.map(|header| (text_of(&header[0]), text_of(&header[1]))).collect();
    Ok(Request { method: text_of(&webhook["method"]), url: text_of(&webhook["url"]), headers, body })
}

/// The folder that was named, or the one where it should be. One of another connector is an error only if it was named.
fn folder(named: Option<&Path>, manifest: &Manifest) -> Result<Option<PathBuf>, Failure> {
    let id_of = |folder: &Path| {
        let text = std::fs::read_to_string(folder.join("connector.toml")).ok()?;
        Some(Manifest::parse(&text).ok()?.id)
    };
    let Some(named) = named else {
        let usual = [Path::new("connectors").join(&manifest.id), PathBuf::from(".")];
        return Ok(usual.into_iter().find(|folder| id_of(folder).as_deref() == Some(manifest.id.as_str())));
    };
    match id_of(named) {
        Some(id) if id == manifest.id => Ok(Some(named.to_owned())),
        Some(id) => Err(Failure::new(format!(
            "`{}` is the folder of `{id}`, but the event was read by `{}`",
            named.display(),
            manifest.id
        ))
        .hint("name the folder of that connector with --connector")),
        None => Err(Failure::new(format!("`{}` has no readable `connector.toml`", named.display()))
            .hint("--connector takes the folder that holds `connector.toml` and `testdata`")),
    }
}

/// All events of the webhook: the connector reads it once more. Where it does not any longer, the one that was kept.
async fn events(found: &Found) -> Result<Vec<Event>, Failure> {
    let step = found.connection.connector.receive_step(found.request.clone(), found.context.clone()).await;
    match step {
        Ok(ReceiveStep::Answer(answer)) if !answer.events.is_empty() => Ok(answer.events),
        Ok(ReceiveStep::Call(call)) => {
            let error = format!(
                "the webhook is verified with an answer of `{}`, so that it cannot be signed again",
                call.request.url.split('?').next().unwrap_or_default()
            );
            let hint = "write the case by hand, with a key of your own and the answer below `--- exchange`";
            Err(Failure::new(error).hint(hint).with_code(CODE_INCOMPLETE))
        }
        other => {
            let why = match other {
                Ok(ReceiveStep::Refuse(refusal)) => refusal.detail,
                Ok(_) => "it finds no event in it".to_owned(),
                Err(error) => error.to_string(),
            };
            anstream::eprintln!(
                "note: the connector does not read this webhook any more: {}",
                text::plain(&why)
            );
            Ok(vec![found.event.clone()])
        }
    }
}

/// The component that the case is run with: what was built in the folder, or else the host's.
async fn tried(config: &Config, folder: Option<&Path>, installed: &Connector) -> Result<Connector, Failure> {
    let id = &installed.manifest().id;
    let built = folder.map(|folder| folder.join("build").join(format!("{id}.wasm")));
    match built.filter(|file| file.is_file()) {
        Some(file) => Ok(Connector::load(&host::engine(config, 1)?, &file).await?),
        None => Ok(installed.clone()),
    }
}

/// Until it comes out as the same kinds of events.
async fn attempt(
    original: &Original<'_>,
    manifest: &Manifest,
    schemes: &Schemes,
    attempts: &[Keep],
    connector: &Connector,
) -> Result<(Captured, Keep, ReceiveStep), Failure> {
    let mut last = None;
    for keep in attempts {
        let captured = capture(original, manifest, schemes, *keep)
            .map_err(|error| Failure::new("the case cannot be read again").because(&error))?;
        let (request, context) = (captured.case.request.clone(), captured.case.context.clone());
        let step = connector.receive_step(request, context).await.map_err(|error| {
            Failure::new(format!("connector `{}` fails on the case", manifest.id)).because(&error)
        })?;
        let same = is_same(original, &step);
        last = Some((captured, *keep, step));
        if same {
            break;
        }
    }
    last.ok_or_else(|| Failure::new("there is nothing to try"))
}

fn is_same(original: &Original<'_>, step: &ReceiveStep) -> bool {
    matches!(step, ReceiveStep::Answer(answer) if kinds(&answer.events) == kinds(original.events))
}

/// Says what was replaced, so that a person can look whether it is all.
fn report(captured: &Captured, keep: Keep, asked: bool) {
    let counts: Vec<String> =
        captured.replaced.iter().map(|(kind, (values, _))| counted(*kind, *values)).collect();
    let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    anstream::eprintln!("replaced: {counts}");
    if !captured.found.is_empty() {
        anstream::eprintln!("{} of these in no event: see the comment in the file", captured.found.len());
    }
    if !captured.left_out.is_empty() {
        anstream::eprintln!("headers left out: {}", text::plain(&captured.left_out.join(", ")));
    }
    if keep == Keep::ShortTexts {
        anstream::eprintln!("short texts were kept: without them other events come of it");
    }
    if asked {
        anstream::eprintln!("texts were kept, as asked");
    }
    anstream::eprintln!("read the file before you share it");
}

fn counted(kind: Kind, values: usize) -> String {
    let (one, many) = kind.names();
    format!("{values} {}", if values == 1 { one } else { many })
}

/// Whether the case is signed, and shows what the original showed.
fn judge(
    original: &Original<'_>,
    schemes: &Schemes,
    captured: &Captured,
    step: &ReceiveStep,
) -> Result<(), Failure> {
    if let Signed::Impossible(why) = &captured.signed {
        let hint = "write a case with that signature by hand: `{{hmac …}}` then shows how the channel signs";
        let error = format!("the case is not signed again: {}", text::plain(why));
        return Err(Failure::new(error).hint(hint).with_code(CODE_INCOMPLETE));
    }
    if is_same(original, step) {
        return Ok(());
    }
    if let ReceiveStep::Refuse(refusal) = step {
        let (request, context) = (&captured.case.request, &captured.case.context);
        for line in trace::trace(request, context, &schemes.schemes, Some(step)).lines() {
            anstream::eprintln!("{}", text::plain(&line));
        }
        let error = format!("the connector refuses the case: {}", text::plain(&refusal.detail));
        let hint = "change the file until it is taken; what is said above shows where to look";
        return Err(Failure::new(error).hint(hint).with_code(CODE_INCOMPLETE));
    }
    Err(Failure::new("other kinds of events come of the case than of the original")
        .hint("try --keep-text, and then replace by hand what nobody else should read")
        .with_code(CODE_INCOMPLETE))
}
