//! Why a component cannot be used, and what to do about it.

use std::path::PathBuf;

use trunkline_model::manifest::ManifestError;
use trunkline_policy::CallError;

/// What a component exports.
#[derive(Debug, thiserror::Error)]
#[error("it exports `{0}`")]
pub struct Exports(pub(crate) String);

/// Why a component cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The wasm engine cannot be set up on this machine.
    #[error("wasm engine cannot start")]
    Engine(#[source] wasmtime::Error),
    /// The file or folder cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Not a component, or one that this engine does not understand.
    #[error("`{file}` is not a component")]
    NotAComponent {
        /// The file.
        file: String,
        /// What the engine says.
        #[source]
        source: wasmtime::Error,
    },
    /// The component asks for something that is not given to connectors: anything but types, and WASI 0.2 without HTTP.
    #[error("`{file}` imports `{import}`, which no host gives to a connector")]
    Imports {
        /// The file.
        file: String,
        /// The first import that is more than types.
        import: String,
    },
    /// An interface that every connector has is missing, or has another version.
    #[error("`{file}` does not export `{expected}`{found}")]
    Contract {
        /// The file.
        file: String,
        /// The interface that is expected.
        expected: String,
        /// `, it exports ...` or nothing.
        found: String,
    },
    /// It was built for another version of the contract.
    #[error("`{file}` was built for contract `{found}`, this host loads `{loads}`")]
    Version {
        /// The file.
        file: String,
        /// The version in the names of what it exports.
        found: String,
        /// What this host loads.
        loads: String,
        /// Whether it is newer than what this host loads.
        newer: bool,
        /// What it exports.
        #[source]
        source: Exports,
    },
    /// An interface is there, but does not fit.
    #[error("`{file}` exports `{interface}` with another shape than this host's contract")]
    Shape {
        /// The file.
        file: String,
        /// The interface.
        interface: String,
        /// What the engine says.
        #[source]
        source: wasmtime::Error,
    },
    /// The manifest is not one.
    #[error("manifest of `{file}` is not valid")]
    Manifest {
        /// The file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: ManifestError,
    },
    /// The manifest could not be asked for.
    #[error("`{file}` did not tell its manifest")]
    About {
        /// The file.
        file: String,
        /// How the call ended.
        #[source]
        source: CallError,
    },
    /// Reading it ended in a panic: a bug of the engine or of this host.
    #[error("`{file}` makes the host stumble")]
    Panic {
        /// The file.
        file: String,
    },
    /// It was not looked into: the host does not run it, whatever it is.
    #[error("`{file}` is refused: {reason}")]
    Refused {
        /// The file.
        file: String,
        /// Why.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The file's name is not the connector's id.
    #[error("`{file}` says that it is `{id}`")]
    Name {
        /// The file.
        file: String,
        /// The id in its manifest.
        id: String,
    },
}

impl LoadError {
    /// Loading ended in a panic.
    pub fn stumbled(path: &std::path::Path) -> Self {
        Self::Panic { file: path.file_name().unwrap_or_default().to_string_lossy().into_owned() }
    }

    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine(_) => {
                Some("64-bit Linux, macOS or Windows is needed, with at least 1 GiB of address space".into())
            }
            Self::Read { .. } => {
                Some("build the connectors with `cargo xtask build`, or mend `connectors.path`".into())
            }
            Self::NotAComponent { .. } => {
                Some("a core module must be wrapped as a component: `cargo xtask build` does it".into())
            }
            Self::Imports { import, .. } => Some(import_hint(import).into()),
            Self::Contract { expected, .. } => Some(format!(
                "rebuild the connector against `wit/` of version {}: it must export `{expected}`",
                trunkline_model::CONTRACT_VERSION
            )),
            Self::Version { newer: true, .. } => Some("update the host".into()),
            Self::Version { .. } => Some(format!(
                "rebuild the connector against `wit/` of version {}; what changed is in wit/VERSIONING.md",
                trunkline_model::CONTRACT_VERSION
            )),
            Self::Shape { .. } => {
                Some("rebuild the connector against this host's `wit/`; see wit/VERSIONING.md".into())
            }
            Self::Manifest { .. } => Some("schema/connector.schema.json describes every key".into()),
            Self::About { .. } => Some(
                "its `about.manifest` must answer at once with the text of `connector.toml`; ask its author"
                    .into(),
            ),
            Self::Panic { .. } => Some(
                "the file is damaged or hostile: take it away, and send it to whoever maintains this host"
                    .into(),
            ),
            Self::Refused { hint, .. } => hint.clone(),
            Self::Name { id, .. } => Some(format!("rename the file to `{id}.wasm`")),
        }
    }
}

fn import_hint(import: &str) -> &'static str {
    if import.starts_with("wasi:http/") {
        return "a connector calls nobody: it answers `call`, and the host calls. In JavaScript build without the features \
                `http` and `fetch-event`";
    }
    if import.starts_with("wasi:") {
        return "of WASI, hosts give `cli`, `clocks`, `filesystem`, `io`, `random` and `sockets` of version 0.2, and deny \
                whatever is asked of them; Rust needs none of it: build for `wasm32-unknown-unknown`";
    }
    "what a connector needs to know is in the arguments and in `context`; it has nobody else to ask"
}
