//! What is in a connector's folder.

use anyhow::{Context as _, Result};
use trunkline_author::Language;

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
    for file in [connector.language.marker(), "README.md", connector.language.source()] {
        if !connector.path.join(file).is_file() {
            add(format!("no `{file}`"));
        }
    }
    let package = std::fs::read_to_string(connector.path.join("Cargo.toml")).unwrap_or_default();
    let name = format!("name = \"connector-{}\"", connector.id);
    if connector.language == Language::Rust && !package.contains(&name) {
        add(format!("`Cargo.toml` does not say `{name}`"));
    }
    let manifest = std::fs::read_to_string(connector.path.join("connector.toml")).unwrap_or_default();
    if !manifest.lines().any(|line| line.starts_with("on_failure = ")) {
        add("`connector.toml` does not say what the provider does with a webhook that is answered 503: \
             `on_failure` below `[webhooks]`"
            .to_owned());
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
    // Other languages have no one line that names them; what their component exports is looked at when it is tested.
    if connector.language == Language::Rust {
        check_abilities(connector, &mut add)?;
    }
    if !independent {
        add(format!(
            "no case file has a line `{SIGNED_BY}...`: one signature must be made by something that we did not write"
        ));
    }
    Ok(findings)
}

/// A connector that the fuzz targets are not linked with. `package` is `fuzz/Cargo.toml`; the targets follow from it.
pub fn check_fuzzed(connector: &ConnectorFolder, package: &str) -> Option<Finding> {
    let name = format!("connector-{}", connector.id);
    let line = format!("{name} = {{ path = \"../connectors/{}\" }}", connector.id);
    let found = package.lines().any(|line| line.split('=').next().is_some_and(|key| key.trim() == name));
    (!found).then(|| Finding {
        path: "fuzz/Cargo.toml".to_owned(),
        line: None,
        text: format!("no line `{line}`: every connector is fuzzed"),
    })
}

/// The abilities whose functions make calls, with the folder of their case files.
const ABILITIES: [&str; 3] = ["outbound", "media", "profiles"];

/// What an ability is named by in `trunkline_sdk::connector!(Type: inbound, outbound);` must be shown in case files; and
/// for a channel that is called, how its provider answers.
fn check_abilities(connector: &ConnectorFolder, add: &mut impl FnMut(String)) -> Result<()> {
    let source = std::fs::read_to_string(connector.path.join("src/lib.rs")).unwrap_or_default();
    let exported = source.lines().find(|line| line.contains("connector!(")).unwrap_or_default();
    let words: Vec<&str> = exported.split(|letter: char| !letter.is_alphanumeric()).collect();
    let has = |ability: &&&str| words.contains(ability);
    let told = words.contains(&"page").then_some(["page", "shown"]).into_iter().flatten();
    for folder in told {
        if !connector.path.join("testdata").join(folder).is_dir() {
            add(format!("no case files in `testdata/{folder}`: what its page asks, and is told"));
        }
    }
    for ability in ABILITIES.iter().filter(has) {
        let folder = connector.path.join("testdata").join(ability);
        let cases = if folder.is_dir() { workspace::files(&folder, ".case")? } else { Vec::new() };
        let least = if *ability == "outbound" { CASES_MIN } else { 1 };
        if cases.len() < least {
            add(format!("{} case files in `testdata/{ability}`, at least {least}", cases.len()));
        }
    }
    // Where a page asks the host itself there may be no provider.
    let calls = ABILITIES.iter().any(|ability| has(&ability)) && !words.contains(&"page");
    if calls && !connector.path.join("testdata/provider.toml").is_file() {
        add("no `testdata/provider.toml`: how the provider answers what this connector calls".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_that_is_not_fuzzed_is_found() {
        let path = "connectors/post".into();
        let connector = ConnectorFolder { id: "post".to_owned(), path, language: Language::Rust };
        let line = "connector-post = { path = \"../connectors/post\" }";
        assert_eq!(check_fuzzed(&connector, &format!("[dependencies]\n{line}\n")), None);
        let finding = check_fuzzed(&connector, &line.replace("post", "post-office")).expect("another one");
        assert!(finding.text.contains(line), "{finding}");
    }

    #[test]
    fn each_lack_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_owned();
        let connector = ConnectorFolder { id: "post".to_owned(), path, language: Language::Rust };
        let texts = |connector: &ConnectorFolder| -> Vec<String> {
            check(connector).expect("readable").into_iter().map(|finding| finding.text).collect()
        };
        assert_eq!(texts(&connector).len(), 7);

        let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).expect("written");
        std::fs::create_dir_all(folder.path().join("testdata/inbound")).expect("a folder");
        std::fs::create_dir_all(folder.path().join("src")).expect("a folder");
        write("Cargo.toml", "name = \"connector-post\"");
        write("connector.toml", "[webhooks]\non_failure = \"drops\"\n");
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

        write("src/lib.rs", "trunkline_sdk::connector!(Post: inbound, outbound, media);\n");
        let found = texts(&connector);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("0 case files in `testdata/outbound`, at least 10"), "{}", found[0]);
        assert!(found[2].starts_with("no `testdata/provider.toml`"), "{}", found[2]);

        let connector = ConnectorFolder { language: Language::JavaScript, ..connector };
        assert_eq!(texts(&connector), ["no `package.json`", "no `src/connector.js`"]);
    }
}
