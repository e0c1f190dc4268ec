//! E-mail through Mailgun: routes (inbound mail), webhooks (what became of mail that was sent), and sending.
//!
//! Routes and webhooks have one signature scheme, whose parts stand inside of the body: the container (form or JSON) is taken
//! apart before anything is verified, and nothing else is.

mod activity;
mod container;
mod legacy;
mod media;
mod notification;
mod outbound;
mod proof;
mod reason;
mod route;
mod simulator;

use container::Container;
use trunkline_sdk::{prelude::*, require_method};

/// The setting with the key for calls, which stays on the host.
const API_KEY: &str = "api_key";

/// The connector.
pub struct Mailgun;

impl Connector for Mailgun {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Mailgun {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        proof::require_settings(context)?;
        let container = Container::read(request)?;
        container.proof().verify(context)?;
        let events = match &container {
            Container::Notification(notification) => vec![notification.event()],
            Container::Form(fields) => match legacy::event(fields) {
                Some(event) => vec![event],
                None => route::events(fields),
            },
        };
        // 200 ends it, also for what the journal knows already: a repetition has the signature of the first
        // attempt, and any other status would have it repeated once more.
        Ok(Answer { response: Response::empty(200), events })
    }
}

impl Outbound for Mailgun {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for Mailgun {
    fn locate(attachment: &Media, _account: &str, _context: &Context) -> Located {
        media::locate(attachment)
    }
}

impl Simulator for Mailgun {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        simulator::webhook(event, url, context)
    }
}

trunkline_sdk::connector!(Mailgun: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests;
