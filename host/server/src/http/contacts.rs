//! One person: everything that is kept of them, handed out or removed.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::stream::unfold;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_core::journal::{Erasure, Export};
use trunkline_model::Identifier;

use super::audit::Asking;
use super::authorization::Authorized;
use super::contact_view::{ErasedView, lines};
use super::json_body::{self, Sent};
use super::problem::Problem;
use crate::host::Host;
use crate::{contact, erasing};

/// Bytes of a request.
pub const REQUEST_BYTES_MAX: usize = 16 << 10;

/// Media type of one JSON object a line.
pub const LINES: &str = "application/x-ndjson";

/// Whom to remove.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseRequest {
    /// The person, by any identifier: its scheme, a colon and the value.
    contact: String,
    /// Only what is kept of this connection. Default: of all.
    #[serde(default)]
    connection: Option<String>,
    /// Only say what would be removed. Default: false.
    #[serde(default)]
    dry_run: bool,
    /// Also forget that they do not want to be written to. Default: false.
    #[serde(default)]
    opt_outs: bool,
}

/// Whose data to hand out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// The person, by any identifier: its scheme, a colon and the value.
    contact: String,
    /// Only what is kept of this connection. Default: of all.
    #[serde(default)]
    connection: Option<String>,
}

/// `POST /v1/contacts/erase`
pub async fn erase(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Asking(actor): Asking,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<ErasedView>, Problem> {
    let request: EraseRequest = json_body::read(&headers, body, REQUEST_BYTES_MAX, "no request")?;
    let identifier = whom(&host, &request.contact, request.connection.as_deref()).await?;
    let EraseRequest { connection, dry_run, opt_outs, .. } = request;
    let erasure = Erasure { identifier, connection, opt_outs, dry_run, actor };
    // What was begun is brought to its end, also where nobody waits for the answer.
    let erasing = tokio::spawn(async move { erasing::erase(&host, erasure).await });
    let erased = erasing.await.map_err(|_| Problem::unavailable("stopping", "the host is shutting down"))?;
    let erased = erased
        .map_err(|error| Problem::unwritten(&error, "not everything could be removed: ask again"))?
        .map_err(|_| own_account())?;
    Ok(Json(ErasedView::new(dry_run, erased)))
}

/// `POST /v1/contacts/export`: one JSON object a line.
pub async fn export(
    _: Authorized,
    State(host): State<Arc<Host>>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Response, Problem> {
    let request: ExportRequest = json_body::read(&headers, body, REQUEST_BYTES_MAX, "no request")?;
    let identifier = whom(&host, &request.contact, request.connection.as_deref()).await?;
    let export = host.journal.export(&identifier, request.connection).await;
    let export = export.map_err(|error| Problem::unreadable(&error))?.map_err(|_| own_account())?;
    let mut response =
        Response::new(Body::from_stream(unfold(Handing { export: Some(export), lines: 0 }, page)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(LINES));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// An export on its way out.
struct Handing {
    /// None: all of it is out.
    export: Option<Export>,
    lines: u64,
}

/// The next lines. An error ends the answer before its last line, which says that it was the last.
async fn page(handing: Handing) -> Option<(Result<Bytes, std::io::Error>, Handing)> {
    let Handing { export, lines: before } = handing;
    let mut export = export?;
    match export.next().await {
        Ok(pieces) if pieces.is_empty() => {
            let last = format!("{}\n", serde_json::json!({ "record": "end", "records": before }));
            Some((Ok(last.into()), Handing { export: None, lines: before }))
        }
        Ok(pieces) => {
            let (text, count) = lines(&pieces);
            Some((Ok(text.into()), Handing { export: Some(export), lines: before + count }))
        }
        Err(error) => {
            tracing::error!(%error, "journal cannot be read for an export");
            let cut = std::io::Error::other("the journal cannot be read");
            Some((Err(cut), Handing { export: None, lines: before }))
        }
    }
}

/// The identifier, where it is one and the connection is known, or was once.
async fn whom(host: &Host, contact: &str, connection: Option<&str>) -> Result<Identifier, Problem> {
    let identifier = contact::parse(contact).ok_or_else(|| {
        Problem::new(StatusCode::BAD_REQUEST, "contact", "`contact` is no identifier of a person")
            .hint(Some(contact::EXPECTED))
    })?;
    let Some(name) = connection else { return Ok(identifier) };
    let kept = host.journal.holdings().await.map_err(|error| Problem::unreadable(&error))?;
    let kept = kept.iter().map(|holding| holding.connection.as_str());
    let connections = host.connections.all();
    let names: Vec<&str> = connections.keys().map(String::as_str).chain(kept).collect();
    if names.contains(&name) {
        return Ok(identifier);
    }
    let near = crate::config::nearest(name, names.iter().copied());
    let problem =
        Problem::new(StatusCode::NOT_FOUND, "connection", "there is no such connection, nor was there one");
    Err(problem.hint(near.map(|near| format!("did you mean `{near}`?"))))
}

fn own_account() -> Problem {
    let title = "the identifier is that of an account of ours: it stands in everything";
    Problem::new(StatusCode::CONFLICT, "own_account", title)
}
