//! `trunkline new`: a folder that builds, passes, and receives.

use std::path::{Path, PathBuf};

use crate::error::AuthorError;
use crate::folder::{COPY, checkout};
use crate::language::Language;
use crate::{names, pack};

/// What is to be made.
#[derive(Debug)]
pub struct New<'a> {
    /// The connector's id, and the folder's name.
    pub name: &'a str,
    /// What it is to be written in.
    pub language: Language,
    /// Where the command runs.
    pub current: &'a Path,
}

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The folder.
    pub folder: PathBuf,
    /// Its files, each by its path below it, in order.
    pub files: Vec<String>,
    /// A file of the checkout that a line was added to.
    pub enlisted: Option<PathBuf>,
}

/// Makes the folder: `connectors/<name>` at the root of a checkout of the repository, `<name>` anywhere else. It is there as a
/// whole or not at all, and nothing that was there before is touched.
pub fn new(order: &New<'_>) -> Result<Made, AuthorError> {
    names::check(order.name)?;
    let current = std::fs::canonicalize(order.current).map_err(AuthorError::file("read", order.current))?;
    let root = checkout(&current);
    let parent = match root {
        Some(root) if root == current => root.join("connectors"),
        _ => current.clone(),
    };
    // Only there are the SDKs where the folder looks for them.
    let shared = root.is_some_and(|root| root.join("connectors") == parent);
    let folder = parent.join(order.name);
    if folder.symlink_metadata().is_ok() {
        return Err(AuthorError::Exists(folder));
    }
    let mut files = files(order.name, order.language, shared);
    files.sort();
    let part = parent.join(format!(".{}.{}.part", order.name, std::process::id()));
    let written = write(&part, &files)
        .and_then(|()| std::fs::rename(&part, &folder).map_err(AuthorError::file("make", &folder)));
    if written.is_err() {
        let _ = std::fs::remove_dir_all(&part);
    }
    written?;
    let enlisted = match root.filter(|_| shared && order.language == Language::Rust) {
        Some(root) => enlist(root, order.name)?,
        None => None,
    };
    Ok(Made { folder, files: files.into_iter().map(|(name, _)| name).collect(), enlisted })
}

/// What makes a connector in Rust a member of the checkout's workspace: a line among those of the others.
fn enlist(root: &Path, id: &str) -> Result<Option<PathBuf>, AuthorError> {
    let path = root.join("fuzz/Cargo.toml");
    let Ok(text) = std::fs::read_to_string(&path) else { return Ok(None) };
    let line = format!("connector-{id} = {{ path = \"../connectors/{id}\" }}");
    let mut lines: Vec<&str> = text.lines().collect();
    let others = |(_, other): &(usize, &&str)| other.starts_with("connector-");
    let Some((last, _)) = lines.iter().enumerate().rfind(others) else { return Ok(None) };
    let place = lines.iter().enumerate().filter(others).find(|(_, other)| **other > line.as_str());
    lines.insert(place.map_or(last + 1, |(index, _)| index), &line);
    let part = path.with_extension("toml.part");
    std::fs::write(&part, lines.join("\n") + "\n").map_err(AuthorError::file("write", &part))?;
    std::fs::rename(&part, &path).map_err(AuthorError::file("write", &path))?;
    Ok(Some(path))
}

/// Every file of the folder, by its path below it.
fn files(id: &str, language: Language, shared: bool) -> Vec<(String, String)> {
    let template = format!("templates/{}", language.name());
    let replaced = format!("{template}-checkout");
    let is_replaced = |name: &str| shared && pack::file(&format!("{replaced}/{name}")).is_some();
    let own = pack::below(&template).filter(|(name, _)| !is_replaced(name));
    let own = own.chain(pack::below(&replaced).filter(|_| shared));
    let title = names::title(id);
    let mut files: Vec<(String, String)> = own
        .map(|(name, text)| {
            let text = text.replace("{{id}}", id).replace("{{title}}", &title);
            (name.to_owned(), if shared { use_shared(&text, language) } else { text })
        })
        .collect();
    if !shared {
        let copied = pack::below(language.name()).map(|(name, text)| (name.to_owned(), text));
        let contract = pack::below("wit").map(|(name, text)| (format!("wit/{name}"), text));
        let schema = pack::file(SCHEMA).map(|text| (SCHEMA.to_owned(), text));
        let copies = copied.chain(contract).chain(schema);
        files.extend(copies.map(|(name, text)| (format!("{COPY}/{name}"), text.to_owned())));
        // The versions that the SDK was tested with, and the form that the template has.
        for name in ["Cargo.lock", "rustfmt.toml"].iter().filter(|_| language == Language::Rust) {
            files.extend(pack::file(name).map(|text| ((*name).to_owned(), text.to_owned())));
        }
    }
    files
}

const SCHEMA: &str = "connector.schema.json";

/// Templates name what is in their copy, `trunkline/`. In a checkout that is beside the folder.
fn use_shared(text: &str, language: Language) -> String {
    let mut text = text
        .replace(&format!("{COPY}/{SCHEMA}"), &format!("../../schema/{SCHEMA}"))
        .replace(&format!("{COPY}/wit"), "../../wit");
    for (name, _) in pack::below(language.name()) {
        text = text.replace(&format!("{COPY}/{name}"), &format!("../sdk/{}/{name}", language.name()));
    }
    text
}

fn write(folder: &Path, files: &[(String, String)]) -> Result<(), AuthorError> {
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(AuthorError::file("make", parent))?;
        std::fs::write(&path, text).map_err(AuthorError::file("write", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_has_everything_and_no_placeholder() {
        let parent = tempfile::tempdir().expect("a folder");
        for language in Language::ALL {
            let name = format!("acme-{}", language.name());
            let made = new(&New { name: &name, language, current: parent.path() }).expect("it is made");
            let folder = crate::Folder::open(&made.folder).expect("a connector's folder");
            assert_eq!((folder.id.as_str(), folder.language), (name.as_str(), language));
            assert!(folder.contract().expect("a copy").join("inbound.wit").is_file());
            folder.sdk().expect("a copy");
            for file in
                ["README.md", "testdata/defaults.txt", "trunkline/connector.schema.json", language.source()]
            {
                assert!(made.files.iter().any(|name| name == file), "{language}: no {file}");
            }
            let cases = made.files.iter().filter(|file| file.ends_with(".case")).count();
            assert!(cases >= 2, "{language}: {cases} case files");
            for file in made.files.iter().filter(|file| !file.starts_with("trunkline/")) {
                let text = std::fs::read_to_string(made.folder.join(file)).expect("text");
                for placeholder in ["{{id}}", "{{title}}"] {
                    assert!(!text.contains(placeholder), "{language}: {file} has {placeholder}");
                }
            }
        }
    }

    #[test]
    fn in_a_checkout_the_sdk_beside_it_is_used() {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["connectors/sdk", "wit"] {
            std::fs::create_dir_all(root.path().join(folder)).expect("a folder");
        }
        std::fs::write(root.path().join("connectors/sdk/Cargo.toml"), "").expect("a file");
        std::fs::create_dir(root.path().join("fuzz")).expect("a folder");
        let fuzzed = root.path().join("fuzz/Cargo.toml");
        let line = |id: &str| format!("connector-{id} = {{ path = \"../connectors/{id}\" }}\n");
        let text = format!("[dependencies]\n{}{}\n[lints]\n", line("abc"), line("acme-three"));
        std::fs::write(&fuzzed, text).expect("a file");
        for (name, current) in [("acme-one", "."), ("acme-two", "connectors")] {
            for language in Language::ALL {
                let name = format!("{name}-{}", language.name());
                let made = new(&New { name: &name, language, current: &root.path().join(current) })
                    .expect("it is made");
                assert!(made.folder.ends_with(format!("connectors/{name}")), "{}", made.folder.display());
                for file in &made.files {
                    let text = std::fs::read_to_string(made.folder.join(file)).expect("text");
                    assert!(!text.contains("trunkline/wit"), "{language}: {file}");
                    assert!(!file.starts_with("trunkline/"), "{language}: {file}");
                }
                let manifest = std::fs::read_to_string(made.folder.join("connector.toml")).expect("text");
                assert!(!manifest.contains("trunkline/connector.schema.json"), "{manifest}");
            }
        }
        let manifest = root.path().join("connectors/acme-one-rust/Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("text");
        assert!(manifest.contains("\ntrunkline-sdk.workspace = true\n"), "{manifest}");
        let four = ["abc", "acme-one-rust", "acme-three", "acme-two-rust"].map(line).concat();
        let text = std::fs::read_to_string(&fuzzed).expect("text");
        assert_eq!(text, format!("[dependencies]\n{four}\n[lints]\n"));
        // Elsewhere in a checkout nothing is beside it.
        let made = new(&New { name: "acme", language: Language::Rust, current: &root.path().join("wit") });
        assert!(made.expect("it is made").files.iter().any(|file| file == "trunkline/Cargo.toml"));
    }

    #[test]
    fn what_is_there_is_not_touched_and_nothing_is_left_behind() {
        let parent = tempfile::tempdir().expect("a folder");
        let entries = || std::fs::read_dir(parent.path()).expect("readable").count();
        std::fs::create_dir(parent.path().join("acme")).expect("a folder");
        std::fs::write(parent.path().join("acme/kept"), "kept").expect("a file");
        let order = |name| New { name, language: Language::Rust, current: parent.path() };
        let error = new(&order("acme")).expect_err("it is there");
        assert!(matches!(error, AuthorError::Exists(_)), "{error}");
        assert!(matches!(new(&order("../acme")), Err(AuthorError::Name { .. })));
        assert_eq!(std::fs::read_dir(parent.path().join("acme")).expect("readable").count(), 1);
        assert_eq!(entries(), 1);
        new(&order("other")).expect("it is made");
        assert_eq!(entries(), 2, "nothing but the new folder");
    }
}
