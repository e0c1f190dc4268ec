//! Talks to the running host that the configuration describes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::failure::Failure;
use crate::http::ACTOR;
use crate::text;

/// All but what stands in a URL as it is: RFC 3986, "unreserved".
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where a host that listens on this address is reached from the same machine.
pub fn base_url(listen: SocketAddr) -> String {
    let reached = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, listen.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, listen.port())),
        _ => listen,
    };
    format!("http://{reached}")
}

/// A client without a proxy, with a bound on connecting.
pub fn client() -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(3))
        .no_proxy()
        .build()
        .map_err(|error| Failure::new("HTTP client cannot start").because(&error))
}

/// The host does not answer.
pub fn unreachable(url: &str, error: &reqwest::Error) -> Failure {
    Failure::new(format!("no host answers at {url}")).because(error).hint("start one with `trunkline serve`")
}

/// An answer that is no success, with what the host says about it.
pub async fn refused(response: reqwest::Response) -> Failure {
    let status = response.status();
    let problem: Value =
        serde_json::from_slice(&response.bytes().await.unwrap_or_default()).unwrap_or_default();
    let title = problem["title"].as_str().unwrap_or("without a reason");
    let failure = Failure::new(format!("the host answered {}: {}", status.as_u16(), text::plain(title)));
    if let Some(hint) = problem["hint"].as_str() {
        return failure.hint(text::plain(hint));
    }
    match problem["code"].as_str() {
        Some("token" | "api_closed") => {
            failure.hint("`api_token` must be the same here and where the host was started")
        }
        _ => failure,
    }
}

/// Gets a JSON document of the API.
pub async fn get(url: &str, token: Option<&str>) -> Result<Value, Failure> {
    ask(client()?.get(url), url, token).await
}

/// Posts to the API, and gives the JSON that it answers.
pub async fn post(
    url: &str,
    token: Option<&str>,
    headers: &[(&str, String)],
    body: Vec<u8>,
) -> Result<Value, Failure> {
    let request = client()?.post(url).body(body);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
    ask(request, url, token).await
}

/// Posts to the API, and gives the answer while it comes.
pub async fn open(url: &str, token: Option<&str>, body: Vec<u8>) -> Result<reqwest::Response, Failure> {
    let request = client()?.post(url).header(reqwest::header::CONTENT_TYPE, "application/json").body(body);
    send(request, url, token).await
}

async fn ask(request: reqwest::RequestBuilder, url: &str, token: Option<&str>) -> Result<Value, Failure> {
    let response = send(request.timeout(Duration::from_secs(30)), url, token).await?;
    json(response, url).await
}

/// The JSON of an answer.
pub async fn json(response: reqwest::Response, url: &str) -> Result<Value, Failure> {
    let bytes = response.bytes().await.map_err(|error| unreachable(url, &error))?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::new(format!("no JSON at {url}")).because(&error))
}

async fn send(
    mut request: reqwest::RequestBuilder,
    url: &str,
    token: Option<&str>,
) -> Result<reqwest::Response, Failure> {
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(actor) = actor() {
        request = request.header(ACTOR, actor);
    }
    let response = request.send().await.map_err(|error| unreachable(url, &error))?;
    if !response.status().is_success() {
        return Err(refused(response).await);
    }
    Ok(response)
}

/// Who is at the keyboard, for the host's records.
fn actor() -> Option<String> {
    let name = std::env::var("TRUNKLINE_ACTOR").or_else(|_| std::env::var("USER")).ok()?;
    // Where it cannot stand in a header, the host writes down that nobody said who it was.
    name.bytes().all(|byte| (b' '..=b'~').contains(&byte)).then_some(name)
}

/// A value as part of a query.
pub fn query_value(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}
