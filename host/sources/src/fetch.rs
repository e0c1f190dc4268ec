//! Fetching a component, wherever it is, with the signatures beside it.

use std::path::Path;
use std::time::Duration;

use reqwest::header::HeaderMap;
use url::Url;

use crate::error::SourceError;
use crate::evidence::{Bytes, Evidence};
use crate::http::Http;
use crate::reference::Reference;
use crate::registry::Credentials;
use crate::{COMPONENT_BYTES_MAX, sha256};

/// Told how many bytes are here, and of how many where that is known.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Sync);

/// Bytes of a signature or a bundle beside a file.
const SIGNATURE_BYTES_MAX: usize = 1 << 20;
/// Seconds of a fetch as a whole: 64 MiB at two megabits a second.
const SECONDS_MAX: u64 = 300;

/// Fetches components.
pub struct Sources {
    pub(crate) http: Http,
    pub(crate) credentials: Credentials,
    pub(crate) time_max: Duration,
}

/// A component, checked against every digest that was said of it. Not yet looked into.
#[derive(Debug)]
pub struct Fetched {
    /// The component.
    pub bytes: Vec<u8>,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// Where it is, with the digest of what the registry has there.
    pub resolved: String,
    /// All that stand with it, checked by nobody yet.
    pub evidence: Vec<Evidence>,
}

impl Sources {
    /// Credentials are those of Docker's configuration.
    pub fn new() -> Result<Self, SourceError> {
        let time_max = Duration::from_secs(SECONDS_MAX);
        Ok(Self { http: Http::new()?, credentials: Credentials::Docker, time_max })
    }

    /// Fetches a component of at most [`COMPONENT_BYTES_MAX`] bytes within five minutes.
    pub async fn fetch(&self, reference: &Reference, progress: Progress<'_>) -> Result<Fetched, SourceError> {
        let what = reference.to_string();
        let fetched = async {
            match reference {
                Reference::File(path) => file(path),
                Reference::Url(url) => self.web(&what, url, progress).await,
                Reference::Registry(reference) => self.pull(reference, progress).await,
            }
        };
        let seconds = self.time_max.as_secs();
        let fetched = tokio::time::timeout(self.time_max, fetched).await;
        fetched.unwrap_or(Err(SourceError::TooSlow { what, seconds }))
    }

    async fn web(&self, what: &str, url: &Url, progress: Progress<'_>) -> Result<Fetched, SourceError> {
        let answer = self.http.get(what, url, HeaderMap::new(), COMPONENT_BYTES_MAX, progress).await?;
        if !answer.status.is_success() {
            return Err(SourceError::Status { what: what.to_owned(), status: answer.status.as_u16() });
        }
        let mut beside = url.clone();
        beside.set_path(&format!("{}.sig", url.path()));
        let what_beside = format!("{what}.sig");
        let signature =
            self.http.get(&what_beside, &beside, HeaderMap::new(), SIGNATURE_BYTES_MAX, &|_, _| ()).await?;
        // A server that has none says so in one of several ways, or with a page.
        let evidence =
            signature.status.is_success().then(|| Evidence::beside_file(&signature.body)).flatten();
        Ok(Fetched::new(answer.body, what.to_owned(), evidence.into_iter().collect()))
    }
}

impl Fetched {
    pub(crate) fn new(bytes: Vec<u8>, resolved: String, evidence: Vec<Evidence>) -> Self {
        Self { sha256: sha256(&bytes), bytes, resolved, evidence }
    }

    /// Refuses it where it is not the one with this SHA-256, in hex, with `sha256:` before it or not.
    pub fn expect(&self, expected: &str) -> Result<(), SourceError> {
        let hex = expected.strip_prefix("sha256:").unwrap_or(expected);
        if hex.eq_ignore_ascii_case(&self.sha256) {
            return Ok(());
        }
        let (what, found) = (self.resolved.clone(), self.sha256.clone());
        Err(SourceError::Digest { what, expected: hex.to_owned(), found })
    }
}

fn file(path: &Path) -> Result<Fetched, SourceError> {
    let bytes = read(path, COMPONENT_BYTES_MAX)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sig");
    let evidence = match read(Path::new(&beside), SIGNATURE_BYTES_MAX) {
        Ok(text) => Evidence::beside_file(&text).or(Some(Evidence::Blob { signature: Bytes(Vec::new()) })),
        Err(SourceError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(Fetched::new(bytes, path.display().to_string(), evidence.into_iter().collect()))
}

/// A file, within bounds.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, SourceError> {
    use std::io::Read as _;
    let unreadable = |source| SourceError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > bytes_max {
        return Err(SourceError::TooLarge { what: path.display().to_string(), bytes_max });
    }
    Ok(bytes)
}
