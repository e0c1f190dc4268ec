//! Whether a contact may be written to on a connection, and what for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunkline_model::{Consent, ConsentState};

use crate::text;

/// Purposes that are told apart on one connection.
const SCOPES_MAX: usize = 20;
/// What a consent is for and how it came about, in bytes each.
const TEXT_BYTES_MAX: usize = 256;
/// The scope that every other is part of.
const ALL: &str = "all";

/// What a contact said of being written to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Yes or no.
    pub state: ConsentState,
    /// How it came about.
    pub origin: String,
    /// The entry that said it.
    pub number: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

/// By connection and scope, the latest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Consents(BTreeMap<String, BTreeMap<String, Said>>);

impl Consents {
    pub(crate) fn say(&mut self, number: u64, at: u64, connection: &str, consent: &Consent) {
        let scopes = self.0.entry(connection.to_owned()).or_default();
        let scope = text::cut(&consent.scope, TEXT_BYTES_MAX);
        // The whole includes its parts: who takes all of it back has taken back each.
        if scope == ALL {
            scopes.clear();
        }
        let origin = text::cut(&consent.origin, TEXT_BYTES_MAX).to_owned();
        scopes.insert(scope.to_owned(), Said { state: consent.state.clone(), origin, number, at });
        if scopes.len() > SCOPES_MAX {
            make_room(scopes);
        }
    }

    /// None: never asked. What is for all holds for a scope of which nothing was said.
    pub(crate) fn state(&self, connection: &str, scope: &str) -> Option<&ConsentState> {
        let scopes = self.0.get(connection)?;
        let said = scopes.get(text::cut(scope, TEXT_BYTES_MAX)).or_else(|| scopes.get(ALL))?;
        Some(&said.state)
    }

    /// Connection, scope, and what was said, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Said)> {
        self.0.iter().flat_map(|(connection, scopes)| {
            scopes.iter().map(move |(scope, said)| (connection.as_str(), scope.as_str(), said))
        })
    }
}

/// A consent that is forgotten can be asked for again. A refusal that is forgotten is an offence: where there are only
/// refusals, they become one of everything.
fn make_room(scopes: &mut BTreeMap<String, Said>) {
    let given = scopes.iter().filter(|(_, said)| said.state != ConsentState::Revoked);
    let oldest = given.min_by_key(|(scope, said)| (said.number, *scope)).map(|(scope, _)| scope.clone());
    if let Some(scope) = oldest {
        scopes.remove(&scope);
        return;
    }
    let latest = scopes.values().max_by_key(|said| said.number).cloned();
    scopes.clear();
    scopes.extend(latest.map(|said| (ALL.to_owned(), said)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent(state: &str, scope: &str) -> Consent {
        Consent { state: state.into(), scope: scope.to_owned(), origin: "keyword".to_owned() }
    }

    fn state(consents: &Consents, scope: &str) -> String {
        consents.state("sms", scope).map_or("-", ConsentState::as_str).to_owned()
    }

    #[test]
    fn the_latest_counts_and_all_is_all() {
        let mut consents = Consents::default();
        let table = [
            // said, then the state for: all, news, orders
            ("granted", "news", ["-", "granted", "-"]),
            ("granted", "all", ["granted", "granted", "granted"]),
            ("revoked", "news", ["granted", "revoked", "granted"]),
            ("revoked", "all", ["revoked", "revoked", "revoked"]),
            ("granted", "orders", ["revoked", "revoked", "granted"]),
        ];
        for (number, (said, scope, states)) in (1..).zip(table) {
            consents.say(number, number, "sms", &consent(said, scope));
            assert_eq!(
                ["all", "news", "orders"].map(|scope| state(&consents, scope)),
                states,
                "{said} {scope}"
            );
            assert_eq!(consents.state("mail", "news"), None);
        }
    }

    #[test]
    fn a_refusal_is_never_forgotten() {
        let mut consents = Consents::default();
        consents.say(1, 1, "sms", &consent("granted", "news"));
        for number in 2..=20 {
            consents.say(number, number, "sms", &consent("revoked", &number.to_string()));
        }
        assert_eq!((state(&consents, "news"), state(&consents, "7")), ("granted".into(), "revoked".into()));
        consents.say(21, 21, "sms", &consent("revoked", "21"));
        assert_eq!((state(&consents, "news"), state(&consents, "7")), ("-".into(), "revoked".into()));
        consents.say(22, 22, "sms", &consent("revoked", "22"));
        assert_eq!((state(&consents, "news"), state(&consents, "7")), ("revoked".into(), "revoked".into()));
        assert_eq!(consents.iter().count(), 1);
    }
}
