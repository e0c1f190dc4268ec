//! What a new connector may be called.

use trunkline_model::manifest::is_id;

use crate::error::AuthorError;

/// The most characters of an id.
const CHARACTERS_MAX: usize = 40;

/// Whether a connector can be called that.
pub fn check(name: &str) -> Result<(), AuthorError> {
    if is_id(name) {
        return Ok(());
    }
    let why = match name {
        "" => "it is empty",
        _ if name.len() > CHARACTERS_MAX => "it has more than 40 characters",
        _ => "it must be lower-case letters, digits and hyphens, and start with a letter",
    };
    let suggestion = Some(near(name)).filter(|name| is_id(name));
    Err(AuthorError::Name { name: name.to_owned(), why, suggestion })
}

/// The same in small letters, with a hyphen for whatever is neither letter nor digit.
fn near(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let name = name.trim_start_matches(|first: char| !first.is_ascii_lowercase());
    name.chars().take(CHARACTERS_MAX).collect::<String>().trim_end_matches('-').to_owned()
}

/// For people, until somebody writes a better one: `Acme Chat` of `acme-chat`.
pub fn title(id: &str) -> String {
    let words = id.split('-').filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_name_gets_a_good_one() {
        for (name, suggestion) in [
            ("Acme Chat", Some("acme-chat")),
            ("acme_chat", Some("acme-chat")),
            ("../acme", Some("acme")),
            ("2acme", Some("acme")),
            ("grüße", Some("gr-e")),
            ("", None),
            ("你好", None),
            (&"a-".repeat(21), Some("a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a")),
        ] {
            let error = check(name).expect_err(name);
            let expected = suggestion.map(|name| format!("for example `{name}`"));
            assert_eq!(error.hint(), expected, "{name}");
        }
        assert!(check("acme-chat-2").is_ok());
        assert_eq!(title("acme-chat-2"), "Acme Chat 2");
    }
}
