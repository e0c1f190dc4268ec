//! Between whom a message goes, and on which channel: the inverse of what webhooks say.

use trunkline_sdk::{outbound, phone, prelude::*};

use crate::address::bare;

const CHANNELS: [&str; 5] = ["sms", "whatsapp", "messenger", "viber_service", "rcs"];

/// Who writes to whom, as Vonage spells it.
#[derive(Debug, PartialEq)]
pub struct Peers {
    /// `sms` for MMS, too.
    pub channel: String,
    pub from: String,
    pub to: String,
}

impl Peers {
    /// The channel is that of the attribute, which the contact's last message has, else SMS.
    pub fn of(message: &Outgoing) -> Result<Self, Failure> {
        if message.thread.as_ref().is_some_and(|thread| thread.kind != ThreadKind::Direct) {
            return Err(outbound::refuse("unsupported", "Vonage's messages have no groups"));
        }
        let account = message.account.trim();
        if account.is_empty() {
            return Err(outbound::refuse("missing", "no `account`, and the setting `sender` is empty"));
        }
        let named = outbound::attribute(message, "channel").unwrap_or("sms").to_ascii_lowercase();
        let channel = if named == "mms" { "sms".to_owned() } else { named };
        if !CHANNELS.contains(&&*channel) {
            return Err(outbound::refuse("unsupported", format!("`{channel}` is no channel of Vonage's")));
        }
        let to = recipient(message, &channel)?;
        Ok(Self { from: bare(account).to_owned(), to, channel })
    }

    pub fn is_sms(&self) -> bool {
        self.channel == "sms"
    }

    pub fn is_whatsapp(&self) -> bool {
        self.channel == "whatsapp"
    }

    /// Whether both are in the United States or Canada; a short code there is taken to be local.
    pub fn have_mms(&self) -> bool {
        let local = |digits: &str| phone::is_north_american(&format!("+{digits}"));
        let short = self.from.len() <= 6 && self.from.bytes().all(|byte| byte.is_ascii_digit());
        local(&self.to) && (short || local(&self.from))
    }
}

fn recipient(message: &Outgoing, channel: &str) -> Result<String, Failure> {
    let found = message.to.iter().find_map(|identifier| {
        let value = identifier.value.trim();
        let number = phone::e164(value)
            .filter(|_| identifier.scheme == IdentifierScheme::Phone || value.starts_with('+'));
        let is_id = identifier.scheme == IdentifierScheme::Id && !value.is_empty();
        match (channel, number) {
            ("messenger", Some(_)) => None,
            (_, Some(number)) => Some(bare(&number).to_owned()),
            // Nobody can write to the name of a sender, but to a short code.
            ("sms", None) => Some(value).filter(|value| is_id && is_short_code(value)).map(str::to_owned),
            ("messenger" | "whatsapp", None) => Some(value).filter(|_| is_id).map(str::to_owned),
            _ => None,
        }
    });
    found.ok_or_else(|| {
        let what = match channel {
            "messenger" => "the contact has no id on the channel `messenger`".to_owned(),
            channel => {
                format!("the contact has no phone number for the channel `{channel}`: `+` and 7 to 15 digits")
            }
        };
        outbound::refuse("missing", what)
    })
}

/// Three to eight digits, by country.
fn is_short_code(value: &str) -> bool {
    (3..=8).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}
