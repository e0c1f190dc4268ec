//! A connector's folder, and where its SDK and its contract are.

use std::path::{Path, PathBuf};

use trunkline_model::manifest::Manifest;

use crate::error::AuthorError;
use crate::language::Language;

/// The subfolder that holds a copy of the SDK and of the contract.
pub const COPY: &str = "trunkline";

/// A connector's folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Absolute.
    pub path: PathBuf,
    /// Its name, which is the connector's id.
    pub id: String,
    /// What the source is written in.
    pub language: Language,
    /// Its `connector.toml`.
    pub manifest: Manifest,
}

impl Folder {
    /// Reads the manifest and looks for the language. An error where the folder is no connector's.
    pub fn open(path: &Path) -> Result<Self, AuthorError> {
        let path = std::fs::canonicalize(path).map_err(AuthorError::file("read", path))?;
        let file = path.join("connector.toml");
        if !file.is_file() {
            return Err(AuthorError::NoManifest(path));
        }
        let text = std::fs::read_to_string(&file).map_err(AuthorError::file("read", &file))?;
        let manifest =
            Manifest::parse(&text).map_err(|source| AuthorError::Manifest { path: file.clone(), source })?;
        let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if manifest.id != id {
            return Err(AuthorError::Id { path: file, found: manifest.id, expected: id });
        }
        let language = Language::of(&path)?;
        Ok(Self { path, id, language, manifest })
    }

    /// What a build makes: `build/<id>.wasm`.
    pub fn component(&self) -> PathBuf {
        self.path.join("build").join(format!("{}.wasm", self.id))
    }

    /// The folder of the language's SDK: a copy, or that of the checkout.
    pub fn sdk(&self) -> Result<PathBuf, AuthorError> {
        self.find(Path::new(COPY), &Path::new("connectors/sdk").join(self.language.name()))
    }

    /// The folder of the contract's `.wit` files.
    pub fn contract(&self) -> Result<PathBuf, AuthorError> {
        self.find(&Path::new(COPY).join("wit"), Path::new("wit"))
    }

    fn find(&self, own: &Path, shared: &Path) -> Result<PathBuf, AuthorError> {
        let own = self.path.join(own);
        if own.is_dir() {
            return Ok(own);
        }
        let shared = checkout(&self.path).map(|root| root.join(shared));
        shared
            .filter(|folder| folder.is_dir())
            .ok_or_else(|| AuthorError::NoSdk { folder: self.path.clone() })
    }
}

/// The checkout of the repository that a folder is in: the nearest folder with the SDK and the contract.
pub fn checkout(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .find(|root| root.join("connectors/sdk/Cargo.toml").is_file() && root.join("wit").is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "manifest_version = 1\nid = \"post\"\ntitle = \"Post\"\nversion = \"0.1.0\"\n\
                            summary = \"Letters.\"\ndocumentation = \"https://example.com\"\nmethods = [\"POST\"]\n";

    #[test]
    fn what_is_wrong_with_a_folder_is_said_before_anything_is_built() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("post");
        std::fs::create_dir(&folder).expect("a folder");
        let said = || Folder::open(&folder).expect_err("it is no connector").to_string();
        assert!(said().contains("has no `connector.toml`"), "{}", said());
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
        write("connector.toml", &MANIFEST.replace("\"post\"", "\"parcel\""));
        assert!(said().contains("has id `parcel`, expected `post`"), "{}", said());
        write("connector.toml", &MANIFEST.replace("methods", "method"));
        assert!(said().ends_with("connector.toml` is not valid"), "{}", said());
        write("connector.toml", MANIFEST);
        assert!(said().contains("no file that tells its language"), "{}", said());
        write("requirements.txt", "");
        let folder = Folder::open(&folder).expect("a connector");
        assert_eq!((folder.id.as_str(), folder.language), ("post", Language::Python));
        assert!(folder.component().ends_with("post/build/post.wasm"));
        let error = folder.sdk().expect_err("neither a copy nor a checkout");
        assert!(error.hint().expect("a cure").contains("`trunkline new`"), "{error}");
        std::fs::create_dir_all(folder.path.join("trunkline/wit")).expect("a folder");
        assert!(folder.contract().expect("its own copy").ends_with("post/trunkline/wit"));
    }
}
