//! The host knows no channel by name.
//!
//! The names are those of the folders in `connectors/` and the titles in their manifests, so that nothing here
//! names one either.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Finding;
use crate::workspace::ConnectorFolder;

/// Words in titles that say what kind of channel it is, not whose.
const KINDS: [&str; 15] = [
    "API",
    "Business",
    "Cloud",
    "E-mail",
    "Email",
    "Inbound",
    "Mail",
    "Messages",
    "Messaging",
    "MMS",
    "SMS",
    "Standard",
    "Teams",
    "Voice",
    "Webhooks",
];

/// Ids that are words of the host's own: teams answer tickets.
const OWN: [&str; 1] = ["teams"];

/// What must not stand in the host.
#[derive(Default)]
pub struct Names {
    /// Whole words as they are spelled here: `WhatsApp`.
    words: BTreeSet<String>,
    /// Ids, which may be everyday words: only between quotes.
    quoted: BTreeSet<String>,
}

/// The names of these connectors.
pub fn names(connectors: &[ConnectorFolder]) -> Result<Names> {
    let mut names = Names::default();
    for connector in connectors {
        let manifest = connector.manifest()?;
        names.add(&manifest.id, &manifest.title);
    }
    Ok(names)
}

impl Names {
    fn add(&mut self, id: &str, title: &str) {
        if !OWN.contains(&id) {
            self.quoted.insert(id.to_owned());
        }
        for word in title.split(|letter: char| !letter.is_alphanumeric() && letter != '-') {
            // A name starts with a capital: the words between names do not.
            if word.len() < 3 || KINDS.contains(&word) || word.starts_with(char::is_lowercase) {
                continue;
            }
            self.words.insert(word.to_owned());
            // A name in capitals is often an everyday word in small letters.
            if word.chars().any(char::is_lowercase) {
                self.words.insert(word.to_lowercase());
            }
        }
    }
}

/// The lines of a file in which a channel is named.
pub fn check(path: &str, text: &str, names: &Names) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let word = line
            .split(|letter: char| !letter.is_alphanumeric() && letter != '-')
            .find(|word| names.words.contains(*word));
        let quoted = names.quoted.iter().find(|id| line.contains(&format!("\"{id}\"")));
        if let Some(name) = word.or(quoted.map(String::as_str)) {
            let text = format!("names the channel `{name}`: the host knows no channel by name");
            findings.push(Finding { path: path.to_owned(), line: Some(index + 1), text });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_and_an_everyday_word_is_not() {
        let mut names = Names::default();
        names.add("pigeon", "PIGEON");
        names.add("sms-acme", "SMS through Acme");
        for (line, found) in [
            ("if id == \"pigeon\" {", true),
            ("// as PIGEON does", true),
            ("let pigeon = 1;", false),
            ("an SMS is short", false),
            ("it came through", false),
            ("Acme's header", true),
            ("x-acme-header", false),
            ("mod acme;", true),
            ("\"sms-acme\"", true),
        ] {
            assert_eq!(!check("host/a.rs", line, &names).is_empty(), found, "{line}");
        }
    }
}
