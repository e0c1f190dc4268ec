//! From a [`Mail`] to events.

use trunkline_model::{
    Attributes, Consent, ConsentState, Contact, DeliveryState, EVENT_ID_BYTES_MAX, Event, EventKind,
    IdentifierScheme, Message, MessageRef, Opaque, Part, Status, Thread, ThreadKind,
};

use super::header::Headers;
use super::report::{Report, report, unread_kind};
use super::{Mail, Mailbox, automation, html, quote};

/// A text shorter than this is a hint to look at the HTML, where there is more of that.
const TEXT_SIZE_MIN: usize = 10;
/// How many ids of `References` an answer needs: the first, and the last ones.
const REFERENCES_MAX: usize = 21;

/// How a mail came here: what the provider says of it, and its headers do not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delivery {
    /// The mailbox: the envelope's recipient, normalized.
    pub account: String,
    /// The envelope's sender. Empty or `<>` for bounces.
    pub sender: Option<String>,
    /// When the provider took it, in milliseconds since the Unix epoch. Else the mail's own date is taken.
    pub received_at: Option<u64>,
    /// What the provider knows of it: spam and authentication verdicts, the address of a copy.
    pub attributes: Attributes,
}

impl Delivery {
    /// A mail to that mailbox.
    pub fn new(account: impl Into<String>) -> Self {
        Self { account: account.into(), ..Self::default() }
    }
}

/// The id under which a mail to a mailbox is deduplicated: one mail to two of our mailboxes is two events, one
/// that a provider sends again is one.
pub fn event_id(account: &str, message_id: &str) -> String {
    let id = format!("{account} {message_id}");
    if id.len() <= EVENT_ID_BYTES_MAX {
        id
    } else {
        crate::signature::content_id("mail", &[account, message_id])
    }
}

/// What a mail is: one message, or what a report says. Never empty.
pub fn events(mail: Mail, delivery: &Delivery) -> Vec<Event> {
    let message_id = mail.message_id().unwrap_or_else(|| format!("{}@missing.invalid", mail.fingerprint));
    let id = event_id(&delivery.account, &message_id);
    let auto = automation::kind(&mail.headers, &delivery.account, delivery.sender.as_deref());
    match report(&mail, auto == Some("bounce")) {
        Some(report) => report_events(report, &mail, &id, delivery),
        None => vec![message_event(mail, message_id, id, delivery, auto)],
    }
}

fn event(id: String, delivery: &Delivery, headers: &Headers, kind: EventKind) -> Event {
    let mut event = Event::new(id, &*delivery.account, kind);
    event.occurred_at = delivery.received_at.or_else(|| headers.date());
    event.attributes.clone_from(&delivery.attributes);
    event
}

fn message_event(
    mail: Mail,
    message_id: String,
    id: String,
    delivery: &Delivery,
    auto: Option<&'static str>,
) -> Event {
    let headers = &mail.headers;
    let auto = unread_kind(&mail).or(auto);
    let references = headers.ids("references");
    let answered = headers.ids("in-reply-to").into_iter().next();
    let root = references.first().or(answered.as_ref()).unwrap_or(&message_id).clone();
    let mut attributes = attributes(&mail, delivery, &references);
    attributes.extend(auto.map(|auto| ("auto".to_owned(), auto.to_owned())));

    let content = Content::of(&mail);
    let mut message = Message::new(message_id, content.parts);
    message.forwarded = content.forwarded;
    message.automated = auto.is_some();
    message.subject = headers.text("subject");
    message.reply_to = answered.map(MessageRef::new);
    let mut event = event(id, delivery, headers, EventKind::Message(Message::default()));
    event.contact = author(headers).map(|author| author.contact());
    event.thread = Some(Thread { id: root, kind: ThreadKind::Direct, title: None });
    event.attributes.extend(attributes);
    message.parts.extend(mail.attachments.into_iter().map(Part::Media));
    event.kind = EventKind::Message(message);
    event
}

/// Who wrote: `From`. Where that has several, `Sender` says which.
fn author(headers: &Headers) -> Option<Mailbox> {
    let from = headers.mailboxes("from");
    let sender = if from.len() > 1 { headers.mailboxes("sender") } else { Vec::new() };
    sender.into_iter().chain(from).next()
}

fn attributes(mail: &Mail, delivery: &Delivery, references: &[String]) -> Attributes {
    let headers = &mail.headers;
    let mut attributes = Attributes::new();
    let mut add = |name: &str, value: Option<String>| {
        attributes.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value)));
    };
    add("envelope_sender", delivery.sender.clone());
    let list = |name: &str| {
        let addresses = headers.mailboxes(name).into_iter().map(|mailbox| mailbox.address);
        addresses.collect::<Vec<_>>().join(", ")
    };
    let from = author(headers).map(|author| author.address).unwrap_or_default();
    // Where to answer, which is not who wrote: an identity made of it could be anybody's.
    add("reply_to", Some(list("reply-to")).filter(|reply_to| !reply_to.eq_ignore_ascii_case(&from)));
    add("to", Some(list("to")));
    add("cc", Some(list("cc")));
    let skipped = references.len().saturating_sub(REFERENCES_MAX);
    let kept = references.iter().enumerate().filter(|(position, _)| *position == 0 || *position > skipped);
    add("references", Some(kept.map(|(_, id)| id.as_str()).collect::<Vec<_>>().join(" ")));
    // Lists that rewrite `From` say here who it was.
    let original = ["x-original-from", "x-original-sender", "x-mailfrom"]
        .iter()
        .find_map(|name| headers.mailboxes(name).into_iter().next());
    add("original_from", original.map(|mailbox| mailbox.address));
    // The subject of an answer is made of this one, and an answer is handed the attributes alone.
    add("subject", headers.text("subject"));
    add("date", headers.first("date").map(str::to_owned));
    add("encrypted", mail.encrypted.then(|| "true".to_owned()));
    add("truncated", mail.truncated.then(|| "true".to_owned()));
    attributes
}

/// The parts of a message that are text.
struct Content {
    parts: Vec<Part>,
    forwarded: bool,
}

impl Content {
    fn of(mail: &Mail) -> Self {
        let page = mail.html.as_deref();
        let text = mail.text.as_deref().map(str::trim).unwrap_or_default();
        // Some programs write "your program shows no HTML" into the text, or nothing at all.
        let from_html = page
            .filter(|_| text.len() < TEXT_SIZE_MIN)
            .map(html::text)
            .filter(|made| made.len() > text.len());
        let mut content = match (from_html, page) {
            (Some(made), Some(page)) => Self::split_html(page, &made),
            _ => Self::split_text(text, mail.new_text.as_deref()),
        };
        content.parts.extend(page.map(|page| Part::Html(page.to_owned())));
        content.forwarded |= content.parts.is_empty()
            && mail.headers.text("subject").is_some_and(|subject| is_forward(&subject));
        content
    }

    fn split_html(page: &str, whole: &str) -> Self {
        if let Some(start) = html::quote_start(page) {
            let (new, quoted) = (html::text(&page[..start]), html::text(&page[start..]));
            if !new.is_empty() {
                let quoted = Some(quoted).filter(|quoted| !quoted.is_empty()).map(Part::Quoted);
                // The attribution may stand before the container.
                let above = quote::split(&new);
                let mut parts = vec![Part::Text(above.new.to_owned())];
                parts.extend(above.quoted.map(|quoted| Part::Quoted(quoted.to_owned())));
                parts.extend(quoted);
                return Self { parts, forwarded: false };
            }
        }
        Self::split_text(whole, None)
    }

    /// Splits a text. Where no quote is found, the provider's hint is taken, if the text begins with it.
    fn split_text(text: &str, hint: Option<&str>) -> Self {
        let split = quote::split(text);
        let (mut new, mut quoted) = (split.new, split.quoted);
        let hint =
            hint.map(str::trim).filter(|hint| !hint.is_empty() && quoted.is_none() && !split.forwarded);
        if let Some(rest) = hint.and_then(|hint| text.trim().strip_prefix(hint)) {
            // Nothing but a signature may have been cut off: that is no quote.
            let is_quote = rest.lines().any(|line| line.starts_with('>')) && rest.starts_with(['\n', '\r']);
            if is_quote {
                (new, quoted) = (&text.trim()[..text.trim().len() - rest.len()], Some(rest.trim()));
            }
        }
        let mut parts = Vec::new();
        if !new.is_empty() {
            parts.push(Part::Text(new.to_owned()));
        }
        parts.extend(quoted.map(|quoted| Part::Quoted(quoted.to_owned())));
        Self { parts, forwarded: split.forwarded }
    }
}

fn is_forward(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    ["fwd:", "fw:", "wg:", "tr:", "rv:", "i:", "enc:", "转发:", "转发："]
        .iter()
        .any(|prefix| subject.starts_with(prefix))
}

fn report_events(report: Report, mail: &Mail, id: &str, delivery: &Delivery) -> Vec<Event> {
    let contact = |address: &str| Mailbox { name: None, address: address.to_owned() }.contact();
    // Anybody can write a report. Who did is said, so that it can be weighed with the provider's verdicts.
    let reporter = author(&mail.headers).map(|author| ("reporter".to_owned(), author.address));
    let event = |id: String, kind: EventKind| {
        let mut event = event(id, delivery, &mail.headers, kind);
        event.attributes.extend(reporter.clone());
        event
    };
    match report {
        Report::Delivery { message_id, outcomes } => {
            let several = outcomes.len() > 1;
            let events = outcomes.into_iter().enumerate().map(|(position, outcome)| {
                let id = if several { format!("{id}:{position}") } else { id.to_owned() };
                let (state, failure) = (outcome.state, outcome.failure);
                let status =
                    Status { message_id: message_id.clone(), state, failure, client_reference: None };
                let mut event = event(id, EventKind::Status(status));
                event.contact = outcome.recipient.as_deref().map(contact);
                event
            });
            events.collect()
        }
        Report::Complaint { message_id, recipient, kind, text } => {
            let origin = match kind.as_str() {
                "abuse" => Some("complaint"),
                "opt-out" | "opt-out-list" => Some("unsubscribe"),
                _ => None,
            };
            let event_kind = match origin.filter(|_| recipient.is_some()) {
                Some(origin) => EventKind::Consent(Consent {
                    state: ConsentState::Revoked,
                    scope: "all".to_owned(),
                    origin: origin.to_owned(),
                }),
                None => EventKind::Other(Opaque { name: format!("feedback_report_{kind}"), payload: text }),
            };
            let mut event = event(id.to_owned(), event_kind);
            event.contact = recipient.as_deref().map(contact);
            event.attributes.extend(message_id.map(|id| ("message_id".to_owned(), id)));
            vec![event]
        }
        Report::Receipt { message_id, recipient, disposition } => {
            let state = match disposition.as_str() {
                "displayed" => DeliveryState::Read,
                other => DeliveryState::Other(other.to_owned()),
            };
            let status = Status { message_id, state, failure: None, client_reference: None };
            let mut event = event(id.to_owned(), EventKind::Status(status));
            event.contact = recipient
                .as_deref()
                .map(contact)
                .or_else(|| author(&mail.headers).map(|author| author.contact()));
            vec![event]
        }
    }
}

impl Mail {
    /// The address of a contact that a simulator writes as: the identifier with that scheme.
    pub fn address_of(contact: &Contact) -> Option<&str> {
        let identifiers = &contact.identifiers;
        identifiers
            .iter()
            .find(|identifier| identifier.scheme == IdentifierScheme::Email)
            .map(|identifier| identifier.value.as_str())
    }
}
