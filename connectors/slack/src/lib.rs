//! Slack: an app with the Events API, interactive components and slash commands.
//!
//! Everything comes to one URL, signed in the same way: events and the URL verification as JSON, interactions and
//! commands as forms. [`webhook`] tells them apart.

mod address;
mod api;
mod command;
mod content;
mod emoji;
mod envelope;
mod interaction;
mod markup;
mod media;
mod message;
mod occurrence;
mod outbound;
mod profile;
#[cfg(test)]
mod round_trip;
mod simulator;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

use trunkline_sdk::{prelude::*, require_method};

const SIGNING_SECRET: &str = "signing_secret";
const BOT_TOKEN: &str = "bot_token";
/// Where Slack keeps files, and takes them.
const SLACK_FILES: &str = "https://files.slack.com/";
const SIGNATURE_HEADER: &str = "x-slack-signature";
const TIMESTAMP_HEADER: &str = "x-slack-request-timestamp";
/// In front of the digest, and in front of what is signed.
const SIGNATURE_VERSION: &str = "v0";
/// What Slack's own libraries take, in either direction.
const TOLERANCE_MS: u64 = 300_000;

/// The connector.
pub struct Slack;

impl Connector for Slack {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Slack {
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        match verify(request, context)? {
            Sender::Slack => webhook::answer(request),
            Sender::CertificateProbe => Ok(Answer { response: Response::empty(200), events: Vec::new() }),
        }
    }
}

impl Outbound for Slack {
    fn send(message: &Outgoing, context: &Context) -> Sent {
        outbound::send(message, context)
    }
}

impl MediaFetcher for Slack {
    fn locate(media: &Media, _account: &str, context: &Context) -> Located {
        media::locate(media, context)
    }
}

impl Profiles for Slack {
    fn look_up(contact: &Contact, _account: &str, _thread: Option<&Thread>, context: &Context) -> Found {
        profile::look_up(contact, context)
    }
}

impl Simulator for Slack {
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let (content_type, body) = simulator::body(event, context.now)?;
        let timestamp = (context.now / 1_000).to_string();
        let key = context.setting(SIGNING_SECRET)?.as_bytes();
        let digest = Hmac::Sha256.digest(key, &signed(&timestamp, body.as_bytes()));
        let headers = vec![
            ("content-type".to_owned(), content_type.to_owned()),
            (TIMESTAMP_HEADER.to_owned(), timestamp),
            (SIGNATURE_HEADER.to_owned(), format!("{SIGNATURE_VERSION}={}", signature::hex(&digest))),
        ];
        Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.into_bytes() })
    }
}

enum Sender {
    /// Signed with one of our secrets.
    Slack,
    /// An unsigned `ssl_check=1`, which only looks at the certificate.
    CertificateProbe,
}

/// Verifies `X-Slack-Signature` over the time and the raw body: <https://docs.slack.dev/authentication/verifying-requests-from-slack/>,
/// read 2026-07.
fn verify(request: &Request, context: &Context) -> Result<Sender, Refusal> {
    if context.setting(SIGNING_SECRET).is_none() {
        return Err(signature::misconfigured("`signing_secret` is empty"));
    }
    let header = |name| request.header(name).filter(|value| !value.is_empty());
    let Some(given) = header(SIGNATURE_HEADER) else {
        // Whether the probe is signed is not documented. Nothing can come of it, so that a 200 gives nothing away.
        return match webhook::is_certificate_probe(&request.body) {
            true => Ok(Sender::CertificateProbe),
            false => Err(signature::missing("`X-Slack-Signature`")),
        };
    };
    let timestamp =
        header(TIMESTAMP_HEADER).ok_or_else(|| signature::missing("`X-Slack-Request-Timestamp`"))?;
    let bad = |what: &str| Refusal::new(RefusalReason::BadEncoding, 401, what);
    let seconds = Some(timestamp).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds: u64 = seconds
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| bad("`X-Slack-Request-Timestamp` is no number of seconds"))?;
    let digest = given
        .strip_prefix(SIGNATURE_VERSION)
        .and_then(|rest| rest.strip_prefix('='))
        .ok_or_else(|| bad("`X-Slack-Signature` does not begin with `v0=`"))?;
    let digest = signature::hex_digest(Some(digest), 32)?;
    let secrets = context.setting_values(SIGNING_SECRET);
    signature::verify(Hmac::Sha256, secrets, &signed(timestamp, &request.body), &digest)?;
    // Behind the signature: only what is genuine can be stale.
    signature::within(seconds.saturating_mul(1_000), context.now, TOLERANCE_MS)?;
    Ok(Sender::Slack)
}

/// The pieces that are signed.
fn signed<'a>(timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 5] {
    [SIGNATURE_VERSION.as_bytes(), b":", timestamp.as_bytes(), b":", body]
}

trunkline_sdk::connector!(Slack: inbound, outbound, media, profiles, simulator);
