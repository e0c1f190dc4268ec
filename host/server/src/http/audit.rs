//! Who did what to what is kept, and who is asking now.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trunkline_core::journal::{AUDIT_MAX, Actor, AuditRecord};

use super::authorization::Authorized;
use super::parameters::Query;
use super::problem::Problem;
use crate::host::Host;
use crate::instant;

/// The header in which a client says who it is.
pub const ACTOR: &str = "trunkline-actor";

/// Who asks, in a handler's arguments. The token is everybody's, so this is what the client says of itself.
#[derive(Debug)]
pub struct Asking(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let name = parts.headers.get(ACTOR).and_then(|value| value.to_str().ok()).map(str::trim);
        Ok(Self(Actor::new(name.filter(|name| !name.is_empty()).unwrap_or("unnamed"))))
    }
}

/// Which records.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AuditParameters")]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Only what was before this record.
    before: Option<u64>,
    /// Records of one answer. Default: 100; never more than 1,000.
    limit: Option<usize>,
}

/// Records, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditList {
    /// Newest first.
    records: Vec<RecordView>,
    /// `before` of the next page. Null: this page is empty.
    next_before: Option<u64>,
}

/// What somebody did.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditRecord")]
pub struct RecordView {
    /// Rises with time.
    number: u64,
    /// When.
    #[schemars(extend("format" = "date-time"))]
    at: Option<String>,
    /// Who, as the client said in `Trunkline-Actor`; `host`: the host itself, by its configuration.
    actor: String,
    /// What was done.
    action: String,
    /// What it was done to.
    subject: String,
    /// More of it.
    detail: Value,
}

impl From<AuditRecord> for RecordView {
    fn from(record: AuditRecord) -> Self {
        let AuditRecord { number, at, actor, action, subject, detail } = record;
        Self { number, at: instant::text(at), actor, action, subject, detail }
    }
}

/// `GET /v1/audit`: who dropped, repeated, replayed or erased what, and when.
pub async fn audit(
    _: Authorized,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<AuditList>, Problem> {
    let limit = parameters.limit.unwrap_or(100).min(AUDIT_MAX);
    let records = host.journal.audit(parameters.before.unwrap_or_default(), limit).await;
    let records = records.map_err(|error| Problem::unreadable(&error))?;
    let next_before = records.last().map(|record| record.number);
    Ok(Json(AuditList { records: records.into_iter().map(Into::into).collect(), next_before }))
}

/// How [`ACTOR`] is described. Nothing is refused for it: what is no ASCII counts as `unnamed`, what is long is cut.
pub fn actor_schema() -> Value {
    json!({ "type": "string" })
}
