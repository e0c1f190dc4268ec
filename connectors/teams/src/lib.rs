//! Microsoft Teams by the Bot Framework: activities of one bot.
//!
//! A `POST` holds one activity. Its token, which the Bot Framework signs, says which bot it is for and which service sends it;
//! nothing signs the body. So the body is believed only where it names the service and the channel that the token stands for.

mod activity;
mod attachment;
mod cloud;
mod conversation;
mod invoke;
mod media;
mod message;
mod outbound;
mod reaction;
mod roster;
mod service;
mod token;
mod verify;
mod wire;

use trunkline_sdk::json::RawValue;
use trunkline_sdk::{malformed, malformed_json, prelude::*, require_method};

use wire::Activity;

const APP_ID: &str = "app_id";
const APP_PASSWORD: &str = "app_password";
const TENANT_ID: &str = "tenant_id";
const CLOUD: &str = "cloud";
const SERVICE_URL: &str = "service_url";

/// The connector.
pub struct Teams;

impl Connector for Teams {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Teams {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        let verified = verify::token(request, context)?;
        let raw: &RawValue = serde_json::from_slice(&request.body).map_err(|error| malformed_json(&error))?;
        if !raw.get().starts_with('{') {
            return Err(malformed("not a JSON object"));
        }
        let activity: Activity = serde_json::from_str(raw.get()).map_err(|error| malformed_json(&error))?;
        verified.stands_for(&activity)?;
        Ok(Answer {
            response: invoke::response(&activity),
            events: activity::events(raw, &activity, verified.app_id),
        })
    }
}

impl Outbound for Teams {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for Teams {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

trunkline_sdk::connector!(Teams: inbound, outbound, media);

#[cfg(test)]
mod tests;
