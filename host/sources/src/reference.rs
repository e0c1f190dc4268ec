//! Where a component is: what is written after `trunkline connectors add`.

use std::fmt;
use std::path::PathBuf;

use url::{Host, Url};

/// Where a component is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A file of this machine.
    File(PathBuf),
    /// A file of a web server. Without user and password; the query, which may hold a token, is never shown.
    Url(Url),
    /// An artifact of an OCI registry, with a tag, a digest, or both.
    Registry(oci_client::Reference),
}

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Plain HTTP to another machine.
    #[error("`{0}` is plain HTTP to another machine")]
    PlainHttp(String),
    /// Somebody's name or password stands in it.
    #[error("the URL of `{0}` has a user or a password in it")]
    UserInfo(String),
    /// No URL.
    #[error("`{0}` is no URL")]
    Url(String),
    /// The first part is no name of a host.
    #[error("`{0}` does not begin with a registry")]
    NoRegistry(String),
    /// Neither tag nor digest.
    #[error("`{0}` has neither a tag nor a digest")]
    NoVersion(String),
    /// No name of an artifact.
    #[error("`{0}` is no reference to an artifact of a registry")]
    Artifact(String),
}

impl ReferenceError {
    /// What to write instead.
    pub fn hint(&self) -> String {
        match self {
            Self::PlainHttp(_) => {
                "use `https://`: plain HTTP is for this machine only (`localhost`, `127.0.0.1`, `[::1]`)"
                    .into()
            }
            Self::UserInfo(_) => "secrets do not belong into a URL: they end up in logs and files".into(),
            Self::Url(_) => "for example `https://example.com/post.wasm`".into(),
            Self::NoRegistry(text) => {
                format!(
                    "write the registry in full (`ghcr.io/{text}`), or `./{text}` for a file of this machine"
                )
            }
            Self::NoVersion(text) => {
                format!("say which one: `{text}:1.2.0`, or `{text}@sha256:…` for that one and no other")
            }
            Self::Artifact(_) => {
                "for example `ghcr.io/acme/post:1.2.0` or `ghcr.io/acme/post@sha256:…`".into()
            }
        }
    }
}

impl Reference {
    /// Reads `./post.wasm`, `https://example.com/post.wasm`, `ghcr.io/acme/post:1.2.0` or `ghcr.io/acme/post@sha256:…`.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.starts_with("https://") || text.starts_with("http://") {
            return url(text).map(Self::Url);
        }
        if is_file(text) {
            return Ok(Self::File(text.into()));
        }
        artifact(text.strip_prefix("oci://").unwrap_or(text)).map(Self::Registry)
    }

    /// Whether it comes from another place than the operator's own hand: then it needs a signature, unless the
    /// configuration says otherwise.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::File(_))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Url(url) => {
                let mut shown = url.clone();
                shown.set_query(None);
                shown.fmt(formatter)
            }
            Self::Registry(reference) => reference.fmt(formatter),
        }
    }
}

/// Whether a URL may be asked: over TLS, or on this machine.
pub(crate) fn may_be_asked(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

/// Whether a URL is one of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn url(text: &str) -> Result<Url, ReferenceError> {
    // What cannot be read is not repeated from the query on.
    let shown = || text.split(['?', '#']).next().unwrap_or_default().to_owned();
    let mut url = Url::parse(text).map_err(|_| ReferenceError::Url(shown()))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ReferenceError::UserInfo(host));
    }
    if !may_be_asked(&url) {
        return Err(ReferenceError::PlainHttp(shown()));
    }
    url.set_fragment(None);
    Ok(url)
}

/// A path says so itself: by how it begins, or by its end where it does not begin with the name of a host.
fn is_file(text: &str) -> bool {
    let drive = text.as_bytes().get(1..3).is_some_and(|bytes| bytes == b":\\" || bytes == b":/");
    text.starts_with(['.', '/', '\\']) || drive || (text.ends_with(".wasm") && !has_host(text))
}

/// Whether the first of several parts is the name of a host, with a dot or a port, and not of a folder.
fn has_host(text: &str) -> bool {
    let Some((first, _)) = text.split_once('/') else { return false };
    first == "localhost" || first.contains(['.', ':'])
}

fn artifact(text: &str) -> Result<oci_client::Reference, ReferenceError> {
    if !has_host(text) {
        return Err(ReferenceError::NoRegistry(text.to_owned()));
    }
    let (name, version) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let tagged = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if !tagged && version.is_none() {
        return Err(ReferenceError::NoVersion(text.to_owned()));
    }
    let reference: oci_client::Reference =
        text.parse().map_err(|_| ReferenceError::Artifact(text.to_owned()))?;
    // Other algorithms exist, and nobody pins by them.
    if reference.digest().is_some_and(|digest| !digest.starts_with("sha256:")) {
        return Err(ReferenceError::Artifact(text.to_owned()));
    }
    Ok(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_told_apart() {
        let digest = "a".repeat(64);
        let kind = |text: &str| match Reference::parse(text).expect("a reference") {
            Reference::File(path) => format!("file {}", path.display()),
            Reference::Url(url) => format!("url {url}"),
            Reference::Registry(one) => {
                format!("registry {} {} {:?}", one.registry(), one.repository(), one.tag())
            }
        };
        for (text, expected) in [
            ("./post.wasm", "file ./post.wasm"),
            ("post.wasm", "file post.wasm"),
            ("build/post.wasm", "file build/post.wasm"),
            ("/srv/post.wasm", "file /srv/post.wasm"),
            ("../post", "file ../post"),
            ("C:\\post.wasm", "file C:\\post.wasm"),
            ("https://example.com/post.wasm", "url https://example.com/post.wasm"),
            ("http://127.0.0.1:9/post.wasm", "url http://127.0.0.1:9/post.wasm"),
            ("http://[::1]:9/post.wasm", "url http://[::1]:9/post.wasm"),
            ("http://localhost/post.wasm", "url http://localhost/post.wasm"),
            ("ghcr.io/acme/post:1.2.0", "registry ghcr.io acme/post Some(\"1.2.0\")"),
            ("oci://ghcr.io/acme/post:1.2.0", "registry ghcr.io acme/post Some(\"1.2.0\")"),
            ("localhost:5000/post:1", "registry localhost:5000 post Some(\"1\")"),
            ("ghcr.io/acme/post.wasm:1", "registry ghcr.io acme/post.wasm Some(\"1\")"),
            (&format!("ghcr.io/acme/post@sha256:{digest}"), "registry ghcr.io acme/post None"),
            (&format!("ghcr.io/acme/post:1@sha256:{digest}"), "registry ghcr.io acme/post Some(\"1\")"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_none_says_what_to_write() {
        for (text, expected) in [
            ("post", "`post` does not begin with a registry"),
            ("acme/post:1", "`acme/post:1` does not begin with a registry"),
            ("ghcr.io/acme/post", "`ghcr.io/acme/post` has neither a tag nor a digest"),
            ("localhost:5000/post", "`localhost:5000/post` has neither a tag nor a digest"),
            ("ghcr.io/acme/POST:1", "`ghcr.io/acme/POST:1` is no reference to an artifact of a registry"),
            (
                "ghcr.io/acme/post@sha256:12",
                "`ghcr.io/acme/post@sha256:12` is no reference to an artifact of a registry",
            ),
            (
                "http://example.com/post.wasm?t=1",
                "`http://example.com/post.wasm` is plain HTTP to another machine",
            ),
            (
                "http://127.0.0.1.example.com/x",
                "`http://127.0.0.1.example.com/x` is plain HTTP to another machine",
            ),
            (
                "https://me:word@example.com/post.wasm",
                "the URL of `example.com` has a user or a password in it",
            ),
            ("https://", "`https://` is no URL"),
        ] {
            let error = Reference::parse(text).expect_err(text);
            assert_eq!(error.to_string(), expected);
            assert!(!error.hint().is_empty() && !error.hint().contains("word"));
        }
        let error = Reference::parse(&format!("ghcr.io/acme/post@sha512:{}", "a".repeat(128)));
        assert!(matches!(error, Err(ReferenceError::Artifact(_))));
    }

    #[test]
    fn a_query_is_not_shown() {
        let reference = Reference::parse("https://example.com/post.wasm?token=word#part").expect("a URL");
        assert_eq!(reference.to_string(), "https://example.com/post.wasm");
        let Reference::Url(url) = reference else { panic!("a URL") };
        assert_eq!(url.query(), Some("token=word"));
    }
}
