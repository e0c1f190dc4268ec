//! E-mail through Postmark: the inbound hook (mails, taken apart), the webhooks about mail that was sent, and sending.
//!
//! Postmark signs nothing. It sends user and password of the webhook's URL along, and whoever knows them may say anything.

mod bounce;
mod inbound;
mod outbound;
mod record;
mod simulator;
mod wire;

use trunkline_sdk::{basic_auth, malformed, prelude::*, require_method};

/// The setting with `user:password`.
const CREDENTIALS: &str = "credentials";

/// The connector.
pub struct Postmark;

impl Connector for Postmark {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Postmark {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        // 401 is repeated on the inbound hook; 403 would lose the mail.
        basic_auth::verify(request, context.setting_values(CREDENTIALS))?;
        let response = Response::empty(200);
        // What is sent while a webhook is set up is not documented: everything with the right password is answered with 200, and
        // what has nothing in it is no event.
        if request.body.trim_ascii().is_empty() {
            return Ok(Answer { response, events: Vec::new() });
        }
        let body = std::str::from_utf8(&request.body).map_err(|_| malformed("the body is not UTF-8"))?;
        let events = wire::events(body, request.header("x-pm-webhook-trace-id"), context)?;
        Ok(Answer { response, events })
    }
}

impl Outbound for Postmark {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl Simulator for Postmark {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        simulator::webhook(event, url, context)
    }
}

trunkline_sdk::connector!(Postmark: inbound, outbound, simulator);

#[cfg(test)]
mod tests;
