//! Messages, echoes, reactions, edits and revocations.

use trunkline_sdk::json::{RawValue, Text, milliseconds, scalars};
use trunkline_sdk::{phone, prelude::*};

use crate::envelope::{Scope, parse};
use crate::wire::{self, Message as Wire};

/// An item of `messages`.
pub fn event(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let item: Wire = parse(raw)?;
    let mut event = Event::new(&*item.id, &*scope.account, kind(&item, raw));
    event.contact = contact(
        item.from.as_deref(),
        item.from_user_id.as_deref(),
        item.from_parent_user_id.as_deref(),
        scope,
    );
    finish(event, &item).into()
}

/// An item of `message_echoes`: what we wrote in the phone app. The contact is the one written to.
pub fn echo(raw: &RawValue, scope: &Scope) -> Option<Event> {
    let item: Wire = parse(raw)?;
    let kind = match kind(&item, raw) {
        EventKind::Message(message) => EventKind::Echo(message),
        // An edit or revocation of our own message: the same kinds, told apart by the attribute.
        other => other,
    };
    let mut event = Event::new(format!("echo:{}", &*item.id), &*scope.account, kind);
    event.contact = contact(item.to.as_deref(), item.to_user_id.as_deref(), None, scope);
    event.attributes.push(("echo".to_owned(), "true".to_owned()));
    finish(event, &item).into()
}

fn finish(mut event: Event, item: &Wire) -> Event {
    event.occurred_at = item.timestamp.as_deref().and_then(milliseconds);
    event.thread =
        item.group_id.as_deref().map(|id| Thread { id: id.to_owned(), kind: ThreadKind::Group, title: None });
    let product = item.context.as_ref().and_then(|context| context.referred_product.as_ref());
    let product = product.into_iter().flat_map(|product| {
        [("catalog_id", &product.catalog_id), ("product_retailer_id", &product.product_retailer_id)]
    });
    for (name, value) in product {
        if let Some(value) = value {
            event.attributes.push((name.to_owned(), value.to_string()));
        }
    }
    if item.context.as_ref().is_some_and(|context| context.frequently_forwarded) {
        event.attributes.push(("frequently_forwarded".to_owned(), "true".to_owned()));
    }
    event
}

fn kind(item: &Wire, raw: &RawValue) -> EventKind {
    let opaque = || Opaque { name: item.kind.to_string(), payload: raw.get().to_owned() };
    match &*item.kind {
        "reaction" => item.reaction.as_ref().map(|reaction| {
            EventKind::Reaction(Reaction {
                target: MessageRef::new(&*reaction.message_id),
                emoji: reaction.emoji.clone().filter(|emoji| !emoji.is_empty()),
                name: None,
            })
        }),
        "system" => item.system.as_ref().and_then(|system| identity(item, system)),
        "edit" => item.edit.and_then(edited),
        "revoke" => item
            .revoke
            .as_ref()
            .map(|revoke| EventKind::Unsent(MessageRef::new(&*revoke.original_message_id))),
        // The contact opened the chat and wrote nothing.
        "request_welcome" => None,
        _ => Some(EventKind::Message(message(item, raw))),
    }
    .unwrap_or_else(|| EventKind::Other(opaque()))
}

fn message(item: &Wire, raw: &RawValue) -> Message {
    let quote = item.context.as_ref();
    let reply_to = quote.and_then(|quote| {
        let author = quote.from.as_deref().map(identifier);
        Some(MessageRef { id: quote.id.as_ref()?.to_string(), author })
    });
    Message {
        id: item.id.to_string(),
        parts: parts(item).unwrap_or_else(|| {
            vec![Part::Other(Opaque { name: item.kind.to_string(), payload: raw.get().to_owned() })]
        }),
        reply_to,
        referral: item.referral.map(referral),
        forwarded: quote.is_some_and(|quote| quote.forwarded || quote.frequently_forwarded),
        ..Message::default()
    }
}

/// None where the type is unknown or its content has not the form expected.
fn parts(item: &Wire) -> Option<Vec<Part>> {
    let media =
        |media: &Option<wire::Media>, kind| Some(vec![Part::Media(self::media(media.as_ref()?, kind)?)]);
    match &*item.kind {
        "text" => Some(vec![Part::Text(item.text.as_ref()?.body.clone())]),
        "image" => media(&item.image, MediaKind::Image),
        "video" => media(&item.video, MediaKind::Video),
        "audio" if item.audio.as_ref()?.voice == Some(true) => media(&item.audio, MediaKind::Voice),
        "audio" => media(&item.audio, MediaKind::Audio),
        "voice" => media(&item.voice, MediaKind::Voice),
        "document" => media(&item.document, MediaKind::File),
        "sticker" => media(&item.sticker, MediaKind::Sticker),
        "location" => {
            let place = item.location.as_ref()?;
            Some(vec![Part::Location(Location {
                latitude: place.latitude.0,
                longitude: place.longitude.0,
                name: place.name.clone(),
                address: place.address.clone(),
                url: place.url.clone(),
            })])
        }
        "contacts" => {
            Some(vec![Part::Contacts(item.contacts.as_ref()?.iter().map(|card| self::card(card)).collect())])
        }
        "interactive" => Some(vec![Part::Choice(interactive(item.interactive?)?)]),
        "button" => {
            let button = item.button.as_ref()?;
            let (id, title) = (owned(&button.payload), owned(&button.text));
            Some(vec![Part::Choice(Choice { id, title, data: None })])
        }
        "order" => Some(vec![Part::Order(order(item.order.as_ref()?))]),
        _ => None,
    }
}

fn media(item: &wire::Media, kind: MediaKind) -> Option<Media> {
    if item.id.is_empty() && item.url.is_none() {
        return None;
    }
    // `url` needs the token as well, and is often missing: the id is what always works.
    let reference = if item.id.is_empty() { item.url.clone()? } else { item.id.clone() };
    let mut media = Media::new(kind, MediaSource::Reference(reference.into()));
    media.content_type = owned(&item.mime_type);
    media.name = item.filename.clone();
    media.caption = item.caption.clone();
    let digest = item.sha256.as_deref().and_then(signature::base64_decode);
    media.sha256 = digest.filter(|digest| digest.len() == 32).map(|digest| signature::hex(&digest));
    if let Some(animated) = item.animated {
        media.attributes.push(("animated".to_owned(), animated.to_string()));
    }
    Some(media)
}

fn interactive(raw: &RawValue) -> Option<Choice> {
    let item: wire::Interactive = parse(raw)?;
    let choice =
        |reply: &wire::Reply| Choice { id: owned(&reply.id), title: owned(&reply.title), data: None };
    if let Some(reply) = item.button_reply.as_ref().or(item.list_reply.as_ref()) {
        return Some(choice(reply));
    }
    if let Some(form) = item.nfm_reply {
        return Some(Choice {
            id: form.name.map(String::from),
            title: form.body.map(String::from),
            data: form.response_json,
        });
    }
    let permission = item.call_permission_reply?;
    Some(Choice { id: Some(item.kind.into()), title: None, data: Some(permission.get().to_owned()) })
}

fn order(item: &wire::Order) -> Order {
    let line = |item: &wire::ProductItem| OrderItem {
        id: item.product_retailer_id.to_string(),
        name: None,
        quantity: item.quantity.map_or(1.0, |quantity| quantity.0),
        unit_price: owned(&item.item_price),
        currency: owned(&item.currency),
    };
    Order {
        catalog: owned(&item.catalog_id),
        items: item.product_items.iter().map(line).collect(),
        note: item.text.clone().filter(|text| !text.is_empty()),
    }
}

fn card(raw: &RawValue) -> ContactCard {
    let value: serde_json::Value = parse(raw).unwrap_or_default();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let list = |list: &str, member: &str| -> Vec<String> {
        let items = value[list].as_array().into_iter().flatten();
        items.filter_map(|item| text(&item[member])).collect()
    };
    let name = &value["name"];
    let mut attributes = Vec::new();
    for extra in ["addresses", "birthday", "origin", "urls"] {
        match &value[extra] {
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => attributes.push((extra.to_owned(), text.clone())),
            other => attributes.push((extra.to_owned(), other.to_string())),
        }
    }
    ContactCard {
        name: text(&name["formatted_name"]).or_else(|| text(&name["first_name"])),
        phones: list("phones", "phone"),
        emails: list("emails", "email"),
        organization: text(&value["org"]["company"]),
        vcard: text(&value["vcard"]),
        attributes,
    }
}

fn referral(raw: &RawValue) -> Referral {
    let mut pairs = scalars(raw, &[]);
    let mut take = |name: &str| {
        let position = pairs.iter().position(|(key, _)| key == name)?;
        Some(pairs.swap_remove(position).1)
    };
    Referral {
        source: take("source_type").unwrap_or_else(|| "ad".to_owned()),
        ref_: take("ctwa_clid"),
        id: take("source_id"),
        url: take("source_url"),
        headline: take("headline"),
        body: take("body"),
        attributes: {
            pairs.sort();
            pairs
        },
    }
}

fn edited(raw: &RawValue) -> Option<EventKind> {
    let edit: wire::Edit = parse(raw)?;
    // The new content has no id of its own: the original's is put in its place.
    let mut content: serde_json::Map<String, serde_json::Value> = parse(edit.message)?;
    content.insert("id".to_owned(), edit.original_message_id.to_string().into());
    let text = serde_json::to_string(&content).ok()?;
    let item: Wire = serde_json::from_str(&text).ok()?;
    Some(EventKind::Edited(message(&item, edit.message)))
}

fn identity(item: &Wire, system: &wire::System) -> Option<EventKind> {
    let parent = |id: &Text| Identifier::new(IdentifierScheme::Other("parent_user_id".to_owned()), &**id);
    let mut change = IdentityChange { previous: Vec::new(), current: Vec::new() };
    match &*system.kind {
        "user_changed_number" | "customer_changed_number" => {
            let previous = item.from.as_ref().or(system.customer.as_ref());
            change.previous.extend(previous.map(|id| identifier(id)));
            change
                .current
                .extend(system.wa_id.as_ref().or(system.new_wa_id.as_ref()).map(|id| identifier(id)));
        }
        "user_changed_user_id" => {}
        _ => return None,
    }
    change.previous.extend(system.previous_user_id.as_ref().map(|id| identifier(id)));
    change.previous.extend(system.previous_parent_user_id.as_ref().map(parent));
    change.current.extend(system.user_id.as_ref().map(|id| identifier(id)));
    change.current.extend(system.parent_user_id.as_ref().map(parent));
    (!change.current.is_empty()).then_some(EventKind::Identity(change))
}

/// The contact of an item, with what the change's `contacts` say of the same person: joined by `user_id`
/// first, then by `wa_id`, never by position.
pub fn contact(
    number: Option<&str>,
    user_id: Option<&str>,
    parent: Option<&str>,
    scope: &Scope,
) -> Option<Contact> {
    let same = |left: &Option<Text>, right: Option<&str>| right.is_some() && left.as_deref() == right;
    let profile = scope
        .contacts
        .iter()
        .find(|profile| same(&profile.user_id, user_id))
        .or_else(|| scope.contacts.iter().find(|profile| same(&profile.wa_id, number)));
    let mut identifiers = Vec::new();
    let user_id = user_id.or(profile.and_then(|profile| profile.user_id.as_deref()));
    identifiers.extend(user_id.map(identifier));
    let wa_id = profile.and_then(|profile| profile.wa_id.as_deref());
    identifiers.extend([number, wa_id].into_iter().flatten().map(identifier));
    let parent = parent.or(profile.and_then(|profile| profile.parent_user_id.as_deref()));
    identifiers
        .extend(parent.map(|id| Identifier::new(IdentifierScheme::Other("parent_user_id".to_owned()), id)));
    let name = profile.and_then(|profile| profile.profile.as_ref());
    let username = name.and_then(|name| name.username.as_deref()).map(|name| name.trim_start_matches('@'));
    identifiers.extend(username.map(|name| Identifier::new(IdentifierScheme::Username, name)));
    let mut unique: Vec<Identifier> = Vec::with_capacity(identifiers.len());
    for identifier in identifiers {
        if !unique.contains(&identifier) {
            unique.push(identifier);
        }
    }
    (!unique.is_empty()).then(|| Contact {
        identifiers: unique,
        name: name.and_then(|name| owned(&name.name)),
        locale: None,
        avatar_url: None,
    })
}

/// A phone number, or a business-scoped user id (`CC.…`), which has been seen in fields for numbers too.
pub fn identifier(text: &str) -> Identifier {
    match phone::e164(text) {
        Some(number) => Identifier::new(IdentifierScheme::Phone, number),
        None => Identifier::new(IdentifierScheme::Id, text),
    }
}

fn owned(text: &Option<Text>) -> Option<String> {
    text.as_deref().map(str::to_owned)
}
