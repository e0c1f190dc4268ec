//! Why a connector cannot be made or built, and what to do about it.

use std::path::{Path, PathBuf};

use trunkline_model::CONTRACT_VERSION;
use trunkline_model::manifest::ManifestError;

use crate::language::Language;

/// Why a connector cannot be made or built.
#[derive(Debug, thiserror::Error)]
pub enum AuthorError {
    /// Not a name that a connector may have.
    #[error("a connector cannot be called `{name}`: {why}")]
    Name {
        /// What was given.
        name: String,
        /// The rule that it breaks.
        why: &'static str,
        /// A name that would do.
        suggestion: Option<String>,
    },
    /// There is something in the place of the new folder.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot {doing} `{path}`")]
    File {
        /// `read`, `write`, `make`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// No `connector.toml`.
    #[error("`{0}` has no `connector.toml`")]
    NoManifest(PathBuf),
    /// A `connector.toml` against its rules.
    #[error("`{path}` is not valid")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ManifestError,
    },
    /// Folder, file and manifest have one name.
    #[error("`{path}` has id `{found}`, expected `{expected}` as the folder is called")]
    Id {
        /// The manifest.
        path: PathBuf,
        /// Its id.
        found: String,
        /// The folder's name.
        expected: String,
    },
    /// Nothing tells the language.
    #[error("`{folder}` has no file that tells its language")]
    NoLanguage {
        /// The connector's folder.
        folder: PathBuf,
    },
    /// More than one language.
    #[error("`{folder}` has both `{first}` and `{second}`: its language is not known")]
    Languages {
        /// The connector's folder.
        folder: PathBuf,
        /// A file.
        first: &'static str,
        /// Another one.
        second: &'static str,
    },
    /// Neither a copy of the SDK nor a checkout of the repository around the folder.
    #[error("`{folder}` has no `trunkline/` with the SDK")]
    NoSdk {
        /// The connector's folder.
        folder: PathBuf,
    },
    /// Tools, or the network that they come from, cannot be had.
    #[error("{found}: this needs {needs}")]
    Lacking {
        /// What has to be there.
        needs: &'static str,
        /// What was found instead.
        found: String,
        /// How to get it.
        hint: String,
        /// What the tool said, if it ran.
        output: String,
    },
    /// A tool ended with an error.
    #[error("`{command}` ended with {status}")]
    Tool {
        /// The command line.
        command: String,
        /// Exit status.
        status: std::process::ExitStatus,
        /// All that it said.
        output: String,
        /// What may be done about it.
        hint: Option<String>,
    },
    /// The tools ended well, and the component is not there.
    #[error("`{command}` made no `{path}`")]
    Nothing {
        /// The command line.
        command: String,
        /// What was expected.
        path: PathBuf,
        /// What the build has to say for it to be there.
        hint: &'static str,
    },
    /// The module is none that a component can be made of.
    #[error("`{path}` cannot be wrapped as a component: {cause}")]
    Wrap {
        /// The core module.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
    /// Not a component.
    #[error("`{file}` is no component: {cause}")]
    NotAComponent {
        /// The file.
        file: String,
        /// Why not.
        cause: String,
    },
    /// An interface that every connector exports is missing, or has another version.
    #[error("`{file}` does not export `{expected}`{found}")]
    Contract {
        /// The file.
        file: String,
        /// The interface, with the version of this contract.
        expected: String,
        /// `, it exports …` or nothing.
        found: String,
    },
    /// An import that no host gives.
    #[error("`{file}` imports functions of `{import}`: a connector imports nothing")]
    Imports {
        /// The file.
        file: String,
        /// The first of them.
        import: String,
    },
}

impl AuthorError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Name { suggestion, .. } => suggestion.as_ref().map(|name| format!("for example `{name}`")),
            Self::Exists(_) => Some("choose another name, or take that folder away; nothing in it was touched".into()),
            Self::File { .. } => None,
            Self::NoManifest(_) => {
                Some("run this in a connector's folder, or make one with `trunkline new`".into())
            }
            Self::Manifest { .. } => Some("schema/connector.schema.json describes every key".into()),
            Self::Id { expected, .. } => Some(format!("write `id = \"{expected}\"`, or rename the folder")),
            Self::NoLanguage { .. } => {
                let each = Language::ALL.map(|language| format!("`{}` ({language})", language.marker()));
                Some(format!("it is known by one of {}", each.join(", ")))
            }
            Self::Languages { .. } => Some("take one of the two files away".into()),
            Self::NoSdk { .. } => Some(
                "make a folder with `trunkline new` in the same language, and copy its `trunkline/`".into(),
            ),
            Self::Lacking { hint, .. } => Some(hint.clone()),
            Self::Tool { hint, .. } => hint.clone(),
            Self::Nothing { hint, .. } => Some((*hint).to_owned()),
            Self::Wrap { .. } => Some("it must be built with bindings of the contract: wit-bindgen, or the SDK".into()),
            Self::NotAComponent { .. } => Some("a core module must be wrapped as a component".into()),
            Self::Contract { expected, .. } => Some(format!(
                "build it against the contract of version {CONTRACT_VERSION}, and export `{expected}`"
            )),
            Self::Imports { .. } => Some(
                "what a connector needs to know is in `context`; types, and WASI 0.2 that does nothing, may be imported"
                    .into(),
            ),
        }
    }

    /// What has to be there for it, where that is all that is wrong.
    pub fn needs(&self) -> Option<&'static str> {
        match self {
            Self::Lacking { needs, .. } => Some(needs),
            _ => None,
        }
    }

    /// All that a tool said, empty where none ran.
    pub fn output(&self) -> &str {
        match self {
            Self::Tool { output, .. } | Self::Lacking { output, .. } => output,
            _ => "",
        }
    }

    pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { doing, path: path.to_owned(), source }
    }
}
