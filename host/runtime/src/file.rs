//! A component file as it was read, before anything in it runs.

use std::path::Path;

use sha2::Digest as _;

use crate::error::LoadError;

/// The bytes of a component, and what they are known by. Hashed once: lock files, compiled files and journals all ask.
pub struct ComponentFile {
    name: String,
    bytes: Vec<u8>,
    sha256: String,
}

impl ComponentFile {
    /// Reads a file. It is named as the last part of its path.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let bytes =
            std::fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self::new(name, bytes))
    }

    /// From memory.
    pub fn new(name: String, bytes: Vec<u8>) -> Self {
        let sha256 = hex::encode(sha2::Sha256::digest(&bytes));
        Self { name, bytes, sha256 }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is called, without `.wasm`: the id of the connector, if it is named as it must be.
    pub fn id(&self) -> &str {
        self.name.strip_suffix(".wasm").unwrap_or(&self.name)
    }

    /// What is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, for whoever is done with the file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// SHA-256 in hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}
