//! {{title}}: webhooks of the provider, verified and read.
//!
//! A connector is pure: what it may know is in its arguments, what it wants is in its answer. It has no clock, no network
//! and keeps nothing between calls, so that the same webhook gives the same events wherever and whenever it is read.
//!
//! This file verifies and answers; `message.rs` knows what the provider's JSON means.

mod message;

use trunkline_sdk::{prelude::*, require_method};

/// The setting of `connector.toml` that webhooks are signed with.
const WEBHOOK_SECRET: &str = "webhook_secret";
/// Lower-case hex of HMAC-SHA256 over the raw body. Names of headers are compared without regard to case.
const SIGNATURE_HEADER: &str = "x-{{id}}-signature";

/// The connector.
pub struct Channel;

impl Connector for Channel {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Channel {
    /// Called for every request to `<public_url>/hooks/<connection>`. `?` ends it with a refusal, which names a reason and a
    /// status for the provider, and keeps nothing.
    fn receive(request: &Request, context: &Context) -> Received {
        require_method(request, &["POST"])?;
        // Verify before anything is parsed: until then the body is anybody's.
        verify(request, context)?;
        let events = message::events(&request.body)?;
        // The host writes the events to disk, and only then gives the provider this answer.
        Ok(Answer { response: Response::empty(200), events })
    }
}

/// Verifies over the raw bytes of the body, never over JSON that was parsed and written again.
fn verify(request: &Request, context: &Context) -> Result<(), Refusal> {
    let given = signature::hex_digest(request.header(SIGNATURE_HEADER), 32)?;
    // In constant time, with every secret in rotation. Without one it refuses with 503: that is our fault, not a forgery.
    signature::verify(Hmac::Sha256, context.setting_values(WEBHOOK_SECRET), &[&request.body], &given)
}

impl Simulator for Channel {
    /// The inverse of `receive`: what `trunkline simulate` sends, so that the channel can be tried without an account at the
    /// provider. None for events that the provider has no webhook for.
    fn simulate(event: &Event, url: &str, context: &Context) -> Option<Request> {
        let body = message::body(event)?;
        let secret = context.setting(WEBHOOK_SECRET)?;
        let digest = Hmac::Sha256.digest(secret.as_bytes(), &[body.as_bytes()]);
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            (SIGNATURE_HEADER.to_owned(), signature::hex(&digest)),
        ];
        Some(Request { method: "POST".to_owned(), url: url.to_owned(), headers, body: body.into_bytes() })
    }
}

// What the component exports. The other abilities are `outbound` (sending), `media` (files) and `profiles` (names): implement
// the trait of each and name it here.
trunkline_sdk::connector!(Channel: inbound, simulator);

#[cfg(test)]
mod tests {
    /// `BLESS=1 cargo test` writes what came out into the case files: read the difference before you keep it.
    #[test]
    fn case_files() {
        trunkline_cases::run_cases(env!("CARGO_MANIFEST_DIR"), trunkline_sdk::receive::<super::Channel>);
    }
}
