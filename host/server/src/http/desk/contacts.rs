//! Contacts of the desk: looked at, described, merged.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_contacts::{ContactId, Given, MergeId, Scheme};
use trunkline_desk::{Command, Description};
use trunkline_model::IdentifierScheme;

use super::tickets::{Timeline, TimelineParameters, about, contact};
use super::views::ContactView;
use super::{REQUEST_BYTES_MAX, ask, desk, missing, page};
use crate::host::Host;
use crate::http::caller::Caller;
use crate::http::json_body::{self, Sent};
use crate::http::parameters::{Path, Query};
use crate::http::problem::Problem;

/// Which contacts.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ContactParameters")]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Only those whose name or identifier begins so; at most 200 of them, and no further page.
    search: Option<String>,
    /// `next_after` of the page before.
    after: Option<String>,
    /// Contacts of one answer, 1 to 200. Default: 50.
    limit: Option<usize>,
}

/// A page of contacts, in the order in which they first wrote.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ContactList {
    /// The contacts.
    contacts: Vec<ContactView>,
    /// `after` of the next page. Absent: there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<String>,
}

/// `GET /v1/contacts`
pub async fn contacts(
    _: Caller,
    State(host): State<Arc<Host>>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<ContactList>, Problem> {
    let limit = page(parameters.limit);
    let after = parameters.after.as_deref().map(contact).transpose()?;
    let desk = desk(&host)?.state();
    let contacts = desk.contacts();
    let mut ids: Vec<ContactId> = match &parameters.search {
        Some(text) => contacts.search(text, limit),
        None => contacts.after(after).take(limit + 1).collect(),
    };
    let more = ids.len() > limit;
    ids.truncate(limit);
    let next_after = ids.last().filter(|_| more).map(ToString::to_string);
    let contacts = ids.into_iter().filter_map(|id| contacts.get(id)).map(ContactView::from).collect();
    Ok(Json(ContactList { contacts, next_after }))
}

/// `GET /v1/contacts/{contact}`
pub async fn one(
    _: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
) -> Result<Json<ContactView>, Problem> {
    view(&host, contact(&name)?).map(Json)
}

/// `GET /v1/contacts/{contact}/timeline`: everything said with a contact, whichever channel and ticket.
pub async fn timeline(
    _: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    Query(parameters): Query<TimelineParameters>,
) -> Result<Json<Timeline>, Problem> {
    let id = contact(&name)?;
    let subjects: Vec<String> = {
        let desk = desk(&host)?.state();
        let view = desk.contacts().get(id).ok_or_else(|| missing("contact"))?;
        std::iter::once(view.id).chain(view.merged).map(|id| id.to_string()).collect()
    };
    let (after, limit, why) = parameters.read();
    about(&host, &subjects, after, limit, why).await.map(Json)
}

/// What is known of a contact: what is given replaces what was there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DescribeRequest {
    /// As it is shown; empty: none.
    name: Option<String>,
    /// By name; null takes one away. At most 100 of 1 KiB.
    attributes: serde_json::Map<String, serde_json::Value>,
    /// Added.
    add_tags: Vec<String>,
    /// Taken away.
    remove_tags: Vec<String>,
    /// BCP 47. Example: `de`
    language: Option<String>,
    /// IANA. Example: `Europe/Berlin`
    time_zone: Option<String>,
}

/// Something that a contact is known by.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentifyRequest {
    /// `external` for an id of the business; else as in events: `phone`, `email`, `id`, `username` …
    scheme: String,
    /// The identifier.
    value: String,
    /// The only connection on which it counts. Default: it counts everywhere.
    #[serde(default)]
    connection: Option<String>,
}

/// Which contact becomes part of this one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// Example: `con_17`
    from: String,
}

/// `POST /v1/contacts/{contact}/describe`
pub async fn describe(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<ContactView>, Problem> {
    caller.must_not_be_an_agent()?;
    let said: DescribeRequest = json_body::read(&headers, body, REQUEST_BYTES_MAX, "no description")?;
    let about = Description {
        name: said.name,
        attributes: said.attributes,
        add_tags: said.add_tags,
        remove_tags: said.remove_tags,
        language: said.language,
        time_zone: said.time_zone,
    };
    change(&host, &caller, &name, |contact| Command::Describe { contact, about }).await
}

/// `POST /v1/contacts/{contact}/identify`
pub async fn identify(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<ContactView>, Problem> {
    caller.must_not_be_an_agent()?;
    let said: IdentifyRequest = json_body::read(&headers, body, REQUEST_BYTES_MAX, "no identifier")?;
    let scheme = match said.scheme.as_str() {
        "external" => Scheme::External,
        scheme => Scheme::from(&IdentifierScheme::from(scheme)),
    };
    let given = Given { scheme, value: said.value, scope: said.connection };
    change(&host, &caller, &name, |contact| Command::Identify { contact, given }).await
}

/// `POST /v1/contacts/{contact}/merge`: another contact is shown as this one from now on.
pub async fn merge(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<ContactView>, Problem> {
    caller.must_supervise()?;
    let said: MergeRequest = json_body::read(&headers, body, REQUEST_BYTES_MAX, "no contact")?;
    let from = contact(&said.from)?.0;
    change(&host, &caller, &name, |into| Command::Merge { from, into }).await
}

/// Has the desk take a command about a contact, and gives the contact after it.
async fn change(
    host: &Host,
    caller: &Caller,
    name: &str,
    command: impl FnOnce(u64) -> Command,
) -> Result<Json<ContactView>, Problem> {
    let id = contact(name)?;
    ask(desk(host)?, caller, command(id.0)).await?;
    view(host, id).map(Json)
}

/// `POST /v1/merges/{merge}/undo`: both contacts are what they were.
pub async fn unmerge(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.must_supervise()?;
    let merge: MergeId = name.parse().map_err(|_| missing("merge"))?;
    ask(desk(&host)?, &caller, Command::Unmerge { merge }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(host: &Host, id: ContactId) -> Result<ContactView, Problem> {
    let desk = desk(host)?.state();
    desk.contacts().get(id).map(ContactView::from).ok_or_else(|| missing("contact"))
}
