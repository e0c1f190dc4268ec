//! Cosign's simple signing: a JSON payload that names the manifest.
//! <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md> (read 2026-11-29)

use serde::Deserialize;

/// The type of every payload. Other types are signatures that mean something else.
const TYPE: &str = "cosign container image signature";

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    #[serde(rename = "type")]
    kind: String,
    image: Image,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// Whether a genuine payload names the manifest with this SHA-256. Its name of the artifact is not looked at, as cosign does not
/// either: what is signed may be copied to another registry.
pub fn names(payload: &[u8], manifest: &str) -> Result<(), &'static str> {
    let payload: Payload = serde_json::from_slice(payload).map_err(|_| "its payload is not cosign's")?;
    if payload.critical.kind != TYPE {
        return Err("its payload is not cosign's");
    }
    if payload.critical.image.digest.strip_prefix("sha256:") == Some(manifest) {
        Ok(())
    } else {
        Err("what is signed is another artifact")
    }
}
