//! The languages that there are SDKs for.

use std::fmt;
use std::path::Path;

use crate::error::AuthorError;

/// What a connector is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Compiled by cargo, wrapped here.
    Rust,
    /// Made by `npm run build`.
    JavaScript,
    /// Made by the SDK's `build.py`.
    Python,
}

impl Language {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// As it is given on the command line, and as the folders of its SDK and template are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }

    /// The file by which a folder's language is known.
    pub fn marker(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::JavaScript => "package.json",
            Self::Python => "requirements.txt",
        }
    }

    /// Where the source starts.
    pub fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::JavaScript => "src/connector.js",
            Self::Python => "src/connector.py",
        }
    }

    /// The language of a folder. An error where it has none or several.
    pub fn of(folder: &Path) -> Result<Self, AuthorError> {
        let found: Vec<Self> =
            Self::ALL.into_iter().filter(|language| folder.join(language.marker()).is_file()).collect();
        match found.as_slice() {
            [language] => Ok(*language),
            [] => Err(AuthorError::NoLanguage { folder: folder.to_owned() }),
            [first, second, ..] => Err(AuthorError::Languages {
                folder: folder.to_owned(),
                first: first.marker(),
                second: second.marker(),
            }),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_tells_the_language_and_none_or_two_are_errors() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Language::of(folder.path()).expect_err("nothing is there");
        assert!(error.hint().expect("a cure").contains("`package.json` (JavaScript)"), "{error}");
        std::fs::write(folder.path().join("package.json"), "{}").expect("a file");
        assert_eq!(Language::of(folder.path()).expect("one"), Language::JavaScript);
        std::fs::write(folder.path().join("Cargo.toml"), "").expect("a file");
        let error = Language::of(folder.path()).expect_err("two are there").to_string();
        assert!(error.contains("both `Cargo.toml` and `package.json`"), "{error}");
    }
}
