//! Who it is that was heard.
//!
//! Each connection knows its contacts by itself: the first identifier that it has heard before says which contact it is,
//! and none means a new one. Then the rules are asked which of the identifiers mean the same person on other connections,
//! and those contacts are merged. So a rule that was wrong, or a number that has a new owner, can be undone.

use trunkline_model::{Contact, Identifier, IdentityChange};

use crate::contacts::Contacts;
use crate::error::ContactsError;
use crate::identity::{Identity, IdentityError};
use crate::ids::ContactId;
use crate::merge::{How, Link, MERGED_MAX, Merge};
use crate::resolved::{Conflict, Looked, Reason, Resolved, Verdict, Why};
use crate::rules::LinkRules;
use crate::scheme::Scheme;

/// Identifiers that are looked at in what was heard.
const HEARD_MAX: usize = 16;
/// What stands for somebody without a usable identifier: the conversation. An anonymous caller is answered too.
const CONVERSATION: &str = "conversation";

/// What was heard of somebody.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// On which connection.
    pub connection: &'a str,
    /// The journal's key of the conversation; stands for the person where nothing else does.
    pub conversation: &'a str,
    /// Who spoke: in a group, its sender.
    pub contact: &'a Contact,
}

/// An identifier that can identify somebody.
struct Key<'a> {
    identity: Identity,
    written: &'a str,
    /// Who had it before this entry. One look for each identifier: they are most of what a message costs here.
    owner: Option<ContactId>,
}

/// One entry at work.
struct Entry<'a> {
    number: u64,
    at: u64,
    connection: &'a str,
    rules: &'a LinkRules,
    linked: Vec<Link>,
    why: Why,
}

impl Contacts {
    /// Finds out who was heard, makes the contact where it is new, and links what the rules say is one.
    ///
    /// # Errors
    /// The entry has made a contact already, or there is no usable identifier and the conversation's key is too long.
    pub fn heard(
        &mut self,
        number: u64,
        at: u64,
        heard: &Heard<'_>,
        rules: &LinkRules,
    ) -> Result<Resolved, ContactsError> {
        let mut entry = Entry::new(number, at, heard.connection, rules);
        let mut keys = self.keys(&mut entry, &heard.contact.identifiers, true);
        if keys.is_empty() {
            keys.push(self.conversation(heard)?);
        }
        let found = first_owner(&keys);
        let met = found.map_or_else(|| self.make(number, at), Ok)?;
        for key in keys {
            self.settle(&mut entry, met, key);
        }
        self.learn(number, at, met, heard.contact);
        Ok(entry.resolved(self.root(met), met, found.is_none()))
    }

    /// The channel says that somebody has other identifiers: a visitor has proven who they are, a number has changed.
    /// Who had the previous ones and who has the current ones are one; what is new is learnt of the latter. Previous
    /// identifiers of a kind of which there is a
    /// current one are nobody's from now on: the next owner of a number is somebody else.
    ///
    /// # Errors
    /// As [`Contacts::heard`].
    pub fn identity_changed(
        &mut self,
        number: u64,
        at: u64,
        heard: &Heard<'_>,
        change: &IdentityChange,
        rules: &LinkRules,
    ) -> Result<Resolved, ContactsError> {
        let mut entry = Entry::new(number, at, heard.connection, rules);
        let previous = self.keys(&mut entry, &change.previous, false);
        let current = self.keys(&mut entry, &change.current, false);
        let spoke = self.keys(&mut entry, &heard.contact.identifiers, false);
        let (retired, kept): (Vec<_>, Vec<_>) = previous.into_iter().partition(|key| {
            let same_scheme = |other: &Key| other.identity.scheme() == key.identity.scheme();
            current.iter().any(same_scheme) && !current.iter().any(|other| other.identity == key.identity)
        });
        let is_retired = |key: &Key| retired.iter().any(|other| other.identity == key.identity);
        let mut keys: Vec<Key<'_>> = Vec::new();
        for key in kept.into_iter().chain(current).chain(spoke.into_iter().filter(|key| !is_retired(key))) {
            if !keys.iter().any(|other| other.identity == key.identity) {
                keys.push(key);
            }
        }
        if keys.is_empty() && retired.is_empty() {
            keys.push(self.conversation(heard)?);
        }
        let found = first_owner(&keys).or_else(|| first_owner(&retired));
        let met = found.map_or_else(|| self.make(number, at), Ok)?;
        for key in retired {
            self.retire(&mut entry, met, &key);
        }
        for key in keys {
            self.link_changed(&mut entry, met, &key);
            self.settle(&mut entry, met, key);
        }
        self.learn(number, at, met, heard.contact);
        Ok(entry.resolved(self.root(met), met, found.is_none()))
    }

    /// What identifies somebody on this connection. `once`: only the first of each scheme does.
    fn keys<'a>(&self, entry: &mut Entry<'_>, identifiers: &'a [Identifier], once: bool) -> Vec<Key<'a>> {
        let mut keys: Vec<Key<'a>> = Vec::with_capacity(identifiers.len().min(HEARD_MAX));
        entry.why.left_out += identifiers.len().saturating_sub(HEARD_MAX);
        for Identifier { scheme, value } in identifiers.iter().take(HEARD_MAX) {
            match self.key(entry, Scheme::from(scheme), value) {
                Ok(key)
                    if once && keys.iter().any(|kept| kept.identity.scheme() == key.identity.scheme()) =>
                {
                    let looked = Looked::skipped(scheme.as_str(), value, Verdict::SecondOfItsKind);
                    entry.why.looked.push(looked);
                }
                Ok(key) if keys.iter().any(|kept| kept.identity == key.identity) => {}
                Ok(key) => keys.push(key),
                Err(error) => entry.why.looked.push(Looked::nobodys(scheme.as_str(), value, &error)),
            }
        }
        keys
    }

    /// An identifier in its notation. Whoever is known by the text as it stands needs no look into numbering plans.
    fn key<'a>(&self, entry: &Entry<'_>, scheme: Scheme, value: &'a str) -> Result<Key<'a>, IdentityError> {
        let as_written = Identity::as_written(scheme, value, entry.connection);
        if let owner @ Some(_) = self.index.owner(&as_written) {
            return Ok(Key { identity: as_written, written: value, owner });
        }
        let scheme = as_written.scheme().clone();
        let identity = Identity::new(scheme, value, Some(entry.connection), entry.rules.default_region)?;
        let owner = self.index.owner(&identity);
        Ok(Key { identity, written: value, owner })
    }

    fn conversation<'a>(&self, heard: &Heard<'a>) -> Result<Key<'a>, IdentityError> {
        let scheme = Scheme::Other(CONVERSATION.into());
        let identity = Identity::new(scheme, heard.conversation, Some(heard.connection), None)?;
        let owner = self.index.owner(&identity);
        Ok(Key { identity, written: heard.conversation, owner })
    }

    /// Links by rule what an identifier links, and says whose it is.
    fn settle(&mut self, entry: &mut Entry<'_>, met: ContactId, key: Key<'_>) {
        let Key { identity, written, owner } = key;
        let is_ruled = entry.rules.of(identity.scheme(), entry.connection).next().is_some();
        let certain = is_ruled && identity.is_complete();
        if certain {
            self.link_certain(entry, met, &identity);
        }
        let mut looked = Looked {
            scheme: identity.scheme().as_str().to_owned(),
            value: identity.value().to_owned(),
            owner,
            certain,
            verdict: Verdict::Known,
        };
        looked.verdict = match owner {
            Some(owner) if owner == met => Verdict::Known,
            Some(owner) if *identity.scheme() == Scheme::Username => {
                self.take(owner, &identity);
                self.given(met, identity, written, entry.at, Verdict::Moved)
            }
            Some(owner) if self.root(owner) == self.root(met) => Verdict::Known,
            Some(owner) => {
                // Where it is certain, it was said already why they are not linked.
                if !certain {
                    let owner = self.root(owner);
                    entry.why.conflict(Conflict { identity, owner, reason: Reason::NotCertain });
                }
                Verdict::Others
            }
            None => self.given(met, identity, written, entry.at, Verdict::New),
        };
        entry.why.looked.push(looked);
    }

    fn given(
        &mut self,
        contact: ContactId,
        identity: Identity,
        written: &str,
        at: u64,
        given: Verdict,
    ) -> Verdict {
        if self.give(contact, identity, written, at) { given } else { Verdict::NoRoom }
    }

    /// Everybody who has the same identifier where a rule says that it means the same person, the oldest first.
    fn link_certain(&mut self, entry: &mut Entry<'_>, met: ContactId, identity: &Identity) {
        let root = self.root(met);
        let neighbours = self.index.neighbours(identity).filter(|&(_, owner)| self.root(owner) != root);
        let certain = neighbours.filter(|(other, _)| {
            other.scope().is_none_or(|connection| {
                let mut rules = entry.rules.of(identity.scheme(), entry.connection);
                rules.any(|rule| rule.connections.contains(connection))
            })
        });
        let mut owners: Vec<_> = certain.map(|(_, owner)| owner).collect();
        owners.sort_unstable();
        for owner in owners {
            self.link(entry, met, owner, How::Rule { scheme: identity.scheme().clone() }, identity);
        }
    }

    fn link_changed(&mut self, entry: &mut Entry<'_>, met: ContactId, key: &Key<'_>) {
        let owner = key.owner.filter(|_| *key.identity.scheme() != Scheme::Username);
        if let Some(owner) = owner {
            self.link(entry, met, owner, How::Identity, &key.identity);
        }
    }

    fn retire(&mut self, entry: &mut Entry<'_>, met: ContactId, key: &Key<'_>) {
        let Some(owner) = key.owner else { return };
        self.link_changed(entry, met, key);
        self.take(owner, &key.identity);
        let looked = Looked::skipped(key.identity.scheme().as_str(), key.identity.value(), Verdict::Retired);
        entry.why.looked.push(Looked { owner: Some(owner), ..looked });
    }

    /// Makes two contacts one, unless they are or may not be. The older one is shown.
    fn link(
        &mut self,
        entry: &mut Entry<'_>,
        met: ContactId,
        owner: ContactId,
        how: How,
        identity: &Identity,
    ) {
        let (mine, theirs) = (self.root(met), self.root(owner));
        if mine == theirs {
            return;
        }
        let apart = self.groups.kept_apart(mine, theirs);
        let is_full = self.groups.size(mine) + self.groups.size(theirs) > MERGED_MAX;
        let reason = apart.map(Reason::KeptApart).or(is_full.then_some(Reason::TooMany));
        if let Some(reason) = reason {
            entry.why.conflict(Conflict { identity: identity.clone(), owner: theirs, reason });
            return;
        }
        let ((from, from_root), (into, into_root)) =
            if theirs < mine { ((met, mine), (owner, theirs)) } else { ((owner, theirs), (met, mine)) };
        let merge = self.record(entry.number, Merge { from, into, how, at: entry.at, undone: None });
        let identity = Some(identity.clone());
        entry.linked.push(Link { merge, from: from_root, into: into_root, identity });
    }
}

impl<'a> Entry<'a> {
    fn new(number: u64, at: u64, connection: &'a str, rules: &'a LinkRules) -> Self {
        Self { number, at, connection, rules, linked: Vec::new(), why: Why::default() }
    }

    /// A contact that was made and is shown as an older one is not new.
    fn resolved(self, contact: ContactId, met: ContactId, made: bool) -> Resolved {
        let created = made && self.linked.is_empty();
        Resolved { contact, met, created, linked: self.linked, why: self.why }
    }
}

/// Whom the first of these that is known belongs to. Names of users count where there is nothing else.
fn first_owner(keys: &[Key<'_>]) -> Option<ContactId> {
    let is_name = |key: &&Key<'_>| *key.identity.scheme() == Scheme::Username;
    let only_names = keys.iter().all(|key| is_name(&key));
    let anchors = keys.iter().filter(|key| only_names || !is_name(key));
    anchors.filter_map(|key| key.owner).next()
}
