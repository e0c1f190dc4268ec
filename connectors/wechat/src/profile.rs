//! Who a contact is: `https://developers.weixin.qq.com/doc/offiaccount/en/User_Management/Get_users_basic_information_UnionID.html`,
//! read 2026-07. Since the end of 2021 WeChat gives neither name nor picture.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::prelude::*;

use crate::access_token::Session;

/// `{"subscribe":1,"openid":"oABC…","language":"zh_CN","remark":"","unionid":"o6_b…","tagid_list":[2]}`; of somebody who
/// does not follow us, `{"subscribe":0,"openid":"oABC…"}`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Profile {
    #[serde(deserialize_with = "lenient")]
    nickname: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    remark: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    headimgurl: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    language: Option<Text>,
    #[serde(deserialize_with = "lenient")]
    unionid: Option<Text>,
}

/// `profiles.look-up`. The name is the contact's where WeChat still says it, else the remark of our own operators.
pub fn look_up(contact: &Contact, context: &Context) -> Found {
    let id = contact.identifiers.iter().find(|identifier| identifier.scheme == IdentifierScheme::Id);
    let Some(id) = id else { return Ok(None) };
    let asked = Session::open(context).and_then(|mut session| {
        session.make(|token| Call::get(token.url("user/info", &[("openid", &id.value), ("lang", "zh_CN")])))
    });
    let answer = match asked {
        Ok(answer) => answer,
        Err(Unfinished::Call(call)) => return Err(Unfinished::Call(call)),
        Err(Unfinished::Failed(_)) => return Ok(None),
    };
    if answer.status != 200 {
        return Ok(None);
    }
    let profile: Profile = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut found = contact.clone();
    let name = filled(&profile.nickname).or_else(|| filled(&profile.remark));
    found.name = name.or(found.name);
    found.avatar_url = filled(&profile.headimgurl).or(found.avatar_url);
    // `zh_CN` is `zh-CN`.
    found.locale = filled(&profile.language).map(|tag| tag.replace('_', "-")).or(found.locale);
    if let Some(union) = filled(&profile.unionid) {
        let union = Identifier::new(IdentifierScheme::from("unionid"), union);
        if !found.identifiers.contains(&union) {
            found.identifiers.push(union);
        }
    }
    Ok((found != *contact).then_some(found))
}

fn filled(text: &Option<Text>) -> Option<String> {
    text.as_deref().filter(|text| !text.is_empty()).map(str::to_owned)
}
