//! What an event means for sending: worked out beside the queue, written in the event's own transaction.
//!
//! A message of a contact opens the conversation's window and carries what an answer needs; a status moves a message
//! of ours on; a consent decides whether a contact may be written to at all.

pub(super) mod late;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use trunkline_model::{Attributes, ConsentState, Contact, Event, EventKind, Identifier, Thread};

use super::messages;
use super::record::column;
use super::statements::{Statement, Statements};
use crate::outbound::MessageState;
use crate::outbound::answers::ANSWER;

/// A consent with this scope is about everything that we might write.
const SCOPE_ALL: &str = "all";
/// The attribute of a message whose whole text is a keyword.
const KEYWORD: &str = "keyword";
/// The most messages that one watermark moves on: those before are older than anybody looks at.
const WATERMARK_MESSAGES_MAX: u64 = 1_000;

/// Where a message to a conversation goes, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// Our side.
    pub account: String,
    /// The contact's identifiers, the one to key by first.
    pub to: Vec<Identifier>,
    /// The group or thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
}

/// What the contact's last message brought along.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    /// The provider's id of the message. None: it was no message (a follow, a referral).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The event's attributes.
    #[serde(default)]
    pub attributes: Attributes,
}

/// What an event means for sending.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// The contact is there.
    Inbound {
        address: String,
        inbound: String,
        contacts: Vec<String>,
        opens_window: bool,
        answers_list: bool,
    },
    /// What became of one message.
    Status { provider_id: String, client_reference: Option<String>, state: Option<MessageState> },
    /// What became of all messages up to a time.
    Watermark { state: MessageState, up_to: u64 },
}

/// Whether a contact may be written to from now on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConsentChange {
    pub granted: bool,
    pub contacts: Vec<String>,
    pub origin: String,
}

/// A contact's identifier as a column.
pub(super) fn contact_column(identifier: &Identifier) -> String {
    format!("{}:{}", identifier.scheme.as_str(), identifier.value)
}

impl Effect {
    pub(super) fn of(event: &Event) -> Self {
        match &event.kind {
            EventKind::Message(message) => Self::inbound(event, Some(&message.id), true),
            EventKind::Reaction(_) | EventKind::Referral(_) => Self::inbound(event, None, true),
            EventKind::Consent(consent) if consent.state == ConsentState::Granted => {
                Self::inbound(event, None, false)
            }
            EventKind::Status(status) => Self::Status {
                provider_id: status.message_id.clone(),
                client_reference: status.client_reference.clone(),
                state: MessageState::of_delivery(&status.state),
            },
            EventKind::Watermark(watermark) => match MessageState::of_delivery(&watermark.state) {
                Some(state) => Self::Watermark { state, up_to: watermark.up_to },
                None => Self::None,
            },
            _ => Self::None,
        }
    }

    fn inbound(event: &Event, message_id: Option<&String>, opens_window: bool) -> Self {
        let Some(contact) = event.contact.as_ref().filter(|contact| !contact.identifiers.is_empty()) else {
            return Self::None;
        };
        let address = Address {
            account: event.account.clone(),
            to: contact.identifiers.clone(),
            thread: event.thread.clone(),
        };
        let inbound = Inbound { message_id: message_id.cloned(), attributes: event.attributes.clone() };
        Self::Inbound {
            address: serde_json::to_string(&address).unwrap_or_default(),
            inbound: serde_json::to_string(&inbound).unwrap_or_default(),
            contacts: contact_columns(contact),
            opens_window,
            answers_list: event.attribute(ANSWER).is_some(),
        }
    }

    /// The message of ours that the event is about.
    pub(super) fn message(
        &self,
        transaction: &Transaction,
        connection: &str,
    ) -> rusqlite::Result<Option<(i64, String)>> {
        let Self::Status { provider_id, client_reference, .. } = self else { return Ok(None) };
        let found = transaction
            .prepare_cached(
                "SELECT number, id FROM messages WHERE number =
                 (SELECT message FROM provider_ids WHERE connection = ?1 AND provider_id = ?2)",
            )?
            .query_row([connection, provider_id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (None, Some(reference)) = (&found, client_reference) else { return Ok(found) };
        transaction
            .prepare_cached("SELECT number, id FROM messages WHERE id = ?1 AND connection = ?2")?
            .query_row([reference, connection], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
    }

    /// Writes it. `seq` is the event's number, `at` its time.
    pub(super) fn write(
        &self,
        statements: &mut Statements,
        place: &Place,
        message: Option<i64>,
    ) -> rusqlite::Result<()> {
        let transaction = statements.transaction;
        match self {
            Self::None => Ok(()),
            Self::Inbound { address, inbound, contacts, opens_window, answers_list } => {
                let window = opens_window.then_some(place.at);
                // What a provider said once is over when the contact writes; what the contact said is not.
                for contact in contacts {
                    let opt_in = statements.of(Statement::OptIn)?;
                    opt_in.execute([place.connection, contact, messages::ORIGIN_PROVIDER])?;
                }
                statements.of(Statement::Conversation)?.execute(params![
                    place.conversation,
                    place.connection,
                    address,
                    window,
                    inbound,
                    answers_list,
                    place.at
                ])?;
                Ok(())
            }
            Self::Status { provider_id, state: Some(state), .. } => match message {
                Some(message) => {
                    messages::write_status(transaction, message, provider_id, *state, place.seq, place.at)
                }
                None => {
                    transaction
                        .prepare_cached(
                            "INSERT OR IGNORE INTO unmatched_statuses (connection, provider_id, seq, state, at)
                             VALUES (?1, ?2, ?3, ?4, ?5)",
                        )?
                        .execute(params![place.connection, provider_id, place.seq, state.name(), place.at])?;
                    Ok(())
                }
            },
            Self::Status { state: None, .. } => Ok(()),
            Self::Watermark { state, up_to } => write_watermark(transaction, place, *state, *up_to),
        }
    }
}

/// Where an event stands.
pub(super) struct Place<'a> {
    pub connection: &'a str,
    pub conversation: &'a str,
    pub seq: i64,
    pub at: i64,
}

fn write_watermark(
    transaction: &Transaction,
    place: &Place,
    state: MessageState,
    up_to: u64,
) -> rusqlite::Result<()> {
    let numbers: Vec<i64> = transaction
        .prepare_cached(
            "SELECT number FROM messages WHERE conversation = ?1 AND began_at <= ?2
             AND state IN ('accepted', 'sent', 'delivered', 'read') ORDER BY number DESC LIMIT ?3",
        )?
        .query_map(params![place.conversation, column(up_to), column(WATERMARK_MESSAGES_MAX)], |row| {
            row.get(0)
        })?
        .collect::<rusqlite::Result<_>>()?;
    for number in numbers {
        let known: String = transaction
            .prepare_cached("SELECT state FROM messages WHERE number = ?1")?
            .query_row([number], |row| row.get(0))?;
        if MessageState::parse(&known).is_some_and(|known| known < state) {
            messages::write_status(transaction, number, "", state, place.seq, place.at)?;
        }
    }
    Ok(())
}

impl ConsentChange {
    pub(super) fn of(event: &Event) -> Option<Self> {
        let (granted, origin) = match &event.kind {
            EventKind::Consent(consent) if consent.scope == SCOPE_ALL => match consent.state {
                ConsentState::Granted => (true, consent.origin.as_str()),
                ConsentState::Revoked => (false, consent.origin.as_str()),
                ConsentState::Other(_) => return None,
            },
            EventKind::Message(_) => match event.attribute(KEYWORD)? {
                "opt_out" => (false, KEYWORD),
                "opt_in" => (true, KEYWORD),
                _ => return None,
            },
            _ => return None,
        };
        let contacts = contact_columns(event.contact.as_ref()?);
        Some(Self { granted, contacts, origin: origin.to_owned() })
    }

    pub(super) fn write(&self, transaction: &Transaction, connection: &str, at: i64) -> rusqlite::Result<()> {
        for contact in &self.contacts {
            if self.granted {
                transaction
                    .prepare_cached("DELETE FROM opt_outs WHERE connection = ?1 AND contact = ?2")?
                    .execute([connection, contact])?;
            } else {
                transaction
                    .prepare_cached(
                        "INSERT INTO opt_outs (connection, contact, origin, at) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![connection, contact, self.origin, at])?;
            }
        }
        Ok(())
    }
}

fn contact_columns(contact: &Contact) -> Vec<String> {
    contact.identifiers.iter().map(contact_column).collect()
}

#[cfg(test)]
mod tests {
    use trunkline_model::{Consent, Status};

    use super::*;
    use crate::samples::message;

    fn consent(state: ConsentState, scope: &str) -> Event {
        let consent = Consent { state, scope: scope.into(), origin: "follow".into() };
        Event { kind: EventKind::Consent(consent), ..message("1", "+491701234567") }
    }

    #[test]
    fn only_a_consent_about_everything_counts() {
        let change = ConsentChange::of(&consent(ConsentState::Revoked, "all")).expect("an opt-out");
        assert_eq!((change.granted, change.contacts), (false, vec!["phone:+491701234567".to_owned()]));
        assert!(ConsentChange::of(&consent(ConsentState::Granted, "all")).expect("an opt-in").granted);
        assert_eq!(ConsentChange::of(&consent(ConsentState::Revoked, "marketing_messages")), None);
        let mut stop = message("1", "+491701234567");
        assert_eq!(ConsentChange::of(&stop), None);
        stop.attributes.push((KEYWORD.into(), "opt_out".into()));
        assert!(!ConsentChange::of(&stop).expect("an opt-out").granted);
        stop.attributes[0].1 = "help".into();
        assert_eq!(ConsentChange::of(&stop), None);
    }

    #[test]
    fn a_message_opens_the_window_and_a_follow_does_not() {
        let effect = |event: &Event| match Effect::of(event) {
            Effect::Inbound { opens_window, .. } => Some(opens_window),
            _ => None,
        };
        assert_eq!(effect(&message("1", "+491701234567")), Some(true));
        assert_eq!(effect(&consent(ConsentState::Granted, "all")), Some(false));
        assert_eq!(effect(&consent(ConsentState::Revoked, "all")), None);
        let nobody = Event { contact: None, ..message("1", "+491701234567") };
        assert_eq!(effect(&nobody), None);
    }

    #[test]
    fn a_state_without_a_place_in_the_order_is_no_progress() {
        let status = Status {
            message_id: "p".into(),
            state: trunkline_model::DeliveryState::Other("deferred".into()),
            failure: None,
            client_reference: None,
        };
        let event = Event { kind: EventKind::Status(status), ..message("1", "+491701234567") };
        assert!(matches!(Effect::of(&event), Effect::Status { state: None, .. }));
    }
}
