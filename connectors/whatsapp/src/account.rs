//! Everything that is neither a message nor a status: calls, preferences, ids, handovers, account notices.

use trunkline_sdk::json::{RawValue, members, milliseconds, text};
use trunkline_sdk::prelude::*;

use crate::envelope::{Origin, Scope, parse, unreadable};
use crate::message::{contact, identifier};
use crate::status;
use crate::wire::{AccountItem, Error, IdUpdate, Successor};

/// What a notice is made of: what happened, where the account may be, and what belongs into its summary.
const NOTICE: [&str; 7] = [
    "event",
    "waba_info",
    "message_template_name",
    "display_phone_number",
    "new_category",
    "new_quality_score",
    "reason",
];

/// A change of a field about the account, or of a field that is not known.
pub fn notice(entry: &Origin, field: &str, raw: &RawValue) -> Event {
    let time = entry.time.unwrap_or_default();
    let id = signature::content_id("change", &[entry.id, time, field, raw.get()]);
    let [what, info, details @ ..] = members(raw, NOTICE);
    let what = what.and_then(text).unwrap_or_default();
    let Some(severity) = severity(field, &what) else {
        let mut event = unreadable(field, entry.id, raw);
        event.id = id;
        return event;
    };
    // The entry is then the business portfolio; the account is inside.
    let inside = info.and_then(|info| text(members(info, ["waba_id"])[0]?));
    let account = inside.as_deref().unwrap_or(entry.id);
    let details = details.into_iter().filter_map(|detail| text(detail?));
    let summary = [field.to_owned(), what]
        .into_iter()
        .chain(details)
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let notice = AccountNotice { name: field.to_owned(), severity, summary, payload: raw.get().to_owned() };
    let mut event = Event::new(id, account, EventKind::AccountNotice(notice));
    event.occurred_at = milliseconds(time);
    event
}

/// None where the field is not about the account.
fn severity(field: &str, event: &str) -> Option<Severity> {
    Some(match (field, event) {
        (
            "account_update",
            "ACCOUNT_DELETED" | "ACCOUNT_RESTRICTION" | "ACCOUNT_VIOLATION" | "DISABLED_UPDATE",
        ) => Severity::Critical,
        ("account_update", "ACCOUNT_OFFBOARDED") => Severity::Warning,
        ("message_template_status_update", "REJECTED" | "PAUSED" | "DISABLED" | "FLAGGED" | "LOCKED") => {
            Severity::Warning
        }
        (
            "account_alerts" | "security" | "phone_number_quality_update" | "message_template_quality_update",
            _,
        ) => Severity::Warning,
        (
            "account_update"
            | "account_review_update"
            | "account_settings_update"
            | "automatic_events"
            | "business_capability_update"
            | "business_username_updates"
            | "flows"
            | "message_template_components_update"
            | "message_template_status_update"
            | "partner_solutions"
            | "payment_configuration_update"
            | "phone_number_name_update"
            | "template_category_update"
            | "template_correct_category_detection",
            _,
        ) => Severity::Info,
        _ => return None,
    })
}

/// An error that belongs to no message.
pub fn error(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let failure = status::failure(&parse::<Error>(raw)?);
    let summary = failure.message.unwrap_or_else(|| "error without words".to_owned());
    let notice = AccountNotice {
        name: "errors".to_owned(),
        severity: Severity::Warning,
        summary: format!("{} {summary}", failure.code.unwrap_or_default()).trim().to_owned(),
        payload: raw.get().to_owned(),
    };
    let id = signature::content_id("error", &[&scope.account, raw.get()]);
    Some(Event::new(id, &*scope.account, EventKind::AccountNotice(notice)))
}

/// A call, or the status of one.
pub fn phone_call(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let item: AccountItem = parse(raw)?;
    let id = item.id.as_deref()?;
    let what = item.event.as_deref().or(item.status.as_deref()).unwrap_or_default();
    let state = match (what, item.status.as_deref()) {
        ("connect" | "RINGING", _) => CallState::Ringing,
        ("ACCEPTED", _) => CallState::Answered,
        ("REJECTED", _) => CallState::Rejected,
        ("terminate", Some("FAILED")) => CallState::Failed,
        ("terminate", _) => CallState::Ended,
        (other, _) => CallState::Other(other.to_ascii_lowercase()),
    };
    let inbound = item.direction.as_deref() != Some("BUSINESS_INITIATED");
    let call = PhoneCall {
        id: id.to_owned(),
        inbound,
        state,
        duration_ms: item.duration.map(|seconds| (seconds.0 * 1000.0) as u64),
    };
    let mut event = Event::new(format!("{id}:{what}"), &*scope.account, EventKind::PhoneCall(call));
    let number = if inbound { &item.from } else { &item.to };
    event.contact = contact(number.as_deref(), item.user_id.as_deref(), None, scope);
    event.occurred_at = item.timestamp.as_deref().and_then(milliseconds);
    Some(event)
}

/// Whether somebody wants marketing messages.
pub fn preference(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let item: AccountItem = parse(raw)?;
    let state = match item.value.as_deref()? {
        "stop" => ConsentState::Revoked,
        "resume" | "signup" => ConsentState::Granted,
        other => ConsentState::Other(other.to_owned()),
    };
    let consent = Consent {
        state,
        scope: item.category.map_or_else(|| "marketing_messages".to_owned(), String::from),
        origin: "user_preferences".to_owned(),
    };
    let id = signature::content_id("preference", &[&scope.account, raw.get()]);
    let mut event = Event::new(id, &*scope.account, EventKind::Consent(consent));
    event.contact = contact(item.wa_id.as_deref(), item.user_id.as_deref(), None, scope);
    event.occurred_at = item.timestamp.as_deref().and_then(milliseconds);
    Some(event)
}

/// Somebody has another business-scoped id.
pub fn id_update(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let item: IdUpdate = parse(raw)?;
    let mut change = IdentityChange { previous: Vec::new(), current: Vec::new() };
    let mut add = |successor: Option<Successor>, make: fn(&str) -> Identifier| {
        let Some(successor) = successor else { return };
        change.previous.extend(successor.previous.map(|id| make(&id)));
        change.current.extend(successor.current.map(|id| make(&id)));
    };
    add(item.user_id, identifier);
    add(item.parent_user_id, |id| Identifier::new(IdentifierScheme::Other("parent_user_id".to_owned()), id));
    let current = change.current.first()?.value.clone();
    let id = signature::content_id("user_id_update", &[&scope.account, raw.get()]);
    let mut event = Event::new(id, &*scope.account, EventKind::Identity(change));
    event.contact = contact(item.wa_id.as_deref(), Some(&current), None, scope);
    event.occurred_at = item.timestamp.as_deref().and_then(milliseconds);
    Some(event)
}

/// Another application took or passed the conversation.
pub fn handover(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let value: serde_json::Value = parse(raw)?;
    let (action, detail) = match (&value["control_passed"], &value["control_taken"]) {
        (serde_json::Value::Object(passed), _) => (HandoverAction::GivenToUs, passed),
        (_, serde_json::Value::Object(taken)) => (HandoverAction::TakenFromUs, taken),
        _ => return None,
    };
    let text = |value: Option<&serde_json::Value>| value.and_then(|value| value.as_str()).map(str::to_owned);
    let handover = Handover {
        action,
        previous_owner: text(detail.get("previous_owner_app_id")),
        new_owner: text(detail.get("new_owner_app_id")),
        note: text(detail.get("metadata")),
    };
    let id = signature::content_id("handover", &[&scope.account, raw.get()]);
    let mut event = Event::new(id, &*scope.account, EventKind::Handover(handover));
    let sender = &value["sender"];
    event.contact = contact(sender["phone_number"].as_str(), sender["user_id"].as_str(), None, scope);
    let timestamp = value["timestamp"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| Some(value["timestamp"].as_u64()?.to_string()));
    event.occurred_at = timestamp.as_deref().and_then(milliseconds);
    Some(event)
}
