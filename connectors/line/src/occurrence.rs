//! What happens without a message: friendships, groups, beacons, chat control, deliveries, account notices.

use trunkline_sdk::json::RawValue;
use trunkline_sdk::prelude::*;

use crate::envelope::parse;
use crate::event::{contact, filled};
use crate::wire::{Beacon, Delivery, Event as Wire, Members, Source};

/// `follow`, `unfollow`: whoever has blocked the bot is written to in vain, with a 200.
pub fn consent(name: &str, item: &Wire) -> Consent {
    let unblocked = item.follow.as_ref().and_then(|follow| follow.is_unblocked) == Some(true);
    let (state, origin) = match (name, unblocked) {
        ("unfollow", _) => (ConsentState::Revoked, "unfollow"),
        (_, true) => (ConsentState::Granted, "unblock"),
        (_, false) => (ConsentState::Granted, "follow"),
    };
    Consent { state, scope: "all".to_owned(), origin: origin.to_owned() }
}

/// `join`, `leave`: the bot itself. `memberJoined`, `memberLeft`: others. None where nobody can be named, for
/// a change without members would be the bot's.
pub fn membership(name: &str, item: &Wire, attributes: &mut Attributes) -> Option<Membership> {
    let (change, raw) = match name {
        "join" => return Some(Membership { change: MembershipChange::Joined, members: Vec::new() }),
        "leave" => return Some(Membership { change: MembershipChange::Left, members: Vec::new() }),
        "memberJoined" => (MembershipChange::Joined, item.joined?),
        _ => (MembershipChange::Left, item.left?),
    };
    let list: Members = parse(raw)?;
    let members: Vec<Contact> =
        list.members.iter().filter_map(|member| contact(&parse::<Source>(member)?)).collect();
    if members.is_empty() {
        return None;
    }
    if members.len() < list.members.len() {
        // Somebody without an id: the list as it was sent still says how many there were.
        attributes.push(("members".to_owned(), raw.get().to_owned()));
    }
    Some(Membership { change, members })
}

/// `beacon`: the contact tapped a beacon's banner and so came to the conversation. None for `enter` and
/// `stay`, which say where the contact is (every few seconds), not that anybody wants to talk.
pub fn referral(beacon: &Beacon) -> Option<Referral> {
    if beacon.kind.as_deref() != Some("banner") {
        return None;
    }
    Some(Referral {
        source: "beacon".to_owned(),
        ref_: filled(&beacon.dm).map(str::to_owned),
        id: filled(&beacon.hwid).map(str::to_owned),
        ..Referral::default()
    })
}

/// `activated`, `deactivated`: whether this channel or another one (a module, the chat console) answers.
pub fn handover(name: &str, item: &Wire, attributes: &mut Attributes) -> Handover {
    let expiry = item.chat_control.as_ref().and_then(|control| filled(&control.expire_at));
    attributes.extend(expiry.map(|time| ("expire_at".to_owned(), time.to_owned())));
    let action = if name == "activated" { HandoverAction::GivenToUs } else { HandoverAction::TakenFromUs };
    Handover { action, previous_owner: None, new_owner: None, note: None }
}

/// `delivery`: a notification message has reached the owner of the phone number. LINE gives what we sent along
/// as `X-Line-Delivery-Tag`, else a hash of the number, and no message id.
pub fn status(delivery: &Delivery) -> Option<Status> {
    Some(Status {
        message_id: filled(&delivery.data)?.to_owned(),
        state: DeliveryState::Delivered,
        failure: None,
        client_reference: None,
    })
}

/// `botSuspended`, `botResumed`, `module`. None where a module event has no content.
pub fn notice(name: &str, item: &Wire, raw: &RawValue) -> Option<AccountNotice> {
    let (severity, summary) = match name {
        "botSuspended" => (Severity::Critical, "the LINE Official Account is suspended".to_owned()),
        "botResumed" => (Severity::Info, "the LINE Official Account is no longer suspended".to_owned()),
        _ => {
            let module = item.module.as_ref()?;
            let kind = filled(&module.kind).unwrap_or("changed");
            let severity = match kind {
                "attached" => Severity::Info,
                "detached" => Severity::Critical,
                _ => Severity::Warning,
            };
            let words = ["module channel", kind].into_iter().chain(filled(&module.bot_id));
            let words: Vec<&str> = words.chain(filled(&module.reason)).collect();
            (severity, words.join(" "))
        }
    };
    Some(AccountNotice { name: name.to_owned(), severity, summary, payload: raw.get().to_owned() })
}
