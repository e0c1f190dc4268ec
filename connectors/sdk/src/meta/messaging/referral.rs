//! How somebody came to the conversation. The same object stands in a message, in a postback, and alone.

use trunkline_model::Referral;

use super::attachment::http;
use super::item::{members, remainder, text};
use crate::json::RawValue;

/// `{"ref":"promo","source":"ADS","type":"OPEN_THREAD","ad_id":"6","ads_context_data":{"ad_title":"Tea"}}`;
/// each of them may be missing. None where it is no object.
pub fn referral(raw: &RawValue) -> Option<Referral> {
    let mut outer = members(raw)?;
    let context = outer.get("ads_context_data").and_then(|raw| members(raw));
    if let Some(context) = context {
        outer.remove("ads_context_data");
        for (name, value) in context {
            outer.entry(name).or_insert(value);
        }
    }
    let take = |name: &str| outer.get(name).map(|raw| text(raw)).filter(|text| !text.is_empty());
    let url = take("referer_uri").filter(|url| http(url).is_some());
    let mut read = vec!["source", "ref", "ad_id", "ad_title"];
    // An address that is none stays visible as an attribute.
    read.extend(url.as_ref().map(|_| "referer_uri"));
    Some(Referral {
        source: take("source").or_else(|| take("type")).unwrap_or_else(|| "referral".to_owned()),
        ref_: take("ref"),
        id: take("ad_id"),
        url,
        headline: take("ad_title"),
        body: None,
        attributes: remainder(&outer, &read),
    })
}
