//! What is no conversation: comments, mentions, statistics of stories.
//!
//! A comment is public and no message to us, so that no bot may answer it as one: it becomes `other` with its raw
//! text. Who wrote it is the contact, and `comment_id` is what a private reply is addressed to.

use serde::Deserialize;
use trunkline_sdk::json::{RawValue, Text, lenient};
use trunkline_sdk::meta::messaging::envelope;
use trunkline_sdk::meta::messaging::item::{Origin, Party, members, parse, present};
use trunkline_sdk::prelude::*;

use crate::Instagram;

/// `{"from":{"id":"9002","username":"ada"},"id":"17900","parent_id":"17899","text":"nice","media":{"id":"18000"}}`,
/// of a mention `{"media_id":"18000","comment_id":"17900"}`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Comment {
    #[serde(deserialize_with = "lenient")]
    id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    comment_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    parent_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    media_id: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    media: Option<Medium>,
    #[serde(deserialize_with = "lenient")]
    from: Option<Author>,
}

#[derive(Deserialize)]
struct Medium {
    id: Text,
}

#[derive(Deserialize)]
struct Author {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    username: Option<Text>,
}

/// `sender` and `recipient`, where the value is an item of `messaging`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Parties {
    #[serde(deserialize_with = "lenient")]
    sender: Option<Party>,
    #[serde(deserialize_with = "lenient")]
    recipient: Option<Party>,
}

/// The events of a change.
pub fn events(field: &str, value: &RawValue, origin: &Origin) -> Vec<Event> {
    let object = members(value).is_some();
    // A list would be read as the members in their order.
    let parties = object.then(|| parse::<Parties>(value)).flatten().unwrap_or_default();
    if [&parties.sender, &parties.recipient].into_iter().flatten().any(|party| is_ours(&party.id, origin)) {
        return envelope::item_events::<Instagram>(field, value, origin);
    }
    let mut event = envelope::change(field, value, origin);
    // An item for nobody that we know is what the dashboard's test button sends.
    if object && parties.sender.is_none() && matches!(field, "comments" | "live_comments" | "mentions") {
        describe(&mut event, field, parse(value).unwrap_or_default(), origin);
    }
    vec![event]
}

fn is_ours(id: &Option<Text>, origin: &Origin) -> bool {
    present(id).is_some_and(|id| id == origin.account)
}

/// Who wrote it, to what, and under which id it comes again.
fn describe(event: &mut Event, field: &str, comment: Comment, origin: &Origin) {
    let id = present(&comment.id).or(present(&comment.comment_id)).map(str::to_owned);
    if let (Some(id), "comments" | "live_comments") = (&id, field) {
        event.id = format!("{field}:{id}");
    }
    let media = comment.media_id.or(comment.media.map(|media| media.id));
    let named = [
        ("comment_id", id),
        ("parent_id", comment.parent_id.map(Into::into)),
        ("media_id", media.map(Into::into)),
    ];
    event.attributes.extend(named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    let Some(from) = comment.from else { return };
    if is_ours(&from.id, origin) {
        event.attributes.insert(0, ("echo".to_owned(), "true".to_owned()));
        return;
    }
    let id = present(&from.id).map(|id| Identifier::new(IdentifierScheme::Id, id));
    let username = present(&from.username).map(|name| Identifier::new(IdentifierScheme::Username, name));
    let identifiers: Vec<Identifier> = id.into_iter().chain(username).collect();
    event.contact = (!identifiers.is_empty()).then(|| Contact { identifiers, ..Contact::default() });
}
