//! What every push has in common, and which of them is what.

use trunkline_sdk::json::milliseconds;
use trunkline_sdk::prelude::*;

use crate::document::{Document, Element, snake_case};
use crate::{ORIGINAL_ID, message, occurrence};

/// The longest id that the journal takes.
const ID_BYTES_MAX: usize = 512;
/// Fields that have a place of their own in an event.
const COMMON: [&str; 6] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "MsgId"];

/// A push, with what every push has read out of it.
pub struct Item<'a> {
    /// Of the whole.
    pub root: &'a Element,
    /// As it was sent, for what has no name here.
    pub raw: &'a str,
    account: &'a str,
    sender: Option<&'a str>,
    time: Option<&'a str>,
}

/// Every event of a push: mostly one.
///
/// None where the document has none of the fields that every push has.
pub fn events(document: &Document, context: &Context) -> Option<Vec<Event>> {
    let root = &document.root;
    let field = |name| root.field(name);
    let kind = field("MsgType");
    let (account, sender) = (field("ToUserName"), field("FromUserName"));
    if kind.is_none() && account.is_none() && sender.is_none() {
        return None;
    }
    let item = Item {
        root,
        raw: &document.raw,
        account: account.or(context.setting(ORIGINAL_ID)).unwrap_or_default(),
        sender,
        time: field("CreateTime"),
    };
    Some(match kind {
        None => vec![item.event(item.id(&[]), item.other("push"), &[])],
        Some(kind) if kind.eq_ignore_ascii_case("event") => occurrence::events(&item),
        Some(kind) => vec![message::event(&item, kind)],
    })
}

impl<'a> Item<'a> {
    /// A field of the push, without blanks around it.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        self.root.field(name)
    }

    /// The same as an owned text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.field(name).map(str::to_owned)
    }

    /// The whole push under a name.
    pub fn opaque(&self, name: &str) -> Opaque {
        Opaque { name: name.to_owned(), payload: self.raw.to_owned() }
    }

    /// The whole push as an event that has no name here.
    pub fn other(&self, name: &str) -> EventKind {
        EventKind::Other(self.opaque(name))
    }

    /// Who, when, and what tells it from others of the same second: a repeated push has the same. Events have no id.
    pub fn id(&self, distinction: &[&str]) -> String {
        let (Some(sender), Some(time), [_, ..]) = (self.sender, self.time, distinction) else {
            return signature::content_id("push", &[self.account, self.raw]);
        };
        let distinction = distinction.iter().copied().filter(|text| !text.is_empty());
        let pieces: Vec<&str> = [sender, time].into_iter().chain(distinction).collect();
        let id = pieces.join(":");
        if id.len() <= ID_BYTES_MAX { id } else { signature::content_id("push", &pieces) }
    }

    /// An event of this push. `read` are the fields that `kind` holds; all others become attributes.
    pub fn event(&self, id: impl Into<String>, kind: EventKind, read: &[&str]) -> Event {
        let mut event = Event::new(id, self.account, kind);
        event.occurred_at = self.time.and_then(milliseconds);
        event.contact = self.sender.map(|sender| Contact::new(IdentifierScheme::Id, sender));
        event.attributes = attributes(&self.root.children, read);
        event
    }
}

/// Fields without children that nothing else has read, by name.
pub fn attributes(fields: &[Element], read: &[&str]) -> Attributes {
    let is_read =
        |field: &&Element| COMMON.iter().chain(read).any(|name| field.name.eq_ignore_ascii_case(name));
    let kept = fields.iter().filter(|field| field.children.is_empty() && !field.text.trim().is_empty());
    let kept = kept.filter(|field| !is_read(field));
    kept.map(|field| (snake_case(&field.name), field.text.trim().to_owned())).collect()
}
