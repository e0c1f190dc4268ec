//! Instagram messaging: the Messenger Platform for professional accounts of Instagram.
//!
//! Webhooks and the Send API are those of the platform (`trunkline_sdk::meta::messaging`). What is Instagram's own:
//! two ways for an account to be connected (with its own secret, host and token each), receipts that name a message,
//! stories, and comments.

mod api;
mod change;
mod outbound;
mod product;
mod profile;
mod seen;

use trunkline_sdk::meta::messaging::{envelope, outbound as messages, simulator};
use trunkline_sdk::{meta, prelude::*, require_method};

/// The connector.
pub struct Instagram;

impl Connector for Instagram {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Instagram {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["GET", "POST"])?;
        if request.method == "GET" {
            return Ok(meta::handshake(request, context)?);
        }
        // `app_secret` holds the secrets of both ways to log in: whichever signed.
        meta::verify(request, context)?;
        // After an hour of anything but 200 Meta unsubscribes the app.
        Ok(Answer { response: Response::empty(200), events: envelope::events::<Self>(&request.body)? })
    }
}

impl Outbound for Instagram {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        messages::send::<Self>(message, context)
    }
}

impl Profiles for Instagram {
    fn look_up(contact: &Contact, _account: &str, _thread: Option<&Thread>, context: &Context) -> Found {
        profile::look_up(contact, context)
    }
}

impl Simulator for Instagram {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        meta::signed_webhook(url, &simulator::envelope::<Self>(event, context.now)?, context)
    }
}

trunkline_sdk::connector!(Instagram: inbound, outbound, profiles, simulator);

#[cfg(test)]
mod tests;
