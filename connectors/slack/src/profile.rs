//! Who a contact is: <https://docs.slack.dev/reference/methods/users.info/>, read 2026-07.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;

use crate::api::{self, Effect};
use crate::wire::{filled, parse};

/// `{"id":"U0…","name":"hana","real_name":"Hana Sato","locale":"ja-JP","profile":{…}}`
#[derive(Deserialize, Default)]
#[serde(default)]
struct User {
    #[serde(deserialize_with = "lenient")]
    name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    real_name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    locale: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    profile: Option<Profile>,
}

/// The address is there where the app has the scope `users:read.email`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Profile {
    #[serde(deserialize_with = "lenient")]
    display_name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    real_name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    email: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    image_512: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    image_192: Option<Text>,
}

/// `profiles.look-up`. People only: a bot of another app has no such id.
pub fn look_up(contact: &Contact, context: &Context) -> Found {
    let id = contact.identifiers.iter().find(|identifier| identifier.scheme == IdentifierScheme::Id);
    let Some(id) = id.map(|identifier| identifier.value.as_str()).filter(|id| !id.is_empty()) else {
        return Ok(None);
    };
    let call = api::get("users.info", &[("user", id), ("include_locale", "true")]);
    let answer = Calls::new(context).make(call)?;
    let Ok(answer) = api::accepted(answer, Effect::Harmless, context.now) else { return Ok(None) };
    let user: User = answer.user.and_then(parse).unwrap_or_default();
    let profile = user.profile.unwrap_or_default();
    let names = [&profile.display_name, &profile.real_name, &user.real_name, &user.name];
    let Some(name) = names.into_iter().find_map(filled) else { return Ok(None) };
    let mut found = contact.clone();
    found.name = Some(name.to_owned());
    let picture = filled(&profile.image_512).or(filled(&profile.image_192));
    found.avatar_url = picture.map(str::to_owned).or(found.avatar_url);
    found.locale = filled(&user.locale).map(str::to_owned).or(found.locale);
    let more = [(IdentifierScheme::Username, &user.name), (IdentifierScheme::Email, &profile.email)];
    for (scheme, value) in more {
        let value = filled(value).filter(|_| found.identifiers.iter().all(|known| known.scheme != scheme));
        found.identifiers.extend(value.map(|value| Identifier::new(scheme.clone(), address(&scheme, value))));
    }
    Ok(Some(found))
}

/// The domain of an e-mail address in lower case.
fn address(scheme: &IdentifierScheme, value: &str) -> String {
    match value.rsplit_once('@') {
        Some((local, domain)) if *scheme == IdentifierScheme::Email => {
            format!("{local}@{}", domain.to_lowercase())
        }
        _ => value.to_owned(),
    }
}
