//! What is in a connector's folder.

use anyhow::{Context as _, Result};

use super::Finding;
use crate::workspace::{self, ConnectorFolder};

/// A channel with fewer cases has kinds of events without one.
const CASES_MIN: usize = 10;

/// The convention for a case whose signature we did not make: a comment that says who did.
const SIGNED_BY: &str = "# Signed by ";

/// What a connector's folder lacks.
pub fn check(connector: &ConnectorFolder) -> Result<Vec<Finding>> {
    let path = workspace::relative(&connector.path);
    let mut findings = Vec::new();
    let mut add = |text: String| findings.push(Finding { path: path.clone(), line: None, text });
    for file in ["Cargo.toml", "README.md", "src/lib.rs"] {
        if !connector.path.join(file).is_file() {
            add(format!("no `{file}`"));
        }
    }
    let package = std::fs::read_to_string(connector.path.join("Cargo.toml")).unwrap_or_default();
    let name = format!("name = \"connector-{}\"", connector.id);
    if !package.contains(&name) {
        add(format!("`Cargo.toml` does not say `{name}`"));
    }
    let folder = connector.path.join("testdata/inbound");
    let cases = if folder.is_dir() { workspace::files(&folder, ".case")? } else { Vec::new() };
    if cases.len() < CASES_MIN {
        add(format!("{} case files in `testdata/inbound`, at least {CASES_MIN}", cases.len()));
    }
    let mut independent = false;
    for case in &cases {
        let text =
            std::fs::read_to_string(case).with_context(|| format!("cannot read `{}`", case.display()))?;
        independent |= text.lines().any(|line| line.starts_with(SIGNED_BY));
        if !text.starts_with("# ") {
            add(format!(
                "`{}` does not start with a comment that says what it shows",
                workspace::relative(case)
            ));
        }
        if !text.contains("\n--- expect\n{") {
            add(format!("`{}` expects nothing", workspace::relative(case)));
        }
    }
    if !independent {
        add(format!(
            "no case file has a line `{SIGNED_BY}...`: one signature must be made by something that we did not write"
        ));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lack_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let connector = ConnectorFolder { id: "post".to_owned(), path: folder.path().to_owned() };
        let texts = |connector: &ConnectorFolder| -> Vec<String> {
            check(connector).expect("readable").into_iter().map(|finding| finding.text).collect()
        };
        assert_eq!(texts(&connector).len(), 6);

        let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).expect("written");
        std::fs::create_dir_all(folder.path().join("testdata/inbound")).expect("a folder");
        std::fs::create_dir_all(folder.path().join("src")).expect("a folder");
        write("Cargo.toml", "name = \"connector-post\"");
        write("README.md", "");
        write("src/lib.rs", "");
        for number in 0..CASES_MIN {
            write(&format!("testdata/inbound/{number}.case"), "# A letter.\nPOST /\n--- expect\n{}\n");
        }
        let found = texts(&connector);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`# Signed by ...`"), "{}", found[0]);
        write(
            "testdata/inbound/0.case",
            "# A vector.\n# Signed by the post office.\nPOST /\n--- expect\n{}\n",
        );
        assert_eq!(texts(&connector), Vec::<String>::new());
    }
}
