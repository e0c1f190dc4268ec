//! The connectors under test, natively.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use trunkline_model::manifest::{Manifest, Secret};
use trunkline_model::{Context, Outgoing, ReceiveStep, Request, SendStep};
use trunkline_policy::{Settings, Visibility};

/// A connector.
pub struct Subject {
    /// Its id, which is its folder's name.
    pub id: &'static str,
    /// What it says about itself.
    pub manifest: Manifest,
    /// Its `inbound.receive`.
    pub receive: fn(&Request, &Context) -> ReceiveStep,
    /// Its `outbound.send`, where it has that.
    pub send: Option<fn(&Outgoing, &Context) -> SendStep>,
}

/// Every connector of the repository.
pub fn subjects() -> &'static [Subject] {
    static SUBJECTS: LazyLock<Vec<Subject>> =
        LazyLock::new(|| include!(concat!(env!("OUT_DIR"), "/connectors.rs")));
    &SUBJECTS
}

impl Subject {
    fn new(
        id: &'static str,
        manifest: &str,
        receive: fn(&Request, &Context) -> ReceiveStep,
        send: Option<fn(&Outgoing, &Context) -> SendStep>,
    ) -> Self {
        let manifest = Manifest::parse(manifest).expect("connectors are built with valid manifests");
        Self { id, manifest, receive, send }
    }

    /// Its folder.
    pub fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors").join(self.id)
    }

    /// The settings of an input, as a connection has them.
    pub fn settings(&self, settings: &[(String, String)]) -> Settings {
        Settings::new(settings.iter().map(|(name, value)| {
            let visibility = match self.secret(name) {
                None => Visibility::Plain,
                Some(Secret::Verify) => Visibility::SecretToVerify,
                Some(Secret::Call) => Visibility::SecretForCalls,
            };
            (name.clone(), value.clone(), visibility)
        }))
    }

    /// Whether a setting is a secret, and for what.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.manifest.settings.get(name).and_then(|setting| setting.secret)
    }
}
