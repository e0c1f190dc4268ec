//! Where a connection may call, and what a connector may write into a request.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use trunkline_model::Headers;
use trunkline_model::manifest::Manifest;
use url::Url;

use super::uncalled::Uncalled;
use crate::hosts;
use crate::settings::Settings;

/// The most headers of a request.
const HEADERS_MAX: usize = 64;
/// The most bytes of their names and values: what servers commonly take at least.
const HEADERS_BYTES_MAX: usize = 8 << 10;

/// Headers of the host, beside `authorization` and `proxy-…`: about the connection to the server, or about who we are.
const HEADERS_OF_THE_HOST: [&str; 10] = [
    "host",
    "cookie",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
];

/// Who calls, and what it may.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    /// The connection's name.
    pub connection: &'a str,
    /// Of its connector: hosts and settings.
    pub manifest: &'a Manifest,
    /// What the operator narrowed the hosts to.
    pub hosts: Option<&'a [String]>,
    /// Hosts that are really on this machine, before those of all connections.
    pub loopback: &'a BTreeMap<String, SocketAddr>,
    /// Secrets.
    pub settings: &'a Settings,
}

impl Caller<'_> {
    /// The URL, where calls may go there.
    pub fn target(&self, text: &str) -> Result<Url, Uncalled> {
        let connector = &self.manifest.id;
        let forbidden = |what: String| Err(Uncalled::Forbidden(what));
        // What the parser would mend or skip is refused: what was checked is what is called.
        let authority = text.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
        let Some(authority) = authority.filter(|authority| !authority.is_empty()) else {
            return forbidden(format!("connector `{connector}` calls what is no absolute `https` URL"));
        };
        let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        let parsed = if text.bytes().all(plain) { Url::parse(text).ok() } else { None };
        let Some(url) = parsed.filter(|url| url.scheme() == "https") else {
            return forbidden(format!("URL of connector `{connector}` is not percent-encoded"));
        };
        if authority.contains('@') {
            return forbidden(format!("URL of connector `{connector}` holds a user; name a credential"));
        }
        let Some(host) = url.domain().map(str::to_owned) else {
            return forbidden(format!("connector `{connector}` calls an address; name the host"));
        };
        if url.port().is_some() {
            return forbidden(format!("`{host}` on another port than that of `https`"));
        }
        if !self.manifest.hosts.iter().any(|pattern| hosts::matches(pattern, &host)) {
            return forbidden(format!("`{host}` is not among `hosts` of connector `{connector}`"));
        }
        if self.hosts.is_some_and(|narrowed| !narrowed.iter().any(|pattern| hosts::matches(pattern, &host))) {
            return forbidden(format!(
                "`{host}` is not among `hosts` of connection `{}`; add it there to allow it",
                self.connection
            ));
        }
        Ok(url)
    }
}

/// The headers, where a connector may set them.
pub fn headers(given: &Headers) -> Result<HeaderMap, Uncalled> {
    let bytes: usize = given.iter().map(|(name, value)| name.len() + value.len()).sum();
    if given.len() > HEADERS_MAX || bytes > HEADERS_BYTES_MAX {
        let found = format!("{} headers of {bytes} bytes", given.len());
        return Err(Uncalled::Forbidden(format!("{found}, at most {HEADERS_MAX} of {HEADERS_BYTES_MAX}")));
    }
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let name = header_name(name)?;
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            Uncalled::Forbidden(format!("header `{name}` has a value that no header can have"))
        })?;
        // A token that an earlier call was answered with. What the connection holds is a credential, and never comes here.
        if name == http::header::AUTHORIZATION {
            if !value.as_bytes().starts_with(b"Bearer ") {
                let cure = "name a credential, so that the connector need not know it";
                return Err(Uncalled::Forbidden(format!("header `authorization` is the host's: {cure}")));
            }
            value.set_sensitive(true);
        }
        headers.append(name, value);
    }
    Ok(headers)
}

/// The name of a header that is not about the connection to the server.
pub fn header_name(text: &str) -> Result<HeaderName, Uncalled> {
    let name = HeaderName::try_from(text)
        .map_err(|_| Uncalled::Forbidden("a header has a name that no header can have".to_owned()))?;
    if HEADERS_OF_THE_HOST.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
        return Err(Uncalled::Forbidden(format!("header `{name}` is the host's")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
