//! What flows look at.

use std::collections::BTreeMap;

use trunkline_contacts::{ContactId, Scheme};
use trunkline_flows::facts::{ContactFacts, Facts, MessageFacts, QueueFacts, TicketFacts};
use trunkline_queues::{TicketId, Whereabouts};

use super::Desk;
use crate::entry::Words;
use crate::ticket::Ticket;

impl Desk {
    pub(super) fn facts(&self, ticket: &Ticket, words: Option<&Words>, at: u64) -> Facts {
        Facts {
            contact: self.contact_facts(ContactId(ticket.contact)),
            ticket: self.ticket_facts(ticket),
            message: words.map(|words| MessageFacts {
                text: words.text.clone(),
                kind: if words.choice.is_some() { "choice" } else { "message" }.to_owned(),
                channel: ticket.connection.clone(),
                parts: words.parts.clone(),
                choice: words.choice.clone(),
            }),
            queues: self.queue_facts(at),
        }
    }

    fn contact_facts(&self, contact: ContactId) -> ContactFacts {
        let Some(view) = self.contacts.get(contact) else { return ContactFacts::default() };
        let first = |scheme: &Scheme| {
            let mut identities = view.identities.iter().map(|identified| &identified.known);
            identities.find(|known| known.identity.scheme() == scheme).map(|known| known.address().to_owned())
        };
        ContactFacts {
            id: view.id.0,
            email: first(&Scheme::Email),
            phone: first(&Scheme::Phone),
            name: view.name.map(|told| told.value),
            language: view.language.map(|told| told.value),
            time_zone: view.time_zone.map(|told| told.value),
            tags: view.tags,
            attributes: view.attributes,
        }
    }

    fn ticket_facts(&self, ticket: &Ticket) -> TicketFacts {
        let agent = match self.queues.whereabouts(TicketId(ticket.id)) {
            Some(Whereabouts::Owned { agent, .. }) => Some(agent),
            _ => None,
        };
        TicketFacts {
            id: ticket.id,
            status: ticket.status.name().to_owned(),
            team: ticket.team.clone(),
            agent,
            tags: ticket.tags.clone(),
            priority: ticket.priority,
            channel: ticket.connection.clone(),
            connection: ticket.connection.clone(),
            messages: ticket.heard + ticket.said,
            vars: ticket.vars.clone(),
        }
    }

    fn queue_facts(&self, at: u64) -> BTreeMap<String, QueueFacts> {
        let teams = self.settings.queues.teams.keys();
        let facts = teams.filter_map(|name| {
            let team = self.queues.team(name)?;
            let waited = team.oldest_since.map_or(0, |since| at.saturating_sub(since) / 1_000);
            let facts = QueueFacts {
                waiting: team.waiting as u64,
                agents_online: team.present as u64,
                longest_wait_seconds: waited,
            };
            Some((name.clone(), facts))
        });
        facts.collect()
    }
}
