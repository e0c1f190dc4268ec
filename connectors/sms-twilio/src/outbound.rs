//! Messages to a contact, over the channel on which the contact writes: one call for each.
//!
//! `https://www.twilio.com/docs/messaging/api/message-resource`, read 2026-09. There is no idempotency key, so
//! no call that writes to the contact may be repeated.

mod answer;
mod attachment;
mod draft;
mod layout;
mod native;
mod parts;
mod peers;
mod typing;

use trunkline_sdk::outbound::{self, Prepared, in_turn};
use trunkline_sdk::twilio::Account;
use trunkline_sdk::{form, prelude::*, reference, sms};

use draft::{Draft, Step};
use native::FormFields;
use parts::Rendered;
use peers::Peers;

/// The contract has 32 rounds, the last of which gives the receipts.
const CALLS_MAX: usize = 31;
/// What Twilio takes as `Body`. Its unit is not documented: UTF-16 code units never count too few.
const BODY_UNITS_MAX: usize = 1_600;
/// After the contact's last message, on WhatsApp.
const WINDOW_MS: u64 = 24 * 60 * 60 * 1_000;

/// `outbound.send`.
pub fn send(message: &Outgoing, context: &Context) -> Sent {
    let account = Account::of(context)?;
    let peers = Peers::of(message)?;
    let Rendered { steps, options } = parts::rendered(message, &peers, context)?;
    let steps = layout::laid_out(steps, message, &peers)?;
    if steps.len() > CALLS_MAX {
        let what = format!("{} messages at Twilio, at most {CALLS_MAX} can be sent at once", steps.len());
        return Err(outbound::refuse("too_many", what).into());
    }
    let free_form = steps.iter().any(|step| matches!(step, Step::Message(draft) if draft.free_form));
    require_window(free_form, message, &peers, context.now)?;
    let common = common_fields(message, &peers, context);
    let mut prepared = Vec::with_capacity(steps.len());
    for step in steps {
        prepared.push(match step {
            Step::Typing { part, message_id } => {
                Prepared::new(part, account.authorize(typing::call(&message_id)))
            }
            Step::Message(draft) => self::prepared(draft, &account, &peers, &common, &options)?,
        });
    }
    in_turn(&mut Calls::new(context), &prepared, |prepared, answer| {
        answer::receipts(prepared, answer, context.now)
    })
}

/// Between whom, and where statuses go.
fn common_fields(message: &Outgoing, peers: &Peers, context: &Context) -> FormFields {
    let mut fields = peers.fields();
    if let Some(url) = context.setting("status_callback") {
        fields.push(("StatusCallback".to_owned(), reference::given_along(url, &message.id)));
    }
    fields
}

fn prepared(
    draft: Draft,
    account: &Account,
    peers: &Peers,
    common: &FormFields,
    options: &FormFields,
) -> Result<Prepared, Failure> {
    let mut own = FormFields::new();
    if !draft.body.is_empty() {
        own.push(("Body".to_owned(), draft.body));
    }
    own.extend(draft.media.into_iter().map(|attachment| ("MediaUrl".to_owned(), attachment.url)));
    own.extend(draft.fields);
    let mut fields = common.clone();
    native::merge(&mut fields, own);
    native::merge(&mut fields, options.clone());
    let body = native::first(&fields, "Body").unwrap_or_default();
    if layout::units(body) > BODY_UNITS_MAX {
        let what = format!("part {}: more than {BODY_UNITS_MAX} characters that cannot be split", draft.part);
        return Err(outbound::refuse("too_long", what));
    }
    let mut attributes = draft.attributes;
    if peers.is_sms() && !body.is_empty() && native::first(&fields, "MediaUrl").is_none() {
        let segments = sms::segments(body);
        attributes.push(("segments".to_owned(), segments.count.to_string()));
        attributes.push(("encoding".to_owned(), segments.encoding.name().to_owned()));
    }
    let body = form::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let call = Call::post(account.url("Messages"), "application/x-www-form-urlencoded", body);
    let call = account.authorize(call);
    Ok(Prepared { degraded: draft.degraded, attributes, ..Prepared::new(draft.part, call) })
}

/// WhatsApp takes nothing but templates from those to whom the contact has not written for a day.
fn require_window(free_form: bool, message: &Outgoing, peers: &Peers, now: u64) -> Result<(), Failure> {
    if !free_form || !peers.is_whatsapp() {
        return Ok(());
    }
    let closed = match message.last_inbound_at {
        Some(then) => now.saturating_sub(then) >= WINDOW_MS,
        // Events name our number: of another spelling, and of a Messaging Service, the host knows no message
        // even where there was one. Then it is for Twilio to say.
        None => peers.account_is_that_of_events,
    };
    if closed {
        return Err(outbound::window_closed(
            "WhatsApp takes free text only within 24 hours of the contact's last message: send a `template` \
             (the ContentSid `HX…` of an approved one)",
        ));
    }
    Ok(())
}
