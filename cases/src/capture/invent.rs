//! What stands for what: the same invented value wherever an original stands, of the same shape.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::letters::Sequence;

/// A shorter value is replaced only where it stands alone: it is a part of many words.
const INSIDE_MIN: usize = 4;
/// A token that is shorter is not remembered: it is a number, and not an id.
const TOKEN_MIN: usize = 4;
/// What stands before an id and says what it is: `wamid.`, `AC`.
const PREFIX_MAX: usize = 8;
/// Digits of a number that somebody can be called at.
const PHONE_MIN: usize = 7;
/// A value of one digit may have nothing else to become.
const ATTEMPTS: usize = 16;

/// Mailboxes that are nobody's, and say that a machine wrote.
const MACHINES: [&str; 6] = ["mailer-daemon", "postmaster", "noreply", "no-reply", "bounce", "bounces"];

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The value of a setting, or a signature.
    Secret,
    /// An id of an account, a person, a message.
    Identifier,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// What somebody is called.
    Name,
    /// What somebody wrote.
    Text,
    /// An address of a file or picture.
    Url,
    /// A file's name.
    File,
    /// Degrees.
    Place,
    /// An IP address.
    Address,
    /// A long word that may be a key.
    Token,
}

impl Kind {
    /// How it is called, one and many.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Secret => ("secret", "secrets"),
            Self::Identifier => ("identifier", "identifiers"),
            Self::Phone => ("phone number", "phone numbers"),
            Self::Email => ("e-mail address", "e-mail addresses"),
            Self::Name => ("name", "names"),
            Self::Text => ("text", "texts"),
            Self::Url => ("URL", "URLs"),
            Self::File => ("file name", "file names"),
            Self::Place => ("place", "places"),
            Self::Address => ("IP address", "IP addresses"),
            Self::Token => ("token", "tokens"),
        }
    }
}

#[derive(Debug, Clone)]
struct Entry {
    original: String,
    replacement: String,
    kind: Kind,
    /// Letters of both cases are the same.
    any_case: bool,
    uses: usize,
}

/// Invents, and remembers what for.
#[derive(Debug, Clone, Default)]
pub struct Inventor {
    entries: Vec<Entry>,
    /// Whole values, in lower case where case does not matter.
    whole: HashMap<String, usize>,
    /// By the first letter in lower case, the longest first.
    by_first: HashMap<char, Vec<usize>>,
    /// What nothing invented may be: originals, and what was invented before.
    taken: HashSet<String>,
    tokens: HashMap<String, String>,
    domains: BTreeMap<String, String>,
    sequence: Sequence,
    emails: usize,
}

impl Inventor {
    /// Replaces a value by that one.
    pub fn set(&mut self, kind: Kind, original: &str, replacement: impl Into<String>) {
        let replacement = replacement.into();
        if original.is_empty() || self.whole.contains_key(original) {
            return;
        }
        let any_case = kind == Kind::Email;
        let key = if any_case { original.to_ascii_lowercase() } else { original.to_owned() };
        let alone = original.chars().count() < INSIDE_MIN;
        let index = self.entries.len();
        self.entries.push(Entry { original: original.to_owned(), replacement, kind, any_case, uses: 0 });
        self.whole.insert(key, index);
        if let (Some(first), false) = (original.chars().next(), alone) {
            let entries = &self.entries;
            let same = self.by_first.entry(first.to_ascii_lowercase()).or_default();
            same.push(index);
            same.sort_by_key(|index| std::cmp::Reverse(entries[*index].original.len()));
        }
    }

    /// Invents something for a value. One that is known stays what it is.
    pub fn add(&mut self, kind: Kind, original: &str) -> String {
        let original = original.trim();
        if let Some(known) = self.known(original) {
            return known;
        }
        if original.is_empty() {
            return String::new();
        }
        // An id may be an address, or hold one.
        let kind = match kind {
            Kind::Identifier | Kind::Name if is_email(original) => Kind::Email,
            Kind::Identifier if is_phone(original) => Kind::Phone,
            other => other,
        };
        let replacement = self.unlike(|inventor| inventor.invent(kind, original));
        self.set(kind, original, replacement.clone());
        if kind == Kind::Phone {
            // The same number without what makes it readable.
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            if digits(original).len() >= PHONE_MIN {
                self.set(kind, &digits(original), digits(&replacement));
            }
        }
        if kind == Kind::Name {
            self.words(original, &replacement);
        }
        if kind == Kind::Text {
            for (line, filled) in
                original.lines().zip(replacement.lines()).filter(|(line, _)| *line != original)
            {
                self.set(kind, line.trim(), filled.trim());
            }
        }
        replacement
    }

    /// Says that something is an original, before anything is invented.
    pub fn reserve(&mut self, original: &str) {
        self.taken.insert(original.to_owned());
    }

    /// Invents once more what is an original, or stands for something else.
    fn unlike(&mut self, mut invent: impl FnMut(&mut Self) -> String) -> String {
        let mut invented = invent(self);
        for _ in 0..ATTEMPTS {
            if !self.taken.contains(&invented) {
                break;
            }
            invented = invent(self);
        }
        self.taken.insert(invented.clone());
        invented
    }

    fn invent(&mut self, kind: Kind, original: &str) -> String {
        match kind {
            Kind::Phone => self.phone(original),
            Kind::Email => self.email(original),
            Kind::Name if is_date(original) => "1970-01-01".to_owned(),
            Kind::Name | Kind::Text => self.fill(original),
            Kind::Url => self.url(original),
            Kind::File => self.file(original),
            Kind::Address => self.address(),
            Kind::Place => self.degrees(original),
            Kind::Identifier | Kind::Token | Kind::Secret => self.shape(original),
        }
    }

    /// What stands for a whole value.
    pub fn known(&self, value: &str) -> Option<String> {
        let index = self.whole.get(value).or_else(|| {
            let index = self.whole.get(&value.to_ascii_lowercase())?;
            self.entries[*index].any_case.then_some(index)
        })?;
        Some(self.entries[*index].replacement.clone())
    }

    /// What is to be put in the place of a whole value, which counts as its use.
    pub fn whole(&mut self, value: &str) -> Option<String> {
        let known = self.known(value)?;
        let index = self.whole.get(value).or_else(|| self.whole.get(&value.to_ascii_lowercase()))?;
        self.entries[*index].uses += 1;
        Some(known)
    }

    /// The longest original that begins here: its bytes, and what stands for it.
    pub fn at(&mut self, before: Option<char>, text: &str) -> Option<(usize, String)> {
        let first = text.chars().next()?;
        let candidates = self.by_first.get(&first.to_ascii_lowercase())?;
        let index = *candidates.iter().find(|index| {
            let entry = &self.entries[**index];
            let Some(found) = text.get(..entry.original.len()) else { return false };
            let same =
                found == entry.original || entry.any_case && found.eq_ignore_ascii_case(&entry.original);
            let after = text[entry.original.len()..].chars().next();
            let last = entry.original.chars().next_back();
            same && !joined(before, Some(first)) && !joined(last, after)
        })?;
        let entry = &mut self.entries[index];
        entry.uses += 1;
        Some((entry.original.len(), entry.replacement.clone()))
    }

    /// How many different values of each kind were replaced, and how often.
    pub fn counts(&self) -> BTreeMap<Kind, (usize, usize)> {
        let mut counts: BTreeMap<Kind, (usize, usize)> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.uses > 0) {
            let count = counts.entry(entry.kind).or_default();
            count.0 += 1;
            count.1 += entry.uses;
        }
        counts
    }

    /// The same number of letters.
    pub fn fill(&mut self, text: &str) -> String {
        for _ in 0..4 {
            let filled: String = text.chars().map(|letter| self.sequence.letter(letter)).collect();
            if filled != text || !text.chars().any(char::is_alphanumeric) {
                return filled;
            }
        }
        text.to_owned()
    }

    /// Digits for digits, letters for letters. What says what it is, before the id, stays.
    pub fn shape(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
        let kept = has_digit(text);
        for word in words(text) {
            let is_word = word.starts_with(char::is_alphanumeric);
            if !is_word || (kept && !has_digit(word) && word.len() <= PREFIX_MAX && word.len() < text.len()) {
                out.push_str(word);
            } else {
                out.push_str(&self.token(word));
            }
        }
        out
    }

    fn token(&mut self, token: &str) -> String {
        if let Some(known) = self.tokens.get(token) {
            return known.clone();
        }
        // `AC` and 32 digits of hex, `U` and as many.
        let letters = token.chars().take_while(char::is_ascii_uppercase).count();
        let rest = &token[letters.min(token.len())..];
        let is_hex = |text: &str| text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let prefix = if letters <= 2 && is_hex(rest) { letters } else { 0 };
        let hex = is_hex(&token[prefix..]);
        let decimal = token.bytes().all(|byte| byte.is_ascii_digit());
        let invented: String = token
            .char_indices()
            .map(|(index, letter)| match letter {
                _ if index < prefix => letter,
                '0'..='9' => self.sequence.digit(letter, !(decimal && index == 0)),
                _ if hex => self.sequence.hex(letter),
                _ => self.sequence.letter(letter),
            })
            .collect();
        if token.len() >= TOKEN_MIN {
            self.tokens.insert(token.to_owned(), invented.clone());
        }
        invented
    }

    fn phone(&mut self, text: &str) -> String {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let mut number = "1555".chars().chain(std::iter::repeat('x'));
        let (mut out, mut seen) = (String::with_capacity(text.len()), 0);
        for letter in text.chars() {
            if letter.is_ascii_digit() {
                seen += 1;
                let next = number
                    .next()
                    .filter(|next| next.is_ascii_digit() && digits >= PHONE_MIN && seen <= digits);
                out.push(next.unwrap_or_else(|| self.sequence.digit(letter, true)));
            } else {
                out.push(letter);
            }
        }
        out
    }

    fn email(&mut self, text: &str) -> String {
        let (local, domain) = text.rsplit_once('@').unwrap_or((text, ""));
        let count = self.domains.len() + 1;
        let domain = self
            .domains
            .entry(domain.to_ascii_lowercase())
            .or_insert_with(|| format!("domain-{count}.example.org"))
            .clone();
        self.emails += 1;
        let lower = local.to_ascii_lowercase();
        // An id of a mail looks like an address, and is none.
        let local = if MACHINES.contains(&lower.as_str()) {
            lower
        } else if local.bytes().filter(u8::is_ascii_digit).count() > 0 {
            self.shape(local)
        } else {
            format!("person-{}", self.emails)
        };
        format!("{local}@{domain}")
    }

    /// Scheme and host are the provider's.
    fn url(&mut self, text: &str) -> String {
        let Some((scheme, rest)) = text.split_once("://") else { return self.shape(text) };
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if path.trim_matches('/').is_empty() {
            // The page of a person or a shop: no provider's file is at the root.
            return format!("{scheme}://www.example.org{path}");
        }
        let named = self.named(path);
        let path: String = words(&named)
            .map(|word| match word.bytes().any(|byte| byte.is_ascii_digit()) || word.len() > PREFIX_MAX {
                true => self.token(word),
                false => word.to_owned(),
            })
            .collect();
        let other = format!("{scheme}://{host}{path}");
        if other == text {
            format!("{scheme}://{host}/{}", self.fill(path.trim_start_matches('/')))
        } else {
            other
        }
    }

    /// A path whose last part is the name of a file, under another name: people call files after people.
    fn named(&mut self, path: &str) -> String {
        let (path, query) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
        match path.rsplit_once('/') {
            Some((folder, file)) if file.contains('.') && !file.contains('%') => {
                format!("{folder}/{}{query}", self.file(file))
            }
            _ => format!("{path}{query}"),
        }
    }

    fn file(&mut self, text: &str) -> String {
        match text.rsplit_once('.') {
            Some((name, extension)) if extension.len() <= 5 => format!("{}.{extension}", self.fill(name)),
            _ => self.fill(text),
        }
    }

    /// One of those for documentation (RFC 5737).
    fn address(&mut self) -> String {
        format!(
            "192.0.2.{}",
            1 + self.entries.iter().filter(|entry| entry.kind == Kind::Address).count() % 250
        )
    }

    /// So that they stay degrees, the first digits stay.
    pub fn degrees(&mut self, text: &str) -> String {
        let point = text.find('.').unwrap_or(text.len());
        let invent = |(index, letter): (usize, char)| match letter {
            '0'..='9' if index + 1 >= point => self.sequence.digit(letter, true),
            other => other,
        };
        text.char_indices().map(invent).collect()
    }

    /// The words of a name are names.
    fn words(&mut self, original: &str, replacement: &str) {
        let of = |text: &str| -> Vec<String> {
            text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
        };
        for (word, invented) in of(original).into_iter().zip(of(replacement)) {
            if word.chars().count() > 2 && word.chars().next().is_some_and(|first| !first.is_lowercase()) {
                self.set(Kind::Name, &word, invented);
            }
        }
    }
}

/// Two letters or digits of one word.
fn joined(one: Option<char>, other: Option<char>) -> bool {
    let ascii = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    ascii(one) && ascii(other)
}

/// Runs of letters and digits, and what is between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?.is_alphanumeric();
        let end = rest.find(|letter: char| letter.is_alphanumeric() != first).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// `2026-11-29`.
fn is_date(text: &str) -> bool {
    let sizes: Vec<usize> = text.split('-').map(str::len).collect();
    sizes == [4, 2, 2] && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// One address, and nothing else.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let word = |text: &str| {
        !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "._%+-=".contains(letter))
    };
    word(local) && word(domain) && domain.contains('.')
}

/// `+` and digits, as people write them, or in E.164.
pub fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    (PHONE_MIN..=15).contains(&digits)
        && rest.chars().all(|letter| letter.is_ascii_digit() || " -()./".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_invented_has_the_shape_of_the_original() {
        let mut inventor = Inventor::default();
        for (kind, original, shape) in [
            (Kind::Phone, "+4917612345678", "+1555"),
            (Kind::Identifier, "+15005550123", "+1555"),
            (Kind::Identifier, "AC00000000000000000000000000000009", "AC"),
            (Kind::Identifier, "wamid.HBgLMTU1NTAwMDIyMjI", "wamid."),
            (Kind::Identifier, "202020202020202", ""),
            (Kind::Name, "Ada Lovelace", ""),
            (Kind::Text, "Hello, is anybody there?", ""),
        ] {
            let invented = inventor.add(kind, original);
            assert_ne!(invented, original);
            assert!(invented.starts_with(shape), "{original}: {invented}");
            assert_eq!(invented.len(), original.len(), "{original}: {invented}");
            assert_eq!(inventor.add(kind, original), invented, "it stays the same");
            for (one, other) in original.chars().zip(invented.chars()) {
                assert_eq!(one.is_ascii_digit(), other.is_ascii_digit(), "{original}: {invented}");
            }
        }
        let plus = inventor.known("+4917612345678").expect("known");
        assert_eq!(inventor.known("4917612345678").as_deref(), Some(&plus[1..]));
        inventor.add(Kind::Phone, "+1 650 559 9999");
        assert!(inventor.known("16505599999").is_some_and(|digits| digits.starts_with("1555")));
        assert!(inventor.known("Lovelace").is_some(), "the words of a name are names");
        assert!(inventor.add(Kind::Email, "Ada@Example.NET").ends_with(".example.org"));
        assert_eq!(inventor.known("ada@example.net"), inventor.known("Ada@Example.NET"));
        assert!(inventor.add(Kind::File, "invoice-ada.pdf").ends_with(".pdf"));
        let url = inventor.add(Kind::Url, "https://cdn.example.com/v/photo12345.jpg?sig=abcdefghij");
        assert!(url.starts_with("https://cdn.example.com/v/") && !url.contains("photo12345"), "{url}");
        assert_eq!(inventor.degrees("-35.6870").len(), 8);
        assert!(inventor.degrees("139.7").starts_with("13"));
    }

    #[test]
    fn an_original_is_found_only_where_it_is_a_word() {
        let mut inventor = Inventor::default();
        let invented = inventor.add(Kind::Identifier, "123456");
        assert_eq!(inventor.at(None, "123456 and"), Some((6, invented)));
        assert_eq!(inventor.at(None, "1234567"), None);
        assert_eq!(inventor.at(Some('0'), "123456"), None);
        assert!(inventor.at(Some('+'), "123456_1").is_some());
        assert_eq!(inventor.counts()[&Kind::Identifier], (1, 2));
    }
}
