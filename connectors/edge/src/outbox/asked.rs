//! The host asks for what waits.

use trunkline_model::{Response, header};
use trunkline_policy::signature::Signed;

use super::empty;
use crate::hand_in::Host;
use crate::platform::Platform;
use crate::problem::{RETRY_AFTER_S, misconfigured, problem, unavailable};
use crate::serve::{Body, Incoming, read};

/// Bytes of such a request.
const ASKING_BYTES_MAX: u64 = 4 << 10;

/// `POST /outbox`, signed with the secret that the host and this edge share.
pub async fn asked<P: Platform, B: Body>(platform: &P, incoming: Incoming<B>) -> Response {
    if incoming.method != "POST" {
        return problem(405, "method", "this path has no such method");
    }
    let Some(store) = platform.store() else {
        return problem(404, "outbox", "this edge has no outbox");
    };
    let host = match Host::read(platform).await {
        Ok(host) => host,
        Err(what) => return misconfigured(platform, "-", &what),
    };
    let body = match read(&incoming.headers, incoming.body, ASKING_BYTES_MAX).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let text = |name: &str| header(&incoming.headers, name).unwrap_or_default();
    let signed = Signed {
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signatures: text("webhook-signature"),
    };
    let secrets = std::slice::from_ref(host.secret());
    if let Err(error) = signed.verify(secrets, platform.now_ms() / 1_000, &body) {
        platform.log(&format!("outbox: not emptied: {error}"));
        return problem(401, "signature", "the request is not signed with this edge's secret");
    }
    match empty(platform, store, &host).await {
        Ok(emptied) => Response::with_body(200, "application/json", emptied.json()),
        Err(error) => {
            platform.log(&format!("outbox: {error}"));
            unavailable("outbox", "the outbox cannot be read", RETRY_AFTER_S)
        }
    }
}
