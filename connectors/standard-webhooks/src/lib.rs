//! Standard Webhooks: whatever signs by that specification. What its bodies mean is said by settings, so that a simple channel
//! needs no code of its own.

mod event;
mod mapping;
mod message;
mod pointer;
mod proof;
mod simulator;

use trunkline_sdk::{prelude::*, require_method};

use crate::mapping::Mapping;
use crate::proof::Keys;

/// The connector.
pub struct StandardWebhooks;

impl Connector for StandardWebhooks {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for StandardWebhooks {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        // Before anything else: what the operator has to mend is answered with 503, and comes again.
        let (keys, mapping) = (Keys::of(context)?, Mapping::of(context)?);
        let webhook_id = proof::verify(request, &keys, context.now)?;
        let event = event::event(&request.body, webhook_id, &mapping);
        Ok(Answer { response: Response::empty(200), events: vec![event] })
    }
}

impl Simulator for StandardWebhooks {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let (keys, mapping) = (Keys::of(context).ok()?, Mapping::of(context).ok()?);
        let body = simulator::body(event, context.now, &mapping)?;
        proof::signed(body, &event.id, url, &keys, context.now)
    }
}

trunkline_sdk::connector!(StandardWebhooks: inbound, simulator);

#[cfg(test)]
mod tests;
