//! Where connectors come from: files, URLs, registries; pinned by digest, signed.
//!
//! [`Reference`] says where a component is, [`Sources`] fetches it within bounds and checks every digest on the way,
//! [`Keys`] says who signed it, [`Lock`] pins what was taken, and [`Folder`] puts it in place. Nothing here knows what a
//! component does: whoever calls loads it in the engine between fetching it and putting it in place.
//!
//! Registries are read by the OCI distribution specification, in the layout of the CNCF's wasm artifact. The types and
//! pushing are `oci-client`'s. Reading is done here: that crate reads manifests and tokens without a bound, and follows
//! redirects wherever they lead.

mod error;
mod evidence;
mod fetch;
mod folder;
mod http;
mod key;
mod lock;
mod reference;
mod registry;

pub use error::SourceError;
pub use evidence::{Evidence, Keys, Verdict};
pub use fetch::{Fetched, Progress, Sources};
pub use folder::Folder;
pub use key::Key;
pub use lock::{Entry, Lock, Signer};
pub use reference::{Reference, ReferenceError};
pub use registry::{Description, Pushed};

/// Bytes of a component. The largest connectors, those that bring a language's runtime along, have about 20 MiB.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
