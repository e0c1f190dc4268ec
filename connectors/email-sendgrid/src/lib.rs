//! E-mail through SendGrid: Inbound Parse (mails, as forms), the Event Webhook (lists of what became of mail that was sent), and
//! sending.

mod event;
mod form;
mod inbound;
mod outbound;
mod proof;
mod reason;
mod simulator;

use trunkline_sdk::{Interrupt, malformed, malformed_json, prelude::*, require_method};

/// The connector.
pub struct SendGrid;

impl Connector for SendGrid {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for SendGrid {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        let content_type = request.header("content-type").unwrap_or_default();
        let is_form =
            content_type.trim_start().get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"));
        let events = if is_form {
            mail(content_type, request, context).map_err(kept)?
        } else {
            proof::signature(request, context)?;
            event::events(&request.body, context).map_err(|error| malformed_json(&error))?
        };
        Ok(Answer { response: Response::empty(200), events })
    }
}

fn mail(content_type: &str, request: &Request, context: &Context) -> Result<Vec<Event>, Interrupt> {
    proof::signature_or_credentials(request, context)?;
    inbound::events(content_type, &request.body).map_err(malformed)
}

/// Inbound Parse drops a mail without a word at any 4xx. At 5xx it comes again for three days, in which a key can be mended, or
/// a body that was cut off be whole.
fn kept(interrupt: Interrupt) -> Interrupt {
    match interrupt {
        Interrupt::Refuse(refusal) => Refusal { status: 503, ..refusal }.into(),
        call => call,
    }
}

impl Outbound for SendGrid {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl Simulator for SendGrid {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        simulator::webhook(event, url, context)
    }
}

trunkline_sdk::connector!(SendGrid: inbound, outbound, simulator);

#[cfg(test)]
mod tests;
