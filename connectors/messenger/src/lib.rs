//! Facebook Messenger: Meta's Messenger Platform.
//!
//! A `POST` holds entries (one a Page) of items: `messaging` for conversations that are ours, `standby` for
//! those that another application owns, `changes` for everything else about the Page. Each item becomes
//! events of its own; one that cannot be read becomes `other` and leaves its neighbours alone.

mod account;
mod api;
mod order;
mod outbound;
mod product;
mod profile;
mod receipt;
mod simulator;
mod wire;

use trunkline_sdk::meta::messaging::{envelope, simulator as simulated};
use trunkline_sdk::{meta, prelude::*, require_method};

/// The connector.
pub struct Messenger;

impl Connector for Messenger {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Messenger {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["GET", "POST"])?;
        if request.method == "GET" {
            return Ok(meta::handshake(request, context)?);
        }
        meta::verify(request, context)?;
        // After an hour of anything but 200 Meta unsubscribes the app from the Page.
        Ok(Answer { response: Response::empty(200), events: envelope::events::<Self>(&request.body)? })
    }
}

impl Outbound for Messenger {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        meta::messaging::outbound::send::<Self>(message, context)
    }
}

impl Profiles for Messenger {
    fn look_up(contact: &Contact, _account: &str, _thread: Option<&Thread>, context: &Context) -> Found {
        profile::look_up(contact, context)
    }
}

impl Simulator for Messenger {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        meta::signed_webhook(url, &simulated::envelope::<Self>(event, context.now)?, context)
    }
}

trunkline_sdk::connector!(Messenger: inbound, outbound, profiles, simulator);

#[cfg(test)]
mod tests {
    #[test]
    fn case_files() {
        trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<super::Messenger>);
    }

    #[test]
    fn outbound_case_files() {
        trunkline_cases::run_outbound_cases(
            env!("CARGO_MANIFEST_DIR"),
            trunkline_sdk::send::<super::Messenger>,
        );
    }

    #[test]
    fn profile_case_files() {
        trunkline_cases::run_profile_cases(
            env!("CARGO_MANIFEST_DIR"),
            trunkline_sdk::look_up::<super::Messenger>,
        );
    }
}
