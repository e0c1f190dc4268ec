//! Where the connector is: its folder, its manifest, its component.

use std::path::{Path, PathBuf};

use trunkline_author::{AuthorError, Language};
use trunkline_model::manifest::{Manifest, ManifestError};

use crate::config::nearest;
use crate::failure::Failure;

/// A connector's folder, and the component that is tried.
pub struct Place {
    /// The folder, as it was named.
    pub folder: PathBuf,
    /// The component.
    pub component: PathBuf,
}

impl Place {
    /// Reads the manifest, so that what is wrong with it is said with its line, and finds the component.
    pub fn find(folder: &Path, component: Option<&Path>, build: bool) -> Result<Self, Failure> {
        let manifest = manifest(folder)?;
        let component = match component {
            Some(file) => file.to_owned(),
            None if build && !matches!(Language::of(folder), Err(AuthorError::NoLanguage { .. })) => {
                crate::cli::build::build(folder, None)?.path
            }
            None => self::component(folder, &manifest.id)?,
        };
        Ok(Self { folder: folder.to_owned(), component })
    }
}

/// The manifest of a connector's folder.
pub fn manifest(folder: &Path) -> Result<Manifest, Failure> {
    let file = folder.join("connector.toml");
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Failure::new(format!("cannot read `{}`", file.display())).because(&error).hint(
            "a connector's folder has a `connector.toml`: change into one, or name it: `trunkline test connectors/<id>`",
        )
    })?;
    Manifest::parse(&text).map_err(|error| {
        let hint = mend(&error);
        Failure::new(format!("`{}`: {}", file.display(), error.to_string().trim_end())).hint(hint)
    })
}

/// What to do about it: the key that was meant, where one is near.
fn mend(error: &ManifestError) -> String {
    let every = "schema/connector.schema.json describes every key";
    let text = error.to_string();
    let mut quoted = text.split("unknown field").nth(1).unwrap_or_default().split('`').skip(1).step_by(2);
    let Some(found) = quoted.next() else { return every.to_owned() };
    match nearest(found, quoted) {
        Some(near) => format!("did you mean `{near}`? {every}"),
        None => every.to_owned(),
    }
}

/// The component of a folder: built there, or else by `cargo xtask build` for all folders of the repository.
fn component(folder: &Path, id: &str) -> Result<PathBuf, Failure> {
    let own = folder.join("build").join(format!("{id}.wasm"));
    if own.is_file() {
        return Ok(own);
    }
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let shared = |parent: &Path| parent.join("target/connectors").join(format!("{id}.wasm"));
    absolute.ancestors().map(shared).find(|file| file.is_file()).ok_or_else(|| {
        Failure::new(format!("there is no component `{}`", own.display()))
            .hint("run `trunkline build` in the folder, or name a component with --component")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_told_with_the_one_that_was_meant() {
        let text = "manifest_version = 1\nid = \"post\"\ntitel = \"Post\"\n";
        let hint = mend(&Manifest::parse(text).expect_err("misspelt"));
        assert_eq!(hint, "did you mean `title`? schema/connector.schema.json describes every key");
        let hint = mend(&Manifest::parse("id = 7").expect_err("no text"));
        assert_eq!(hint, "schema/connector.schema.json describes every key");
    }

    #[test]
    fn the_folders_own_component_comes_before_the_shared_one() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("connectors/post");
        let file = |path: PathBuf| {
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(&path, "").expect("a file");
            path.canonicalize().expect("it is there")
        };
        std::fs::create_dir_all(&folder).expect("a folder");
        assert!(component(&folder, "post").is_err());
        let shared = file(root.path().join("target/connectors/post.wasm"));
        assert_eq!(component(&folder, "post").expect("shared"), shared);
        let own = file(folder.join("build/post.wasm"));
        let found = component(&folder, "post").expect("its own");
        assert_eq!(found.canonicalize().expect("it is there"), own);
    }
}
