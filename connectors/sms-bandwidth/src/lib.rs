//! Bandwidth Messaging, version 2: SMS and MMS, messages to groups included.
//!
//! A `POST` holds an array of callbacks, each one message or one status. It is not signed: user name and password come along.

mod callback;
mod failure;
mod media;
mod message;
mod outbound;
mod simulator;
mod status;

use trunkline_sdk::{basic_auth, prelude::*, require_method};

const WEBHOOK_CREDENTIALS: &str = "webhook_credentials";

/// The connector.
pub struct SmsBandwidth;

impl Connector for SmsBandwidth {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for SmsBandwidth {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        basic_auth::verify(request, context.setting_values(WEBHOOK_CREDENTIALS))?;
        Ok(Answer { response: Response::empty(200), events: callback::events(&request.body)? })
    }
}

impl Outbound for SmsBandwidth {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for SmsBandwidth {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

impl Simulator for SmsBandwidth {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let credential = context.setting(WEBHOOK_CREDENTIALS)?;
        let headers = vec![
            ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
            ("authorization".to_owned(), basic_auth::header(credential)),
        ];
        let body = simulator::body(event, context.now)?.into_bytes();
        Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body })
    }
}

trunkline_sdk::connector!(SmsBandwidth: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests;
