//! What became of messages that we sent. WeChat tells it of templates, subscription messages and mass messages only.

use trunkline_sdk::prelude::*;

use super::{listed, of_list, strange};
use crate::event::Item;

/// `TEMPLATESENDJOBFINISH`, with `Status` `success`, `failed:user block`, `failed: system failed`.
pub fn template(item: &Item, known: &str) -> Vec<Event> {
    // `MsgID` with a capital D is the message that was sent, not this one.
    let sent = item.field("MsgID").unwrap_or_default();
    let id = item.id(&[known, sent]);
    let kind = match (sent, item.field("Status")) {
        ("", _) | (_, None) => item.other(item.field("Event").unwrap_or(known)),
        (sent, Some(words)) => status(sent, failure_of(words)),
    };
    vec![item.event(id, kind, &["MsgID", "Status"])]
}

/// None: it has arrived.
fn failure_of(words: &str) -> Option<Failure> {
    let lower = words.to_ascii_lowercase();
    let reason = match lower.split_once(':').map_or(lower.as_str(), |(_, why)| why.trim()) {
        "success" => return None,
        "user block" => FailureReason::OptedOut,
        "system failed" => FailureReason::Transient,
        _ => FailureReason::Other,
    };
    Some(Failure { reason, code: None, message: Some(words.to_owned()) })
}

fn status(message_id: &str, failure: Option<Failure>) -> EventKind {
    EventKind::Status(Status {
        message_id: message_id.to_owned(),
        state: if failure.is_some() { DeliveryState::Failed } else { DeliveryState::Delivered },
        failure,
        client_reference: None,
    })
}

/// `subscribe_msg_sent_event`: one status for each item of the list.
pub fn subscription_messages(item: &Item, id: &str) -> Vec<Event> {
    let holders = ["SubscribeMsgSentEvent"];
    let mut events = Vec::new();
    for (index, entry) in listed(item, &holders).into_iter().enumerate() {
        let id = format!("{id}:{}", entry.field("MsgID").map_or(index.to_string(), str::to_owned));
        let (Some(sent), Some(code)) = (entry.field("MsgID"), entry.field("ErrorCode")) else {
            events.push(strange(item, id, "subscribe_msg_sent_event", entry));
            continue;
        };
        let failure = (code != "0").then(|| Failure {
            reason: crate::failure::reason_of(code),
            code: Some(code.to_owned()),
            message: entry.field("ErrorStatus").map(str::to_owned),
        });
        let read = ["MsgID", "ErrorCode", "ErrorStatus"];
        events.push(of_list(item, id, status(sent, failure), entry, &read));
    }
    if events.is_empty() {
        events.push(item.event(id, item.other("subscribe_msg_sent_event"), &[]));
    }
    events
}

/// `MASSSENDJOBFINISH`: about a message to many, which is nobody's conversation.
pub fn mass(item: &Item, name: &str) -> Vec<Event> {
    let field = |name| item.field(name).unwrap_or("?");
    let words = field("Status");
    let done = matches!(words.to_ascii_lowercase().as_str(), "send success" | "sendsuccess");
    let summary = format!(
        "mass message {}: {words}; {} of {} sent, {} failed, {} left out",
        field("MsgID"),
        field("SentCount"),
        field("TotalCount"),
        field("ErrorCount"),
        field("FilterCount"),
    );
    let kind = EventKind::AccountNotice(AccountNotice {
        name: name.to_owned(),
        severity: if done { Severity::Info } else { Severity::Warning },
        summary,
        payload: item.raw.to_owned(),
    });
    let id = item.id(&[&name.to_ascii_lowercase(), item.field("MsgID").unwrap_or_default()]);
    let mut event = item.event(id, kind, &[]);
    // The sender is WeChat's own tool.
    event.contact = None;
    vec![event]
}
