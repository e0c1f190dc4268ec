//! Anything that can happen to contacts, drawn by lot.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;
use trunkline_contacts::{ContactId, Contacts, Heard, MergeId, Reason, Resolved};
use trunkline_model::{Consent, Contact, IdentityChange};

use crate::samples::{contact, given, identifiers, rules};

const CONNECTIONS: [&str; 5] = ["chat", "sms", "voice", "mail", "shop"];
/// Few, so that contacts meet. Some are written in two ways, some are no identifiers.
const IDENTIFIERS: [&str; 15] = [
    "id:a",
    "id:b",
    "id:c",
    "phone:+491711234567",
    "phone:0171 1234567",
    "phone:+491711234568",
    "phone:72975",
    "email:ana@example.org",
    "email:Ana@Example.org",
    "email:bo@example.org",
    "username:ana",
    "username:bo",
    "parent_user_id:p",
    "id: ",
    "id:+491711234567",
];
const GIVEN: [&str; 6] = [
    "phone:+491711234567",
    "email:ana@example.org",
    "external:1",
    "external:2",
    "id:a on shop",
    "username:bo on shop",
];

/// Something that happens.
#[derive(Debug, Clone)]
pub enum Step {
    Heard {
        connection: &'static str,
        identifiers: Vec<&'static str>,
        name: Option<u8>,
    },
    Changed {
        connection: &'static str,
        previous: Vec<&'static str>,
        current: Vec<&'static str>,
        spoke: Vec<&'static str>,
    },
    Create {
        given: Vec<&'static str>,
    },
    Add {
        contact: Index,
        given: &'static str,
    },
    Remove {
        contact: Index,
        given: &'static str,
    },
    Merge {
        from: Index,
        into: Index,
    },
    Unmerge {
        merge: Index,
    },
    Name {
        contact: Index,
        name: Option<u8>,
    },
    Language {
        contact: Index,
        language: &'static str,
        detected: bool,
    },
    Attribute {
        contact: Index,
        name: u8,
        value: Option<u8>,
    },
    Tag {
        contact: Index,
        tag: u8,
        present: bool,
    },
    Consent {
        contact: Index,
        connection: &'static str,
        state: &'static str,
        scope: u8,
    },
    Erase {
        contact: Index,
    },
}

impl Step {
    /// Whether it only says who is one with whom.
    pub fn is_merge(&self) -> bool {
        matches!(self, Self::Merge { .. } | Self::Unmerge { .. })
    }

    /// Whether it reaches everything that is one with what it names.
    pub fn is_wide(&self) -> bool {
        matches!(self, Self::Remove { .. } | Self::Erase { .. })
    }
}

/// Often the same ones, so that contacts meet.
fn some_identifiers(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<&'static str>> {
    vec(prop_oneof![select(&IDENTIFIERS[..6]), select(&IDENTIFIERS[..])], count)
}

fn heard() -> impl Strategy<Value = Step> {
    let name = proptest::option::weighted(0.2, 0..4_u8);
    (select(&CONNECTIONS[..]), some_identifiers(0..5), name)
        .prop_map(|(connection, identifiers, name)| Step::Heard { connection, identifiers, name })
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let connection = || select(&CONNECTIONS[..]);
    let some = || some_identifiers(1..4);
    let given = || select(&GIVEN[..]);
    prop_oneof![
        12 => heard(),
        3 => (connection(), some(), some(), some_identifiers(0..3)).prop_map(
            |(connection, previous, current, spoke)| Step::Changed { connection, previous, current, spoke }
        ),
        2 => vec(given(), 0..3).prop_map(|given| Step::Create { given }),
        1 => (index(), given()).prop_map(|(contact, given)| Step::Add { contact, given }),
        1 => (index(), given()).prop_map(|(contact, given)| Step::Remove { contact, given }),
        5 => (index(), index()).prop_map(|(from, into)| Step::Merge { from, into }),
        3 => index().prop_map(|merge| Step::Unmerge { merge }),
        1 => (index(), proptest::option::of(0..4_u8))
            .prop_map(|(contact, name)| Step::Name { contact, name }),
        1 => (index(), select(&["de", "en", "ja-JP"][..]), any::<bool>())
            .prop_map(|(contact, language, detected)| Step::Language { contact, language, detected }),
        2 => (index(), 0..3_u8, proptest::option::of(any::<u8>()))
            .prop_map(|(contact, name, value)| Step::Attribute { contact, name, value }),
        2 => (index(), 0..3_u8, any::<bool>())
            .prop_map(|(contact, tag, present)| Step::Tag { contact, tag, present }),
        1 => (index(), connection(), select(&["granted", "revoked"][..]), 0..30_u8)
            .prop_map(|(contact, connection, state, scope)| Step::Consent { contact, connection, state, scope }),
        1 => index().prop_map(|contact| Step::Erase { contact }),
    ]
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 0..60)
}

/// Of people who write, and nothing else.
pub fn heard_steps() -> impl Strategy<Value = Vec<Step>> {
    vec(heard(), 0..40)
}

/// Contacts, and what has been in them.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub contacts: Contacts,
    /// As they were first met, in order; erased ones among them.
    pub made: Vec<ContactId>,
    /// Undone ones among them.
    pub merges: Vec<MergeId>,
    /// Why contacts were not linked.
    pub conflicts: Vec<Reason>,
    pub number: u64,
}

impl World {
    pub fn after(steps: &[Step]) -> Self {
        let mut world = Self::default();
        for step in steps {
            world.take(step);
        }
        world
    }

    /// Does a step, or what may not be done not. Every step has its number, done or not.
    pub fn take(&mut self, step: &Step) {
        self.number += 1;
        let (number, at) = (self.number, self.number * 1_000);
        match step {
            Step::Heard { connection, identifiers, name } => {
                let contact = Contact { name: name.map(named), ..contact(identifiers) };
                let heard = Heard { connection, conversation: "conversation", contact: &contact };
                let resolved = self.contacts.heard(number, at, &heard, &rules()).expect("somebody");
                self.resolved(resolved);
            }
            Step::Changed { connection, previous, current, spoke } => {
                let change =
                    IdentityChange { previous: identifiers(previous), current: identifiers(current) };
                let contact = contact(spoke);
                let heard = Heard { connection, conversation: "conversation", contact: &contact };
                let resolved = self.contacts.identity_changed(number, at, &heard, &change, &rules());
                let resolved = resolved.expect("somebody");
                self.resolved(resolved);
            }
            Step::Create { given: texts } => {
                let texts: Vec<_> = texts.iter().map(|text| given(text)).collect();
                if let Ok(contact) = self.contacts.create(number, at, &texts, None) {
                    self.met(contact);
                }
            }
            Step::Merge { from, into } => {
                let merged = self
                    .pick(*from)
                    .zip(self.pick(*into))
                    .and_then(|(from, into)| self.contacts.merge(number, at, from, into, "kim").ok());
                self.merges.extend(merged.map(|link| link.merge));
            }
            Step::Unmerge { merge } => {
                if !self.merges.is_empty() {
                    let merge = *merge.get(&self.merges);
                    let _ = self.contacts.unmerge(number, at, merge, "kim");
                }
            }
            Step::Add { contact, .. }
            | Step::Remove { contact, .. }
            | Step::Name { contact, .. }
            | Step::Language { contact, .. }
            | Step::Attribute { contact, .. }
            | Step::Tag { contact, .. }
            | Step::Consent { contact, .. }
            | Step::Erase { contact } => {
                if let Some(contact) = self.pick(*contact) {
                    self.change(number, at, contact, step);
                }
            }
        }
    }

    fn change(&mut self, number: u64, at: u64, contact: ContactId, step: &Step) {
        let contacts = &mut self.contacts;
        // What may not be done is not done.
        let _ = match step {
            Step::Add { given: text, .. } => contacts.add_identity(at, contact, &given(text), None),
            Step::Remove { given: text, .. } => {
                let identity = given(text).identity(None).expect("an identity");
                contacts.remove_identity(contact, &identity)
            }
            Step::Name { name, .. } => {
                let name = name.map(named);
                contacts.set_name(number, at, contact, name.as_deref())
            }
            Step::Language { language, detected: true, .. } => {
                contacts.detected_language(number, at, contact, language)
            }
            Step::Language { language, .. } => contacts.set_language(number, at, contact, Some(language)),
            Step::Attribute { name, value, .. } => {
                let value = value.map(|value| json!(value));
                contacts.set_attribute(number, at, contact, &format!("a{name}"), value)
            }
            Step::Tag { tag, present, .. } => {
                contacts.set_tag(number, at, contact, &format!("t{tag}"), *present)
            }
            Step::Consent { connection, state, scope, .. } => {
                let (state, scope) = ((*state).into(), format!("s{scope}"));
                let consent = Consent { state, scope, origin: "keyword".to_owned() };
                contacts.consented(number, at, contact, connection, &consent)
            }
            Step::Erase { .. } => contacts.erase(contact).map(|_| ()),
            _ => Ok(()),
        };
    }

    /// One of those that were ever made.
    pub fn pick(&self, index: Index) -> Option<ContactId> {
        (!self.made.is_empty()).then(|| *index.get(&self.made))
    }

    fn resolved(&mut self, resolved: Resolved) {
        self.met(resolved.met);
        self.merges.extend(resolved.linked.iter().map(|link| link.merge));
        self.conflicts.extend(resolved.why.conflicts.into_iter().map(|conflict| conflict.reason));
    }

    fn met(&mut self, contact: ContactId) {
        if contact.0 == self.number {
            self.made.push(contact);
        }
    }
}

fn named(name: u8) -> String {
    format!("Name {name} of Many")
}
