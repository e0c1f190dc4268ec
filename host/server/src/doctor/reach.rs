//! Whether destinations and edges can be reached: name, connection, TLS. No request is made, so no event is sent.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;

use super::Finding;
use crate::config::{Config, Target};

/// As long as a delivery waits for a connection.
const STEP_MAX: Duration = Duration::from_secs(5);
/// Where deliveries may go through, which cannot be tried without a request.
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// By the name of the destination.
pub async fn destinations(config: &Config) -> BTreeMap<String, Finding> {
    let targets = config.destinations.iter().filter_map(|destination| match &destination.target {
        Target::Webhook { url, .. } => Some((destination.name.clone(), url.clone())),
        _ => None,
    });
    each("destination", targets).await
}

/// By the name of the edge: those that are asked for their outbox.
pub async fn edges(config: &Config) -> BTreeMap<String, Finding> {
    let asked = config.edges.iter();
    let asked = asked.filter_map(|edge| Some((edge.name.clone(), edge.outbox.as_ref()?.url.clone())));
    each("edge", asked).await
}

/// Names with URLs.
async fn each(
    noun: &'static str,
    targets: impl Iterator<Item = (String, String)>,
) -> BTreeMap<String, Finding> {
    let proxy =
        PROXIES.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let tries: Vec<_> = targets
        .map(|(name, url)| {
            tokio::spawn(async move {
                let check = format!("{noun} {name}");
                let finding = match proxy {
                    Some(proxy) => Finding::note(check, format!("not tried: `{proxy}` is set")),
                    None => reach(check, &url).await,
                };
                (name, finding)
            })
        })
        .collect();
    let mut reached = BTreeMap::new();
    for tried in tries {
        reached.extend(tried.await.ok());
    }
    reached
}

async fn reach(check: String, url: &str) -> Finding {
    let begun = Instant::now();
    match connect(url).await {
        Ok(what) => Finding::ok(check, format!("{what} after {} ms", begun.elapsed().as_millis())),
        Err((found, hint)) => Finding::broken(check, found).hint(hint),
    }
}

type Unreached = (String, &'static str);

/// Never says more of the URL than host and port: the rest may hold a secret.
async fn connect(url: &str) -> Result<String, Unreached> {
    let unreadable = || ("its URL has no host".to_owned(), "mend its `url` in the configuration");
    let url = reqwest::Url::parse(url).map_err(|_| unreadable())?;
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(unreadable());
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = within(tokio::net::lookup_host((host, port))).await.map_err(|error| {
        (format!("`{host}` has no address: {error}"), "mend the name in `url`, or this machine's DNS")
    })?;
    let socket = dial(addresses.collect(), port, host).await?;
    if url.scheme() == "http" {
        return Ok(format!("{host}:{port} takes connections, without TLS,"));
    }
    let refused = |error: String| {
        (
            format!("{host}:{port} takes connections, but no TLS: {error}"),
            "the certificate must be good for this name and not be over",
        )
    };
    let config = rustls::ClientConfig::builder()
        .with_platform_verifier()
        .map_err(|error| refused(error.to_string()))?
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|error| refused(error.to_string()))?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    within(connector.connect(name, socket)).await.map_err(|error| refused(error.to_string()))?;
    Ok(format!("{host}:{port} takes connections over TLS"))
}

/// The first address that takes a connection.
async fn dial(addresses: Vec<SocketAddr>, port: u16, host: &str) -> Result<TcpStream, Unreached> {
    let mut last = "it has no address".to_owned();
    for address in addresses {
        match within(TcpStream::connect(address)).await {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error.to_string(),
        }
    }
    let hint = "is it running, and may this machine reach it? events wait meanwhile, none is lost";
    Err((format!("{host}:{port} takes no connections: {last}"), hint))
}

async fn within<T>(step: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    let late = |_| std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time");
    tokio::time::timeout(STEP_MAX, step).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[tokio::test]
    async fn each_step_that_fails_is_named() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let open = listener.local_addr().expect("bound");
        let closed = {
            let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            gone.local_addr().expect("bound")
        };
        // Takes connections and has no TLS.
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        for (url, level, part) in [
            (format!("http://{open}/in?secret=1"), Level::Ok, "takes connections, without TLS"),
            (format!("https://{open}/in?secret=1"), Level::Broken, "but no TLS"),
            (format!("http://{closed}/in?secret=1"), Level::Broken, "takes no connections"),
            ("https://".to_owned(), Level::Broken, "no host"),
        ] {
            let found = reach("destination crm".to_owned(), &url).await;
            assert_eq!(found.level, level, "{url}: {found:?}");
            assert!(found.found.contains(part), "{url}: {found:?}");
            assert!(!format!("{found:?}").contains("secret=1"));
            assert_eq!(found.hint.is_some(), level == Level::Broken);
        }
    }
}
