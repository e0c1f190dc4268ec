//! Telnyx Messaging, API v2: SMS, MMS, RCS and WhatsApp through one webhook.
//!
//! One request holds one event: a message, or the statuses of a message, one for each recipient.

mod body;
mod consent;
mod envelope;
mod failure;
mod message;
mod outbound;
mod party;
mod proof;
mod status;
mod wire;

use trunkline_sdk::{prelude::*, require_method};

/// The connector.
pub struct SmsTelnyx;

impl Connector for SmsTelnyx {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for SmsTelnyx {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        proof::verify(request, context)?;
        Ok(Answer { response: Response::empty(200), events: envelope::events(&request.body)? })
    }
}

impl Outbound for SmsTelnyx {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

trunkline_sdk::connector!(SmsTelnyx: inbound, outbound);

#[cfg(test)]
mod tests;
