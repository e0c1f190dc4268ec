//! Vonage: the Messages API, whose webhooks are signed by a JSON Web Token, and what the older SMS API sends.
//!
//! One request holds one message or one status. An account setting at Vonage decides which of the two APIs a number's
//! messages come by.

mod address;
mod claims;
mod consent;
mod envelope;
mod failure;
mod media;
mod message;
mod outbound;
mod scalar;
mod simulator;
mod sms;
mod sms_signature;
mod status;

use trunkline_sdk::{prelude::*, require_method};

/// The setting with the signature secret(s).
const SIGNATURE_SECRET: &str = "signature_secret";

/// The connector.
pub struct SmsVonage;

impl Connector for SmsVonage {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for SmsVonage {
    fn receive(request: &Request, context: &Context) -> Received {
        let settings = claims::Settings::of(context)?;
        require_method(request, &["GET", "POST"])?;
        let events = match sms_signature::signed_fields(request, context)? {
            Some(signed) => sms::events(&sms_signature::verify(signed, &settings, context)?),
            None => {
                claims::verify(request, &settings, context)?;
                envelope::events(&request.body)?
            }
        };
        Ok(Answer { response: Response::empty(200), events })
    }
}

impl Outbound for SmsVonage {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for SmsVonage {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

impl Simulator for SmsVonage {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        claims::signed(url, &simulator::body(event, context)?, context)
    }
}

trunkline_sdk::connector!(SmsVonage: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests;
