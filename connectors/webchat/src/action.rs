//! What a visitor does: one request, one event.

use std::collections::BTreeMap;

use serde_json::json;
use serde_json::value::RawValue;
use trunkline_sdk::json::{Number, members, text};
use trunkline_sdk::{prelude::*, require_method};

use crate::identity::shown;
use crate::part;
use crate::session::Session;
use crate::site::{self, Site, cross_origin, preflight};

/// The id that the browser gives to what was done: the key that a repeat is known by.
const ID_CHARS_MAX: usize = 64;
const FIELD_CHARS_MAX: usize = 2_048;
const LOCALE_CHARS_MAX: usize = 35;
/// What nothing here has a name for is kept, but only so much of it.
const UNKNOWN_BYTES_MAX: usize = 65_536;
/// What is said of the page, and the attribute that it becomes.
const PAGE: [(&str, &str); 5] = [
    ("url", "page_url"),
    ("title", "page_title"),
    ("referrer", "page_referrer"),
    ("language", "page_language"),
    ("time_zone", "page_time_zone"),
];
/// What the form before the chat asks. Anybody can write anything there: no identifiers.
const CLAIMS: [(&str, &str); 3] =
    [("name", "claimed_name"), ("email", "claimed_email"), ("phone", "claimed_phone")];
/// Keys of others: not to be kept in an event.
const TOKENS: [&str; 2] = ["token", "previous"];

/// Verifies a request and says what it is.
pub fn receive(request: &Request, context: &Context) -> Received {
    let site = Site::of(context)?;
    require_method(request, &["POST", "OPTIONS"])?;
    let origin = site.origin(request)?;
    if request.method == "OPTIONS" {
        return Ok(Answer { response: preflight(origin), events: Vec::new() });
    }
    // The token stands in the body, which is a body only where it can be found.
    let raw = serde_json::from_slice::<&RawValue>(&request.body).ok();
    let given = raw.and_then(|raw| members(raw, ["token"])[0]).and_then(text);
    let session = Session::verify(given.as_deref(), &site)?;
    let raw = raw.ok_or_else(|| signature::missing("token"))?;
    let action = Action { raw, session: &session, site: &site };
    let event = action.event(request)?;
    let mut response = site::json(200, &json!({ "ok": true }));
    response.headers.extend(cross_origin(origin));
    Ok(Answer { response, events: vec![event] })
}

struct Action<'a> {
    raw: &'a RawValue,
    session: &'a Session,
    site: &'a Site<'a>,
}

impl Action<'_> {
    fn event(&self, request: &Request) -> Result<Event, Interrupt> {
        let [kind, id, page] = members(self.raw, ["type", "id", "page"]);
        let client_id = id.and_then(text).filter(|id| is_id(id));
        let client_id = client_id.unwrap_or_else(|| signature::content_id("action", &[&self.payload()]));
        let name = kind.and_then(text).and_then(|name| shown(&name, ID_CHARS_MAX));
        let known = match name.as_deref() {
            Some("message") => self.message(&client_id)?,
            Some("typing") => self.typing(),
            Some("read") => self.read(),
            Some("identify") => self.identity()?,
            _ => None,
        };
        let kind = match known {
            Some(kind) => kind,
            None => self.other(name.as_deref().unwrap_or("untyped"))?,
        };
        let mut event = Event::new(format!("{}:{client_id}", self.session.id), self.site.account, kind);
        // There is no clock of a provider: it happened when it came.
        event.occurred_at = Some(self.site.now);
        let mut contact = self.session.contact();
        event.attributes = vec![("session".to_owned(), self.session.id.clone())];
        if name.as_deref() == Some("start") {
            attributes(self.raw, CLAIMS, &mut event.attributes);
            let agent = request.header("user-agent").and_then(|agent| shown(agent, FIELD_CHARS_MAX));
            event.attributes.extend(agent.map(|agent| ("user_agent".to_owned(), agent)));
        }
        if let Some(page) = page {
            attributes(page, PAGE, &mut event.attributes);
            contact.locale = event.attribute("page_language").filter(|tag| is_tag(tag)).map(str::to_owned);
        }
        event.contact = Some(contact);
        Ok(event)
    }

    fn message(&self, client_id: &str) -> Result<Option<EventKind>, Interrupt> {
        let [parts, reply_to] = members(self.raw, ["parts", "reply_to"]);
        let Some(parts) = parts.map(part::parts).transpose()?.flatten() else { return Ok(None) };
        let mut message = Message::new(client_id, parts.parts);
        let answered = reply_to.and_then(text).filter(|id| is_id(id)).or(parts.answered);
        message.reply_to = answered.map(MessageRef::new);
        Ok(Some(EventKind::Message(message)))
    }

    fn typing(&self) -> Option<EventKind> {
        let [state] = members(self.raw, ["state"]);
        match state.and_then(text).as_deref() {
            Some("started") => Some(EventKind::Typing(Typing::Started)),
            Some("stopped") => Some(EventKind::Typing(Typing::Stopped)),
            _ => None,
        }
    }

    /// Everything up to a time that the page was told. Nobody has read what is still to come.
    fn read(&self) -> Option<EventKind> {
        let [up_to] = members(self.raw, ["up_to"]);
        let up_to = serde_json::from_str::<Number>(up_to?.get()).ok()?.whole()?.min(self.site.now);
        Some(EventKind::Watermark(Watermark { state: DeliveryState::Read, up_to }))
    }

    /// A visitor has become somebody. Both are proven; one person never becomes another.
    fn identity(&self) -> Result<Option<EventKind>, Interrupt> {
        let [previous] = members(self.raw, ["previous"]);
        let Some(previous) = previous else { return Ok(None) };
        let previous = Session::earlier(text(previous).as_deref(), self.site)?;
        if !self.session.is_identified() || previous.is_identified() {
            return Ok(None);
        }
        let (previous, current) = (previous.identifiers(), self.session.identifiers());
        Ok(Some(EventKind::Identity(IdentityChange { previous, current })))
    }

    /// Kept as it is, without the tokens.
    fn other(&self, name: &str) -> Result<EventKind, Interrupt> {
        let payload = self.payload();
        if payload.len() > UNKNOWN_BYTES_MAX {
            return Err(part::too_large("an action that has no name here"));
        }
        Ok(EventKind::Other(Opaque { name: name.to_owned(), payload }))
    }

    fn payload(&self) -> String {
        let Ok(mut action) = serde_json::from_str::<BTreeMap<String, &RawValue>>(self.raw.get()) else {
            return "{}".to_owned();
        };
        action.retain(|name, _| !TOKENS.contains(&name.as_str()));
        serde_json::to_string(&action).unwrap_or_default()
    }
}

/// Texts among the members, bounded.
fn attributes<const N: usize>(raw: &RawValue, names: [(&str, &str); N], found: &mut Attributes) {
    let values = members(raw, names.map(|(name, _)| name));
    for ((_, attribute), value) in names.into_iter().zip(values) {
        let value = value.and_then(text).and_then(|value| shown(&value, FIELD_CHARS_MAX));
        found.extend(value.map(|value| (attribute.to_owned(), value)));
    }
}

/// Letters, digits, and what stands in ids between them.
fn is_id(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    (1..=ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(letter)
}

/// Looks like a BCP 47 tag.
fn is_tag(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() <= LOCALE_CHARS_MAX && text.bytes().all(letter)
}
