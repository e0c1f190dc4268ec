//! What of an event says who somebody is or what they wrote.

use serde_json::Value;
use trunkline_model::{
    Contact, ContactCard, Event, EventKind, Failure, Identifier, IdentifierScheme, Media, MediaSource,
    Message, MessageRef, Part, Referral,
};

use super::invent::Kind;

/// Lines of a vCard that say nothing of the person.
const VCARD_FORM: [&str; 5] = ["BEGIN", "END", "VERSION", "PRODID", "REV"];

/// Attributes whose names hold one of these words say who or where somebody is.
const WORDS: [&str; 12] = [
    "name", "city", "zip", "address", "street", "subject", "mail", "phone", "agent", "title", "sender",
    "caption",
];

/// What was found in events.
#[derive(Debug, Default)]
pub struct Personal {
    /// To be replaced.
    pub values: Vec<(Kind, String)>,
    /// Degrees.
    pub places: Vec<f64>,
    /// The provider's own words, which stay.
    pub provider: Vec<String>,
}

impl Personal {
    /// Of events.
    pub fn of(events: &[Event]) -> Self {
        let mut found = Self::default();
        events.iter().for_each(|event| found.event(event));
        found
    }

    fn add(&mut self, kind: Kind, value: &str) {
        if !value.is_empty() {
            self.values.push((kind, value.to_owned()));
        }
    }

    fn option(&mut self, kind: Kind, value: Option<&String>) {
        if let Some(value) = value {
            self.add(kind, value);
        }
    }

    fn event(&mut self, event: &Event) {
        self.add(Kind::Identifier, &event.account);
        if let Some(contact) = &event.contact {
            self.contact(contact);
        }
        if let Some(thread) = &event.thread {
            self.add(Kind::Identifier, &thread.id);
            self.option(Kind::Name, thread.title.as_ref());
        }
        self.kind(&event.kind);
        self.add(Kind::Identifier, &event.id);
        self.attributes(&event.attributes);
    }

    fn kind(&mut self, kind: &EventKind) {
        match kind {
            EventKind::Message(message) | EventKind::Echo(message) | EventKind::Edited(message) => {
                self.message(message);
            }
            EventKind::Unsent(message) => self.message_ref(message),
            EventKind::Reaction(reaction) => self.message_ref(&reaction.target),
            EventKind::Status(status) => {
                self.add(Kind::Identifier, &status.message_id);
                self.option(Kind::Identifier, status.client_reference.as_ref());
                if let Some(failure) = &status.failure {
                    self.failure(failure);
                }
            }
            EventKind::Membership(membership) => {
                membership.members.iter().for_each(|member| self.contact(member));
            }
            EventKind::Identity(change) => {
                change.previous.iter().chain(&change.current).for_each(|one| self.identifier(one));
            }
            EventKind::Referral(referral) => self.referral(referral),
            EventKind::Handover(handover) => {
                self.option(Kind::Identifier, handover.previous_owner.as_ref());
                self.option(Kind::Identifier, handover.new_owner.as_ref());
                self.option(Kind::Text, handover.note.as_ref());
            }
            EventKind::PhoneCall(call) => self.add(Kind::Identifier, &call.id),
            EventKind::AccountNotice(notice) => self.provider.push(notice.summary.clone()),
            EventKind::Watermark(_) | EventKind::Consent(_) | EventKind::Typing(_) | EventKind::Other(_) => {}
        }
    }

    fn failure(&mut self, failure: &Failure) {
        self.provider.extend(failure.message.iter().chain(&failure.code).cloned());
    }

    fn contact(&mut self, contact: &Contact) {
        contact.identifiers.iter().for_each(|identifier| self.identifier(identifier));
        self.option(Kind::Name, contact.name.as_ref());
        self.option(Kind::Url, contact.avatar_url.as_ref());
    }

    fn identifier(&mut self, identifier: &Identifier) {
        let kind = match identifier.scheme {
            IdentifierScheme::Phone => Kind::Phone,
            IdentifierScheme::Email => Kind::Email,
            IdentifierScheme::Username => Kind::Name,
            _ => Kind::Identifier,
        };
        self.add(kind, &identifier.value);
    }

    fn message_ref(&mut self, message: &MessageRef) {
        self.add(Kind::Identifier, &message.id);
        if let Some(author) = &message.author {
            self.identifier(author);
        }
    }

    fn message(&mut self, message: &Message) {
        self.add(Kind::Identifier, &message.id);
        if let Some(reply_to) = &message.reply_to {
            self.message_ref(reply_to);
        }
        if let Some(referral) = &message.referral {
            self.referral(referral);
        }
        self.option(Kind::Text, message.subject.as_ref());
        message.parts.iter().for_each(|part| self.part(part));
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Text(text) | Part::Quoted(text) => self.add(Kind::Text, text),
            Part::Media(media) => self.media(media),
            Part::Location(place) => {
                self.places.extend([place.latitude, place.longitude]);
                self.option(Kind::Text, place.name.as_ref());
                self.option(Kind::Text, place.address.as_ref());
                self.option(Kind::Url, place.url.as_ref());
            }
            Part::Contacts(cards) => cards.iter().for_each(|card| self.card(card)),
            Part::Choice(choice) => {
                self.option(Kind::Text, choice.title.as_ref());
                self.option(Kind::Identifier, choice.id.as_ref());
            }
            Part::Order(order) => {
                self.option(Kind::Identifier, order.catalog.as_ref());
                self.option(Kind::Text, order.note.as_ref());
                for item in &order.items {
                    self.add(Kind::Identifier, &item.id);
                    self.option(Kind::Text, item.name.as_ref());
                }
            }
            // The tags stay and what is between them is found as a text of its own.
            Part::Html(_) | Part::Other(_) => {}
        }
    }

    fn media(&mut self, media: &Media) {
        match &media.source {
            MediaSource::Url(url) => self.add(Kind::Url, url),
            MediaSource::Reference(reference) if reference.contains("://") => self.add(Kind::Url, reference),
            MediaSource::Reference(reference) => self.add(Kind::Identifier, reference),
            MediaSource::Bytes(_) => {}
        }
        self.option(Kind::File, media.name.as_ref());
        self.option(Kind::Identifier, media.sha256.as_ref());
        self.option(Kind::Text, media.caption.as_ref());
        self.option(Kind::Identifier, media.content_id.as_ref());
        self.attributes(&media.attributes);
    }

    fn card(&mut self, card: &ContactCard) {
        self.option(Kind::Name, card.name.as_ref());
        card.phones.iter().for_each(|phone| self.add(Kind::Phone, phone));
        card.emails.iter().for_each(|email| self.add(Kind::Email, email));
        self.option(Kind::Name, card.organization.as_ref());
        // All of a card is somebody's: streets, birthdays, pages.
        for (_, value) in &card.attributes {
            match serde_json::from_str(value) {
                Ok(json @ (Value::Object(_) | Value::Array(_))) => self.leaves(&json),
                _ => self.add(Kind::Name, value),
            }
        }
        for line in card.vcard.iter().flat_map(|vcard| vcard.lines()) {
            let Some((key, value)) = line.split_once(':') else { continue };
            if !VCARD_FORM.iter().any(|form| key.to_ascii_uppercase().starts_with(form)) {
                value.split(';').map(str::trim).for_each(|value| self.add(Kind::Name, value));
            }
        }
    }

    /// The texts in JSON, apart from what says what they are.
    fn leaves(&mut self, json: &Value) {
        match json {
            Value::Object(members) => {
                members.iter().filter(|(name, _)| *name != "type").for_each(|(_, value)| self.leaves(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.leaves(item)),
            Value::String(text) if text.contains("://") => self.add(Kind::Url, text),
            Value::String(text) => self.add(Kind::Name, text),
            _ => {}
        }
    }

    fn referral(&mut self, referral: &Referral) {
        self.option(Kind::Identifier, referral.ref_.as_ref());
        self.option(Kind::Identifier, referral.id.as_ref());
        self.option(Kind::Url, referral.url.as_ref());
        self.option(Kind::Text, referral.headline.as_ref());
        self.option(Kind::Text, referral.body.as_ref());
        self.attributes(&referral.attributes);
    }

    fn attributes(&mut self, attributes: &[(String, String)]) {
        for (name, value) in attributes {
            if WORDS.iter().any(|word| name.contains(word)) && value.chars().any(char::is_alphanumeric) {
                self.add(Kind::Name, value);
            }
        }
    }
}
