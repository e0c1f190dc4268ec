//! What happens without a message: reactions, memberships, threads with an assistant, notices about the account.

use trunkline_sdk::json::{RawValue, milliseconds};
use trunkline_sdk::prelude::*;

use crate::address::{self, message_id};
use crate::emoji;
use crate::envelope::{Envelope, Happening, Origin};
use crate::wire::filled;

/// `reaction_added`, `reaction_removed`. None where it does not stand at a message, or is our own.
pub fn reaction(happening: &Happening, name: &str) -> Option<Event> {
    let item = &happening.item;
    let at = item.item.as_ref().filter(|at| filled(&at.kind).is_none_or(|kind| kind == "message"))?;
    let (channel, ts) = (filled(&at.channel)?, filled(&at.ts)?);
    let reaction = filled(&item.reaction)?;
    let contact = happening.contact(item)?;
    let author = filled(&item.item_user).map(|user| Identifier::new(IdentifierScheme::Id, user));
    let kind = EventKind::Reaction(Reaction {
        target: MessageRef { id: message_id(Some(channel), ts), author },
        emoji: (name == "reaction_added").then(|| emoji::sign(reaction)),
        name: Some(reaction.to_owned()),
    });
    let mut event = happening.event(kind, item);
    // Whether the message stands in a thread is not told.
    event.thread = address::thread(channel, None, None, true);
    event.contact = Some(contact);
    event.attributes.push(("channel_id".to_owned(), channel.to_owned()));
    Some(event)
}

/// `member_joined_channel`, `member_left_channel`. No members: our own bot. None where nobody is named.
pub fn membership(happening: &Happening, name: &str) -> Option<Event> {
    let item = &happening.item;
    let user = item.user()?;
    let change = match name {
        "member_joined_channel" => MembershipChange::Joined,
        _ => MembershipChange::Left,
    };
    let members = match happening.is_bot_user(&user) {
        true => Vec::new(),
        false => vec![Contact::new(IdentifierScheme::Id, user)],
    };
    let mut event = happening.event(EventKind::Membership(Membership { change, members }), item);
    // Here it is the letter of the id, `C` or `G`, and no conversation of two.
    event.thread = item.channel().and_then(|channel| address::thread(channel, Some("channel"), None, true));
    Some(event)
}

/// `app_uninstalled`, `tokens_revoked`: nothing more comes, or nothing can be sent.
pub fn notice(happening: &Happening, name: &str) -> Event {
    let tokens = happening.item.tokens.as_ref();
    let bots = tokens.and_then(|tokens| tokens.bot.as_ref()).map_or(0, Vec::len);
    let (severity, summary) = match name {
        "app_uninstalled" => (Severity::Critical, "the app was uninstalled from the workspace".to_owned()),
        _ if bots > 0 => (Severity::Critical, format!("{bots} bot token(s) were revoked")),
        _ => (Severity::Warning, "tokens were revoked, none of a bot".to_owned()),
    };
    let notice =
        AccountNotice { name: name.to_owned(), severity, summary, payload: happening.raw.get().to_owned() };
    let mut event = happening.event(EventKind::AccountNotice(notice), &happening.item);
    (event.contact, event.thread) = (None, None);
    event
}

/// `app_rate_limited`: events of a minute were left out, for there were too many.
pub fn rate_limited(envelope: &Envelope, origin: &Origin, raw: &RawValue) -> Event {
    let minute = filled(&envelope.minute_rate_limited);
    let notice = AccountNotice {
        name: "app_rate_limited".to_owned(),
        severity: Severity::Warning,
        summary: "more than 30,000 events in an hour: Slack left some out".to_owned(),
        payload: raw.get().to_owned(),
    };
    let mut event = origin.event(EventKind::AccountNotice(notice));
    if let Some(minute) = minute {
        event.id = signature::content_id("app_rate_limited", &[&origin.account, minute]);
        event.occurred_at = milliseconds(minute);
    }
    event
}

/// Somebody opened a thread with the app's assistant, or went on to another channel beside it. Nothing is written yet, but
/// it can be answered.
pub fn assistant_thread(happening: &Happening, name: &str) -> Event {
    let mut event = happening.event(happening.opaque(name), &happening.item);
    if let Some(thread) = &happening.item.assistant_thread {
        event.contact = filled(&thread.user_id).map(|user| Contact::new(IdentifierScheme::Id, user));
        let place = filled(&thread.channel_id).map(|channel| (channel, filled(&thread.thread_ts)));
        event.thread = place
            .and_then(|(channel, parent)| address::thread(channel, None, parent, event.contact.is_some()));
    }
    event
}
