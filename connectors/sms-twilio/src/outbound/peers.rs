//! Between whom a message goes, and on which channel: the inverse of what webhooks say.

use trunkline_sdk::{outbound, phone, prelude::*};

use super::native::FormFields;
use crate::address::Address;

/// Our side.
#[derive(Debug, Clone, PartialEq)]
pub enum Sender {
    /// A Messaging Service, which chooses the number.
    Service(String),
    /// A number, short code, name, agent or page, without the channel.
    Address(String),
}

/// Who writes to whom.
#[derive(Debug, PartialEq)]
pub struct Peers {
    /// `sms` for MMS, too.
    pub channel: String,
    pub sender: Sender,
    /// The contact's address without the channel.
    pub to: String,
    /// The account is spelt as events spell it, so that the host knows when the contact last wrote.
    pub account_is_that_of_events: bool,
}

impl Peers {
    /// The channel is that of the attribute, or of a prefix of either side, else SMS.
    pub fn of(message: &Outgoing) -> Result<Self, Failure> {
        let Some(ours) = Address::parse(&message.account) else {
            return Err(outbound::refuse("missing", "no `account`, and the setting `sender` is empty"));
        };
        let addresses: Vec<(&IdentifierScheme, Address)> = message
            .to
            .iter()
            .filter(|identifier| matches!(identifier.scheme, IdentifierScheme::Phone | IdentifierScheme::Id))
            .filter_map(|identifier| Some((&identifier.scheme, Address::parse(&identifier.value)?)))
            .collect();
        let prefixes = addresses.iter().map(|(_, address)| address);
        let prefixes = std::iter::once(&ours).chain(prefixes).filter_map(|address| address.channel.clone());
        let named = outbound::attribute(message, "channel").map(str::to_ascii_lowercase);
        let channel = one_channel(named.into_iter().chain(prefixes))?;
        let sender = sender(&ours, &channel)?;
        let account_is_that_of_events = matches!(sender, Sender::Address(_)) && ours.channel.is_none();
        let to = recipient(&addresses, &channel)?;
        Ok(Self { channel, sender, to, account_is_that_of_events })
    }

    pub fn is_sms(&self) -> bool {
        self.channel == "sms"
    }

    pub fn is_whatsapp(&self) -> bool {
        self.channel == "whatsapp"
    }

    /// `To`, and `From` or `MessagingServiceSid`.
    pub fn fields(&self) -> FormFields {
        let sender = match &self.sender {
            Sender::Service(sid) => ("MessagingServiceSid", sid.clone()),
            Sender::Address(address) => ("From", self.prefixed(address)),
        };
        let fields = [("To", self.prefixed(&self.to)), sender];
        fields.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    fn prefixed(&self, address: &str) -> String {
        if self.is_sms() { address.to_owned() } else { format!("{}:{address}", self.channel) }
    }
}

fn one_channel(named: impl Iterator<Item = String>) -> Result<String, Failure> {
    let mut channel: Option<String> = None;
    for name in named {
        let name = if name == "mms" { "sms".to_owned() } else { name };
        // A name that an address cannot have as prefix would become part of the address.
        if Address::parse(&format!("{name}:1")).and_then(|address| address.channel).as_ref() != Some(&name) {
            return Err(outbound::refuse("unsupported", format!("`{name}` is no channel of Twilio's")));
        }
        if let Some(other) = channel.replace(name.clone()).filter(|other| *other != name) {
            let what = format!(
                "the channel is `{other}` and `{name}` at once: account, contact and attribute differ"
            );
            return Err(outbound::refuse("unsupported", what));
        }
    }
    Ok(channel.unwrap_or_else(|| "sms".to_owned()))
}

fn sender(ours: &Address, channel: &str) -> Result<Sender, Failure> {
    match &*ours.value {
        service if is_sid(service, "MG") => Ok(Sender::Service(service.to_owned())),
        account if is_sid(account, "AC") => {
            let what = "`account` is our account at Twilio, not a number or Messaging Service to send from";
            Err(outbound::refuse("missing", what))
        }
        _ => Ok(Sender::Address(ours.identifier(channel).value)),
    }
}

fn recipient(addresses: &[(&IdentifierScheme, Address)], channel: &str) -> Result<String, Failure> {
    let fitting = addresses.iter().find_map(|(scheme, address)| {
        let value = &address.value;
        let number = if **scheme == IdentifierScheme::Phone {
            phone::e164(value)
        } else {
            Some(value.clone()).filter(|_| value.starts_with('+')).and_then(|value| phone::e164(&value))
        };
        match (channel, number) {
            ("messenger", Some(_)) => None,
            (_, Some(number)) => Some(number),
            // A short code. Nobody can write to the name of a sender.
            ("sms", None) => Some(value.clone()).filter(|value| is_short_code(value)),
            (_, None) => Some(value.clone()).filter(|_| **scheme == IdentifierScheme::Id),
        }
    });
    fitting.ok_or_else(|| {
        let what = match channel {
            "sms" => "the contact has no phone number: `+` and 7 to 15 digits".to_owned(),
            channel => format!("the contact has no address on the channel `{channel}`"),
        };
        outbound::refuse("missing", what)
    })
}

/// Three to eight digits, by country.
pub fn is_short_code(value: &str) -> bool {
    (3..=8).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is one of Twilio's ids: two letters and 32 hexadecimal digits.
pub fn is_sid(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
