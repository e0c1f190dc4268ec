//! LINE Messaging API: webhooks of a LINE Official Account.
//!
//! A `POST` holds the events of one bot, of any number of users. Each becomes one event here; one that cannot
//! be read becomes `other` and leaves its neighbours alone.

mod envelope;
mod event;
mod media;
mod message;
mod occurrence;
mod outbound;
mod profile;
#[cfg(test)]
mod round_trip;
mod simulator;
mod wire;

use trunkline_sdk::{prelude::*, require_method};

const CHANNEL_SECRET: &str = "channel_secret";
const CHANNEL_ACCESS_TOKEN: &str = "channel_access_token";
const BOT_USER_ID: &str = "bot_user_id";
const REPLY_TOKEN_SECONDS: &str = "reply_token_seconds";
const SIGNATURE_HEADER: &str = "x-line-signature";

/// The connector.
pub struct Line;

impl Connector for Line {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Line {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        let events = match verify(request, context)? {
            Sender::Line => envelope::events(&request.body, context.setting(BOT_USER_ID))?,
            Sender::VerifyButton => Vec::new(),
        };
        Ok(Answer { response: Response::empty(200), events })
    }
}

impl Outbound for Line {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for Line {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

impl Profiles for Line {
    fn look_up(contact: &Contact, _account: &str, thread: Option<&Thread>, context: &Context) -> Found {
        profile::look_up(contact, thread, context)
    }
}

impl Simulator for Line {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let body = simulator::body(event, context.now)?;
        let digest = Hmac::Sha256.digest(context.setting(CHANNEL_SECRET)?.as_bytes(), &[body.as_bytes()]);
        let headers = vec![
            ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
            (SIGNATURE_HEADER.to_owned(), signature::base64(&digest)),
        ];
        Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.into_bytes() })
    }
}

enum Sender {
    /// Signed with one of our secrets.
    Line,
    /// An unsigned body without events, as the console's button has been seen to send it.
    VerifyButton,
}

/// Verifies `X-Line-Signature` over the raw body.
fn verify(request: &Request, context: &Context) -> Result<Sender, Refusal> {
    if context.setting(CHANNEL_SECRET).is_none() {
        return Err(signature::misconfigured("`channel_secret` is empty"));
    }
    let Some(header) = request.header(SIGNATURE_HEADER) else {
        // Nothing can come of a body without events, so that a 200 gives nothing away.
        let harmless = envelope::has_no_events(&request.body);
        return if harmless {
            Ok(Sender::VerifyButton)
        } else {
            Err(signature::missing("`X-Line-Signature`"))
        };
    };
    let given = signature::base64_digest(Some(header), 32)?;
    signature::verify(Hmac::Sha256, context.setting_values(CHANNEL_SECRET), &[&request.body], &given)?;
    Ok(Sender::Line)
}

trunkline_sdk::connector!(Line: inbound, outbound, media, profiles, simulator);

#[cfg(test)]
mod tests {
    #[test]
    fn case_files() {
        trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<super::Line>);
    }

    #[test]
    fn outbound_case_files() {
        trunkline_cases::run_outbound_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::send::<super::Line>);
    }

    #[test]
    fn media_case_files() {
        trunkline_cases::run_media_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::locate::<super::Line>);
    }

    #[test]
    fn profile_case_files() {
        trunkline_cases::run_profile_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::look_up::<super::Line>);
    }
}
