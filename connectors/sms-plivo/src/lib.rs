//! Plivo Messaging: SMS, MMS and WhatsApp.
//!
//! One request holds one message or one status, as form fields (or as the query of a `GET`).

mod account;
mod content;
mod failure;
mod media;
mod message;
mod outbound;
mod signing;
mod simulator;
mod status;
mod webhook;

use trunkline_sdk::form::{self, Form};
use trunkline_sdk::{malformed, prelude::*, require_method};

/// The connector.
pub struct SmsPlivo;

impl Connector for SmsPlivo {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for SmsPlivo {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["GET", "POST"])?;
        signing::verify(request, context)?;
        let bytes = if request.method == "GET" { request.query().as_bytes() } else { &request.body };
        let form = Form::parse(bytes);
        let form = form.ok_or_else(|| malformed(format!("more than {} fields", form::FIELDS_MAX)))?;
        Ok(Answer { response: Response::empty(200), events: webhook::events(&form, request.query()) })
    }
}

impl Outbound for SmsPlivo {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for SmsPlivo {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

impl Simulator for SmsPlivo {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let fields = simulator::fields(event)?;
        signing::signed_form(&simulator::url(event, url), &fields, context)
    }
}

trunkline_sdk::connector!(SmsPlivo: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests;
