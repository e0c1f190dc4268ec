//! Twilio Programmable Messaging: SMS, MMS, WhatsApp, Messenger and RCS through one webhook.
//!
//! One request holds one message or one status, as form fields. Which of the two it is, no field says:
//! [`webhook`] tells them apart.

mod address;
mod consent;
mod content;
mod fields;
mod message;
mod opaque;
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
                Ok(webhook::answer(&form, context))
            }
            Content::Body(body) => {
                // Of another product of Twilio, which might read TwiML as an instruction.
                let event = opaque::document(body, context)?;
                Ok(Answer { response: Response::empty(204), events: vec![event] })
            }
        }
    }
}

impl Simulator for SmsTwilio {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        twilio::signed_form(url, &simulator::fields(event, context)?, context)
    }
}

trunkline_sdk::connector!(SmsTwilio: inbound, simulator);

#[cfg(test)]
mod tests {
    #[test]
    fn case_files() {
        trunkline_test_support::run_cases(
            env!("CARGO_MANIFEST_DIR"),
            trunkline_sdk::receive::<super::SmsTwilio>,
        );
    }
}
