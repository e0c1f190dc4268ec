//! The array of callbacks: which kind each of them is, and what they have in common.

use trunkline_sdk::json::{RawValue, Text, members, scalars};
use trunkline_sdk::{Interrupt, fields, malformed_json, phone, prelude::*, time};

use crate::{message, status};

/// The longest type that is taken for a name, and the longest message id.
const NAME_LENGTH_MAX: usize = 128;

/// One callback, as far as all kinds have it:
/// `{"type":"message-received","time":"…","description":"…","to":"+1…","message":{…}}`
pub struct Callback<'a> {
    /// `message-received`.
    pub name: String,
    /// When it happened.
    pub time: Option<u64>,
    /// The number that it is about: ours of a message, the contact's of a status.
    pub to: Option<String>,
    /// In words.
    pub description: Option<String>,
    /// Of a failure.
    pub error_code: Option<String>,
    /// The message.
    pub message: Content<'a>,
}

/// `{"id":"…","owner":"+1…","time":"…","direction":"in","to":["+1…"],"from":"+1…","text":"…","media":["https://…"],
/// "applicationId":"…","tag":null,"segmentCount":1,"channel":"SMS"}`
pub struct Content<'a> {
    raw: &'a RawValue,
    pub id: String,
    pub owner: Option<String>,
    pub time: Option<u64>,
    pub direction: Option<String>,
    pub to: Vec<String>,
    pub from: Option<String>,
    pub text: Option<&'a RawValue>,
    pub media: Vec<&'a RawValue>,
    pub tag: Option<String>,
    pub channel: Option<String>,
}

/// The events of a verified body. One callback that cannot be read becomes `other` and leaves its neighbours alone.
pub fn events(body: &[u8]) -> Result<Vec<Event>, Interrupt> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(|error| malformed_json(&error))?;
    // It is documented to be an array always. One without it is one callback.
    let items: Vec<&RawValue> = match serde_json::from_str(whole.get()) {
        Ok(items) => items,
        Err(_) if whole.get().starts_with('{') => vec![whole],
        Err(error) => return Err(malformed_json(&error)),
    };
    Ok(items.into_iter().flat_map(of_item).collect())
}

fn of_item(item: &RawValue) -> Vec<Event> {
    let Some(callback) = Callback::read(item) else { return vec![opaque(item)] };
    let known = match callback.name.as_str() {
        "message-received" => message::events(&callback),
        _ => status::event(&callback).map(|event| vec![event]),
    };
    known.unwrap_or_else(|| vec![opaque(item)])
}

impl<'a> Callback<'a> {
    /// None where it has no type, or is about no message.
    fn read(item: &'a RawValue) -> Option<Self> {
        let [name, time, to, description, error_code, message] =
            members(item, ["type", "time", "to", "description", "errorCode", "message"]);
        Some(Self {
            name: name.and_then(scalar).filter(|name| name.len() <= NAME_LENGTH_MAX)?,
            time: time.and_then(scalar).and_then(|text| time::iso8601(&text)),
            to: to.and_then(scalar),
            description: description.and_then(scalar),
            error_code: error_code.and_then(scalar),
            message: Content::read(message?)?,
        })
    }

    /// The message's own time, else that of the callback.
    pub fn occurred_at(&self) -> Option<u64> {
        self.message.time.or(self.time)
    }
}

impl<'a> Content<'a> {
    fn read(raw: &'a RawValue) -> Option<Self> {
        let names = ["id", "owner", "time", "direction", "to", "from", "text", "media", "tag", "channel"];
        let [id, owner, time, direction, to, from, text, media, tag, channel] = members(raw, names);
        Some(Self {
            raw,
            id: id.and_then(scalar).filter(|id| id.len() <= NAME_LENGTH_MAX)?,
            owner: owner.and_then(scalar),
            time: time.and_then(scalar).and_then(|text| time::iso8601(&text)),
            direction: direction.and_then(scalar),
            to: to.map(items).unwrap_or_default().into_iter().filter_map(scalar).collect(),
            from: from.and_then(scalar),
            text,
            media: media.map(items).unwrap_or_default(),
            tag: tag.and_then(scalar),
            channel: channel.and_then(scalar).map(|name| name.to_ascii_lowercase()),
        })
    }

    /// `applicationId` and what else nothing reads. The tag of what we sent is our id of it.
    pub fn attributes(&self, leave_out: &[&str]) -> Attributes {
        let known = ["id", "owner", "time", "direction", "to", "from", "text", "media", "channel"];
        let known: Vec<&str> = known.iter().chain(leave_out).copied().collect();
        let rest = scalars(self.raw, &known);
        let rest = rest.iter().filter(|(_, value)| !value.is_empty()).take(fields::ATTRIBUTES_MAX);
        rest.map(|(name, value)| fields::attribute(name, value)).collect()
    }

    /// The group that it is in, ourselves included: whoever answers, answers all of them. None between two.
    pub fn thread(&self) -> Option<Thread> {
        if self.to.len() < 2 {
            return None;
        }
        let mut everybody: Vec<&str> = self.to.iter().chain(&self.from).map(String::as_str).collect();
        everybody.sort_unstable();
        everybody.dedup();
        Some(Thread { id: everybody.join(","), kind: ThreadKind::Group, title: None })
    }
}

/// A text, number or boolean that is not empty.
fn scalar(raw: &RawValue) -> Option<String> {
    let text: Text = serde_json::from_str(raw.get()).ok()?;
    Some(text.replace('\0', "")).filter(|text| !text.is_empty())
}

/// The items of a list without those that are null; or what stands there instead of a list.
fn items(raw: &RawValue) -> Vec<&RawValue> {
    let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_else(|_| vec![raw]);
    items.into_iter().filter(|item| item.get() != "null").collect()
}

/// A number in E.164, which always has its `+` here; else a short code or the name of a sender.
pub fn identifier(text: &str) -> Identifier {
    match phone::e164(text).filter(|_| text.starts_with('+')) {
        Some(number) => Identifier::new(IdentifierScheme::Phone, number),
        None => Identifier::new(IdentifierScheme::Id, text),
    }
}

/// Somebody by number.
pub fn contact(text: &str) -> Contact {
    Contact { identifiers: vec![identifier(text)], ..Contact::default() }
}

fn opaque(item: &RawValue) -> Event {
    let [name, to, time] = members(item, ["type", "to", "time"]);
    let name = name.and_then(scalar).filter(|name| name.len() <= NAME_LENGTH_MAX);
    // Of a status it is the contact.
    let to = to.and_then(scalar).filter(|_| name.as_deref() == Some("message-received"));
    let account = to.map_or_else(String::new, |text| identifier(&text).value);
    let id = signature::content_id("callback", &[item.get()]);
    let name = name.unwrap_or_else(|| "callback".to_owned());
    let mut event =
        Event::new(id, account, EventKind::Other(Opaque { name, payload: item.get().to_owned() }));
    event.occurred_at = time.and_then(scalar).and_then(|text| time::iso8601(&text));
    event
}
