//! WeChat Official Account: pushes of a subscription account (订阅号) or service account (服务号).
//!
//! A push is one message or event, in the clear or encrypted. Which it has to be is said by `encoding_aes_key`: where there
//! is one, nothing in the clear is believed.

mod access_token;
mod cipher;
mod document;
mod envelope;
mod event;
mod failure;
mod handshake;
mod media;
mod message;
mod occurrence;
mod outbound;
mod profile;
mod proof;
mod reply;
mod simulator;
#[cfg(test)]
mod tests;

use trunkline_sdk::{malformed, prelude::*, require_method};

use proof::Proof;

const APP_ID: &str = "app_id";
const TOKEN: &str = "token";
const ENCODING_AES_KEY: &str = "encoding_aes_key";
const APP_SECRET: &str = "app_secret";
const ORIGINAL_ID: &str = "original_id";
const SIGNATURE_AGE_SECONDS: &str = "signature_age_seconds";
const WELCOME_TEXT: &str = "welcome_text";
const CUSTOMER_SERVICE: &str = "customer_service";

/// The connector.
pub struct WeChat;

impl Connector for WeChat {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for WeChat {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["GET", "POST"])?;
        let proof = Proof::of(request, context)?;
        if request.method == "GET" {
            return handshake::answer(&proof, context);
        }
        proof.verify()?;
        proof.fresh(context)?;
        let push = envelope::open(request, &proof, context)?;
        require_account(&push.document.root, context)?;
        let events = event::events(&push.document, context)
            .ok_or_else(|| malformed("neither `MsgType` nor `FromUserName` nor `ToUserName`"))?;
        Ok(Answer { response: reply::response(&push, context), events })
    }
}

/// Refuses what is for another account than the one configured.
fn require_account(root: &document::Element, context: &Context) -> Result<(), Refusal> {
    match (context.setting(ORIGINAL_ID), root.field("ToUserName")) {
        (Some(expected), Some(found)) if expected != found => {
            Err(Refusal::new(RefusalReason::WrongAccount, 403, "`ToUserName` is not `original_id`"))
        }
        _ => Ok(()),
    }
}

impl Outbound for WeChat {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for WeChat {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

impl Profiles for WeChat {
    fn look_up(contact: &Contact, _account: &str, _thread: Option<&Thread>, context: &Context) -> Found {
        profile::look_up(contact, context)
    }
}

impl Simulator for WeChat {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        simulator::request(event, url, context)
    }
}

trunkline_sdk::connector!(WeChat: inbound, outbound, media, profiles, simulator);
