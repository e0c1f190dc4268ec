//! Why a component cannot be had, kept or trusted, and what to do about it. No secret is ever in here: neither queries of URLs
//! nor tokens nor what a server answered.

use std::path::PathBuf;

use crate::reference::ReferenceError;

/// Why a component cannot be had, kept or trusted.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It is not clear where it is.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// No HTTP client on this machine.
    #[error("HTTP client cannot start")]
    Client(#[source] reqwest::Error),
    /// No answer.
    #[error("`{what}` cannot be fetched")]
    Unreachable {
        /// What was asked for.
        what: String,
        /// Why not. Without its URL.
        #[source]
        source: reqwest::Error,
    },
    /// An answer that is none.
    #[error("`{what}` cannot be fetched: the server answers {status}")]
    Status {
        /// What was asked for.
        what: String,
        /// The HTTP status.
        status: u16,
    },
    /// The registry wants to know who asks, or does not like who does.
    #[error("`{registry}` does not give `{what}` to {who}")]
    Unauthorized {
        /// The host.
        registry: String,
        /// What was asked for.
        what: String,
        /// `anybody`, or `the user of Docker's configuration`.
        who: &'static str,
    },
    /// The registry sends for a token where none should be fetched from.
    #[error("`{registry}` asks to log in at `{realm}`, which is neither HTTPS nor on this machine")]
    Realm {
        /// The host.
        registry: String,
        /// Scheme and host.
        realm: String,
    },
    /// Docker's configuration cannot be used.
    #[error("credential of `{registry}` cannot be read: {cause}")]
    Credential {
        /// The host.
        registry: String,
        /// Why not, in words without secrets.
        cause: &'static str,
    },
    /// More bytes than there may be.
    #[error("`{what}` is larger than {bytes_max} bytes")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// The bound.
        bytes_max: usize,
    },
    /// Not here in time.
    #[error("`{what}` was not here after {seconds} s")]
    TooSlow {
        /// What was asked for.
        what: String,
        /// The bound.
        seconds: u64,
    },
    /// The artifact is not laid out as a component.
    #[error("`{what}` is no wasm artifact: {cause}")]
    Layout {
        /// What was asked for.
        what: String,
        /// What was expected and what was found.
        cause: String,
    },
    /// Other bytes than those that were asked for.
    #[error("`{what}` has the digest `{found}`, expected `{expected}`")]
    Digest {
        /// What was asked for.
        what: String,
        /// In hex, or `sha256:` and hex.
        expected: String,
        /// The same of what came.
        found: String,
    },
    /// The registry does not take it.
    #[error("`{what}` cannot be pushed: {cause}")]
    Push {
        /// Where to.
        what: String,
        /// Why not, in words without secrets.
        cause: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}`")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file of keys holds none that can be used.
    #[error("`{path}` is no public key: {cause}")]
    Key {
        /// Which.
        path: PathBuf,
        /// What was expected and what was found.
        cause: &'static str,
    },
    /// The lock file is none.
    #[error("`{path}` is not valid: {cause}")]
    Lock {
        /// Which.
        path: PathBuf,
        /// What is wrong, with its line.
        cause: String,
    },
    /// Another host wrote the lock file.
    #[error("`{path}` has `lock_version` {found}, this host reads 1")]
    LockVersion {
        /// Which.
        path: PathBuf,
        /// What it says.
        found: i64,
    },
    /// The file is not the one that the lock file pins.
    #[error("its digest is `{found}`, but `connectors.lock` pins `{pinned}` for `{id}`")]
    NotPinned {
        /// The connector.
        id: String,
        /// In hex.
        found: String,
        /// In hex.
        pinned: String,
        /// Where it came from.
        source_asked: String,
    },
}

impl SourceError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Reference(error) => error.hint(),
            Self::Client(_) => "are the system's TLS roots installed (`ca-certificates`)?".into(),
            Self::Unreachable { source, .. } if source.is_redirect() => {
                "it redirects to plain HTTP, or too often: name the place where the file really is".into()
            }
            Self::Unreachable { .. } => "is the address right, and this machine on the network?".into(),
            Self::Status { status: 404, .. } => {
                "is there such a version? Names and tags are case-sensitive".into()
            }
            Self::Status { .. } => "try again later, or ask whoever runs that server".into(),
            Self::Unauthorized { registry, .. } => {
                format!(
                    "log in with `docker login {registry}`; registries say this of what does not exist, too"
                )
            }
            Self::Realm { .. } => {
                "ask whoever runs that registry: a password would be sent in the clear".into()
            }
            Self::Credential { registry, .. } => {
                format!(
                    "log in again with `docker login {registry}`, or take it out of Docker's `config.json`"
                )
            }
            Self::TooLarge { .. } => "that is no connector: ask its author".into(),
            Self::TooSlow { .. } => {
                "try again, or fetch the file by other means and add it from a path".into()
            }
            Self::Layout { .. } => {
                "publish it with `trunkline connectors push` or another tool of the CNCF's wasm artifact"
                    .into()
            }
            Self::Digest { .. } => {
                "somebody changed it on the way or at its place: do not use it before you know who".into()
            }
            Self::Push { .. } => "may the user of `docker login` write there?".into(),
            Self::Key { .. } => {
                "give the `cosign.pub` of `cosign generate-key-pair`: ECDSA P-256 in PEM; keyless signatures \
                 (Fulcio, Rekor) are not checked by this host"
                    .into()
            }
            Self::Lock { .. } => "take it out of a backup, or remove it and add the connectors again".into(),
            Self::LockVersion { .. } => "a newer host wrote this file: update the host".into(),
            Self::NotPinned { id, source_asked, .. } => format!(
                "if you put it there, pin it: `trunkline connectors add FOLDER/{id}.wasm`; \
                 if not, fetch the old one again: `trunkline connectors add {source_asked}`"
            ),
            Self::Read { .. } | Self::Write { .. } => return None,
        })
    }
}
