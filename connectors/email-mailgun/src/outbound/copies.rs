//! Who a mail goes to.

use trunkline_sdk::email::address;
use trunkline_sdk::outbound::{self, attribute, refuse};
use trunkline_sdk::prelude::*;

/// Addresses in `copy_to` and `blind_copy_to` together. Mailgun takes 1,000, which is no conversation any more.
const COPIES_MAX: usize = 100;

/// The contact: the address as they wrote it where that is told beside the one in lower case.
pub fn to(message: &Outgoing) -> Result<String, Failure> {
    let key = outbound::address(message, &IdentifierScheme::Email)
        .ok_or_else(|| refuse("missing", "the contact has no e-mail address"))?;
    let written = outbound::address(message, &IdentifierScheme::Other("address".to_owned()))
        .filter(|written| written.to_lowercase() == key.to_lowercase());
    plain_address(written.unwrap_or(key))
        .ok_or_else(|| refuse("unsupported", "the contact's e-mail address is none"))
}

/// The fields `cc` and `bcc`. The attribute `cc` is not what they are made of: that says who had a copy of the
/// contact's mail, is handed along with every answer, and nobody asked to write to them.
pub fn fields(message: &Outgoing) -> Result<Vec<(String, String)>, Failure> {
    let mut fields = Vec::new();
    let mut count = 0;
    for (name, field) in [("copy_to", "cc"), ("blind_copy_to", "bcc")] {
        let Some(list) = attribute(message, name) else { continue };
        let addresses = list.split(',').map(str::trim).filter(|item| !item.is_empty());
        let addresses: Option<Vec<String>> = addresses.map(plain_address).collect();
        let addresses = addresses.filter(|addresses| !addresses.is_empty()).ok_or_else(|| {
            refuse(
                "unsupported",
                format!("attribute `{name}`: addresses without names, with commas between them"),
            )
        })?;
        count += addresses.len();
        fields.push((field.to_owned(), addresses.join(", ")));
    }
    if count > COPIES_MAX {
        return Err(refuse("too_many", format!("{count} copies, at most {COPIES_MAX}")));
    }
    Ok(fields)
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
