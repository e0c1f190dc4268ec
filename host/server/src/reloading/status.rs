//! What became of the last change of each component.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

/// What became of a changed component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reload {
    /// When. RFC 3339, UTC.
    pub at: String,
    /// Whether it serves now. Where not, the one before goes on.
    pub taken: bool,
    /// SHA-256 of the component, where it could be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why it was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Reload {
    pub(super) fn taken(at: String, sha256: &str) -> Self {
        Self { at, taken: true, sha256: Some(sha256.to_owned()), error: None, hint: None }
    }

    pub(super) fn refused(at: String, sha256: Option<String>, error: String, hint: Option<String>) -> Self {
        Self { at, taken: false, sha256, error: Some(error), hint }
    }
}

/// By the connector's id.
#[derive(Debug, Default)]
pub struct Reloads(Mutex<BTreeMap<String, Reload>>);

impl Reloads {
    /// What became of the last change of this one, since the start of the host.
    pub fn last(&self, id: &str) -> Option<Reload> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(super) fn set(&self, id: &str, reload: Reload) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), reload);
    }

    /// The file that serves is in its place again: what was refused is of no interest any more.
    pub(super) fn back(&self, id: &str) {
        let mut reloads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reloads.get(id).is_some_and(|reload| !reload.taken) {
            reloads.remove(id);
        }
    }
}
