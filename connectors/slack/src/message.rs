//! Messages, their edits and deletions. A change of any kind comes as a `message` of a subtype.

use trunkline_sdk::prelude::*;

use crate::address::channel_and_ts;
use crate::envelope::{Happening, parent};
use crate::wire::{self, filled, object};
use crate::{content, markup};

/// Slack itself: reminders, notes about files.
const SLACKBOT: &str = "USLACKBOT";

/// A `message`. None where it is none that anybody wrote: somebody joined, a topic was set.
pub fn event(happening: &Happening) -> Option<Event> {
    match filled(&happening.item.subtype) {
        None | Some("file_share" | "thread_broadcast" | "me_message" | "bot_message") => posted(happening),
        Some("message_changed") => changed(happening),
        Some("message_deleted") => deleted(happening),
        _ => None,
    }
}

/// A new message: of a person, of another app, or our own.
pub fn posted(happening: &Happening) -> Option<Event> {
    let item = &happening.item;
    let message = message(happening, item, happening.raw.get())?;
    let id = message.id.clone();
    let kind = if happening.is_ours(item) { EventKind::Echo(message) } else { EventKind::Message(message) };
    let mut event = happening.event(kind, item);
    if channel_and_ts(&id).is_some() {
        // `message` and `app_mention` have ids of their own, and so has each bot's copy: the message is the same.
        event.id = format!("message:{id}");
    }
    event.attributes.extend(markup_attributes(happening, item));
    Some(event)
}

/// A person changed the text. Slack says the same of previews of links that were added and of threads that grew.
fn changed(happening: &Happening) -> Option<Event> {
    let inner: wire::Event = object(happening.item.message?)?;
    let before: wire::Event = happening.item.previous_message.and_then(object).unwrap_or_default();
    if filled(&inner.subtype) == Some("tombstone") {
        // The root of a thread was deleted. It is the author's no more.
        return unsent(happening, filled(&inner.ts)?, &before);
    }
    if happening.is_ours(&inner) || !is_edit(&inner, &before) {
        return None;
    }
    let raw = happening.item.message.map_or("", |raw| raw.get());
    let message = message(happening, &inner, raw)?;
    let mut event = happening.event(EventKind::Edited(message), &inner);
    event.attributes.extend(markup_attributes(happening, &inner));
    Some(event)
}

fn is_edit(after: &wire::Event, before: &wire::Event) -> bool {
    let edited = |item: &wire::Event| item.edited.as_ref().and_then(|edited| edited.ts.clone());
    let marked = edited(after).is_some() && edited(after) != edited(before);
    marked || (before.text.is_some() && after.text != before.text)
}

fn deleted(happening: &Happening) -> Option<Event> {
    let before: wire::Event = happening.item.previous_message.and_then(object).unwrap_or_default();
    unsent(happening, filled(&happening.item.deleted_ts).or(filled(&before.ts))?, &before)
}

/// None where the message was ours: nobody took it back but we.
fn unsent(happening: &Happening, ts: &str, before: &wire::Event) -> Option<Event> {
    if happening.is_ours(before) {
        return None;
    }
    let author = happening.contact(before).and_then(|contact| contact.identifiers.into_iter().next());
    let target = MessageRef { id: happening.message_id(ts), author };
    Some(happening.event(EventKind::Unsent(target), before))
}

/// None where it has no `ts`.
fn message(happening: &Happening, item: &wire::Event, raw: &str) -> Option<Message> {
    let content = content::read(item, raw);
    let mut message = Message::new(happening.message_id(filled(&item.ts)?), content.parts);
    message.forwarded = content.forwarded;
    let machine = item.bot_id.is_some() || filled(&item.subtype) == Some("bot_message");
    message.automated = machine || item.user().as_deref() == Some(SLACKBOT);
    message.reply_to = parent(item).map(|parent| MessageRef {
        id: happening.message_id(parent),
        author: filled(&item.parent_user_id).map(|user| Identifier::new(IdentifierScheme::Id, user)),
    });
    Some(message)
}

/// The text as Slack has it, where something in it has a meaning; and whether our bot is named in it.
fn markup_attributes(happening: &Happening, item: &wire::Event) -> Attributes {
    let text = item.text.as_deref().unwrap_or_default();
    let named = |user: &str| text.contains(&format!("<@{user}>")) || text.contains(&format!("<@{user}|"));
    let mentioned =
        filled(&happening.item.kind) == Some("app_mention") || happening.bot_user().is_some_and(named);
    let mut attributes = Attributes::new();
    if text.contains('<') && markup::plain(text) != text {
        attributes.push(("mrkdwn".to_owned(), text.to_owned()));
    }
    if mentioned {
        attributes.push(("mentioned".to_owned(), "true".to_owned()));
    }
    attributes
}
