//! Something happened on a channel.

use serde_json::json;
use trunkline_contacts::{ContactId, Heard as Spoken, Resolved, detect_language};
use trunkline_flows::run::Input;
use trunkline_numbers::{Speaker, What as Happened};

use super::{Desk, Doing, Refused};
use crate::entry::{Heard, What, Words};
use crate::ticket::{Status, Ticket};

/// Characters from which on a language is worth guessing.
const LANGUAGE_CHARACTERS_MIN: usize = 20;
const HOUR_MS: u64 = 3_600_000;

impl Desk {
    pub(super) fn hear(&mut self, doing: &mut Doing, heard: &Heard) -> Result<(), Refused> {
        if heard.seq <= self.heard_to {
            doing.changed = false;
            return Ok(());
        }
        let Some(contact) = &heard.contact else {
            // About nobody: it is only remembered that it was heard.
            self.heard_to = heard.seq;
            return Ok(());
        };
        let spoken = Spoken { connection: &heard.connection, conversation: &heard.conversation, contact };
        let settings = self.settings.clone();
        let (number, at) = (doing.number, doing.at);
        let resolved = match &heard.what {
            What::Identity(change) => {
                self.contacts.identity_changed(number, at, &spoken, change, &settings.links)?
            }
            _ => self.contacts.heard(number, at, &spoken, &settings.links)?,
        };
        self.heard_to = heard.seq;
        doing.subjects.insert(heard.event.clone());
        doing.subjects.insert(resolved.met.to_string());
        match &heard.what {
            What::Message(words) => self.hear_message(doing, heard, &resolved, words),
            What::Echo(words) => self.hear_echo(doing, heard, resolved.contact, words),
            What::Consent(consent) => {
                // The contact is there: it was just met.
                let _ = self.contacts.consented(number, at, resolved.met, &heard.connection, consent);
            }
            What::Undelivered { message } => {
                let problem = format!("message `{message}` did not arrive");
                if let Some(id) = self.active(resolved.contact).map(|ticket| ticket.id) {
                    self.tickets.change(id, |ticket| ticket.problem = Some(problem));
                    self.touch(doing, id);
                }
            }
            What::Identity(_) | What::Other(_) => {}
        }
        doing.because("contact", &resolved);
        Ok(())
    }

    fn hear_message(&mut self, doing: &mut Doing, heard: &Heard, resolved: &Resolved, words: &Words) {
        self.learn_language(doing, resolved.met, words);
        if self.hear_rating(doing, resolved.contact, words) {
            return;
        }
        let (id, is_new) = self.ticket_for(doing, heard, resolved);
        let at = doing.at;
        let before = self.tickets.change(id, |ticket| {
            let before = ticket.status;
            ticket.status = Status::Open;
            ticket.hear(at, &heard.connection, &heard.conversation);
            before
        });
        doing.happened(id, Happened::Heard { channel: heard.connection.clone() });
        self.touch(doing, id);
        if before.is_some_and(|status| status != Status::Open) {
            self.go_on(doing, id);
        }
        if words.automated {
            // Two programs that thank each other would never end: nothing is answered, a person may look at it.
            return self.keep_somewhere(doing, id);
        }
        let input = Input::Message { text: words.text.clone(), choice: words.choice.clone() };
        if self.runs.contains_key(&id) {
            self.resume(doing, id, input, Some(words));
        } else if is_new {
            self.begin(doing, id, words);
        }
        self.keep_somewhere(doing, id);
    }

    /// Whether it is an answer to what the flow of a closed ticket asked.
    fn hear_rating(&mut self, doing: &mut Doing, contact: ContactId, words: &Words) -> bool {
        let tickets = self.tickets.of(self.everybody(contact));
        let asked = tickets
            .iter()
            .rev()
            .find(|ticket| ticket.status == Status::Closed && self.runs.contains_key(&ticket.id));
        let Some(id) = asked.map(|ticket| ticket.id) else { return false };
        let facts = doing.facts.len();
        let input = Input::Message { text: words.text.clone(), choice: words.choice.clone() };
        self.resume(doing, id, input, Some(words));
        let rated = doing.facts[facts..].iter().any(|fact| matches!(fact.what, Happened::Rated { .. }));
        let taken = rated || self.runs.contains_key(&id);
        if taken {
            self.touch(doing, id);
        } else {
            self.end_run(id);
        }
        taken
    }

    /// We wrote by other means: the contact is not waiting any more.
    fn hear_echo(&mut self, doing: &mut Doing, heard: &Heard, contact: ContactId, words: &Words) {
        let Some(id) = self.active(contact).map(|ticket| ticket.id) else { return };
        let at = doing.at;
        self.tickets.change(id, |ticket| ticket.say(at, !words.automated));
        doing.happened(id, Happened::Said { channel: heard.connection.clone(), by: Speaker::Program });
        self.touch(doing, id);
    }

    fn learn_language(&mut self, doing: &Doing, contact: ContactId, words: &Words) {
        if words.text.chars().count() < LANGUAGE_CHARACTERS_MIN {
            return;
        }
        if let Some(language) = detect_language(&words.text) {
            let _ = self.contacts.detected_language(doing.number, doing.at, contact, language);
        }
    }

    /// The ticket that is worked on with a contact: the one that changed last.
    pub(super) fn active(&self, contact: ContactId) -> Option<&Ticket> {
        let tickets = self.tickets.of(self.everybody(contact));
        let active = tickets.into_iter().filter(|ticket| ticket.status != Status::Closed);
        active.max_by_key(|ticket| (ticket.changed_at, ticket.id))
    }

    /// The one that a message belongs to, and whether it is a new one.
    fn ticket_for(&mut self, doing: &mut Doing, heard: &Heard, resolved: &Resolved) -> (u64, bool) {
        if let Some(ticket) = self.active(resolved.contact) {
            let id = ticket.id;
            doing.because("ticket", json!({ "is": "active", "ticket": id }));
            return (id, false);
        }
        let hours = self.settings.tickets.reopen_hours;
        let at = doing.at;
        let closed = self.tickets.of(self.everybody(resolved.contact)).into_iter().filter_map(|ticket| {
            let closed_at = ticket.closed_at?;
            (at.saturating_sub(closed_at) < hours.saturating_mul(HOUR_MS)).then_some((closed_at, ticket.id))
        });
        if let Some((closed_at, id)) = closed.max() {
            let why =
                json!({ "is": "reopened", "ticket": id, "closed_at": closed_at, "reopen_hours": hours });
            doing.because("ticket", why);
            self.reopen(doing, id);
            return (id, false);
        }
        let id = doing.number;
        let mut ticket = Ticket::new(id, resolved.met.0, at, &heard.connection, &heard.conversation);
        ticket.language = self.contacts.language(resolved.contact).map(|told| told.value.clone());
        self.tickets.open(ticket);
        doing.because("ticket", json!({ "is": "new", "ticket": id }));
        let (channel, contact) = (heard.connection.clone(), resolved.contact.0);
        doing.happened(id, Happened::Opened { channel, team: None, contact });
        (id, true)
    }

    pub(super) fn reopen(&mut self, doing: &mut Doing, id: u64) {
        let at = doing.at;
        self.tickets.change(id, |ticket| {
            ticket.status = Status::Open;
            ticket.reopened += 1;
            ticket.changed_at = at;
        });
        doing.happened(id, Happened::Reopened);
    }

    /// The entry is about that ticket.
    pub(super) fn touch(&self, doing: &mut Doing, id: u64) {
        if let Some(ticket) = self.tickets.get(id) {
            doing.about(ticket);
        }
    }
}
