//! From what a program asks for to a message in the queue: whom it goes to, whether it may, whether it can.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use trunkline_core::conversation::key as conversation_key;
use trunkline_core::journal::{
    BLOB_PREFIX, EVENT_ID_PREFIX, JournalError, MessageKey, NewMessage, Queued, RequestKey, SendContext,
};
use trunkline_core::outbound::Waiting;
use trunkline_model::manifest::is_id;
use trunkline_model::{
    EventKind, Failure, FailureReason, Identifier, IdentifierScheme, MediaSource, MessageRef, Outgoing,
    OutgoingPart, SendStep, Thread,
};

use super::ABILITY;
use crate::connections::Connection;
use crate::host::Host;

/// Parts of one message.
const PARTS_MAX: usize = 50;
/// Characters of an idempotency key.
const KEY_CHARACTERS_MAX: usize = 255;

/// A message to a contact: `conversation`, or `connection` and `to`, say whom it goes to.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// The conversation, as `subject` of an event names it.
    #[serde(default)]
    pub conversation: Option<String>,
    /// The connection that sends it. Not needed with `conversation`.
    #[serde(default)]
    pub connection: Option<String>,
    /// The contact: an address in the provider's form, an identifier, or several of one contact. Not needed with
    /// `conversation`.
    #[serde(default)]
    pub to: Option<To>,
    /// Our side: number, page or mailbox. Default: that of the conversation, of the connection's settings, or the
    /// one that the connection was last written to.
    #[serde(default)]
    pub account: Option<String>,
    /// A group or thread. Default: that of the conversation.
    #[serde(default)]
    pub thread: Option<Thread>,
    /// A plain text: the same as one part `text` before `parts`.
    #[serde(default)]
    pub text: Option<String>,
    /// In reading order.
    #[serde(default)]
    pub parts: Vec<OutgoingPart>,
    /// Of an e-mail.
    #[serde(default)]
    pub subject: Option<String>,
    /// The message that this one answers: the provider's id, the id of an event, or the id of a message that was sent
    /// here.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// What the channel needs or allows beyond this; the connector's README lists the names.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Send although the contact does not want to be written to. For what the law demands or allows.
    #[serde(default)]
    pub override_opt_out: bool,
}

/// Whom a message goes to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum To {
    /// In the provider's form: a number, a user id, an address.
    Address(String),
    /// With its scheme.
    One(Identifier),
    /// Of one contact, the one to key by first.
    Many(Vec<Identifier>),
}

/// Why a message is not queued.
#[derive(Debug)]
pub enum Refused {
    /// The request is not understandable or names what is not there: 400, 404.
    Request { code: &'static str, title: String, hint: Option<String> },
    /// The contact does not want to be written to: 409.
    OptedOut { origin: String },
    /// The connector says that it cannot be sent: 409 or 422.
    Failure(Failure),
    /// Another request came with this key: 422.
    KeyReused,
    /// Too much waits: 503.
    Full,
    /// The connector is broken: 503.
    Connector(String),
    /// The journal does not answer: 503.
    Journal(JournalError),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Request { title, .. } => formatter.write_str(title),
            Self::OptedOut { origin } => {
                write!(formatter, "the contact does not want to be written to (origin: {origin})")
            }
            Self::Failure(failure) => match &failure.message {
                Some(message) => formatter.write_str(message),
                None => formatter.write_str("the connector refuses this message"),
            },
            Self::KeyReused => formatter.write_str("another message came with this key"),
            Self::Full => formatter.write_str("too many messages of this connection wait"),
            Self::Connector(_) => formatter.write_str("the connector failed"),
            Self::Journal(error) => write!(formatter, "{error}"),
        }
    }
}

impl From<JournalError> for Refused {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

fn bad(code: &'static str, title: impl Into<String>) -> Refused {
    Refused::Request { code, title: title.into(), hint: None }
}

fn bad_with_hint(code: &'static str, title: impl Into<String>, hint: impl Into<String>) -> Refused {
    Refused::Request { code, title: title.into(), hint: Some(hint.into()) }
}

/// What was accepted.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The message's id.
    pub id: String,
    /// The same request came before.
    pub repeated: bool,
}

/// Checks a request and queues its message. `key` is the idempotency key, `body` what it stands for.
pub async fn queue(
    host: &Host,
    request: SendRequest,
    key: Option<&str>,
    body: &[u8],
) -> Result<Accepted, Refused> {
    let key = key.map(|key| request_key(key, body)).transpose()?;
    // Asked before anything else: what was accepted once is accepted, whatever has changed since.
    if let Some(key) = &key
        && let Some((id, asked)) = host.journal.message_of_key(key.key).await?
    {
        return if asked == key.request {
            Ok(Accepted { id, repeated: true })
        } else {
            Err(Refused::KeyReused)
        };
    }
    let overrides = request.override_opt_out;
    let Addressed { connection, conversation, mut outgoing, account_missing } =
        address(host, request).await?;
    if !host.queues.has_room(&connection.name) {
        return Err(Refused::Full);
    }
    keep_files(host, &mut outgoing).await?;
    if !overrides && let Some(opt_out) = host.journal.opt_out(&connection.name, outgoing.to.clone()).await? {
        return Err(Refused::OptedOut { origin: opt_out.origin });
    }
    let queued_at = host.clock.now_ms();
    let first = first_round(host, &connection, &conversation, &outgoing, queued_at).await;
    // Not every channel needs to be told which of our accounts it comes from.
    first.map_err(|refused| match &refused {
        Refused::Failure(failure) if failure.reason == FailureReason::Invalid => {
            account_missing.unwrap_or(refused)
        }
        _ => refused,
    })?;
    let id = outgoing.id.clone();
    let new = NewMessage {
        id: id.clone(),
        connection: connection.name.clone(),
        connector: connection.connector.manifest().id.clone(),
        conversation: conversation.clone(),
        outgoing,
        queued_at,
        key,
    };
    match host.journal.queue_message(new).await? {
        Queued::New(number) => {
            host.queues.tell(&connection.name, Waiting { number, conversation, due_at: 0, attempt: 0 });
            host.metrics.message_queued(&connection.name);
            Ok(Accepted { id, repeated: false })
        }
        Queued::Known(id) => Ok(Accepted { id, repeated: true }),
        Queued::Conflict => Err(Refused::KeyReused),
    }
}

fn request_key(key: &str, body: &[u8]) -> Result<RequestKey, Refused> {
    if key.is_empty() || key.chars().count() > KEY_CHARACTERS_MAX {
        let title = format!(
            "`Idempotency-Key` has {} characters, expected 1 to {KEY_CHARACTERS_MAX}",
            key.chars().count()
        );
        return Err(bad("idempotency_key", title));
    }
    Ok(RequestKey { key: Sha256::digest(key).into(), request: Sha256::digest(body).into() })
}

/// A message that knows where it goes.
struct Addressed {
    connection: Arc<Connection>,
    conversation: String,
    /// Without what only the journal knows.
    outgoing: Outgoing,
    /// What to say if the connector refuses a message that does not say which of our accounts it comes from.
    account_missing: Option<Refused>,
}

async fn address(host: &Host, request: SendRequest) -> Result<Addressed, Refused> {
    let known = match &request.conversation {
        Some(key) => {
            let conversation = host.journal.conversation(key).await?;
            Some(conversation.ok_or_else(|| {
                bad_with_hint(
                    "conversation",
                    // Its key is somebody's number or address: not repeated.
                    "there is no such conversation",
                    "it is the `subject` of an event whose contact has written; else give `connection` and `to`",
                )
            })?)
        }
        None => None,
    };
    let name = match (&request.connection, &known) {
        (Some(given), Some(known)) if *given != known.connection => {
            let title =
                format!("the conversation is on connection `{}`, not on the one given", known.connection);
            return Err(bad("connection", title));
        }
        (_, Some(known)) => known.connection.clone(),
        (Some(given), None) => given.clone(),
        (None, None) => return Err(bad("to", "give `conversation`, or `connection` and `to`")),
    };
    let connection = connection(host, &name)?;
    let scheme = &connection.connector.manifest().outbound.scheme;
    let to = match (request.to, &known) {
        (Some(to), _) => identifiers(to, scheme),
        (None, Some(known)) => known.address.to.clone(),
        (None, None) => return Err(bad("to", "`to` is missing: whom does it go to?")),
    };
    if to.is_empty() || to.iter().any(|identifier| identifier.value.trim().is_empty()) {
        return Err(bad("to", "`to` is empty"));
    }
    let account = match (request.account, &known) {
        (Some(account), _) => account,
        (None, Some(known)) => known.address.account.clone(),
        (None, None) => default_account(host, &connection).await?.unwrap_or_default(),
    };
    let account_missing = account.is_empty().then(|| no_account(&connection));
    let thread = request.thread.or_else(|| known.as_ref().and_then(|known| known.address.thread.clone()));
    let conversation = conversation_key(&name, &account, thread.as_ref(), to.first());
    let text = request.text.map(OutgoingPart::Text);
    let parts: Vec<OutgoingPart> = text.into_iter().chain(request.parts).collect();
    if parts.is_empty() || parts.len() > PARTS_MAX {
        return Err(bad(
            "parts",
            format!("a message has 1 to {PARTS_MAX} parts, this one has {}", parts.len()),
        ));
    }
    let reply_to = match request.reply_to {
        Some(id) => Some(MessageRef::new(referred(host, &id).await?)),
        None => None,
    };
    let outgoing = Outgoing {
        id: uuid::Uuid::now_v7().to_string(),
        account,
        to,
        thread,
        parts,
        subject: request.subject,
        reply_to,
        last_inbound_at: None,
        attributes: request.attributes.into_iter().collect(),
    };
    Ok(Addressed { connection, conversation, outgoing, account_missing })
}

fn connection(host: &Host, name: &str) -> Result<Arc<Connection>, Refused> {
    let Some(connection) = host.connections.get(name) else {
        let connections = host.connections.all();
        let mut names: Vec<&str> = connections.keys().map(String::as_str).collect();
        names.sort_unstable();
        let hint = match crate::config::nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", names.join(", ")),
        };
        // Whatever was given in place of a name may be somebody's.
        let title = match is_id(name) {
            true => format!("there is no connection `{name}`"),
            false => "there is no such connection".to_owned(),
        };
        return Err(bad_with_hint("connection", title, hint));
    };
    if !connection.connector.has(ABILITY) {
        let id = &connection.connector.manifest().id;
        return Err(bad("no_ability", format!("connector `{id}` cannot send")));
    }
    Ok(connection.clone())
}

fn identifiers(to: To, scheme: &str) -> Vec<Identifier> {
    match to {
        To::Address(address) => {
            let address = match scheme {
                // A number is E.164 here, however it was typed.
                "phone" if address.starts_with(|first: char| first.is_ascii_digit()) => format!("+{address}"),
                _ => address,
            };
            vec![Identifier::new(IdentifierScheme::from(scheme), address)]
        }
        To::One(identifier) => vec![identifier],
        To::Many(identifiers) => identifiers,
    }
}

/// The account of the settings, else the one that the connection was last written to.
async fn default_account(host: &Host, connection: &Connection) -> Result<Option<String>, Refused> {
    let setting = connection.connector.manifest().outbound.account_setting.as_deref();
    match setting.and_then(|setting| connection.settings.plain(setting)) {
        Some(account) => Ok(Some(account.to_owned())),
        None => Ok(host.journal.account(&connection.name).await?),
    }
}

fn no_account(connection: &Connection) -> Refused {
    let hint = match &connection.connector.manifest().outbound.account_setting {
        Some(setting) => format!("give `account`, or set `{setting}` of the connection"),
        None => "give `account`".to_owned(),
    };
    bad_with_hint("account", "which of our numbers, pages or mailboxes does it come from?", hint)
}

/// The provider's id of the message that is answered.
async fn referred(host: &Host, id: &str) -> Result<String, Refused> {
    if id.starts_with(EVENT_ID_PREFIX) {
        let stored = host.journal.event(id).await?;
        let stored = stored.ok_or_else(|| bad("reply_to", "there is no such event"))?;
        let event: Option<trunkline_model::Event> = serde_json::from_str(stored.event.get()).ok();
        return match event.map(|event| event.kind) {
            Some(EventKind::Message(message) | EventKind::Echo(message) | EventKind::Edited(message)) => {
                Ok(message.id)
            }
            _ => Err(bad("reply_to", "the event is no message")),
        };
    }
    if uuid::Uuid::try_parse(id).is_ok()
        && let Some(life) = host.journal.message(MessageKey::Id(id.to_owned())).await?
    {
        let receipt = life.message.receipts.into_iter().next();
        let receipt =
            receipt.ok_or_else(|| bad("reply_to", format!("message `{id}` is not at the provider yet")))?;
        return Ok(receipt.message_id);
    }
    Ok(id.to_owned())
}

/// Bytes inside of the request are kept like uploaded ones; uploaded ones must be there.
async fn keep_files(host: &Host, outgoing: &mut Outgoing) -> Result<(), Refused> {
    for part in &mut outgoing.parts {
        let OutgoingPart::Media(media) = part else { continue };
        match &mut media.source {
            MediaSource::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                media.size.get_or_insert(bytes.len() as u64);
                let sha256 = host.journal.store_blob(bytes).await?;
                media.source = MediaSource::Reference(format!("{BLOB_PREFIX}{sha256}"));
            }
            MediaSource::Reference(reference) => {
                if let Some(sha256) = reference.strip_prefix(BLOB_PREFIX)
                    && host.journal.blob(sha256).await?.is_none()
                {
                    let title = "there is no such uploaded file";
                    return Err(bad_with_hint("media", title, "upload it with `POST /v1/media`"));
                }
            }
            MediaSource::Url(url) => {
                if !url.starts_with("https://") {
                    return Err(bad("media", "the URL of media must start with `https://`"));
                }
            }
        }
    }
    Ok(())
}

/// Asks the connector before the answer: what it refuses without a call is refused here, with the cure.
async fn first_round(
    host: &Host,
    connection: &Connection,
    conversation: &str,
    outgoing: &Outgoing,
    now: u64,
) -> Result<(), Refused> {
    let context = SendContext::of(host.journal.conversation(conversation).await?);
    let outgoing = context.complete(outgoing.clone());
    match host.sender.round(connection, &outgoing, &[], now, now).await {
        Ok(SendStep::Failed(failed)) => match failed.failure.reason {
            // It may pass until it is really sent.
            FailureReason::Transient | FailureReason::RateLimited(_) => Ok(()),
            _ => Err(Refused::Failure(failed.failure)),
        },
        Ok(SendStep::Call(call)) => host.egress.check(connection, &call).map_err(|error| {
            let (code, message) = (Some(error.name().to_owned()), Some(error.to_string()));
            Refused::Failure(Failure { reason: FailureReason::Unauthorized, code, message })
        }),
        Ok(SendStep::Sent(_)) => Ok(()),
        Err(problem) => Err(Refused::Connector(problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_takes_the_scheme_of_the_channel() {
        for (address, scheme, expected) in [
            ("491701234567", "phone", "+491701234567"),
            ("+491701234567", "phone", "+491701234567"),
            ("U1", "id", "U1"),
            ("a@example.org", "email", "a@example.org"),
        ] {
            let found = identifiers(To::Address(address.to_owned()), scheme);
            assert_eq!(found, [Identifier::new(IdentifierScheme::from(scheme), expected)]);
        }
    }

    #[test]
    fn a_request_says_no_more_than_it_may() {
        let request: SendRequest =
            serde_json::from_str(r#"{"connection":"a","to":"+1","parts":["typing",{"text":"x"}]}"#).unwrap();
        assert_eq!(request.parts, [OutgoingPart::Typing, OutgoingPart::Text("x".into())]);
        let error = serde_json::from_str::<SendRequest>(r#"{"conection":"a"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `conection`"), "{error}");
    }
}
