//! The signatures that cosign puts beside an artifact: in the tag that it derives from the digest, and as referrers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oci_client::manifest::{OCI_IMAGE_INDEX_MEDIA_TYPE, OciDescriptor, OciImageIndex, OciImageManifest};

use super::MANIFEST_BYTES_MAX;
use super::session::Session;
use crate::error::SourceError;
use crate::evidence::{BUNDLE_MEDIA_TYPE, Bytes, Evidence};

/// The media type of a payload of simple signing.
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The annotation with the signature of a payload.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// How many are looked at, of each form. Anybody who may write to the registry can add some.
const SIGNATURES_MAX: usize = 16;

/// All signatures of a manifest. One that is laid out otherwise is passed over, as if it were not there: it proves nothing.
pub async fn of(session: &Session<'_>, manifest: &[u8], digest: &str) -> Result<Vec<Evidence>, SourceError> {
    let mut evidence = Vec::new();
    let hyphenated = digest.replace(':', "-");
    if let Some((signatures, _)) = session.manifest_if_any(&format!("{hyphenated}.sig")).await? {
        for layer in
            layers(&signatures).into_iter().filter(|layer| layer.media_type == PAYLOAD).take(SIGNATURES_MAX)
        {
            let signature = layer.annotations.as_ref().and_then(|annotations| annotations.get(SIGNATURE));
            let Some(signature) = signature.and_then(|text| STANDARD.decode(text).ok()) else { continue };
            evidence.push(Evidence::SimpleSigning {
                manifest: Bytes(manifest.to_vec()),
                payload: Bytes(small(session, &layer.digest).await?),
                signature: Bytes(signature),
            });
        }
    }
    for referrer in referrers(session, digest, &hyphenated).await? {
        let Some((referrer, _)) = session.manifest_if_any(&referrer).await? else { continue };
        // Told by the layer: what an index says of its entries differs from registry to registry.
        let bundle =
            layers(&referrer).into_iter().find(|layer| layer.media_type.starts_with(BUNDLE_MEDIA_TYPE));
        let Some(bundle) = bundle else { continue };
        let bundle = Bytes(small(session, &bundle.digest).await?);
        evidence.push(Evidence::Bundle { manifest: Some(Bytes(manifest.to_vec())), bundle });
    }
    Ok(evidence)
}

/// The digests of the manifests that refer to one. Where the registry keeps no such list, it is under a tag, if anywhere.
async fn referrers(session: &Session<'_>, digest: &str, tag: &str) -> Result<Vec<String>, SourceError> {
    let (path, what) = (format!("referrers/{digest}"), session.what(digest));
    let accept = Some(OCI_IMAGE_INDEX_MEDIA_TYPE);
    let listed = session.get(&path, &what, accept, MANIFEST_BYTES_MAX, &|_, _| ()).await?;
    let index = match listed {
        Some(answer) => answer.body,
        None => session.manifest_if_any(tag).await?.map(|(index, _)| index).unwrap_or_default(),
    };
    let index: Option<OciImageIndex> = serde_json::from_slice(&index).ok();
    let entries = index.map(|index| index.manifests).unwrap_or_default().into_iter();
    let digests = entries.map(|entry| entry.digest).filter(|digest| digest.starts_with("sha256:"));
    Ok(digests.take(SIGNATURES_MAX).collect())
}

async fn small(session: &Session<'_>, digest: &str) -> Result<Vec<u8>, SourceError> {
    session.blob(digest, MANIFEST_BYTES_MAX, &|_, _| ()).await
}

fn layers(manifest: &[u8]) -> Vec<OciDescriptor> {
    let manifest: Option<OciImageManifest> = serde_json::from_slice(manifest).ok();
    manifest.map(|manifest| manifest.layers).unwrap_or_default()
}
