//! Messages, echoes, postbacks, edits, deletions and reactions.

use trunkline_model::{
    Attributes, Choice, Event, EventKind, Identifier, IdentifierScheme, Message, MessageRef, Opaque, Part,
    Reaction,
};

use super::item::{Item, key, members, parse, present, remainder, text};
use super::{Product, attachment, referral, wire};
use crate::json::{RawValue, Text};
use crate::signature;

/// A `message`: of the contact, or of the account (an echo).
pub(super) fn event<P: Product>(raw: &RawValue, item: &Item) -> Option<Event> {
    let content: wire::Message = parse(raw)?;
    let mid = Some(&*content.mid).filter(|mid| !mid.is_empty())?;
    let mut id = if item.ours { format!("echo:{mid}") } else { mid.to_owned() };
    // What is not read becomes attributes.
    let mut read = vec!["mid", "text", "quick_reply", "attachments", "is_echo", "is_deleted"];
    let mut story = Attributes::new();
    let kind = if content.is_deleted == Some(true) {
        // The message was handed on under its own id before.
        id.push_str(":deleted");
        EventKind::Unsent(MessageRef::new(mid))
    } else {
        let message = message::<P>(&content, raw, item);
        story = story_of::<P>(&content);
        read.extend((message.reply_to.is_some() || !story.is_empty()).then_some("reply_to"));
        read.extend(message.referral.as_ref().map(|_| "referral"));
        if item.ours { EventKind::Echo(message) } else { EventKind::Message(message) }
    };
    let mut attributes = members(raw).map(|members| remainder(&members, &read)).unwrap_or_default();
    attributes.extend(story);
    attributes.extend(content.attachments.map(attachment::attributes::<P>).unwrap_or_default());
    Some(item.event_with(id, kind, attributes))
}

fn message<P: Product>(content: &wire::Message, raw: &RawValue, item: &Item) -> Message {
    let unread = || vec![Part::Other(Opaque { name: "message".to_owned(), payload: raw.get().to_owned() })];
    let reply_to = content.reply_to.as_ref().and_then(|reply| {
        let author = reply.is_self_reply.map(|own| if own { &item.sender } else { &item.recipient });
        let author = author.and_then(|party| present(&party.id));
        let author = author.map(|id| Identifier::new(IdentifierScheme::Id, id));
        Some(MessageRef { id: reply.mid.as_deref()?.to_owned(), author })
    });
    Message {
        id: content.mid.to_string(),
        parts: parts::<P>(content).filter(|parts| !parts.is_empty()).unwrap_or_else(unread),
        reply_to,
        referral: content.referral.and_then(referral::referral),
        ..Message::default()
    }
}

/// None where a member has not the form expected: the message is then handed on as it is.
fn parts<P: Product>(content: &wire::Message) -> Option<Vec<Part>> {
    let words = match content.text {
        Some(raw) => Some(parse::<Text>(raw)?.0).filter(|text| !text.is_empty()),
        None => None,
    };
    let mut parts = Vec::new();
    match content.quick_reply {
        // The text of a quick reply is the title of the button.
        Some(raw) => {
            let id = parse::<wire::QuickReply>(raw)?.payload.map(text);
            parts.push(Part::Choice(Choice { id, title: words, data: None }));
        }
        None => parts.extend(words.map(Part::Text)),
    }
    if let Some(raw) = content.attachments {
        parts.extend(attachment::parts::<P>(raw)?);
    }
    Some(parts)
}

/// The story that is answered, which is no message.
fn story_of<P: Product>(content: &wire::Message) -> Attributes {
    let story = content.reply_to.as_ref().and_then(|reply| reply.story.as_ref()).filter(|_| P::STORIES);
    let named = story.into_iter().flat_map(|story| [("story_id", &story.id), ("story_url", &story.url)]);
    named.filter_map(|(name, value)| Some((name.to_owned(), present(value)?.to_owned()))).collect()
}

/// A button, an ice breaker, an entry of the persistent menu. In `standby` there is no payload.
pub(super) fn postback(raw: &RawValue, item: &Item) -> Option<Event> {
    let postback: wire::Postback = parse(raw)?;
    let payload = postback.payload.map(text);
    let id = match present(&postback.mid) {
        Some(mid) => mid.to_owned(),
        None => signature::content_id(
            "postback",
            &[key(&item.sender), &item.timestamp, payload.as_deref().unwrap_or_default()],
        ),
    };
    let choice = Choice { id: payload, title: postback.title.map(text), data: None };
    let mut message = Message::new(&*id, vec![Part::Choice(choice)]);
    message.referral = postback.referral.and_then(referral::referral);
    let mut read = vec!["mid", "title", "payload"];
    read.extend(message.referral.as_ref().map(|_| "referral"));
    let attributes = remainder(&members(raw)?, &read);
    Some(item.event_with(id, EventKind::Message(message), attributes))
}

/// A message with a new text.
pub(super) fn edit(raw: &RawValue, item: &Item) -> Option<Event> {
    let edit: wire::Edit = parse(raw)?;
    let mid = Some(&*edit.mid).filter(|mid| !mid.is_empty())?;
    let id = match present(&edit.num_edit) {
        Some(number) => format!("{mid}:edit:{number}"),
        None => signature::content_id("message_edit", &[mid, &item.timestamp, &edit.text]),
    };
    let message = Message::new(mid, vec![Part::Text(edit.text.to_string())]);
    let attributes = remainder(&members(raw)?, &["mid", "text"]);
    Some(item.event_with(id, EventKind::Edited(message), attributes))
}

/// A reaction, or that one was taken back.
pub(super) fn reaction(raw: &RawValue, item: &Item) -> Option<Event> {
    let reaction: wire::Reaction = parse(raw)?;
    let name = reaction.reaction.as_deref();
    let emoji = match &*reaction.action {
        // An event without an emoji would say that the reaction was taken back.
        "react" => Some(reaction.emoji.filter(|emoji| !emoji.is_empty()).or_else(|| emoji(name?))?),
        "unreact" => None,
        _ => return None,
    };
    let mid = Some(&*reaction.mid).filter(|mid| !mid.is_empty())?;
    let id = format!("{mid}:{}:{}:{}", key(&item.sender), &*reaction.action, &*item.timestamp);
    let name = name.map(str::to_owned);
    Some(item.event(id, EventKind::Reaction(Reaction { target: MessageRef::new(mid), emoji, name })))
}

/// What is shown for the name of a reaction.
fn emoji(name: &str) -> Option<String> {
    let emoji = match name {
        "smile" => "😆",
        "angry" => "😠",
        "sad" => "😢",
        "wow" => "😮",
        "love" => "❤",
        "like" => "👍",
        "dislike" => "👎",
        _ => return None,
    };
    Some(emoji.to_owned())
}
