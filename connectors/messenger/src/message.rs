//! Messages, echoes, postbacks, edits, deletions, reactions and orders.

use trunkline_sdk::json::{RawValue, Text};
use trunkline_sdk::prelude::*;

use crate::item::{Item, key, members, parse, present, remainder, text};
use crate::{attachment, referral, wire};

/// A `message`: of the contact, or of the Page (an echo).
pub fn event(raw: &RawValue, item: &Item) -> Option<Event> {
    let content: wire::Message = parse(raw)?;
    let mid = Some(&*content.mid).filter(|mid| !mid.is_empty())?;
    let mut id = if item.ours { format!("echo:{mid}") } else { mid.to_owned() };
    // What is not read becomes attributes.
    let mut read = vec!["mid", "text", "quick_reply", "attachments", "is_echo", "is_deleted"];
    let kind = if content.is_deleted == Some(true) {
        // The message was handed on under its own id before.
        id.push_str(":deleted");
        EventKind::Unsent(MessageRef::new(mid))
    } else {
        let message = message(&content, raw, item);
        read.extend(message.reply_to.as_ref().map(|_| "reply_to"));
        read.extend(message.referral.as_ref().map(|_| "referral"));
        if item.ours { EventKind::Echo(message) } else { EventKind::Message(message) }
    };
    let mut attributes = members(raw).map(|members| remainder(&members, &read)).unwrap_or_default();
    attributes.extend(content.attachments.map(attachment::attributes).unwrap_or_default());
    Some(item.event_with(id, kind, attributes))
}

fn message(content: &wire::Message, raw: &RawValue, item: &Item) -> Message {
    let unread = || vec![Part::Other(Opaque { name: "message".to_owned(), payload: raw.get().to_owned() })];
    let reply_to = content.reply_to.as_ref().map(|reply| {
        let author = reply.is_self_reply.map(|own| if own { &item.sender } else { &item.recipient });
        let author = author.and_then(|party| present(&party.id));
        let author = author.map(|id| Identifier::new(IdentifierScheme::Id, id));
        MessageRef { id: reply.mid.to_string(), author }
    });
    Message {
        id: content.mid.to_string(),
        parts: parts(content).filter(|parts| !parts.is_empty()).unwrap_or_else(unread),
        reply_to,
        referral: content.referral.and_then(referral::referral),
        ..Message::default()
    }
}

/// None where a member has not the form expected: the message is then handed on as it is.
fn parts(content: &wire::Message) -> Option<Vec<Part>> {
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
        parts.extend(attachment::parts(raw)?);
    }
    Some(parts)
}

/// A button, an ice breaker, an entry of the persistent menu. In `standby` there is no payload.
pub fn postback(raw: &RawValue, item: &Item) -> Option<Event> {
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
pub fn edit(raw: &RawValue, item: &Item) -> Option<Event> {
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
pub fn reaction(raw: &RawValue, item: &Item) -> Option<Event> {
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

/// What Messenger shows for the name of a reaction.
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

/// A shopping cart.
pub fn order(raw: &RawValue, item: &Item) -> Option<Event> {
    let order: wire::Order = parse(raw)?;
    let lines = order.products.into_iter().map(|product| {
        Some(OrderItem {
            // The shop's own id, as on the other channels; Meta's stays in the attribute `products`.
            id: present(&product.retailer_id).or(present(&product.id))?.to_owned(),
            name: product.name.map(String::from),
            quantity: product.quantity.map_or(1.0, |quantity| quantity.0),
            unit_price: product.unit_price.map(String::from),
            currency: product.currency.map(String::from),
        })
    });
    let items: Vec<OrderItem> = lines.collect::<Option<_>>()?;
    let note = order.note.map(String::from).filter(|note| !note.is_empty());
    let id = signature::content_id("order", &[key(&item.sender), &item.timestamp, raw.get()]);
    let message = Message::new(&*id, vec![Part::Order(Order { catalog: None, items, note })]);
    let attributes = remainder(&members(raw)?, &["note"]);
    Some(item.event_with(id, EventKind::Message(message), attributes))
}
