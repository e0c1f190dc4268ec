//! Between whom a message goes: the inverse of what webhooks say.

use serde_json::{Map, Value, json};
use trunkline_sdk::{outbound, phone, prelude::*};

use super::draft::Route;

/// Recipients of one group MMS.
const GROUP_MAX: usize = 8;

/// Our side.
#[derive(Debug, Clone, PartialEq)]
pub enum Sender {
    /// A messaging profile, which chooses a number of its pool.
    Profile(String),
    /// A number, short code, or name.
    Address(String),
}

/// Who writes to whom.
#[derive(Debug, PartialEq)]
pub struct Peers {
    pub sender: Sender,
    /// The profile that a name belongs to.
    profile: Option<String>,
    /// One, or everybody else in a group.
    pub to: Vec<String>,
    is_group: bool,
}

impl Peers {
    pub fn of(message: &Outgoing, context: &Context) -> Result<Self, Failure> {
        let account = message.account.trim();
        if account.is_empty() {
            return Err(outbound::refuse("missing", "no `account`, and the setting `sender` is empty"));
        }
        let sender = match phone::e164(account).filter(|_| account.starts_with('+')) {
            Some(number) => Sender::Address(number),
            None if is_profile(account) => Sender::Profile(account.to_owned()),
            None => Sender::Address(account.to_owned()),
        };
        let named = matches!(&sender, Sender::Address(address) if !is_number(address));
        let profile = context.setting("messaging_profile_id").filter(|_| named).map(str::to_owned);
        match &message.thread {
            Some(thread) if thread.kind != ThreadKind::Direct => {
                Ok(Self { to: group(&thread.id, &sender)?, sender, profile, is_group: true })
            }
            _ => Ok(Self { to: vec![recipient(message)?], sender, profile, is_group: false }),
        }
    }

    /// What follows `/messages` in the URL.
    pub fn path(&self, route: Route) -> &'static str {
        match route {
            Route::Rcs => "/rcs",
            Route::Whatsapp => "/whatsapp",
            Route::Message if self.is_group => "/group_mms",
            Route::Message => "",
        }
    }

    /// `to`, and `from` or `messaging_profile_id`.
    pub fn fields(&self, route: Route) -> Map<String, Value> {
        let mut fields = Map::new();
        match &self.sender {
            // An agent is named in the part itself.
            _ if route == Route::Rcs => {}
            Sender::Profile(id) => drop(fields.insert("messaging_profile_id".to_owned(), json!(id))),
            Sender::Address(address) => drop(fields.insert("from".to_owned(), json!(address))),
        }
        if let Some(profile) = &self.profile {
            fields.insert("messaging_profile_id".to_owned(), json!(profile));
        }
        let to = if self.is_group { json!(self.to) } else { json!(self.to[0]) };
        fields.insert("to".to_owned(), to);
        fields
    }
}

fn recipient(message: &Outgoing) -> Result<String, Failure> {
    let numbers = message.to.iter().filter_map(|identifier| match identifier.scheme {
        IdentifierScheme::Phone => phone::e164(&identifier.value),
        IdentifierScheme::Id if identifier.value.starts_with('+') => phone::e164(&identifier.value),
        // Nobody can write to the name of a sender.
        IdentifierScheme::Id => Some(identifier.value.clone()).filter(|code| is_short_code(code)),
        _ => None,
    });
    let mut numbers = numbers;
    numbers
        .next()
        .ok_or_else(|| outbound::refuse("missing", "the contact has no phone number: `+` and 7 to 15 digits"))
}

/// Everybody but us, of the id that events have.
fn group(id: &str, sender: &Sender) -> Result<Vec<String>, Failure> {
    let Sender::Address(ours) = sender else {
        return Err(outbound::refuse("unsupported", "a group is written to from a number, not from a pool"));
    };
    let others: Vec<String> = id.split(',').filter(|number| number != ours).filter_map(phone::e164).collect();
    match others.len() {
        0 => {
            Err(outbound::refuse("missing", "the thread names no numbers: sorted, with commas between them"))
        }
        count if count > GROUP_MAX => {
            let what = format!("the group has {count} others, an MMS takes {GROUP_MAX}");
            Err(outbound::refuse("too_many", what))
        }
        _ => Ok(others),
    }
}

/// Three to eight digits, by country.
pub fn is_short_code(value: &str) -> bool {
    (3..=8).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(value: &str) -> bool {
    value.starts_with('+') || is_short_code(value)
}

/// A UUID.
fn is_profile(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
