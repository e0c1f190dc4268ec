//! Addresses: digits without `+` at Vonage, names of senders, ids of pages and users.

use trunkline_sdk::{phone, prelude::*};

/// Channels on which the contact is a telephone number.
const BY_NUMBER: [&str; 5] = ["sms", "mms", "whatsapp", "viber_service", "rcs"];
/// Channels on which we are one.
const FROM_NUMBER: [&str; 3] = ["sms", "mms", "whatsapp"];

/// The contact's address. A page-scoped id consists of digits too, and so does a short code.
pub fn identifier(address: &str, channel: &str) -> Identifier {
    match phone::e164(address).filter(|_| BY_NUMBER.contains(&channel)) {
        Some(number) => Identifier::new(IdentifierScheme::Phone, number),
        None => Identifier::new(IdentifierScheme::Id, address),
    }
}

/// Our side: a number in E.164, or what else we are called.
pub fn account(address: &str, channel: &str) -> String {
    phone::e164(address).filter(|_| FROM_NUMBER.contains(&channel)).unwrap_or_else(|| address.to_owned())
}

/// As Vonage writes it.
pub fn bare(address: &str) -> &str {
    match address.strip_prefix('+') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits,
        _ => address,
    }
}

/// Who an address is. None where there is none.
pub fn contact(address: Option<&str>, channel: &str, name: Option<&str>) -> Option<Contact> {
    let address = address.filter(|address| !address.is_empty())?;
    Some(Contact {
        identifiers: vec![identifier(address, channel)],
        name: name.filter(|name| !name.is_empty()).map(str::to_owned),
        ..Contact::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_says_whether_digits_are_a_number() {
        for (address, channel, scheme, value) in [
            ("447700900001", "sms", IdentifierScheme::Phone, "+447700900001"),
            ("447700900001", "rcs", IdentifierScheme::Phone, "+447700900001"),
            ("72345", "sms", IdentifierScheme::Id, "72345"),
            ("Example", "sms", IdentifierScheme::Id, "Example"),
            ("123456789012345", "messenger", IdentifierScheme::Id, "123456789012345"),
            ("US.123400001111", "whatsapp", IdentifierScheme::Id, "US.123400001111"),
        ] {
            assert_eq!(identifier(address, channel), Identifier::new(scheme, value), "{address} {channel}");
        }
        assert_eq!(account("447700900002", "whatsapp"), "+447700900002");
        assert_eq!(account("123456789012345", "messenger"), "123456789012345");
        assert_eq!((bare("+447700900002"), bare("+x"), bare("Example")), ("447700900002", "+x", "Example"));
    }
}
