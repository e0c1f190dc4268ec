//! What can go wrong with a connector, and what to do about it.

#[cfg(feature = "engine")]
use std::path::PathBuf;

#[cfg(feature = "engine")]
use trunkline_model::manifest::ManifestError;

/// Why a component cannot be used at all.
#[cfg(feature = "engine")]
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
    /// The component asks for something that is not given to connectors.
    #[error("`{file}` imports `{import}`, but a connector imports nothing")]
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
    /// The file's name is not the connector's id.
    #[error("`{file}` says that it is `{id}`")]
    Name {
        /// The file.
        file: String,
        /// The id in its manifest.
        id: String,
    },
}

#[cfg(feature = "engine")]
impl LoadError {
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
            Self::Imports { .. } => Some(
                "build for `wasm32-unknown-unknown`; what a connector needs to know is in `context`".into(),
            ),
            Self::Contract { expected, .. } => Some(format!(
                "rebuild the connector against `wit/` of version {}: it must export `{expected}`",
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
            Self::Name { id, .. } => Some(format!("rename the file to `{id}.wasm`")),
        }
    }
}

/// How a call of a connector failed. None of these is the sender's fault: the answer is 503.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It trapped: a bug in the connector.
    #[error("connector trapped: {0}")]
    Trap(String),
    /// It computed for longer than its limit.
    #[error("connector ran for more than {limit_ms} ms")]
    Time {
        /// Its limit.
        limit_ms: u64,
    },
    /// It wanted more memory than its limit.
    #[error("connector wanted more than {limit_bytes} bytes of memory")]
    Memory {
        /// Its limit.
        limit_bytes: u64,
    },
    /// It answered more than the host is ready to copy.
    #[error("connector answered more than {limit_bytes} bytes")]
    AnswerSize {
        /// The limit.
        limit_bytes: u64,
    },
    /// Its answer has the value of a secret in it.
    #[error("connector put the secret `{setting}` into its answer")]
    SecretInAnswer {
        /// The setting whose value was found.
        setting: String,
    },
    /// Its answer breaks a rule of the contract.
    #[error("connector answered against the contract: {0}")]
    Contract(String),
    /// It asks for one call after the other and comes to no end.
    #[error("connector asks for another call in round {limit}, which is the last")]
    Rounds {
        /// The most rounds of this function.
        limit: usize,
    },
    /// It does not have this ability.
    #[error("connector does not export `{0}`")]
    NoAbility(&'static str),
    /// The engine could not make an instance.
    #[error("no instance could be made: {0}")]
    Instance(String),
}

impl CallError {
    /// A short, stable name for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::Time { .. } => "time",
            Self::Memory { .. } => "memory",
            Self::AnswerSize { .. } => "answer_size",
            Self::SecretInAnswer { .. } => "secret_in_answer",
            Self::Contract(_) => "contract",
            Self::Rounds { .. } => "rounds",
            Self::NoAbility(_) => "no_ability",
            Self::Instance(_) => "instance",
        }
    }
}
