//! `trunkline test`: what it takes, what it prints, what it writes.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::cli::Said;
use crate::host::{binary, root, test_components};

/// The folder of a small channel, with its component, for one test.
pub struct Folder {
    _parent: tempfile::TempDir,
    path: PathBuf,
}

impl Folder {
    /// A channel that passes.
    pub fn new() -> Self {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("mistaken");
        copy(&root().join("tests/guests/mistaken"), &path);
        std::fs::create_dir(path.join("build")).expect("a folder");
        let component = test_components().join("mistaken.wasm");
        std::fs::copy(component, path.join("build/mistaken.wasm"))
            .expect("`cargo xtask build --guests` makes it");
        Self { _parent: parent, path }
    }

    /// A file of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The text of a file of it.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a text")
    }

    /// Changes a file of it.
    pub fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "no `{from}` in {name}");
        std::fs::write(self.path(name), text.replacen(from, to, 1)).expect("a file");
    }

    /// Gives the channel a mistake that it knows.
    pub fn mistake(&self, mistake: &str) {
        let text = self.text("testdata/defaults.txt");
        let text = format!("{text}@setting mistake {mistake}\n");
        std::fs::write(self.path("testdata/defaults.txt"), text).expect("a file");
    }

    /// Runs `trunkline test` in it, with the same random numbers each time.
    pub fn test(&self, arguments: &[&str]) -> Said {
        let output = Command::new(binary())
            .current_dir(&self.path)
            .args(["test", "--seed", "1", "--exhaustive", "--no-build"])
            .args(arguments)
            .env("XDG_CACHE_HOME", crate::host::cache())
            .output()
            .expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("readable").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a file");
        }
    }
}

#[test]
fn a_good_channel_passes_and_says_what_was_tried() {
    let said = Folder::new().test(&[]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    for expected in [
        "mistaken 0.1.0, `./build/mistaken.wasm`",
        "seed 1\n",
        "cases/inbound         6 tried; 3 case files",
        "SKIP",
        "does not export `outbound`",
        " 0 failed, ",
        ", 3 case files, in ",
    ] {
        assert!(said.out.contains(expected), "no `{expected}`:\n{}", said.out);
    }
    assert!(!said.out.contains('\u{1b}'), "colours, but no terminal:\n{}", said.out);
}

#[test]
fn a_filter_selects_checks_or_case_files() {
    let folder = Folder::new();
    let lines = |said: &Said| said.out.lines().filter(|line| line.starts_with("PASS")).count();
    assert_eq!(lines(&folder.test(&["--filter", "signatures/body"])), 1);
    let one = folder.test(&["--filter", "forged"]);
    assert_eq!((one.code, lines(&one)), (Some(0), 1), "{}", one.out);
    assert!(one.out.contains("; 1 case file\n"), "{}", one.out);
    let none = folder.test(&["--filter", "sticker"]);
    assert_eq!(none.code, Some(1));
    assert!(
        none.err.starts_with(
            "error: no check and no case file has `sticker` in its name\nhint: the checks are: "
        )
    );
}

#[test]
fn bless_writes_what_came_out_and_nothing_else() {
    let folder = Folder::new();
    let before = folder.text("testdata/inbound/message.case");
    folder.change(
        "testdata/inbound/message.case",
        "\"text\": \"anybody there?\"",
        "\"text\": \"is anybody there?\"",
    );
    assert_eq!(folder.test(&["--filter", "cases"]).code, Some(1));
    let said = folder.test(&["--bless"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    let wrote: Vec<&str> = said.out.lines().filter(|line| line.starts_with("wrote ")).collect();
    assert_eq!(wrote, ["wrote ./testdata/inbound/message.case"]);
    assert_eq!(folder.text("testdata/inbound/message.case"), before);
    assert!(!folder.test(&["--bless"]).out.contains("wrote "));
}

#[test]
fn a_trap_is_not_blessed() {
    let folder = Folder::new();
    folder.mistake("trusts types");
    let before = folder.text("testdata/inbound/unknown.case");
    let said = folder.test(&["--bless"]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(!said.out.contains("wrote "), "{}", said.out);
    assert_eq!(folder.text("testdata/inbound/unknown.case"), before);
}

#[test]
fn case_files_without_outcomes_are_filled_in_before_all_else() {
    let folder = Folder::new();
    for name in ["message", "unknown", "forged"] {
        let file = format!("testdata/inbound/{name}.case");
        let text = folder.text(&file);
        let input = text.split("--- expect").next().expect("an input");
        std::fs::write(folder.path(&file), input).expect("a file");
    }
    let said = folder.test(&[]);
    assert!(said.out.contains("has no outcome below `--- expect` yet"), "{}", said.out);
    assert!(said.out.contains("no case expects events"), "{}", said.out);
    let said = folder.test(&["--bless"]);
    assert_eq!((said.code, said.out.matches("wrote ").count()), (Some(0), 3), "{}", said.out);
    assert!(!said.out.contains("to start from"), "{}", said.out);
}

#[test]
fn reports_for_machines_say_the_same() {
    let folder = Folder::new();
    folder.mistake("takes unsigned");
    let said = folder.test(&["--json", "--junit", "report.xml"]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let json: Value = serde_json::from_str(&said.out).expect("one object");
    assert_eq!((&json["passed"], &json["report"]["seed"]), (&Value::from(false), &Value::from(1)));
    let checks = json["report"]["checks"].as_array().expect("checks");
    let failed: Vec<&Value> = checks.iter().filter(|check| check["status"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["name"], "signatures/headers");
    let xml = folder.text("report.xml");
    for expected in [
        "<testsuites name=\"mistaken\"",
        "<testcase name=\"message.case\" classname=\"mistaken.cases.inbound\"",
        "type=\"signatures/headers\"",
        "-x-mistaken-signature: ",
        "<skipped message=\"it does not export `outbound`\"/>",
    ] {
        assert!(xml.contains(expected), "no `{expected}`:\n{xml}");
    }
    assert_eq!(xml.matches("<failure").count(), 1, "{xml}");
}

#[test]
fn slow_components_are_sampled_and_it_is_said() {
    let folder = Folder::new();
    let output = Command::new(binary())
        .current_dir(folder.path("."))
        .args(["test", "--no-build", "--seed", "1", "--seconds", "0", "--filter", "signatures/body"])
        .env("XDG_CACHE_HOME", crate::host::cache())
        .output()
        .expect("it runs");
    let out = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{out}");
    assert!(out.contains("signatures/body       1 of "), "{out}");
    assert!(out.contains("hint: calls are slow, so samples were drawn: `--exhaustive` tries all"), "{out}");
}

#[test]
fn a_folder_without_a_connector_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(binary())
        .current_dir(folder.path())
        .args(["test", "--no-build"])
        .output()
        .expect("it runs");
    let err = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert!(err.starts_with("error: cannot read `./connector.toml`\n"), "{err}");
    assert!(err.contains("hint: a connector's folder has a `connector.toml`"), "{err}");
    let folder = Folder::new();
    std::fs::remove_dir_all(folder.path("build")).expect("it was there");
    let said = folder.test(&[]);
    assert!(
        said.err
            .starts_with("error: there is no component `./build/mistaken.wasm`\nhint: run `trunkline build`")
    );
}
