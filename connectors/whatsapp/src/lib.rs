//! WhatsApp Cloud API: webhooks and messages of Meta's hosted WhatsApp Business platform.
//!
//! A `POST` holds entries (one a business account) of changes (one a phone number and field) of items. Each
//! item becomes events of its own; one that cannot be read becomes `other` and leaves its neighbours alone.

mod account;
mod download;
mod envelope;
mod graph;
mod message;
mod outbound;
mod simulator;
mod status;
mod wire;

use trunkline_sdk::{meta, prelude::*, require_method};

/// The connector.
pub struct WhatsApp;

impl Connector for WhatsApp {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for WhatsApp {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["GET", "POST"])?;
        if request.method == "GET" {
            return Ok(meta::handshake(request, context)?);
        }
        meta::verify(request, context)?;
        // Meta wants exactly 200; any other status repeats the whole POST for seven days.
        Ok(Answer { response: Response::empty(200), events: envelope::events(&request.body)? })
    }
}

impl Outbound for WhatsApp {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for WhatsApp {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        download::locate(media, context)
    }
}

impl Simulator for WhatsApp {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        meta::signed_webhook(url, &simulator::envelope(event, context.now)?, context)
    }
}

trunkline_sdk::connector!(WhatsApp: inbound, outbound, media, simulator);

#[cfg(test)]
mod tests {
    #[test]
    fn case_files() {
        trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<super::WhatsApp>);
    }

    #[test]
    fn outbound_case_files() {
        trunkline_cases::run_outbound_cases(
            env!("CARGO_MANIFEST_DIR"),
            trunkline_sdk::send::<super::WhatsApp>,
        );
    }

    #[test]
    fn media_case_files() {
        trunkline_cases::run_media_cases(
            env!("CARGO_MANIFEST_DIR"),
            trunkline_sdk::locate::<super::WhatsApp>,
        );
    }
}
