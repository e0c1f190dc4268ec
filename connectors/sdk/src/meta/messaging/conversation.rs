//! What concerns a conversation without being a message: opt-ins, referrals, handovers.

use trunkline_model::{Consent, ConsentState, Contact, Event, EventKind, Handover, HandoverAction};

use super::item::{Item, members, parse, present, remainder, text, user_ref};
use super::{referral as link, wire};
use crate::json::RawValue;

/// `optin`: to notification messages (and out of them again), or by a plugin on a web page.
pub fn consent(raw: &RawValue, item: &Item) -> Option<Event> {
    let optin: wire::OptIn = parse(raw)?;
    let status = optin.notification_messages_status.as_deref().map(|status| status.replace(' ', "_"));
    let (state, origin) = match status.as_deref() {
        None => (ConsentState::Granted, "optin"),
        Some("STOP_NOTIFICATIONS") => (ConsentState::Revoked, "user_preferences"),
        Some("RESUME_NOTIFICATIONS") => (ConsentState::Granted, "user_preferences"),
        Some(other) => (ConsentState::Other(other.to_ascii_lowercase()), "user_preferences"),
    };
    let kind = present(&optin.kind);
    let consent = Consent { state, scope: kind.unwrap_or("messages").to_owned(), origin: origin.to_owned() };
    // Neither somebody else's opt-in nor the way out again may pass for a repetition.
    let told_apart = [kind, status.as_deref(), present(&optin.user_ref)].map(Option::unwrap_or_default);
    let id = item.moment_id("optin", &told_apart.join(":"));
    let attributes = remainder(&members(raw)?, &["type", "notification_messages_status"]);
    let mut event = item.event_with(id, EventKind::Consent(consent), attributes);
    if event.contact.is_none() {
        let reference = present(&optin.user_ref).map(user_ref);
        event.contact = reference.map(|id| Contact { identifiers: vec![id], ..Contact::default() });
    }
    Some(event)
}

/// Somebody who had written before came again by a link or an advertisement.
pub fn referral(raw: &RawValue, item: &Item) -> Option<Event> {
    let kind = members(raw)?.get("type").map(|raw| text(raw)).unwrap_or_default();
    let id = item.moment_id("referral", &kind);
    Some(item.event(id, EventKind::Referral(link::referral(raw)?)))
}

/// Another application or the account's inbox took, passed or asked for the conversation. By the documentation
/// the one told of `pass` is the new owner, and the one told of `take` the previous one.
pub fn handover(key: &str, raw: &RawValue, item: &Item) -> Option<Event> {
    let control: wire::Handover = parse(raw)?;
    let action = match key {
        "take_thread_control" => HandoverAction::TakenFromUs,
        "request_thread_control" => HandoverAction::Requested,
        _ if control.new_owner_app_id.is_some() => HandoverAction::GivenToUs,
        // Passed to nobody: the conversation is idle.
        _ => HandoverAction::Other("released".to_owned()),
    };
    let new_owner = control.new_owner_app_id.or(control.requested_owner_app_id);
    let handover = Handover {
        action,
        previous_owner: control.previous_owner_app_id.map(String::from),
        new_owner: new_owner.map(String::from),
        note: present(&control.metadata).map(str::to_owned),
    };
    Some(item.event(item.moment_id(key, ""), EventKind::Handover(handover)))
}
