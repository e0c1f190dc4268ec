//! `cargo xtask tidy`: the rules of the house that no compiler checks.

mod channels;
mod folder;
mod mask;
mod source;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use trunkline_author::Language;

use crate::workspace;

/// Where a rule is broken, and how.
#[derive(Debug, PartialEq)]
pub struct Finding {
    /// The file or folder, from the root.
    pub path: String,
    /// From 1. None: the whole of it.
    pub line: Option<usize>,
    /// What was found and what is expected.
    pub text: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.path, self.text),
            None => write!(formatter, "{}: {}", self.path, self.text),
        }
    }
}

/// Prints every finding, and fails where there is one.
pub fn run() -> Result<()> {
    let (files, findings) = look()?;
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings in {files} files", findings.len());
    }
    println!("{files} files are tidy");
    Ok(())
}

/// Reads everything. Gives the number of files, and what is wrong with them.
fn look() -> Result<(usize, Vec<Finding>)> {
    let root = workspace::root();
    let connectors = workspace::connectors()?;
    let names = channels::names(&connectors)?;
    let sources = workspace::files(&root, ".rs")?;
    let tests = test_modules(&sources)?;
    let mut findings = Vec::new();
    let mut count = 0;
    for ending in [".rs", ".toml", ".md", ".wit", ".case", ".txt", ".js", ".mjs", ".py"] {
        for file in workspace::files(&root, ending)? {
            let path = workspace::relative(&file);
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            count += 1;
            findings.extend(source::paths(&path, &text));
            if ending == ".rs" {
                findings.extend(source::rust(&path, &text, is_test(&path) || tests.contains(&file)));
            }
            let host = path.starts_with("host/") || path.starts_with("model/");
            if host && (ending == ".rs" || ending == ".toml") {
                findings.extend(channels::check(&path, &text, &names));
            }
        }
    }
    let fuzzed =
        std::fs::read_to_string(root.join("fuzz/Cargo.toml")).context("cannot read `fuzz/Cargo.toml`")?;
    for connector in &connectors {
        findings.extend(folder::check(connector)?);
        findings.extend(
            folder::check_fuzzed(connector, &fuzzed).filter(|_| connector.language == Language::Rust),
        );
    }
    Ok((count, findings))
}

/// Whether a file holds tests by its place.
fn is_test(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    folders.any(|folder| folder == "tests" || folder == "benches")
}

/// The files of `#[cfg(test)] mod name;`.
fn test_modules(sources: &[PathBuf]) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for source in sources {
        let text =
            std::fs::read_to_string(source).with_context(|| format!("cannot read `{}`", source.display()))?;
        for name in source::test_module_names(&text) {
            let folder = source.parent().unwrap_or(Path::new(""));
            let stem = source.file_stem().unwrap_or_default();
            let folder = if stem == "lib" || stem == "main" { folder.to_owned() } else { folder.join(stem) };
            found.insert(folder.join(format!("{name}.rs")));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_place() {
        assert!(is_test("tests/flow/main.rs"));
        assert!(is_test("host/core/tests/journal.rs"));
        assert!(!is_test("host/core/src/tests.rs"));
    }

    #[test]
    fn the_files_of_test_modules_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("lib.rs");
        std::fs::write(&file, "mod a;\n#[cfg(test)]\nmod samples;\n").expect("written");
        let found = test_modules(std::slice::from_ref(&file)).expect("readable");
        assert_eq!(found, BTreeSet::from([folder.path().join("samples.rs")]));
    }
}
