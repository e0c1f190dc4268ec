//! Our own chat on a website, with its widget. There is no provider: the browser asks the host itself.
//!
//! Two URLs of a connection serve it. What a visitor does comes to `/hooks/{connection}` and becomes events; the script, the
//! session and the stream of the conversation are at `/pages/{connection}`. Who somebody is stands in a token that this
//! connector signs; that is all that is believed of a request.

mod action;
mod identity;
mod outbound;
mod page;
mod part;
mod session;
mod shown;
mod simulator;
mod site;

use trunkline_sdk::prelude::*;

/// The connector.
pub struct Webchat;

impl Connector for Webchat {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Webchat {
    fn receive(request: &Request, context: &Context) -> Received {
        action::receive(request, context)
    }
}

impl Page for Webchat {
    fn open(request: &Request, context: &Context) -> Opened {
        page::open(request, context)
    }

    fn show(event: &Event, _context: &Context) -> Option<String> {
        shown::show(event)
    }
}

impl Outbound for Webchat {
    fn send(message: &Outgoing, _context: &Context) -> Sent {
        outbound::send(message)
    }
}

impl Simulator for Webchat {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        simulator::simulate(event, url, context)
    }
}

trunkline_sdk::connector!(Webchat: inbound, outbound, page, simulator);

#[cfg(test)]
mod tests;
