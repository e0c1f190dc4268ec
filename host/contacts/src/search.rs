//! Finding a contact by how its name or an identifier begins.

use std::collections::BTreeSet;

use crate::contacts::Contacts;
use crate::identity::Identity;
use crate::ids::ContactId;
use crate::text;

/// Contacts of one search.
pub const FOUND_MAX: usize = 100;
/// What is searched for, in bytes; the rest is left out.
const TEXT_BYTES_MAX: usize = 256;
/// Matches that are looked at: those of one contact can be many.
const LOOKED_MAX: usize = 10_000;

impl Contacts {
    /// Contacts of whom an identifier or a word of the name begins with a text, without case; as they are shown, each
    /// once. Identifiers come first, then names, in their order. At most `limit`, and never more than [`FOUND_MAX`].
    /// Numbers are found with and without their `+`.
    pub fn search(&self, text: &str, limit: usize) -> Vec<ContactId> {
        let (text, limit) = (text::cut(text.trim(), TEXT_BYTES_MAX), limit.min(FOUND_MAX));
        let folded = text::fold(text);
        if folded.is_empty() {
            return Vec::new();
        }
        let number = if text.starts_with(|letter: char| letter.is_ascii_digit()) {
            let digits = text.chars().filter(char::is_ascii_digit);
            std::iter::once('+').chain(digits).collect()
        } else {
            String::new()
        };
        // Ids of providers have a case, addresses have none.
        let mut prefixes: Vec<&str> = vec![&number, text, &folded];
        prefixes.retain(|prefix| !prefix.is_empty());
        prefixes.dedup();
        let starts: Vec<_> = prefixes.into_iter().map(|prefix| (Identity::prefix(prefix), prefix)).collect();
        let identified = starts.iter().flat_map(|(start, prefix)| self.index.identities_from(start, prefix));
        let named = self.index.names_from(&folded);
        let mut seen = BTreeSet::new();
        let roots = identified.chain(named).take(LOOKED_MAX).map(|contact| self.root(contact));
        roots.filter(|&root| seen.insert(root)).take(limit).collect()
    }
}
