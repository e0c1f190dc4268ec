//! Twilio Voice: calls as events, answered with TwiML.
//!
//! Each request of a call is answered with what to do next. Where the call is stands in the query of the URLs that the
//! answers name ([`place`]): nothing is kept between requests.

mod call;
mod input;
mod menu;
mod outbound;
mod place;
mod recording;
mod simulator;
mod step;
mod twiml;
mod webhook;

use trunkline_sdk::twilio::{self, Content};
use trunkline_sdk::{prelude::*, require_method};

/// The connector.
pub struct VoiceTwilio;

impl Connector for VoiceTwilio {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for VoiceTwilio {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["GET", "POST"])?;
        match twilio::verify(request, context)? {
            Content::Fields(form) => {
                twilio::require_account(form.text("AccountSid"), context)?;
                webhook::answer(&form, request, context)
            }
            Content::Body(body) => {
                let payload = String::from_utf8_lossy(body).into_owned();
                Ok(Answer { response: Response::empty(204), events: vec![webhook::other(payload, context)] })
            }
        }
    }
}

impl Outbound for VoiceTwilio {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for VoiceTwilio {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        twilio::media::locate(media, context)
    }
}

impl Simulator for VoiceTwilio {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let (url, fields) = simulator::webhook(event, url, context)?;
        twilio::signed_form(&url, &fields, context)
    }
}

trunkline_sdk::connector!(VoiceTwilio: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests {
    const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

    #[test]
    fn case_files() {
        trunkline_cases::run_cases(FOLDER, trunkline_sdk::receive::<super::VoiceTwilio>);
    }

    #[test]
    fn outbound_case_files() {
        trunkline_cases::run_outbound_cases(FOLDER, trunkline_sdk::send::<super::VoiceTwilio>);
    }

    #[test]
    fn media_case_files() {
        trunkline_cases::run_media_cases(FOLDER, trunkline_sdk::locate::<super::VoiceTwilio>);
    }
}
