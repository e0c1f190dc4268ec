//! Finds identifiers in text: in raw webhooks, and in what other people wrote.

use memchr::memmem::Finder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use trunkline_model::IdentifierScheme;

use super::Person;

/// All but what stands in a URL as it is: RFC 3986, "unreserved".
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What stands in place of an identifier that was removed.
const ERASED: &str = "(erased)";
/// A shorter identifier would be found in what has nothing to do with it.
const BYTES_MIN: usize = 6;
/// An id that is longer is found wherever it stands: chance does not write it.
const BYTES_CERTAIN: usize = 16;

/// What to look for.
pub(in crate::journal) struct Marks {
    marks: Vec<Mark>,
}

struct Mark {
    finder: Finder<'static>,
    neighbours: Neighbours,
    /// In any case: the pattern is in lower case.
    folds: bool,
}

/// What may not stand beside a mark.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Neighbours {
    Any,
    NoDigit,
    NoLetter,
}

impl Marks {
    /// Of a person, in all forms in which providers write them.
    pub(in crate::journal) fn of(person: &Person) -> Self {
        let mut marks = Self { marks: Vec::new() };
        for known in &person.identifiers {
            let value = known.identifier.value.as_str();
            match known.identifier.scheme {
                // With `+`, `%2B` or `00` before it, or nothing.
                IdentifierScheme::Phone => {
                    marks.add(value.trim_start_matches('+'), Neighbours::NoDigit, false);
                }
                IdentifierScheme::Email => {
                    let value = value.to_ascii_lowercase();
                    marks.add(&value, Neighbours::NoLetter, true);
                    for at in ["%40", "\\u0040"] {
                        marks.add(&value.replace('@', at), Neighbours::Any, true);
                    }
                }
                _ => {
                    let certain = value.len() >= BYTES_CERTAIN;
                    let neighbours = if certain { Neighbours::Any } else { Neighbours::NoLetter };
                    marks.add(value, neighbours, false);
                    let escaped = Value::from(value).to_string();
                    marks.add(&escaped[1..escaped.len() - 1], neighbours, false);
                    marks.add(&percent_encoded(value), neighbours, false);
                }
            }
        }
        marks
    }

    fn add(&mut self, pattern: &str, neighbours: Neighbours, folds: bool) {
        let known = self.marks.iter().any(|mark| mark.finder.needle() == pattern.as_bytes());
        if pattern.len() >= BYTES_MIN && !known {
            self.marks.push(Mark { finder: Finder::new(pattern).into_owned(), neighbours, folds });
        }
    }

    /// Whether any of it stands there.
    pub(in crate::journal) fn are_in(&self, text: &[u8]) -> bool {
        let folded = self.folded(text);
        self.marks.iter().any(|mark| mark.first(text, folded.as_deref(), 0).is_some())
    }

    fn folded(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.marks.iter().any(|mark| mark.folds).then(|| text.to_ascii_lowercase())
    }

    /// JSON with none of it in its texts. None: none of it was.
    pub(in crate::journal) fn blot(&self, json: &str) -> Option<String> {
        if !self.are_in(json.as_bytes()) {
            return None;
        }
        let mut value: Value = serde_json::from_str(json).ok()?;
        self.blot_value(&mut value).then(|| value.to_string())
    }

    fn blot_value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => {
                let blotted = self.blot_text(text);
                let changed = blotted.is_some();
                *text = blotted.unwrap_or_else(|| std::mem::take(text));
                changed
            }
            Value::Array(items) => {
                items.iter_mut().fold(false, |changed, item| self.blot_value(item) | changed)
            }
            Value::Object(members) => {
                members.values_mut().fold(false, |changed, member| self.blot_value(member) | changed)
            }
            _ => false,
        }
    }

    fn blot_text(&self, text: &str) -> Option<String> {
        let mut blotted: Option<String> = None;
        for mark in &self.marks {
            let mut from = 0;
            loop {
                let current = blotted.as_deref().unwrap_or(text);
                let folded = mark.folds.then(|| current.as_bytes().to_ascii_lowercase());
                let Some(at) = mark.first(current.as_bytes(), folded.as_deref(), from) else { break };
                let plus = mark.neighbours == Neighbours::NoDigit && current[..at].ends_with('+');
                let start = at - usize::from(plus);
                let end = at + mark.finder.needle().len();
                blotted = Some(format!("{}{ERASED}{}", &current[..start], &current[end..]));
                from = start + ERASED.len();
            }
        }
        blotted
    }
}

impl Mark {
    /// Where it stands, from there on.
    fn first(&self, text: &[u8], folded: Option<&[u8]>, from: usize) -> Option<usize> {
        let text = folded.filter(|_| self.folds).unwrap_or(text);
        let mut from = from;
        loop {
            let at = from + self.finder.find(text.get(from..)?)?;
            let end = at + self.finder.needle().len();
            if self.neighbours.allow(&text[..at], text.get(end)) {
                return Some(at);
            }
            from = at + 1;
        }
    }
}

impl Neighbours {
    fn allow(self, before: &[u8], after: Option<&u8>) -> bool {
        let forbidden = |byte: &u8| match self {
            Self::Any => false,
            Self::NoDigit => byte.is_ascii_digit(),
            Self::NoLetter => byte.is_ascii_alphanumeric(),
        };
        // `%22` is a quotation mark, not a two.
        let encoded =
            matches!(before, [.., b'%', one, two] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit());
        (encoded || !before.last().is_some_and(forbidden)) && !after.is_some_and(forbidden)
    }
}

fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use trunkline_model::Identifier;

    use super::*;

    fn marks(scheme: IdentifierScheme, value: &str) -> Marks {
        Marks::of(&Person::new(Identifier::new(scheme, value), None))
    }

    #[test]
    fn an_identifier_is_found_in_every_form_and_in_no_longer_one() {
        let table = [
            (IdentifierScheme::Phone, "+4917012345", "from=%2B4917012345&x", true),
            (IdentifierScheme::Phone, "+4917012345", r#"{"wa_id":"4917012345"}"#, true),
            (IdentifierScheme::Phone, "+4917012345", "%224917012345%22", true),
            (IdentifierScheme::Phone, "+4917012345", "14917012345", false),
            (IdentifierScheme::Phone, "+4917012345", "49170123456", false),
            (IdentifierScheme::Email, "Ana@x.org", "<ANA@X.ORG>", true),
            (IdentifierScheme::Email, "Ana@x.org", "from=%3Cana%40x.org%3E", true),
            (IdentifierScheme::Email, "Ana@x.org", "diana@x.org", false),
            (IdentifierScheme::Id, "U-1234", r#"{\"userId\":\"U-1234\"}"#, true),
            (IdentifierScheme::Id, "U-1234", "U-12345", false),
            (IdentifierScheme::Id, "a b/12", "id=a%20b%2F12", true),
            (IdentifierScheme::Id, "short", "short", false),
        ];
        for (scheme, value, text, found) in table {
            assert_eq!(marks(scheme, value).are_in(text.as_bytes()), found, "{value} in {text}");
        }
    }

    #[test]
    fn texts_are_blotted_and_numbers_left_alone() {
        let marks = marks(IdentifierScheme::Phone, "+1700000000123");
        let json = r#"{"at":1700000000123,"text":"call +1700000000123, or 1700000000123!"}"#;
        let blotted = marks.blot(json).expect("it stands there");
        assert_eq!(blotted, r#"{"at":1700000000123,"text":"call (erased), or (erased)!"}"#);
        assert_eq!(marks.blot(r#"{"text":"nothing"}"#), None);
    }

    #[test]
    fn an_address_is_blotted_in_any_case() {
        let marks = marks(IdentifierScheme::Email, "ana@x.org");
        assert_eq!(
            marks.blot(r#"["To Ana@X.org, ana@x.org"]"#).as_deref(),
            Some(r#"["To (erased), (erased)"]"#)
        );
    }
}
