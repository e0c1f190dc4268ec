//! Calls that the connector asks for, made with what the platform has.
//!
//! Whether they may be made is decided by the rules that the host has. That they go to public addresses only is the
//! platform's to see to, by what it lets this component call.

use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use http::Request;
use trunkline_model::{Call, Response};
use trunkline_policy::egress::{ANSWER_HEADERS_BYTES_MAX, Cache, Prepared, Uncalled, call};

use crate::connection::Connection;
use crate::platform::{Platform, within};

/// Of one call, as a whole.
const CALL_TIME_MAX: Duration = Duration::from_secs(6);
/// Bytes of an answer: certificates and key sets are a hundredth of it.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// As long as the instance lives, by HTTP's own rules.
static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

/// Makes a call of the connector.
pub async fn make<P: Platform>(
    platform: &P,
    connection: &Connection<'_>,
    asked: &Call,
) -> Result<Response, Uncalled> {
    call(&connection.caller(), asked, &CACHE, async |prepared| {
        let host = prepared.host().to_owned();
        let request = request(connection, prepared)?;
        let answer = within(platform, CALL_TIME_MAX, platform.send(request, ANSWER_BYTES_MAX)).await;
        let late = || Uncalled::Unknown(format!("no whole answer of `{host}` in time"));
        let answer = answer.ok_or_else(late)??;
        let sizes = answer.headers.iter().map(|(name, value)| (name.len() + value.len()) as u64);
        if sizes.sum::<u64>() > ANSWER_HEADERS_BYTES_MAX {
            return Err(Uncalled::TooLarge { host, bytes_max: ANSWER_HEADERS_BYTES_MAX });
        }
        Ok(answer)
    })
    .await
}

fn request(connection: &Connection, prepared: Prepared) -> Result<Request<Vec<u8>>, Uncalled> {
    let host = prepared.host().to_owned();
    let Prepared { method, mut url, headers, body } = prepared;
    let unwritable = || Uncalled::NotSent(format!("request to `{host}` cannot be written"));
    if let Some(address) = connection.loopback.get(&host) {
        // `wasi:http` sends no other `Host` than that of the URL.
        url.set_scheme("http").map_err(|()| unwritable())?;
        url.set_ip_host(address.ip()).map_err(|()| unwritable())?;
        url.set_port(Some(address.port())).map_err(|()| unwritable())?;
    }
    // A fragment is the caller's own.
    url.set_fragment(None);
    let mut request =
        Request::builder().method(method).uri(url.as_str()).body(body).map_err(|_| unwritable())?;
    *request.headers_mut() = headers;
    Ok(request)
}
