//! Infobip: SMS and MMS.
//!
//! A `POST` holds a batch, `results`: of messages that contacts wrote, or of delivery reports.

mod failure;
mod media;
mod message;
mod outbound;
mod proof;
mod reference;
mod report;
mod result;
mod simulator;

use trunkline_sdk::{prelude::*, require_method};

/// The connector.
pub struct SmsInfobip;

impl Connector for SmsInfobip {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for SmsInfobip {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        proof::verify(request, context)?;
        Ok(Answer { response: Response::empty(200), events: result::events(&request.body)? })
    }
}

impl Outbound for SmsInfobip {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for SmsInfobip {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

impl Simulator for SmsInfobip {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let body = simulator::body(event, context.now)?;
        proof::proven(url, body.into_bytes(), context)
    }
}

trunkline_sdk::connector!(SmsInfobip: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests;
