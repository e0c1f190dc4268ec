//! Twilio Programmable Messaging: SMS, MMS, WhatsApp, Messenger and RCS through one webhook.
//!
//! One request holds one message or one status, as form fields. Which of the two it is, no field says:
//! [`webhook`] tells them apart.

mod address;
mod consent;
mod content;
mod message;
mod opaque;
mod outbound;
mod simulator;
mod status;
mod webhook;

use trunkline_sdk::twilio::{self, Content};
use trunkline_sdk::{prelude::*, require_method};

/// The connector.
pub struct SmsTwilio;

impl Connector for SmsTwilio {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for SmsTwilio {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["GET", "POST"])?;
        match twilio::verify(request, context)? {
            Content::Fields(form) => {
                twilio::require_account(form.text("AccountSid"), context)?;
                Ok(webhook::answer(&form, request.query(), context))
            }
            Content::Body(body) => {
                // Of another product of Twilio, which might read TwiML as an instruction.
                let event = opaque::document(body, context)?;
                Ok(Answer { response: Response::empty(204), events: vec![event] })
            }
        }
    }
}

impl Outbound for SmsTwilio {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for SmsTwilio {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        twilio::media::locate(media, context)
    }
}

impl Simulator for SmsTwilio {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let fields = simulator::fields(event, context)?;
        twilio::signed_form(&simulator::url(event, url), &fields, context)
    }
}

trunkline_sdk::connector!(SmsTwilio: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests {
    #[test]
    fn case_files() {
        trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<super::SmsTwilio>);
    }

    #[test]
    fn outbound_case_files() {
        trunkline_cases::run_outbound_cases(
            env!("CARGO_MANIFEST_DIR"),
            trunkline_sdk::send::<super::SmsTwilio>,
        );
    }

    #[test]
    fn media_case_files() {
        trunkline_cases::run_media_cases(
            env!("CARGO_MANIFEST_DIR"),
            trunkline_sdk::locate::<super::SmsTwilio>,
        );
    }
}
