//! The layout of the CNCF's wasm artifact: one layer, which is the component, and a configuration that describes it.

use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde::Deserialize;
use serde_json::json;

/// The media type of the configuration.
pub const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The media type of the layer.
pub const LAYER: &str = "application/wasm";

/// What an artifact says about its component.
#[derive(Debug, Clone)]
pub struct Description {
    /// When it was made: RFC 3339.
    pub created: String,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// One line for people.
    pub title: String,
    /// Its version.
    pub version: String,
}

/// The layer of a manifest that is the component. The error says what was expected and what was found.
pub fn component_layer(manifest: &[u8]) -> Result<OciDescriptor, String> {
    /// What tells manifests and indexes apart.
    #[derive(Deserialize)]
    struct Kind {
        manifests: Option<serde::de::IgnoredAny>,
    }
    let kind: Kind =
        serde_json::from_slice(manifest).map_err(|error| format!("its manifest is none: {error}"))?;
    if kind.manifests.is_some() {
        return Err("it is an index of several, expected one manifest".into());
    }
    let manifest: OciImageManifest =
        serde_json::from_slice(manifest).map_err(|error| format!("its manifest is none: {error}"))?;
    if let Some(other) = manifest.media_type.filter(|kind| kind != OCI_IMAGE_MEDIA_TYPE) {
        return Err(format!("its manifest is `{other}`, expected `{OCI_IMAGE_MEDIA_TYPE}`"));
    }
    if manifest.config.media_type != CONFIG {
        return Err(format!("its configuration is `{}`, expected `{CONFIG}`", manifest.config.media_type));
    }
    let layers = manifest.layers.len();
    let Some(layer) = manifest.layers.into_iter().next().filter(|_| layers == 1) else {
        return Err(format!("it has {layers} layers, expected one"));
    };
    if layer.media_type != LAYER {
        return Err(format!("its layer is `{}`, expected `{LAYER}`", layer.media_type));
    }
    let hex = layer.digest.strip_prefix("sha256:").unwrap_or_default();
    if hex.len() != 64 || !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(format!("its layer has the digest `{}`, expected SHA-256", layer.digest));
    }
    Ok(layer)
}

/// Lays a component out.
pub fn artifact(bytes: Vec<u8>, description: &Description) -> (OciImageManifest, ImageLayer, Config) {
    let config = json!({
        "created": description.created,
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [format!("sha256:{}", crate::sha256(&bytes))],
        "component": { "exports": description.exports, "imports": description.imports, "target": null },
    });
    let config = Config::new(config.to_string().into_bytes(), CONFIG.to_owned(), None);
    let layer = ImageLayer::new(bytes, LAYER.to_owned(), None);
    let annotations = [
        ("org.opencontainers.image.created", &description.created),
        ("org.opencontainers.image.title", &description.title),
        ("org.opencontainers.image.version", &description.version),
    ];
    let annotations = annotations.map(|(name, value)| (name.to_owned(), value.clone()));
    let mut manifest =
        OciImageManifest::build(std::slice::from_ref(&layer), &config, Some(annotations.into()));
    manifest.media_type = Some(OCI_IMAGE_MEDIA_TYPE.to_owned());
    (manifest, layer, config)
}
