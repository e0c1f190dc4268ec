//! Bytes of a body, changed class by class: also those changes that a parser would not notice.

use serde_json::Value;
use trunkline_model::Request;

use super::{Covers, Tampered};
use crate::form;

/// A class of bytes: its name, which bytes belong to it, and what one becomes.
type Class = (&'static str, fn(u8) -> bool, fn(u8) -> u8);

/// Each class is changed where it first occurs, and where it last does.
const CLASSES: [Class; 8] = [
    ("letter", |byte| byte.is_ascii_alphabetic(), |byte| if byte == b'a' { b'b' } else { b'a' }),
    ("letter's case", |byte| byte.is_ascii_alphabetic(), |byte| byte ^ 0x20),
    ("digit", |byte| byte.is_ascii_digit(), |byte| if byte == b'9' { b'0' } else { byte + 1 }),
    ("punctuation mark", |byte| byte.is_ascii_punctuation(), |byte| if byte == b'.' { b',' } else { b'.' }),
    ("blank", |byte| byte == b' ', |_| b'\t'),
    ("line end", |byte| matches!(byte, b'\n' | b'\r'), |_| b' '),
    ("control byte", |byte| byte.is_ascii_control() && !byte.is_ascii_whitespace(), |byte| byte ^ 1),
    ("byte beyond ASCII", |byte| !byte.is_ascii(), |byte| byte ^ 1),
];

/// The body, changed in every way that must be refused where it is signed as it is.
///
/// Where only the decoded fields of a form are signed, changes that leave those as they are are left out.
pub fn bodies(request: &Request, covers: Covers) -> Vec<Tampered> {
    if request.body.is_empty() {
        return Vec::new();
    }
    let body = &request.body;
    let mut all = Vec::new();
    let mut add = |what: String, changed: Vec<u8>| {
        let tampered = Request { body: changed, ..request.clone() };
        let decoded = covers == Covers::UrlAndForm && form::is_encoded(request);
        if tampered.body != *body && !(decoded && signed_form(&tampered.body) == signed_form(body)) {
            all.push(Tampered::new(what, tampered));
        }
    };
    let last = body.len() - 1;
    for (what, index) in [("first", 0), ("middle", last / 2), ("last", last)] {
        add(format!("the {what} byte of the body changed"), at(body, index, |byte| byte ^ 1));
    }
    add("a byte after the body".to_owned(), [body, b"x".as_slice()].concat());
    add("the last byte of the body removed".to_owned(), body[..last].to_vec());
    add("no body".to_owned(), Vec::new());
    for (class, belongs, change) in CLASSES {
        let places = [
            ("first", body.iter().position(|byte| belongs(*byte))),
            ("last", body.iter().rposition(|byte| belongs(*byte))),
        ];
        for (place, index) in places {
            if let Some(index) = index {
                add(format!("the {place} {class} of the body changed"), at(body, index, change));
            }
        }
    }
    add("a line end after the body".to_owned(), [body, b"\n".as_slice()].concat());
    add("a NUL after the body".to_owned(), [body, b"\0".as_slice()].concat());
    add("a blank before the body".to_owned(), [b" ".as_slice(), body].concat());
    add("a byte order mark before the body".to_owned(), [b"\xef\xbb\xbf".as_slice(), body].concat());
    add("the body twice".to_owned(), [body.as_slice(), body].concat());
    for (what, changed) in written_otherwise(body) {
        add(what.to_owned(), changed);
    }
    all
}

fn at(body: &[u8], index: usize, change: impl Fn(u8) -> u8) -> Vec<u8> {
    let mut changed = body.to_vec();
    changed[index] = change(changed[index]);
    changed
}

/// What is signed of a form: names and values, sorted, one behind the other, what stands twice once.
pub fn signed_form(body: &[u8]) -> String {
    let mut fields = form::fields(body);
    fields.sort();
    fields.dedup();
    fields.into_iter().map(|(name, value)| name + &value).collect()
}

/// The same JSON in other bytes: what comes out where a body is parsed and written anew before it is verified.
fn written_otherwise(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    if !value.is_object() && !value.is_array() {
        return Vec::new();
    }
    let compact = value.to_string();
    let pretty = serde_json::to_vec_pretty(&value).unwrap_or_default();
    let ascii: String = compact.chars().map(escaped).collect();
    let mut all = vec![
        ("the same JSON over several lines", pretty),
        ("the same JSON without blanks", compact.clone().into_bytes()),
    ];
    if ascii != compact {
        all.push(("the same JSON with letters escaped", ascii.into_bytes()));
    }
    if let Value::Object(object) = &value
        && let Some((name, first)) = object.iter().next()
    {
        let member = format!("{{{}:{first},", Value::from(name.as_str()));
        all.push(("a member of the JSON twice", compact.replacen('{', &member, 1).into_bytes()));
    }
    all
}

/// What is no ASCII, as JSON may write it.
fn escaped(letter: char) -> String {
    if letter.is_ascii() {
        return letter.to_string();
    }
    let mut units = [0; 2];
    letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(content_type: &str, body: &str, covers: Covers) -> Vec<Tampered> {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        bodies(&Request { headers, body: body.as_bytes().to_vec(), ..Request::default() }, covers)
    }

    #[test]
    fn each_class_is_changed_and_nothing_stays_as_it_was() {
        let body = "{\"a\": \"Zür 1\",\n\"b\":[7]}";
        let all = changed("application/json", body, Covers::Body);
        assert!(all.iter().all(|tampered| tampered.request.body != body.as_bytes()));
        for what in [
            "first letter of",
            "last digit",
            "first blank",
            "line end of",
            "beyond ASCII",
            "escaped",
            "twice",
        ] {
            assert!(all.iter().any(|tampered| tampered.what.contains(what)), "{what}");
        }
        let parsed = |body: &[u8]| serde_json::from_slice::<Value>(body).ok();
        let same = all.iter().filter(|tampered| tampered.what.starts_with("the same JSON"));
        assert_eq!(same.clone().count(), 3);
        assert!(same.clone().all(|tampered| parsed(&tampered.request.body) == parsed(body.as_bytes())));
    }

    #[test]
    fn of_a_form_only_what_decodes_otherwise_is_changed() {
        let form = "application/x-www-form-urlencoded";
        // `%2F` is `%2f`.
        let all = changed(form, "a=1&b=x%2f", Covers::UrlAndForm);
        assert!(all.iter().all(|tampered| signed_form(&tampered.request.body) != "a1bx/"));
        assert!(all.len() < changed(form, "a=1&b=x%2f", Covers::Body).len());
        assert!(changed(form, "", Covers::Body).is_empty());
    }
}
