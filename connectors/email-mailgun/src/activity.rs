//! What became of a mail that we sent: one meaning for the JSON webhooks and for the forms before them.

use trunkline_sdk::email::{Mailbox, mailboxes, message_id};
use trunkline_sdk::prelude::*;

use crate::reason::reason;

/// One event of Mailgun's, taken apart.
#[derive(Default)]
pub struct Activity {
    /// `delivered`, `failed` …
    pub name: String,
    /// The idempotency key.
    pub id: String,
    /// Milliseconds since the Unix epoch.
    pub occurred_at: Option<u64>,
    pub recipient: Option<String>,
    /// The mail, with or without angle brackets.
    pub message_id: Option<String>,
    /// Who it was from: a header value.
    pub from: Option<String>,
    /// `temporary`, `permanent`.
    pub severity: Option<String>,
    pub reason: String,
    pub code: Option<String>,
    pub enhanced: Option<String>,
    /// In the words of the mail server.
    pub words: Option<String>,
    pub client_reference: Option<String>,
    /// What an unsubscription is for. Absent: everything.
    pub scope: Option<String>,
    pub attributes: Attributes,
    /// As it was sent.
    pub raw: String,
}

impl Activity {
    /// The event.
    pub fn event(self) -> Event {
        let mut account = self.account();
        let mut contact =
            self.recipient.as_deref().and_then(|recipient| mailboxes(recipient).into_iter().next());
        if self.name == "stored" {
            // Inbound: the recipient is our side. The route's own webhook carries the mail.
            account = contact.take().map_or(account, |mailbox| mailbox.address);
        }
        let id = self.message_id.as_deref().and_then(message_id);
        let mut attributes = self.attributes.clone();
        let kind = match self.consent() {
            Some(consent) => {
                attributes.extend(id.map(|id| ("message_id".to_owned(), id)));
                EventKind::Consent(consent)
            }
            None => match (self.state(), id) {
                (Some((state, failure)), Some(message_id)) => EventKind::Status(Status {
                    message_id,
                    state,
                    failure,
                    client_reference: self.client_reference.clone(),
                }),
                // Unknown, or about no mail.
                _ => EventKind::Other(Opaque { name: self.name.clone(), payload: self.raw.clone() }),
            },
        };
        let mut event = Event::new(self.id, account, kind);
        event.occurred_at = self.occurred_at;
        event.contact = contact.as_ref().map(Mailbox::contact);
        event.attributes = attributes;
        event
    }

    /// The mailbox that it was sent from. Events about opened mails do not say: then the domain that Mailgun puts
    /// into its message ids.
    fn account(&self) -> String {
        let from = self.from.as_deref().and_then(|from| mailboxes(from).into_iter().next());
        let domain = || {
            let id = self.message_id.as_deref().and_then(message_id)?;
            Some(id.rsplit_once('@')?.1.to_lowercase())
        };
        from.map(|mailbox| mailbox.address).or_else(domain).unwrap_or_default()
    }

    fn state(&self) -> Option<(DeliveryState, Option<Failure>)> {
        let other = |name: &str| DeliveryState::Other(name.to_owned());
        Some(match self.name.as_str() {
            "accepted" => (DeliveryState::Accepted, None),
            "delivered" => (DeliveryState::Delivered, None),
            "opened" => (DeliveryState::Read, None),
            "clicked" => (other("clicked"), None),
            "failed" if self.severity.as_deref() == Some("temporary") => {
                (other("deferred"), Some(self.failure(FailureReason::Transient)))
            }
            "failed" | "bounced" | "dropped" => {
                let reason = reason(&self.reason, self.code.as_deref(), self.enhanced.as_deref());
                (DeliveryState::Failed, Some(self.failure(reason)))
            }
            // Mailgun itself refused it: content, account or domain.
            "rejected" => (DeliveryState::Failed, Some(self.failure(FailureReason::Unauthorized))),
            _ => return None,
        })
    }

    fn failure(&self, reason: FailureReason) -> Failure {
        let named = Some(&self.reason).filter(|reason| !reason.is_empty());
        // A reason is a name (`espblock`) or, of a refusal, a sentence, which is no code.
        let name = named.filter(|reason| !reason.contains(' '));
        Failure {
            reason,
            code: self.enhanced.clone().or_else(|| self.code.clone()).or_else(|| name.cloned()),
            message: self.words.clone().or_else(|| named.cloned()),
        }
    }

    fn consent(&self) -> Option<Consent> {
        let origin = match self.name.as_str() {
            "unsubscribed" => "unsubscribe",
            "complained" => "complaint",
            _ => return None,
        };
        let scope = self.scope.clone().unwrap_or_else(|| "all".to_owned());
        Some(Consent { state: ConsentState::Revoked, scope, origin: origin.to_owned() })
    }
}
