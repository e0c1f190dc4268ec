//! What Meta says about the Page itself. These items have no sender.

use std::collections::BTreeMap;

use trunkline_sdk::json::{RawValue, Text};
use trunkline_sdk::meta::messaging::item::{Item, parse};
use trunkline_sdk::prelude::*;

use crate::wire::Policy;

/// The summary is one line of at most so many characters; the payload has everything.
const SUMMARY_CHARACTERS_MAX: usize = 300;

/// The Page was warned, blocked or unblocked.
pub fn policy(key: &str, raw: &RawValue, item: &Item) -> Option<Event> {
    let policy: Policy = parse(raw)?;
    let action = policy.action.as_deref().unwrap_or_default();
    let severity = match action {
        "block" => Severity::Critical,
        "unblock" => Severity::Info,
        _ => Severity::Warning,
    };
    let reason = policy.reason.as_deref().unwrap_or_default();
    Some(notice(key, severity, &format!("{key} {action} {reason}"), item))
}

/// Who is the primary and who the secondary receiver of the Page's conversations.
pub fn roles(raw: &RawValue, item: &Item) -> Option<Event> {
    let roles: BTreeMap<String, Vec<Text>> = parse(raw)?;
    let mut summary = "app_roles".to_owned();
    for (application, roles) in roles {
        let roles: Vec<&str> = roles.iter().map(|role| &**role).collect();
        summary.push_str(&format!(" {application}: {}", roles.join(", ")));
    }
    Some(notice("app_roles", Severity::Info, &summary, item))
}

fn notice(name: &str, severity: Severity, summary: &str, item: &Item) -> Event {
    let words: Vec<&str> = summary.split_whitespace().collect();
    let notice = AccountNotice {
        name: name.to_owned(),
        severity,
        summary: words.join(" ").chars().take(SUMMARY_CHARACTERS_MAX).collect(),
        payload: item.raw.get().to_owned(),
    };
    let mut event = item.event(item.content_id(name), EventKind::AccountNotice(notice));
    // Should one have a sender after all, it is not what the notice is about.
    event.contact = None;
    event
}
