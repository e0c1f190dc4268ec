//! Who a contact is: `https://developers.line.biz/en/reference/messaging-api/#get-profile`, read 2026-07.

use serde::Deserialize;
use trunkline_sdk::form::path_segment;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;

use crate::CHANNEL_ACCESS_TOKEN;
use crate::event::filled;

/// `{"userId":"U0…","displayName":"花子","pictureUrl":"https://…","language":"ja"}`; members of groups and rooms
/// have no language.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Profile {
    #[serde(deserialize_with = "lenient")]
    display_name: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    picture_url: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    language: Option<Text>,
}

/// `profiles.look-up`. LINE says nothing of somebody who has blocked the bot or has left the group.
pub fn look_up(contact: &Contact, thread: Option<&Thread>, context: &Context) -> Found {
    let Some(url) = url(contact, thread) else { return Ok(None) };
    let answer = Calls::new(context).make(Call::get(url).bearer(CHANNEL_ACCESS_TOKEN))?;
    if answer.status != 200 {
        return Ok(None);
    }
    let profile: Profile = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(name) = filled(&profile.display_name) else { return Ok(None) };
    let mut found = contact.clone();
    found.name = Some(name.to_owned());
    let known = |text: &Option<Text>, before: Option<String>| filled(text).map(str::to_owned).or(before);
    found.avatar_url = known(&profile.picture_url, found.avatar_url);
    found.locale = known(&profile.language, found.locale);
    Ok(Some(found))
}

/// Members of groups and rooms need not be friends of the bot: only the group tells who they are.
fn url(contact: &Contact, thread: Option<&Thread>) -> Option<String> {
    let user = contact.identifiers.iter().find(|identifier| identifier.scheme == IdentifierScheme::Id)?;
    let user = path_segment(&user.value)?;
    let place = match thread {
        Some(Thread { id, kind: ThreadKind::Group, .. }) => format!("group/{}/member", path_segment(id)?),
        Some(Thread { id, kind: ThreadKind::Other(kind), .. }) if kind == "room" => {
            format!("room/{}/member", path_segment(id)?)
        }
        _ => "profile".to_owned(),
    };
    Some(format!("https://api.line.me/v2/bot/{place}/{user}"))
}
