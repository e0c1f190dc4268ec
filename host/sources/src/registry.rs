//! Components in OCI registries: read within bounds, every digest checked, with the signatures that cosign puts there.
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>,
//! <https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/> (read 2026-11-29)

mod challenge;
mod credential;
pub(crate) mod layout;
mod push;
mod session;
mod signatures;

pub(crate) use credential::Credentials;
pub use layout::Description;
pub use push::Pushed;

use oci_client::manifest::{IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE};

use self::session::{Scope, Session};
use crate::COMPONENT_BYTES_MAX;
use crate::error::SourceError;
use crate::fetch::{Fetched, Progress, Sources};

/// Bytes of a manifest, an index, a payload or a bundle.
const MANIFEST_BYTES_MAX: usize = 1 << 20;

impl Sources {
    /// Pulls a component with the signatures of its manifest.
    pub(crate) async fn pull(
        &self,
        reference: &oci_client::Reference,
        progress: Progress<'_>,
    ) -> Result<Fetched, SourceError> {
        let session = Session::open(self, reference, Scope::Pull).await?;
        let asked = reference.digest().or(reference.tag()).unwrap_or_default();
        let (manifest, digest) = session.manifest(asked).await?;
        let what = session.what(&digest);
        let layer = layout::component_layer(&manifest)
            .map_err(|cause| SourceError::Layout { what: reference.to_string(), cause })?;
        let size = usize::try_from(layer.size).unwrap_or(usize::MAX);
        if size > COMPONENT_BYTES_MAX {
            return Err(SourceError::TooLarge { what, bytes_max: COMPONENT_BYTES_MAX });
        }
        let bytes = session.blob(&layer.digest, size, progress).await?;
        let evidence = signatures::of(&session, &manifest, &digest).await?;
        Ok(Fetched::new(bytes, what, evidence))
    }
}

impl Session<'_> {
    /// A manifest with its digest, by tag or digest. What it is of is looked at by whoever asked.
    async fn manifest(&self, asked: &str) -> Result<(Vec<u8>, String), SourceError> {
        let found = self.manifest_if_any(asked).await?;
        found.ok_or_else(|| SourceError::Status { what: self.what(asked), status: 404 })
    }

    /// The same, where there is one.
    async fn manifest_if_any(&self, asked: &str) -> Result<Option<(Vec<u8>, String)>, SourceError> {
        let accept =
            format!("{OCI_IMAGE_MEDIA_TYPE}, {OCI_IMAGE_INDEX_MEDIA_TYPE}, {IMAGE_MANIFEST_MEDIA_TYPE}");
        let path = format!("manifests/{asked}");
        let Some(answer) =
            self.get(&path, &self.what(asked), Some(&accept), MANIFEST_BYTES_MAX, &|_, _| ()).await?
        else {
            return Ok(None);
        };
        let digest = format!("sha256:{}", crate::sha256(&answer.body));
        let said = answer.headers.get("docker-content-digest").and_then(|value| value.to_str().ok());
        let said = said.filter(|said| said.starts_with("sha256:"));
        let asked_for = Some(asked).filter(|asked| asked.starts_with("sha256:"));
        if let Some(expected) = asked_for.into_iter().chain(said).find(|expected| *expected != digest) {
            return Err(SourceError::Digest {
                what: self.what(asked),
                expected: expected.to_owned(),
                found: digest,
            });
        }
        Ok(Some((answer.body, digest)))
    }

    /// A blob, which is the one with this digest.
    async fn blob(
        &self,
        digest: &str,
        bytes_max: usize,
        progress: Progress<'_>,
    ) -> Result<Vec<u8>, SourceError> {
        let what = self.what(digest);
        let answer = self.get(&format!("blobs/{digest}"), &what, None, bytes_max, progress).await?;
        let answer = answer.ok_or_else(|| SourceError::Status { what: what.clone(), status: 404 })?;
        let found = format!("sha256:{}", crate::sha256(&answer.body));
        if found == digest {
            Ok(answer.body)
        } else {
            Err(SourceError::Digest { what, expected: digest.to_owned(), found })
        }
    }
}

#[cfg(test)]
mod tests;
