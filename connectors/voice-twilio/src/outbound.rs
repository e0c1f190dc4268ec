//! Calls that say something: one call to the contact for a message.
//!
//! `https://www.twilio.com/docs/voice/api/call-resource`. There is no idempotency key, so no call may be made twice.

use serde::Deserialize;
use trunkline_sdk::json::{Text, lenient};
use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::twilio::{Account, failure};
use trunkline_sdk::{form, prelude::*};

use crate::step;
use crate::twiml::Twiml;

/// What Twilio takes as `Twiml`.
const TWIML_CHARACTERS_MAX: usize = 4_000;
/// All that a status callback can tell.
const STATUSES: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

/// `{"sid":"CA…","status":"queued",…}`
#[derive(Deserialize)]
struct Created {
    #[serde(default, deserialize_with = "lenient")]
    sid: Option<Text>,
    #[serde(default, deserialize_with = "lenient")]
    status: Option<Text>,
}

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let account = Account::of(context)?;
    let to = outbound::address(message, &IdentifierScheme::Phone);
    let to = to.ok_or_else(|| outbound::refuse("missing", "a contact with a telephone number is needed"))?;
    let from =
        Some(message.account.as_str()).filter(|from| !from.is_empty()).or(context.setting("caller_id"));
    let from =
        from.ok_or_else(|| outbound::refuse("missing", "`account`, the number that calls, is needed"))?;
    let twiml = spoken(message, context)?.document();
    if twiml.chars().count() > TWIML_CHARACTERS_MAX {
        let what = format!("more than {TWIML_CHARACTERS_MAX} characters of TwiML");
        return Err(outbound::refuse("too_long", what).into());
    }
    let mut fields = vec![("To", to), ("From", from), ("Twiml", twiml.as_str())];
    if let Some(url) = context.setting("status_callback") {
        fields.push(("StatusCallback", url));
        fields.extend(STATUSES.map(|status| ("StatusCallbackEvent", status)));
    }
    let call = Call::post(account.url("Calls"), "application/x-www-form-urlencoded", form::encode(fields));
    let prepared = [Prepared::new(0, account.authorize(call))];
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| receipts(prepared, answer, context.now))
}

/// What the call says.
fn spoken(message: &Outgoing, context: &Context) -> Result<Twiml, Failure> {
    let mut twiml = Twiml::default();
    for (number, part) in message.parts.iter().enumerate() {
        match part {
            OutgoingPart::Text(text) => step::say_in(&mut twiml, text, context),
            OutgoingPart::Media(media) => match (&media.kind, &media.source) {
                (MediaKind::Audio | MediaKind::Voice, MediaSource::Url(url)) => {
                    twiml.element("Play", &[], url)
                }
                _ => return Err(outbound::unsupported(number, "file but a sound that has a URL")),
            },
            OutgoingPart::Native(Opaque { name, payload }) if name == "twiml" => twiml.verbatim(payload),
            OutgoingPart::Html(_) => return Err(outbound::unsupported(number, "HTML")),
            OutgoingPart::Location(_) => return Err(outbound::unsupported(number, "places")),
            OutgoingPart::Contacts(_) => return Err(outbound::unsupported(number, "contact cards")),
            OutgoingPart::Choices(_) => return Err(outbound::unsupported(number, "choices: use `twiml`")),
            OutgoingPart::Template(_) => return Err(outbound::unsupported(number, "templates")),
            OutgoingPart::Reaction(_) => return Err(outbound::unsupported(number, "reactions")),
            OutgoingPart::Read(_) => return Err(outbound::unsupported(number, "read markers")),
            OutgoingPart::Typing => return Err(outbound::unsupported(number, "typing indicator")),
            OutgoingPart::Native(_) => return Err(outbound::unsupported(number, "native part but `twiml`")),
        }
    }
    Ok(twiml)
}

/// The receipt; none where the answer cannot be read, although the call is made.
fn receipts(prepared: &Prepared, answer: &Response, now: u64) -> Result<Vec<Receipt>, Failure> {
    if !(200..300).contains(&answer.status) {
        return Err(failure::of_answer(answer, now));
    }
    let Ok(created) = serde_json::from_slice::<Created>(&answer.body) else { return Ok(Vec::new()) };
    let Some(sid) = created.sid.filter(|sid| !sid.is_empty()) else { return Ok(Vec::new()) };
    let mut receipt = prepared.receipt(sid);
    receipt.attributes.extend(created.status.map(|status| ("status".to_owned(), status.into())));
    Ok(vec![receipt])
}
