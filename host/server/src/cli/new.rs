//! `trunkline new`

use std::collections::BTreeSet;
use std::path::Path;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use trunkline_author::{COPY, Language, Made, New};

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Its id and its folder: lower-case letters, digits and hyphens.
    name: String,
    /// What it is to be written in.
    #[arg(long, short, default_value = "rust", value_parser = languages(), value_name = "LANGUAGE")]
    language: Language,
}

fn languages() -> impl clap::builder::TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::name)).map(|name| {
        Language::ALL.into_iter().find(|language| language.name() == name).unwrap_or(Language::Rust)
    })
}

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let current = std::env::current_dir()
        .map_err(|error| Failure::new("the current folder cannot be read").because(&error))?;
    let order = New { name: &arguments.name, language: arguments.language, current: &current };
    let made = trunkline_author::new(&order)?;
    let current = current.canonicalize().unwrap_or(current);
    let folder = made.folder.strip_prefix(&current).unwrap_or(&made.folder);
    let bold = anstyle::Style::new().bold();
    anstream::println!("{bold}{}{bold:#}  a connector in {}", folder.display(), arguments.language);
    anstream::print!("{}", tree(&made));
    if let Some(file) = &made.enlisted {
        let file = file.strip_prefix(&current).unwrap_or(file);
        anstream::println!("{}  a line more: it is a member of the workspace, and fuzzed", file.display());
    }
    anstream::println!("\nnext:\n{}", next(folder));
    Ok(())
}

/// What to do with it.
fn next(folder: &Path) -> String {
    let lines = [
        (format!("cd {}", folder.display()), ""),
        ("trunkline build".to_owned(), "compile it to one component"),
        ("trunkline test".to_owned(), "run its case files and the rules for connectors"),
        ("trunkline dev".to_owned(), "build after each change, and watch webhooks come in"),
    ];
    let width = lines.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    let lines = lines.iter().map(|(command, what)| format!("  {command:width$}  {what}"));
    lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// The files in their folders; the copy of SDK and contract in one line.
fn tree(made: &Made) -> String {
    let copy = format!("{COPY}/");
    let (copied, own): (Vec<&String>, Vec<&String>) =
        made.files.iter().partition(|file| file.starts_with(&copy));
    let mut seen = BTreeSet::new();
    let mut text = String::new();
    for file in own {
        let parts: Vec<&str> = file.split('/').collect();
        for depth in 1..parts.len() {
            if seen.insert(parts[..depth].join("/")) {
                text += &format!("{}{}/\n", "  ".repeat(depth), parts[depth - 1]);
            }
        }
        text += &format!("{}{}\n", "  ".repeat(parts.len()), parts[parts.len() - 1]);
    }
    if !copied.is_empty() {
        text += &format!("  {copy}  the SDK and the contract, {} files\n", copied.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_shows_folders_once_and_the_copy_in_one_line() {
        let files = [
            "README.md",
            "src/lib.rs",
            "testdata/a.txt",
            "testdata/inbound/b.case",
            "trunkline/x",
            "trunkline/wit/y",
        ];
        let made = Made { folder: "acme".into(), files: files.map(str::to_owned).to_vec(), enlisted: None };
        assert_eq!(
            tree(&made),
            "  README.md\n  src/\n    lib.rs\n  testdata/\n    a.txt\n    inbound/\n      b.case\n\
             \x20 trunkline/  the SDK and the contract, 2 files\n"
        );
        assert!(
            next(Path::new("acme")).starts_with("  cd acme\n  trunkline build  compile"),
            "{}",
            next(Path::new("acme"))
        );
    }
}
