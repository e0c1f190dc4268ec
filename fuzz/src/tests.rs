//! Without the fuzzer: every seed and every find again.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use super::*;

#[test]
fn every_seed_holds() {
    let mut tried = 0;
    for target in targets() {
        let seeds = target.seeds();
        assert!(!seeds.is_empty(), "{}: nothing to start from", target.name);
        let mut kept = 0;
        for seed in &seeds {
            println!("{} {}", target.name, seed.name);
            kept += usize::from(target.run(&seed.bytes));
        }
        assert!(kept * 2 > seeds.len(), "{}: {kept} of {} seeds are inputs", target.name, seeds.len());
        tried += seeds.len();
    }
    assert!(tried > 1_000, "{tried} seeds");
}

/// `fuzz/finds/<target>/<name>`: inputs for which something did not hold once.
#[test]
fn every_find_holds() {
    let targets = targets();
    let (mut tried, mut failed) = (0, Vec::new());
    for folder in folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("finds")) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = targets.iter().find(|target| target.name == name);
        let target = target.unwrap_or_else(|| panic!("`fuzz/finds/{name}` is no target"));
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let file = entry.expect("readable").path();
            let input = std::fs::read(&file).expect("readable");
            tried += 1;
            // All of them are told, not the first alone. An input of another notation would try nothing.
            if !std::panic::catch_unwind(AssertUnwindSafe(|| target.run(&input))).unwrap_or(false) {
                failed.push(file);
            }
        }
    }
    assert!(tried > 0, "no finds");
    assert!(failed.is_empty(), "{} of {tried} finds do not hold: {failed:#?}", failed.len());
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
    entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_dir()).collect()
}

#[test]
fn every_connector_is_received_from_and_those_that_send_are_sent_with() {
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors");
    let names: Vec<String> = targets().into_iter().map(|target| target.name).collect();
    // Those of other languages cannot be linked with.
    for folder in folders(&parent).into_iter().filter(|folder| folder.join("Cargo.toml").is_file()) {
        let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if folder.join("connector.toml").is_file() {
            assert!(names.contains(&format!("receive-{id}")), "{id}");
        }
        if folder.join("testdata/outbound").is_dir() {
            assert!(names.contains(&format!("send-{id}")), "{id}");
        }
    }
}
