//! Who enters and leaves, and where the bot is installed.

use trunkline_sdk::prelude::*;

use crate::conversation::{Scene, person};
use crate::wire::{Account, filled, items, parse};

/// The events of a `conversationUpdate`. None where nobody entered or left: a channel was renamed, say.
pub fn changed(scene: &Scene) -> Vec<Event> {
    let activity = scene.activity;
    let mut events = Vec::new();
    for (change, what, list) in [
        (MembershipChange::Joined, "joined", activity.members_added),
        (MembershipChange::Left, "left", activity.members_removed),
    ] {
        let Some(list) = list else { continue };
        let Some(items) = items(Some(list)) else {
            events.push(scene.other(&["conversationUpdate", what], "conversationUpdate", list));
            continue;
        };
        let (mut own, mut strange) = (false, false);
        let mut members = Vec::new();
        for item in items {
            let account: Option<Account> = parse(item).filter(|_| item.get().starts_with('{'));
            match account.as_ref().and_then(person) {
                Some(contact) if scene.is_own(&contact.identifiers[0].value) => own = true,
                Some(contact) => members.push(contact),
                None => strange = true,
            }
        }
        // Once, with the whole list: there may be many.
        if strange {
            events.push(scene.other(&["conversationUpdate", what, "strange"], "member", list));
        }
        let membership = |members| EventKind::Membership(Membership { change: change.clone(), members });
        // The bot is in one list with the people: nobody means the bot itself.
        if own {
            events.push(scene.event(&["conversationUpdate", what, "bot"], membership(Vec::new())));
        }
        if !members.is_empty() {
            events.push(scene.event(&["conversationUpdate", what], membership(members)));
        }
    }
    if events.is_empty() {
        let data = activity.channel_data.as_ref();
        let name = data.and_then(|data| filled(&data.event_type)).unwrap_or("conversationUpdate");
        events.push(scene.other(&["conversationUpdate"], name, scene.raw));
    }
    events
}

/// A person who installs the bot wants to be written to. In groups and channels it is news about the bot: that it
/// entered is told by a `conversationUpdate`.
pub fn installed(scene: &Scene) -> Vec<Event> {
    let Some(action) = filled(&scene.activity.action) else { return Vec::new() };
    let added = match action {
        "add" | "add-upgrade" => true,
        "remove" | "remove-upgrade" => false,
        _ => return Vec::new(),
    };
    let kind = if scene.is_direct() && action != "add-upgrade" && action != "remove-upgrade" {
        let (state, origin) =
            if added { (ConsentState::Granted, "install") } else { (ConsentState::Revoked, "uninstall") };
        EventKind::Consent(Consent { state, scope: "all".to_owned(), origin: origin.to_owned() })
    } else {
        EventKind::AccountNotice(AccountNotice {
            name: "installationUpdate".to_owned(),
            severity: if action == "remove" { Severity::Warning } else { Severity::Info },
            summary: format!("the app's installation: `{action}`"),
            payload: scene.raw.get().to_owned(),
        })
    };
    vec![scene.event(&["installationUpdate", action], kind)]
}
