//! How people name a contact: `phone:+49…`, `email:…`, `id:…`, or what can be nothing else.

use trunkline_model::{Identifier, IdentifierScheme};

/// What is expected. Never repeats what was given: it is somebody's.
pub const EXPECTED: &str = "for example `phone:+491701234567`, `email:ana@example.com` or `id:U4af49806292`";

/// Digits of a number, short codes included.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=20;
/// Bytes of an identifier.
const BYTES_MAX: usize = 1_024;

/// Reads an identifier. None: it is none, or could be several things.
pub fn parse(text: &str) -> Option<Identifier> {
    let text = text.trim();
    if text.len() > BYTES_MAX || text.chars().any(char::is_control) {
        return None;
    }
    match text.split_once(':') {
        Some(("phone", value)) => phone(value),
        Some(("email", value)) => email(value),
        Some(("id", value)) => {
            Some(Identifier::new(IdentifierScheme::Id, value)).filter(|_| !value.is_empty())
        }
        // A name is not a key: two people may have it, and one of them tomorrow.
        Some(("username", _)) => None,
        Some((scheme, value)) if is_name(scheme) && !value.is_empty() => {
            Some(Identifier::new(IdentifierScheme::from(scheme), value))
        }
        _ if text.starts_with('+') => phone(text),
        _ if text.contains('@') => email(text),
        _ => None,
    }
}

fn is_name(scheme: &str) -> bool {
    !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-')
}

fn phone(text: &str) -> Option<Identifier> {
    let compact: String =
        text.chars().filter(|character| !matches!(character, ' ' | '-' | '.' | '/' | '(' | ')')).collect();
    let digits = compact.strip_prefix('+').unwrap_or(&compact);
    let whole = DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| Identifier::new(IdentifierScheme::Phone, compact))
}

fn email(text: &str) -> Option<Identifier> {
    let (name, domain) = text.rsplit_once('@')?;
    let whole = !name.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace);
    whole.then(|| Identifier::new(IdentifierScheme::Email, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_read_as_people_write_them() {
        let table = [
            ("phone:+49 170 123-4567", Some(("phone", "+491701234567"))),
            ("+49 (170) 1234567", Some(("phone", "+491701234567"))),
            ("phone:12345", Some(("phone", "12345"))),
            ("ana@example.com", Some(("email", "ana@example.com"))),
            ("email:Ana@Example.com", Some(("email", "Ana@Example.com"))),
            ("id:U4af:1", Some(("id", "U4af:1"))),
            ("wa_id:4917", Some(("wa_id", "4917"))),
            ("+49abc", None),
            ("phone:", None),
            ("email:ana", None),
            ("id:", None),
            ("username:ana", None),
            ("4917012345", None),
            ("U4af49806292", None),
            ("", None),
        ];
        for (text, expected) in table {
            let found = parse(text);
            let found = found.as_ref().map(|found| (found.scheme.as_str(), found.value.as_str()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
