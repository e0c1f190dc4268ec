//! Who a contact is: webhooks have no name.
//!
//! `https://developers.facebook.com/docs/messenger-platform/identity/user-profile`, read 2026-08. Many people
//! cannot be looked up without Business Asset User Profile Access; that is no error, only no name.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::meta::messaging::profile;
use trunkline_sdk::prelude::*;

use crate::api;

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
    let url = |id: &str| api::url(context, id, FIELDS);
    profile::look_up(contact, context, api::PAGE_ACCESS_TOKEN, url, |profile: Profile| {
        let names = [&profile.first_name, &profile.last_name].into_iter().flatten();
        let names: Vec<&str> = names.map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
        let name = (!names.is_empty()).then(|| names.join(" "));
        profile::filled(contact, name, profile.profile_pic.as_deref())
    })
}
