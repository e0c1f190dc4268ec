//! Who a contact is: webhooks have no name.
//!
//! `https://developers.facebook.com/docs/messenger-platform/identity/user-profile`, read 2026-08. Many people
//! cannot be looked up without Business Asset User Profile Access; that is no error, only no name.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;

use crate::api;
use crate::attachment::http;

const FIELDS: &str = "?fields=first_name,last_name,profile_pic";

/// `{"first_name":"Ada","last_name":"Example","profile_pic":"https://…","id":"800"}`; each may be missing.
#[derive(Deserialize)]
struct Profile {
    #[serde(default, deserialize_with = "lenient")]
    first_name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    last_name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    profile_pic: Option<Text>,
}

/// `profiles.look-up`.
pub fn look_up(contact: &Contact, context: &Context) -> Found {
    let mut identifiers = contact.identifiers.iter();
    let Some(id) = identifiers.find(|identifier| identifier.scheme == IdentifierScheme::Id) else {
        return Ok(None);
    };
    let Ok(url) = api::url(context, &id.value, FIELDS) else { return Ok(None) };
    let answer = Calls::new(context).make(Call::get(url).bearer(api::PAGE_ACCESS_TOKEN))?;
    let profile = serde_json::from_slice::<Profile>(&answer.body).ok().filter(|_| answer.status == 200);
    Ok(profile.and_then(|profile| filled(contact, &profile)))
}

/// None where nothing was found.
fn filled(contact: &Contact, profile: &Profile) -> Option<Contact> {
    let names = [&profile.first_name, &profile.last_name].into_iter().flatten();
    let names: Vec<&str> = names.map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    let name = (!names.is_empty()).then(|| names.join(" "));
    let picture = profile.profile_pic.as_deref().and_then(http).map(str::to_owned);
    if name.is_none() && picture.is_none() {
        return None;
    }
    let mut found = contact.clone();
    found.name = name.or(found.name);
    found.avatar_url = picture.or(found.avatar_url);
    Some(found)
}
