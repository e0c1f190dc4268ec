//! Addresses: lists as senders write them, and the form in which they are compared.

use mail_parser::{HeaderValue, MessageParser};
use trunkline_model::{Contact, Identifier, IdentifierScheme};

use super::encoded_word;

/// The most addresses of one header.
const MAILBOXES_MAX: usize = 200;
/// RFC 5321: 64 octets, `@`, 255 octets.
const ADDRESS_SIZE_MAX: usize = 320;

/// An address with the name that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mailbox {
    /// As the sender wrote it, decoded. None where it is an address itself: that could be another's.
    pub name: Option<String>,
    /// Domain in lower case, local part as written.
    pub address: String,
}

impl Mailbox {
    /// The person behind it. The identifier to key by is in lower case; where the local part was written
    /// otherwise, that is kept beside it for sending, as `address`.
    pub fn contact(&self) -> Contact {
        let key = self.address.to_lowercase();
        let mut contact = Contact::new(IdentifierScheme::Email, &*key);
        if key != self.address {
            contact
                .identifiers
                .push(Identifier::new(IdentifierScheme::Other("address".to_owned()), &*self.address));
        }
        contact.name = self.name.clone();
        contact
    }
}

/// The addresses of a header value: groups opened, comments gone, names decoded after the list is split. What
/// has no `@` is no address.
pub fn mailboxes(value: &str) -> Vec<Mailbox> {
    // Outlook separates with semicolons, which are the end of a group in the standard.
    let list = if value.contains(':') { value.to_owned() } else { commas(value) };
    let header = format!("To: {}\r\n\r\n", encoded_word::joined(&list).replace(['\r', '\n', '\0'], " "));
    let Some(message) = MessageParser::new().parse_headers(header.as_bytes()) else { return Vec::new() };
    let Some(HeaderValue::Address(addresses)) = message.header("To") else { return Vec::new() };
    let mailboxes = addresses.iter().filter_map(|mailbox| {
        let address = address(mailbox.address.as_deref()?)?;
        let name = mailbox.name.as_deref().map(|name| {
            let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
            name.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\''))
                .to_owned()
        });
        Some(Mailbox { name: name.filter(|name| !name.is_empty() && !name.contains('@')), address })
    });
    mailboxes.take(MAILBOXES_MAX).collect()
}

/// A bare address, domain in lower case without a final dot. None where it is no address.
pub fn address(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('<').trim_end_matches('>');
    // A route (`@a,@b:c@d`) was abolished in 1989.
    let text = if text.starts_with('@') { text.rsplit(':').next().unwrap_or_default() } else { text };
    let (local, domain) = text.rsplit_once('@')?;
    let domain = domain.trim().trim_end_matches(['.', '>']).to_lowercase();
    let bracket = |letter: char| matches!(letter, '<' | '>');
    let odd = |letter: char| letter.is_control() || letter.is_whitespace() || bracket(letter);
    if local.is_empty() || domain.is_empty() || text.len() > ADDRESS_SIZE_MAX || domain.contains(odd) {
        return None;
    }
    // White space and brackets can stand in a quoted local part only.
    let unquoted = |letter: char| letter.is_whitespace() || bracket(letter);
    let bad = local.contains(char::is_control) || (!local.starts_with('"') && local.contains(unquoted));
    (!bad).then(|| format!("{local}@{domain}"))
}

/// Semicolons outside of quotes as commas.
fn commas(value: &str) -> String {
    let mut quoted = false;
    let letters = value.chars().map(|letter| match letter {
        '"' => {
            quoted = !quoted;
            '"'
        }
        ';' if !quoted => ',',
        other => other,
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_as_senders_write_them() {
        for (value, expected) in [
            ("Ada <Ada.L@Example.NET>", vec![(Some("Ada"), "Ada.L@example.net")]),
            ("\"Lovelace, Ada\" <a@x>, b@y", vec![(Some("Lovelace, Ada"), "a@x"), (None, "b@y")]),
            ("=?utf-8?Q?Love=2C_Ada?= <a@x>", vec![(Some("Love, Ada"), "a@x")]),
            ("\"=?utf-8?Q?=C3=84da?=\" <a@x>", vec![(Some("Äda"), "a@x")]),
            ("=?utf-8?Q?Bob_=3Cevil=40x=3E?= <a@x>", vec![(None, "a@x")]),
            ("\"a@b\" <a@b>", vec![(None, "a@b")]),
            ("a@x; b@y;", vec![(None, "a@x"), (None, "b@y")]),
            ("undisclosed-recipients:;", vec![]),
            ("Team: a@x, B <b@y>;, c@z", vec![(None, "a@x"), (Some("B"), "b@y"), (None, "c@z")]),
            ("a@x (Ada)", vec![(Some("Ada"), "a@x")]),
            ("<@r1,@r2:a@x>", vec![(None, "a@x")]),
            ("Ada", vec![]),
            ("", vec![]),
            ("<a@x.>", vec![(None, "a@x")]),
        ] {
            let found = mailboxes(value);
            let found: Vec<_> =
                found.iter().map(|mailbox| (mailbox.name.as_deref(), &*mailbox.address)).collect();
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn brackets_are_no_part_of_an_address() {
        for (text, expected) in
            [("<a@x>.", Some("a@x")), ("<a@x>e>.", None), ("@r:<a@x", None), ("\"<a>\"@x", Some("\"<a>\"@x"))]
        {
            assert_eq!(address(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_key_is_in_lower_case_and_what_was_written_is_kept() {
        let contact = Mailbox { name: None, address: "Ada.L@example.net".into() }.contact();
        let identifiers: Vec<_> =
            contact.identifiers.iter().map(|id| (id.scheme.as_str(), &*id.value)).collect();
        assert_eq!(identifiers, [("email", "ada.l@example.net"), ("address", "Ada.L@example.net")]);
    }
}
