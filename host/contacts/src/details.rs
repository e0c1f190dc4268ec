//! What is known of a contact beyond who it is. It is kept by the contact that is named, as it was first met; what a
//! merged contact shows is made of all.

use serde_json::Value;
use trunkline_model::{Consent, Contact};

use crate::contacts::Contacts;
use crate::error::ContactsError;
use crate::ids::ContactId;
use crate::told::{Source, Told};
use crate::{language, text, zone};

/// Attributes of one contact.
pub const ATTRIBUTES_MAX: usize = 100;
/// The longest name of an attribute or a tag, in bytes.
pub const LABEL_BYTES_MAX: usize = 64;
/// The longest value of an attribute, in bytes of JSON.
pub const VALUE_BYTES_MAX: usize = 1_024;
/// Tags of one contact.
pub const TAGS_MAX: usize = 50;
/// The longest name, in bytes. Of a channel's, the rest is left out.
pub const NAME_BYTES_MAX: usize = 256;
/// The longest address of a picture, in bytes. A channel's longer one is left out.
const URL_BYTES_MAX: usize = 2_048;

impl Contacts {
    /// What a channel says of a contact: name, language, picture. None of it replaces what the business has set.
    ///
    /// # Errors
    /// There is no such contact.
    pub fn learn_profile(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        profile: &Contact,
    ) -> Result<(), ContactsError> {
        self.known(contact)?;
        self.learn(number, at, contact, profile);
        Ok(())
    }

    pub(crate) fn learn(&mut self, number: u64, at: u64, contact: ContactId, profile: &Contact) {
        let Some(leaf) = self.leaves.get_mut(&contact) else { return };
        let told = |value: String| Told { value, source: Source::Channel, number, at };
        if let Some(language) = profile.locale.as_deref().and_then(language::tag) {
            Told::offer(&mut leaf.language, told(language));
        }
        let avatar =
            profile.avatar_url.as_deref().filter(|url| !url.is_empty() && url.len() <= URL_BYTES_MAX);
        if let Some(avatar) = avatar {
            Told::offer(&mut leaf.avatar_url, told(avatar.to_owned()));
        }
        let name = profile.name.as_deref().map(|name| text::cut(name.trim(), NAME_BYTES_MAX));
        let name = name.filter(|name| !name.is_empty());
        // Nearly every message brings the same name.
        if let Some(name) = name.filter(|name| Told::takes(leaf.name.as_ref(), Source::Channel, *name)) {
            self.offer_name(contact, told(name.to_owned()));
        }
    }

    /// Names a contact. None: as its channels do.
    ///
    /// # Errors
    /// There is no such contact, or the name is empty or too long.
    pub fn set_name(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        name: Option<&str>,
    ) -> Result<(), ContactsError> {
        self.known(contact)?;
        let Some(name) = name else {
            self.unname(contact);
            return Ok(());
        };
        let name = fitting("name", name.trim(), NAME_BYTES_MAX)?;
        self.offer_name(contact, Told { value: name.to_owned(), source: Source::Set, number, at });
        Ok(())
    }

    /// Says which language a contact has. None: as its channels say, or else as it writes.
    ///
    /// # Errors
    /// There is no such contact, or no such notation of a language.
    pub fn set_language(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        language: Option<&str>,
    ) -> Result<(), ContactsError> {
        let leaf = self.known_mut(contact)?;
        set(&mut leaf.language, number, at, language, |text| {
            language::tag(text).ok_or_else(|| ContactsError::NoLanguage(quoted(text)))
        })
    }

    /// The language in which a contact was found to write: see [`crate::detect_language`]. Does not replace one that its
    /// channel or the business has given.
    ///
    /// # Errors
    /// As [`Contacts::set_language`].
    pub fn detected_language(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        language: &str,
    ) -> Result<(), ContactsError> {
        let leaf = self.known_mut(contact)?;
        let tag = language::tag(language).ok_or_else(|| ContactsError::NoLanguage(quoted(language)))?;
        Told::offer(&mut leaf.language, Told { value: tag, source: Source::Detected, number, at });
        Ok(())
    }

    /// Says in which time zone a contact lives, by the name that IANA has for it. None: not known.
    ///
    /// # Errors
    /// There is no such contact, or no such time zone.
    pub fn set_time_zone(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        name: Option<&str>,
    ) -> Result<(), ContactsError> {
        let leaf = self.known_mut(contact)?;
        set(&mut leaf.time_zone, number, at, name, |text| {
            zone::named(text).ok_or_else(|| ContactsError::NoTimeZone(quoted(text)))
        })
    }

    /// Sets an attribute, or takes it away: with nothing or with `null`.
    ///
    /// # Errors
    /// There is no such contact, it has [`ATTRIBUTES_MAX`] of them, or name or value are too long.
    pub fn set_attribute(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        name: &str,
        value: Option<Value>,
    ) -> Result<(), ContactsError> {
        let leaf = self.known_mut(contact)?;
        fitting("name of the attribute", name, LABEL_BYTES_MAX)?;
        let value = value.filter(|value| !value.is_null());
        if let Some(value) = &value {
            let bytes = value.to_string().len();
            if bytes > VALUE_BYTES_MAX {
                let what = "value of the attribute";
                return Err(ContactsError::TooLong { what, bytes, max: VALUE_BYTES_MAX });
            }
            if !leaf.attributes.has(name) && leaf.attributes.present() >= ATTRIBUTES_MAX {
                return Err(ContactsError::Full { contact, what: "attributes", max: ATTRIBUTES_MAX });
            }
        }
        leaf.attributes.set(number, at, name, value, ATTRIBUTES_MAX);
        Ok(())
    }

    /// Puts a tag on a contact, or takes it away.
    ///
    /// # Errors
    /// There is no such contact, it has [`TAGS_MAX`] of them, or the tag is empty or too long.
    pub fn set_tag(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        tag: &str,
        present: bool,
    ) -> Result<(), ContactsError> {
        let leaf = self.known_mut(contact)?;
        let tag = fitting("tag", tag.trim(), LABEL_BYTES_MAX)?;
        if present && !leaf.tags.has(tag) && leaf.tags.present() >= TAGS_MAX {
            return Err(ContactsError::Full { contact, what: "tags", max: TAGS_MAX });
        }
        leaf.tags.set(number, at, tag, present.then_some(true), TAGS_MAX);
        Ok(())
    }

    /// What a contact said of being written to on a connection.
    ///
    /// # Errors
    /// There is no such contact.
    pub fn consented(
        &mut self,
        number: u64,
        at: u64,
        contact: ContactId,
        connection: &str,
        consent: &Consent,
    ) -> Result<(), ContactsError> {
        self.known_mut(contact)?.consents.say(number, at, connection, consent);
        Ok(())
    }

    fn offer_name(&mut self, contact: ContactId, told: Told<String>) {
        let Some(leaf) = self.leaves.get_mut(&contact) else { return };
        let before = leaf.name.as_ref().map(|kept| kept.value.clone());
        if !Told::offer(&mut leaf.name, told) {
            return;
        }
        if let Some(before) = before {
            self.index.unname(contact, &before);
        }
        if let Some(name) = &leaf.name {
            self.index.name(contact, &name.value);
        }
    }

    fn unname(&mut self, contact: ContactId) {
        if let Some(name) = self.leaves.get_mut(&contact).and_then(|leaf| leaf.name.take()) {
            self.index.unname(contact, &name.value);
        }
    }
}

/// Sets what the business says, or makes it unknown.
fn set(
    place: &mut Option<Told<String>>,
    number: u64,
    at: u64,
    text: Option<&str>,
    check: impl FnOnce(&str) -> Result<String, ContactsError>,
) -> Result<(), ContactsError> {
    match text {
        Some(text) => {
            let told = Told { value: check(text)?, source: Source::Set, number, at };
            Told::offer(place, told);
        }
        None => *place = None,
    }
    Ok(())
}

fn fitting<'a>(what: &'static str, text: &'a str, max: usize) -> Result<&'a str, ContactsError> {
    match text.len() {
        0 => Err(ContactsError::Empty(what)),
        bytes if bytes > max => Err(ContactsError::TooLong { what, bytes, max }),
        _ => Ok(text),
    }
}

/// As much of a text as a message about it needs.
fn quoted(text: &str) -> String {
    text::cut(text, LABEL_BYTES_MAX).to_owned()
}
