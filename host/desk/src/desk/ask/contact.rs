//! Commands about contacts.

use serde_json::json;
use trunkline_contacts::{ContactId, Contacts, ContactsError};

use super::super::{Desk, Doing, Refused};
use crate::entry::{Command, Description};
use crate::ticket::ticket_name;

impl Desk {
    pub(super) fn ask_of_contact(
        &mut self,
        doing: &mut Doing,
        by: &str,
        command: &Command,
    ) -> Result<(), Refused> {
        let (number, at) = (doing.number, doing.at);
        match command {
            Command::Merge { from, into } => {
                let link = self.contacts.merge(number, at, ContactId(*from), ContactId(*into), by)?;
                doing.subjects.extend([link.from.to_string(), link.into.to_string()]);
                doing.because("contact", &link);
            }
            Command::Unmerge { merge } => {
                let parted = self.contacts.unmerge(number, at, *merge, by)?;
                doing.subjects.extend([parted.from.to_string(), parted.into.to_string()]);
                doing.because("contact", &parted);
            }
            Command::Describe { contact, about } => {
                let contact = ContactId(*contact);
                self.check_description(contact, about)?;
                describe(&mut self.contacts, number, at, contact, about)?;
                doing.subjects.insert(contact.to_string());
            }
            Command::Identify { contact, given } => {
                let region = self.settings.links.default_region;
                self.contacts.add_identity(at, ContactId(*contact), given, region)?;
                doing.subjects.insert(ContactId(*contact).to_string());
            }
            Command::Erase { contact } => self.erase(doing, ContactId(*contact)),
            _ => {}
        }
        Ok(())
    }

    /// All of it fits, or nothing is taken: tried on a contact that has as much.
    fn check_description(&self, contact: ContactId, about: &Description) -> Result<(), Refused> {
        let view = self.contacts.get(contact).ok_or(ContactsError::Unknown(contact))?;
        let mut trial = Contacts::default();
        let of_trial = trial.create(1, 0, &[], None)?;
        let known = Description {
            attributes: view.attributes.into_iter().collect(),
            add_tags: view.tags.into_iter().collect(),
            ..Description::default()
        };
        // What several contacts have together may be more than one may have.
        let _ = describe(&mut trial, 1, 0, of_trial, &known);
        describe(&mut trial, 2, 0, of_trial, about)
    }

    /// Nothing of a contact is kept any longer. Of one that is not there nothing is: erasing twice is no mistake.
    fn erase(&mut self, doing: &mut Doing, contact: ContactId) {
        let everybody = self.everybody(contact);
        let tickets: Vec<u64> = self.tickets.of(everybody).into_iter().map(|ticket| ticket.id).collect();
        for id in &tickets {
            self.end_run(*id);
            self.leave(doing, *id, &trunkline_queues::By::System);
            self.stop_clocks(doing, *id);
        }
        self.tickets.remove(&tickets);
        let gone = self.contacts.erase(contact).unwrap_or_default();
        // The trace of the queues names contacts by number only.
        let names: Vec<String> = tickets.iter().map(|id| ticket_name(*id)).collect();
        doing.because("erased", json!({ "contacts": gone, "tickets": names }));
        doing.subjects.clear();
    }
}

fn describe(
    contacts: &mut Contacts,
    number: u64,
    at: u64,
    contact: ContactId,
    about: &Description,
) -> Result<(), Refused> {
    if let Some(name) = &about.name {
        contacts.set_name(
            number,
            at,
            contact,
            Some(name).filter(|name| !name.is_empty()).map(String::as_str),
        )?;
    }
    if let Some(language) = &about.language {
        contacts.set_language(number, at, contact, Some(language))?;
    }
    if let Some(zone) = &about.time_zone {
        contacts.set_time_zone(number, at, contact, Some(zone))?;
    }
    for (name, value) in &about.attributes {
        contacts.set_attribute(
            number,
            at,
            contact,
            name,
            Some(value.clone()).filter(|value| !value.is_null()),
        )?;
    }
    for (tags, present) in [(&about.remove_tags, false), (&about.add_tags, true)] {
        for tag in tags {
            contacts.set_tag(number, at, contact, tag, present)?;
        }
    }
    Ok(())
}
