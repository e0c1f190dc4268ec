//! Addresses: phone numbers, short codes, sender names, and those of other channels with a prefix.

use trunkline_sdk::fields::Fields;
use trunkline_sdk::{phone, prelude::*};

/// `whatsapp:+447700900001` as channel and value; of an SMS or MMS the value alone.
#[derive(Debug, PartialEq)]
pub struct Address {
    pub channel: Option<String>,
    pub value: String,
}

impl Address {
    /// None where nothing is left of the text.
    pub fn parse(text: &str) -> Option<Self> {
        let (channel, value) = match text.trim_start().split_once(':') {
            Some((prefix, value)) if is_channel(prefix) => (Some(prefix.to_ascii_lowercase()), value),
            _ => (None, text),
        };
        let value = repaired(value);
        (!value.is_empty()).then_some(Self { channel, value })
    }

    /// A phone number where it is one, else the address as an id: a short code, the name of a sender, a
    /// business-scoped user id. Only on WhatsApp is a number without `+` a phone number.
    pub fn identifier(&self, channel: &str) -> Identifier {
        let international = self.value.starts_with('+') || channel == "whatsapp";
        match phone::e164(&self.value).filter(|_| international) {
            Some(number) => Identifier::new(IdentifierScheme::Phone, number),
            None => Identifier::new(IdentifierScheme::Id, &*self.value),
        }
    }
}

fn is_channel(prefix: &str) -> bool {
    (2..=20).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

/// A `+` that was not escaped arrives as a space.
fn repaired(value: &str) -> String {
    match value.strip_prefix(' ') {
        Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("+{number}")
        }
        _ => value.trim().to_owned(),
    }
}

/// Who talks to whom, and how.
pub struct Route {
    pub channel: String,
    /// Our address without the channel; the Messaging Service or account where there is none yet.
    pub account: String,
    pub contact: Option<Contact>,
}

impl Route {
    /// Takes the addresses from the fields: `ours` and `theirs` are the names of the parameters. A WhatsApp
    /// address has been seen without its prefix, so that either side, and other parameters, tell the channel.
    pub fn take(fields: &mut Fields, ours: &str, theirs: &str, message_sid: &str) -> Self {
        let ours = fields.take(ours).as_deref().and_then(Address::parse);
        let theirs = fields.take(theirs).as_deref().and_then(Address::parse);
        let prefix = [&theirs, &ours].into_iter().flatten().find_map(|address| address.channel.clone());
        let named =
            || fields.peek("ChannelPrefix").filter(|name| is_channel(name)).map(str::to_ascii_lowercase);
        let channel = prefix.or_else(named).unwrap_or_else(|| unprefixed(fields, message_sid).to_owned());
        if fields.peek("ChannelPrefix").is_some_and(|name| name.eq_ignore_ascii_case(&channel)) {
            fields.take("ChannelPrefix");
        }
        let contact = contact(theirs, &channel, fields);
        // Already compared with the settings.
        let account_sid = fields.take("AccountSid");
        let account = ours.map(|address| address.value);
        let account =
            account.or_else(|| fields.peek("MessagingServiceSid").map(str::to_owned)).or(account_sid);
        Self { channel, account: account.unwrap_or_default(), contact }
    }
}

/// The channel of a message whose addresses do not name it. A multimedia message has an id of its own kind.
fn unprefixed(fields: &Fields, message_sid: &str) -> &'static str {
    let media = fields.peek("NumMedia").is_some_and(|number| number.trim() != "0");
    match (fields.peek("WaId"), media || message_sid.starts_with("MM")) {
        (Some(_), _) => "whatsapp",
        (None, true) => "mms",
        (None, false) => "sms",
    }
}

fn contact(address: Option<Address>, channel: &str, fields: &mut Fields) -> Option<Contact> {
    let mut identifiers = Vec::new();
    identifiers.extend(address.map(|address| address.identifier(channel)));
    let user_id = fields.take("ExternalUserId").as_deref().and_then(Address::parse);
    identifiers.extend(user_id.map(|address| address.identifier(channel)));
    // In a few countries the WhatsApp id is not the number.
    let wa_id = fields.take("WaId").as_deref().and_then(Address::parse);
    identifiers.extend(wa_id.map(|address| address.identifier("whatsapp")));
    let mut unique: Vec<Identifier> = Vec::with_capacity(identifiers.len());
    for identifier in identifiers {
        if !unique.contains(&identifier) {
            unique.push(identifier);
        }
    }
    let name = fields.take("ProfileName");
    (!unique.is_empty()).then(|| Contact { identifiers: unique, name, ..Contact::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_they_come() {
        for (text, channel, scheme, value) in [
            ("+15005550123", None, IdentifierScheme::Phone, "+15005550123"),
            (" 15005550123", None, IdentifierScheme::Phone, "+15005550123"),
            ("72345", None, IdentifierScheme::Id, "72345"),
            ("72345678", None, IdentifierScheme::Id, "72345678"),
            ("ACME Ltd", None, IdentifierScheme::Id, "ACME Ltd"),
            ("whatsapp:+447700900001", Some("whatsapp"), IdentifierScheme::Phone, "+447700900001"),
            ("whatsapp: 447700900001", Some("whatsapp"), IdentifierScheme::Phone, "+447700900001"),
            ("WhatsApp:447700900001", Some("whatsapp"), IdentifierScheme::Phone, "+447700900001"),
            ("whatsapp:US.123400001111", Some("whatsapp"), IdentifierScheme::Id, "US.123400001111"),
            ("messenger:123456789012345", Some("messenger"), IdentifierScheme::Id, "123456789012345"),
            ("rcs:brand_agent", Some("rcs"), IdentifierScheme::Id, "brand_agent"),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!(address.channel.as_deref(), channel, "{text}");
            let identifier = address.identifier(channel.unwrap_or("sms"));
            assert_eq!(identifier, Identifier::new(scheme, value), "{text}");
        }
        assert_eq!(
            (Address::parse(""), Address::parse("whatsapp: "), Address::parse(" ")),
            (None, None, None)
        );
    }
}
