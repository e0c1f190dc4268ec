//! Who a mail goes to.

use trunkline_model::{Failure, IdentifierScheme, Outgoing};

use super::Provider;
use crate::email::address;
use crate::outbound::{self, attribute, refuse};

/// Who gets copies.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Copies {
    /// Everybody sees that they do.
    pub shown: Vec<String>,
    /// Nobody does.
    pub blind: Vec<String>,
}

/// The contact: the address as they wrote it where that is told beside the one in lower case.
pub fn to(message: &Outgoing) -> Result<String, Failure> {
    let key = outbound::address(message, &IdentifierScheme::Email)
        .ok_or_else(|| refuse("missing", "the contact has no e-mail address"))?;
    let written = outbound::address(message, &IdentifierScheme::Other("address".to_owned()))
        .filter(|written| written.to_lowercase() == key.to_lowercase());
    plain_address(written.unwrap_or(key))
        .ok_or_else(|| refuse("unsupported", "the contact's e-mail address is none"))
}

/// The attributes `copy_to` and `blind_copy_to`. The attribute `cc` is not what they are made of: that says who had a copy of
/// the contact's mail, is handed along with every answer, and nobody asked to write to them.
pub fn copies(message: &Outgoing, provider: &Provider) -> Result<Copies, Failure> {
    let list = |name: &str| {
        let Some(list) = attribute(message, name) else { return Ok(Vec::new()) };
        let addresses = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        let addresses: Option<Vec<String>> = addresses.map(plain_address).collect();
        addresses.filter(|addresses| !addresses.is_empty()).ok_or_else(|| {
            refuse(
                "unsupported",
                format!("attribute `{name}`: addresses without names, with commas between them"),
            )
        })
    };
    let copies = Copies { shown: list("copy_to")?, blind: list("blind_copy_to")? };
    let count = copies.shown.len() + copies.blind.len();
    if count > provider.copies_max {
        return Err(refuse("too_many", format!("{count} copies, at most {}", provider.copies_max)));
    }
    Ok(copies)
}

/// Where the contact is to answer, where that is not the mailbox: the attribute `answer_to`. The attribute `reply_to` is the
/// contact's own.
pub fn answer_to(message: &Outgoing) -> Result<Option<String>, Failure> {
    let Some(given) = attribute(message, "answer_to") else { return Ok(None) };
    let address = plain_address(given);
    let odd = || refuse("unsupported", "attribute `answer_to`: one address without a name");
    address.map(Some).ok_or_else(odd)
}

/// An address that is one wherever it is put: no second one behind a comma, nothing that needs quotes.
pub fn plain_address(text: &str) -> Option<String> {
    let found = address(text)?;
    let special = |letter: char| letter.is_whitespace() || ",;:<>()[]\\\"".contains(letter);
    let plain = !found.contains(special) && found.matches('@').count() == 1 && text.trim().len() < 256;
    plain.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::plain_address;

    #[test]
    fn one_address_and_no_more() {
        for (text, expected) in [
            ("Ada.L@Example.NET", Some("Ada.L@example.net")),
            (" <ada+x@example.net> ", Some("ada+x@example.net")),
            ("ada@example.net,eve@example.net", None),
            ("ada@x,eve@example.net", None),
            ("ada;eve@example.net", None),
            ("\"ada, eve\"@example.net", None),
            ("ada@example.net\r\nBcc: eve@example.net", None),
            ("Ada <ada@example.net>", None),
            ("ada@[192.0.2.1]", None),
            ("ada", None),
            ("", None),
        ] {
            assert_eq!(plain_address(text).as_deref(), expected, "{text:?}");
        }
    }
}
