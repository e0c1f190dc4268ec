//! Who a contact is: webhooks of messages have no name.
//!
//! `https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api`, read
//! 2026-08. Only who has written to the account can be looked up; anybody else is no error, only has no name.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::meta::messaging::item::present;
use trunkline_sdk::meta::messaging::profile;
use trunkline_sdk::prelude::*;

use crate::api;

const FIELDS: &str = "name,username,profile_pic";

/// `{"name":"Ada Example","username":"ada.example","profile_pic":"https://…","id":"9001"}`; each may be missing.
#[derive(Deserialize)]
struct Profile {
    #[serde(default, deserialize_with = "lenient")]
    name: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    username: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    profile_pic: Option<Text>,
}

/// `profiles.look-up`.
pub fn look_up(contact: &Contact, context: &Context) -> Found {
    let url = |id: &str| api::person_url(id, FIELDS, context);
    profile::look_up(contact, context, api::ACCESS_TOKEN, url, |profile: Profile| {
        let username = present(&profile.username);
        let name = profile.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).or(username);
        let mut found = profile::filled(contact, name.map(str::to_owned), profile.profile_pic.as_deref())?;
        if let Some(username) = username {
            // It changes: the newest one takes the place of an older one.
            found.identifiers.retain(|identifier| identifier.scheme != IdentifierScheme::Username);
            found.identifiers.push(Identifier::new(IdentifierScheme::Username, username));
        }
        Some(found)
    })
}
