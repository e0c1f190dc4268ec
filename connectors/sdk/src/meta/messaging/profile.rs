//! Who a contact is: webhooks have no name.

use serde::de::DeserializeOwned;
use trunkline_model::{Call, Contact, Context, Failure, IdentifierScheme};

use super::attachment::http;
use crate::calls::{Calls, Found};

/// `profiles.look-up`: asks at `url` for the contact's id, with the token of that setting. `read` makes the contact of
/// the answer. An answer that is none, or an id that is none, is no error: the message then stands without a name.
pub fn look_up<T: DeserializeOwned>(
    contact: &Contact,
    context: &Context,
    token: &str,
    url: impl FnOnce(&str) -> Result<String, Failure>,
    read: impl FnOnce(T) -> Option<Contact>,
) -> Found {
    let mut identifiers = contact.identifiers.iter();
    let id = identifiers.find(|identifier| identifier.scheme == IdentifierScheme::Id);
    let Some(Ok(url)) = id.map(|id| url(&id.value)) else { return Ok(None) };
    let answer = Calls::new(context).make(Call::get(url).bearer(token))?;
    Ok(serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200).and_then(read))
}

/// The contact with name and picture. None where there is neither.
pub fn filled(contact: &Contact, name: Option<String>, picture: Option<&str>) -> Option<Contact> {
    let picture = picture.and_then(http).map(str::to_owned);
    if name.is_none() && picture.is_none() {
        return None;
    }
    let mut found = contact.clone();
    found.name = name.or(found.name);
    found.avatar_url = picture.or(found.avatar_url);
    Some(found)
}
