//! Publishing a component: what an author does.

use oci_client::Client;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError as Refused;
use oci_client::manifest::OciImageManifest;
use oci_client::secrets::RegistryAuth;
use reqwest::Url;

use super::layout::{self, Description};
use super::session::{Scope, Session};
use crate::error::SourceError;
use crate::fetch::Sources;
use crate::reference::is_loopback;

/// What was pushed.
#[derive(Debug)]
pub struct Pushed {
    /// `sha256:` and the digest of the manifest: what to pin, and what to sign.
    pub digest: String,
    /// The reference with that digest.
    pub resolved: String,
}

impl Sources {
    /// Pushes a component as a wasm artifact. The reference has a tag.
    pub async fn push(
        &self,
        reference: &oci_client::Reference,
        bytes: Vec<u8>,
        description: &Description,
    ) -> Result<Pushed, SourceError> {
        let what = reference.to_string();
        let seconds = self.time_max.as_secs();
        let pushed =
            tokio::time::timeout(self.time_max, self.push_whole(reference, bytes, description)).await;
        pushed.unwrap_or(Err(SourceError::TooSlow { what, seconds }))
    }

    async fn push_whole(
        &self,
        reference: &oci_client::Reference,
        bytes: Vec<u8>,
        description: &Description,
    ) -> Result<Pushed, SourceError> {
        let session = Session::open(self, reference, Scope::Push).await?;
        let authorization = match (session.token().await?, session.user()) {
            (Some(token), _) => RegistryAuth::Bearer(token),
            (None, Some(user)) => RegistryAuth::Basic(user.name.clone(), user.password.clone()),
            (None, None) => RegistryAuth::Anonymous,
        };
        let host = reference.resolve_registry();
        let here = Url::parse(&format!("https://{host}/")).is_ok_and(|url| is_loopback(&url));
        let protocol = if here { ClientProtocol::Http } else { ClientProtocol::Https };
        let failed = |error: Refused| SourceError::Push { what: reference.to_string(), cause: cause(&error) };
        let client =
            Client::try_from(ClientConfig { protocol, ..ClientConfig::default() }).map_err(failed)?;
        let (manifest, layer, config) = layout::artifact(bytes, description);
        client
            .push(reference, &[layer], config, &authorization, Some(manifest.clone()))
            .await
            .map_err(failed)?;
        // The crate answers with a place, and what was pushed is known by its digest.
        let (published, digest) = session.manifest(reference.tag().unwrap_or_default()).await?;
        let read: Option<OciImageManifest> = serde_json::from_slice(&published).ok();
        let layers = |manifest: &OciImageManifest| format!("{:?} {:?}", manifest.config, manifest.layers);
        if read.as_ref().map(layers) != Some(layers(&manifest)) {
            let cause = "what is there now is something else: did somebody push at the same time?".to_owned();
            return Err(SourceError::Push { what: reference.to_string(), cause });
        }
        Ok(Pushed { resolved: session.what(&digest), digest })
    }
}

/// Why a push failed. What the registry says may repeat what was sent to it, so its codes alone are shown.
fn cause(error: &Refused) -> String {
    match error {
        Refused::RegistryError { envelope, .. } => {
            let codes = envelope.errors.iter().map(|error| format!("{:?}", error.code));
            format!("the registry answers {}", codes.collect::<Vec<_>>().join(", "))
        }
        Refused::ServerError { code, .. } => format!("the registry answers {code}"),
        Refused::UnauthorizedError { .. } | Refused::AuthenticationFailure(_) => {
            "the registry does not let this user write there".into()
        }
        Refused::RequestError(error) if error.is_connect() => "the registry cannot be reached".into(),
        _ => "the registry does not keep to the specification, or the connection broke".into(),
    }
}
