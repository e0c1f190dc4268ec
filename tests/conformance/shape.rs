//! What a component is: its imports, its exports, its manifest.

use trunkline_model::interface_name;
use trunkline_model::manifest::Manifest;
use trunkline_runtime::ABILITIES;

use crate::findings::Findings;
use crate::suite::{folders, suite};

#[test]
fn every_folder_has_a_component_that_loads() {
    let suite = suite();
    assert_eq!(suite.failures, Vec::<String>::new());
    assert_eq!(suite.subjects.len() + suite.skipped, folders().len());
}

#[test]
fn a_component_imports_types_only() {
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        let imports = subject.connector.imports();
        println!(
            "{} imports {}",
            subject.id,
            if imports.is_empty() { "nothing".into() } else { imports.join(", ") }
        );
        for import in imports {
            let types = ["http", "events"].map(interface_name);
            // That nothing in them can be called was checked when the component was loaded.
            findings.check(types.contains(import), || format!("{}: imports `{import}`", subject.id));
        }
        findings.check(imports.len() <= 2, || format!("{}: {} imports", subject.id, imports.len()));
    }
    findings.assert();
}

#[test]
fn a_component_exports_its_abilities_and_nothing_else() {
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        let abilities = subject.connector.abilities();
        println!("{} exports {}", subject.id, abilities.join(", "));
        findings
            .check(abilities.starts_with(&["about", "inbound"]), || format!("{}: {abilities:?}", subject.id));
        // `trunkline_sdk::connector!(Type: inbound, simulator);` is the list of what the author meant to export. Other
        // languages have no such line: what a module has is exported.
        let Ok(source) = std::fs::read_to_string(subject.folder.join("src/lib.rs")) else { continue };
        for ability in ABILITIES.iter().filter(|ability| **ability != "about") {
            let list = source.split("connector!(").nth(1).and_then(|rest| rest.split(')').next());
            let words = list.unwrap_or_default().split(|letter: char| !letter.is_alphanumeric());
            let meant = words.filter(|word| word == ability).count() > 0;
            findings.check(abilities.contains(ability) == meant, || {
                format!("{}: `{ability}` is exported: {}, in the source: {meant}", subject.id, !meant)
            });
        }
    }
    findings.assert();
}

#[test]
fn the_manifest_is_the_one_in_the_folder() {
    let mut findings = Findings::default();
    for subject in &suite().subjects {
        let text =
            std::fs::read_to_string(subject.folder.join("connector.toml")).expect("a readable manifest");
        let manifest = Manifest::parse(&text).expect("a valid manifest");
        findings.check(&manifest == subject.manifest(), || {
            format!(
                "{}: the component is older than `connector.toml`\n\nhint: run `cargo xtask build`",
                subject.id
            )
        });
        findings.check(manifest.id == subject.id, || format!("{}: has id `{}`", subject.id, manifest.id));
    }
    findings.assert();
}
