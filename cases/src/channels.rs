//! The channels of the repository, for tests: found, not named.

use std::path::{Path, PathBuf};

use trunkline_model::manifest::Manifest;

use crate::scheme::Schemes;
use crate::{Case, case_files};

/// A connector's folder with what its case files say.
pub(crate) struct Channel {
    pub manifest: Manifest,
    pub schemes: Schemes,
    /// Those that come out genuine, by name.
    pub genuine: Vec<(String, Case)>,
}

/// Every connector's folder.
pub(crate) fn channels() -> Vec<Channel> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a repository").join("connectors");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|folder| folder.join("connector.toml").is_file());
    folders.sort();
    assert!(folders.len() >= 5, "{} channels", folders.len());
    folders.iter().map(|folder| channel(folder)).collect()
}

fn channel(folder: &Path) -> Channel {
    let text = std::fs::read_to_string(folder.join("connector.toml")).expect("a manifest");
    let manifest = Manifest::parse(&text).expect("a manifest");
    let schemes = Schemes::of_folder(folder, &manifest).expect("case files");
    let named = case_files(folder).into_iter().map(|file| {
        let name = format!("{}/{}", manifest.id, file.file_stem().unwrap_or_default().to_string_lossy());
        (name, Case::read(&file).expect("a case"))
    });
    let genuine = named.filter(|(_, case)| case.is_genuine()).collect();
    Channel { manifest, schemes, genuine }
}
