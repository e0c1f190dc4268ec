//! One contact as it was first met: everything learnt through its own identifiers, whatever it is merged with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::consent::Consents;
use crate::identity::{Identity, Known};
use crate::told::{Marks, Told};

/// The most identities of one contact as it was first met.
pub const IDENTITIES_MAX: usize = 64;

/// Nothing in it depends on merges. So undoing a merge has nothing to restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Leaf {
    /// Milliseconds since the Unix epoch.
    pub created_at: u64,
    pub identities: Vec<Known>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Told<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<Told<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Told<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Told<String>>,
    #[serde(default)]
    pub attributes: Marks<Value>,
    /// Always `true`: a tag is there or not.
    #[serde(default)]
    pub tags: Marks<bool>,
    #[serde(default)]
    pub consents: Consents,
}

impl Leaf {
    pub(crate) fn new(created_at: u64) -> Self {
        Self {
            created_at,
            identities: Vec::new(),
            name: None,
            avatar_url: None,
            language: None,
            time_zone: None,
            attributes: Marks::default(),
            tags: Marks::default(),
            consents: Consents::default(),
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.identities.len() < IDENTITIES_MAX
    }

    /// What it is known by no longer. None: it was not.
    pub(crate) fn forget(&mut self, identity: &Identity) -> Option<Arc<Identity>> {
        let index = self.identities.iter().position(|known| *known.identity == *identity)?;
        Some(self.identities.remove(index).identity)
    }
}
