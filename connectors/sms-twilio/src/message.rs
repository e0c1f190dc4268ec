//! Messages that a contact wrote.

use trunkline_sdk::fields::{Fields, attribute};
use trunkline_sdk::keyword::{Keyword, keyword};
use trunkline_sdk::prelude::*;

use crate::address::{Address, Route};
use crate::{consent, content};

/// The message, and a consent where it is an opt-out or opt-in keyword.
pub fn events(message_sid: String, mut fields: Fields, context: &Context) -> Vec<Event> {
    let route = Route::take(&mut fields, "To", "From", &message_sid);
    let keyword = keyword_of(&fields);
    let content = content::take(&mut fields, context.setting("decode_base64_bodies") == Some("true"));
    let keyword = keyword.or_else(|| content.typed.as_deref().and_then(|text| self::keyword(text, &[])));
    let reply_to = reply_to(&mut fields, &route.channel);
    let frequently =
        fields.peek("FrequentlyForwarded").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let message = Message {
        id: message_sid.clone(),
        parts: content.parts,
        reply_to,
        referral: referral(&mut fields),
        forwarded: fields.take_flag("Forwarded") || frequently,
        ..Message::default()
    };
    // The direction is what the kind says.
    fields.take("SmsStatus");
    fields.take("MessageStatus");
    let mut event = Event::new(&*message_sid, route.account, EventKind::Message(message));
    event.contact = route.contact;
    event.attributes.push(("channel".to_owned(), route.channel));
    event.attributes.extend(keyword.map(|keyword| ("keyword".to_owned(), keyword.name().to_owned())));
    if content.decoded {
        event.attributes.push(("body_encoding".to_owned(), "base64".to_owned()));
    }
    // The fallback URL gets what the first URL did not answer in time or properly.
    if fields.peek("ErrorUrl").is_some() {
        event.attributes.push(("redelivery".to_owned(), "true".to_owned()));
    }
    event.attributes.extend(fields.attributes());
    let consent = keyword.and_then(|keyword| consent::event(&event, keyword));
    std::iter::once(event).chain(consent).collect()
}

/// What Twilio understood, with Advanced Opt-Out only.
fn keyword_of(fields: &Fields) -> Option<Keyword> {
    match fields.peek("OptOutType")?.to_ascii_uppercase().as_str() {
        "STOP" => Some(Keyword::OptOut),
        "START" => Some(Keyword::OptIn),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

fn reply_to(fields: &mut Fields, channel: &str) -> Option<MessageRef> {
    let id = fields.take("OriginalRepliedMessageSid")?;
    let author = fields.take("OriginalRepliedMessageSender").as_deref().and_then(Address::parse);
    Some(MessageRef { id, author: author.map(|address| address.identifier(channel)) })
}

/// An advertisement that the contact clicked. `ReferralNumMedia=0` comes with every message.
fn referral(fields: &mut Fields) -> Option<Referral> {
    if fields.peek("ReferralNumMedia") == Some("0") {
        fields.take("ReferralNumMedia");
    }
    let mut members = fields.take_prefixed("Referral");
    if members.is_empty() {
        return None;
    }
    let mut take = |name: &str| {
        let position = members.iter().position(|(key, _)| key == name)?;
        Some(members.remove(position).1)
    };
    Some(Referral {
        source: take("SourceType").unwrap_or_else(|| "ad".to_owned()),
        ref_: take("CtwaClid"),
        id: take("SourceId"),
        url: take("SourceUrl"),
        headline: take("Headline"),
        body: take("Body"),
        attributes: members.iter().map(|(name, value)| attribute(name, value)).collect(),
    })
}
