//! Whom a message goes to: a phone number, a business-scoped user id, a group.

use serde_json::{Value, json};
use trunkline_sdk::{outbound, phone, prelude::*};

/// The scheme under which webhooks tell the id that linked businesses share.
const PARENT_USER_ID: &str = "parent_user_id";

/// Whom a message goes to.
#[derive(Debug, PartialEq)]
pub enum Recipient<'a> {
    /// Digits without `+`.
    Number(String),
    /// `MX.1a2B3c4D5e6F`. Only `recipient` takes it: in `to` it has been seen to be dropped in silence.
    UserId(&'a str),
    Group(&'a str),
}

impl<'a> Recipient<'a> {
    /// The group, or the contact: by number where there is one, since some templates go to numbers only.
    pub fn of(message: &'a Outgoing) -> Result<Self, Failure> {
        match &message.thread {
            Some(thread) if thread.kind == ThreadKind::Group && !thread.id.is_empty() => {
                return Ok(Self::Group(&thread.id));
            }
            Some(thread) if thread.kind != ThreadKind::Direct => {
                return Err(outbound::refuse("unsupported", "a thread of WhatsApp is a group with an id"));
            }
            _ => {}
        }
        let parent = IdentifierScheme::Other(PARENT_USER_ID.to_owned());
        let found = [IdentifierScheme::Phone, IdentifierScheme::Id, parent].iter().find_map(|scheme| {
            message.to.iter().filter(|identifier| identifier.scheme == *scheme).find_map(of_identifier)
        });
        found.ok_or_else(|| {
            outbound::refuse(
                "missing",
                "the contact has neither a phone number nor a business-scoped user id",
            )
        })
    }

    pub fn is_group(&self) -> bool {
        matches!(self, Self::Group(_))
    }

    /// Writes it into the body of a message.
    pub fn write(&self, body: &mut Value) {
        body["recipient_type"] = json!(if self.is_group() { "group" } else { "individual" });
        match self {
            Self::Number(to) => body["to"] = json!(to),
            Self::Group(to) => body["to"] = json!(to),
            Self::UserId(id) => body["recipient"] = json!(id),
        }
    }
}

/// By what the value looks like: user ids have been seen in fields for numbers.
fn of_identifier(identifier: &Identifier) -> Option<Recipient<'_>> {
    let value = identifier.value.as_str();
    if let Some(number) = phone::e164(value) {
        return Some(Recipient::Number(number.trim_start_matches('+').to_owned()));
    }
    let country = value.split_once('.').map(|(country, _)| country);
    let user_id = country.is_some_and(|country| {
        country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase())
    });
    user_id.then_some(Recipient::UserId(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_for_what_they_look_like() {
        for (value, expected) in [
            ("+5215550002222", Some(Recipient::Number("5215550002222".to_owned()))),
            ("MX.1a2B3c4D5e6F", Some(Recipient::UserId("MX.1a2B3c4D5e6F"))),
            ("BR.ENT.7w", Some(Recipient::UserId("BR.ENT.7w"))),
            ("anap", None),
            ("a.b", None),
            ("", None),
        ] {
            let identifier = Identifier::new(IdentifierScheme::Phone, value);
            assert_eq!(of_identifier(&identifier), expected, "{value}");
        }
    }
}
