//! `trunkline new` and `trunkline build`, from nothing to a component that the host loads.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::cli::{Said, with_config};
use crate::host::binary;

/// What each language needs, and how it is known to be there.
const LANGUAGES: [(&str, &str, &[&str]); 3] = [
    ("rust", "cargo", &["--version"]),
    ("javascript", "npm", &["--version"]),
    ("python", "python3", &["-c", "import venv, sys; sys.exit(sys.version_info < (3, 10))"]),
];

fn trunkline(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(binary());
    command.args(arguments).current_dir(folder);
    // Everything that it is compiled of is here already: our own dependencies.
    command.env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR");
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn is_there(tool: &str, arguments: &[&str]) -> bool {
    Command::new(tool).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Makes a connector outside of the repository. Gives its folder.
fn made(parent: &Path, name: &str, language: &str) -> PathBuf {
    let said = trunkline(parent, &["new", name, "--language", language]);
    assert_eq!(said.code, Some(0), "{language}: {}", said.err);
    for word in ["connector.toml", "README.md", "trunkline build", "trunkline test", "trunkline dev"] {
        assert!(said.out.contains(word), "{language}: no `{word}` in:\n{}", said.out);
    }
    parent.join(name)
}

#[test]
fn a_new_connector_of_each_language_is_built_and_loads() {
    let parent = tempfile::tempdir().expect("a folder");
    for (language, tool, arguments) in LANGUAGES {
        if !is_there(tool, arguments) {
            println!("{language}: skipped: needs {tool}");
            continue;
        }
        let name = format!("acme-{language}");
        let folder = made(parent.path(), &name, language);
        let said = trunkline(&folder, &["build", "--json"]);
        if said.code != Some(0) && said.err.contains("cannot reach its registry") {
            println!("{language}: skipped: needs the network\n{}", said.err);
            continue;
        }
        assert_eq!(said.code, Some(0), "{language}: {}", said.err);
        let built: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(built["exports"], serde_json::json!(["about", "inbound", "simulator"]), "{language}");
        assert_eq!((&built["language"], &built["changed"]), (&language.into(), &true.into()));
        let file = folder.join("build").join(format!("{name}.wasm"));
        assert_eq!(built["bytes"], file.metadata().expect("a component").len());
        println!("{language}: {} bytes in {} s", built["bytes"], built["seconds"]);

        let components = folder.join("build").display().to_string();
        let said = with_config("", &["connectors", "--path", &components, "--json", "show", &name]);
        assert_eq!(said.code, Some(0), "{language}: {}", said.err);
        let loaded: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(loaded["sha256"], built["sha256"], "{language}");

        let time = || file.metadata().and_then(|file| file.modified()).expect("a time");
        let before = time();
        let said = trunkline(&folder, &["build"]);
        assert_eq!(said.code, Some(0), "{language}: {}", said.err);
        assert!(said.out.contains(", as before, "), "{language}: {}", said.out);
        assert_eq!(time(), before, "{language}: an unchanged component keeps its time stamp");
    }
}

#[test]
fn mistakes_are_told_with_the_cure_before_or_after_the_tools_have_run() {
    let parent = tempfile::tempdir().expect("a folder");
    let said = trunkline(parent.path(), &["new", "Acme Chat"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (
            Some(1),
            "error: a connector cannot be called `Acme Chat`: it must be lower-case letters, digits and hyphens, and start \
             with a letter\nhint: for example `acme-chat`\n"
        )
    );
    let folder = made(parent.path(), "acme", "rust");
    let said = trunkline(parent.path(), &["new", "acme"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("acme` exists already\nhint: "), "{}", said.err);

    let edit = |file: &str, from: &str, to: &str| {
        let file = folder.join(file);
        let text = std::fs::read_to_string(&file).expect("text");
        assert!(text.contains(from), "no `{from}` in:\n{text}");
        std::fs::write(file, text.replace(from, to)).expect("a file");
    };
    for (file, from, to, expected) in [
        ("connector.toml", "id = \"acme\"", "id = \"acne\"", "has id `acne`, expected `acme`"),
        ("connector.toml", "methods", "method", "unknown field `method`"),
        (
            "Cargo.toml",
            "[profile.component]",
            "[profile.other]",
            "hint: `Cargo.toml` needs `[profile.component]`",
        ),
        ("src/lib.rs", "mod message;", "mod massage;", "error[E0583]: file not found for module `massage`"),
    ] {
        edit(file, from, to);
        let said = trunkline(&folder, &["build"]);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{to}: {}", said.err);
        assert!(said.err.contains(expected), "{to}: {}", said.err);
        edit(file, to, from);
    }
    std::fs::write(folder.join("package.json"), "{}").expect("a file");
    let said = trunkline(&folder, &["build"]);
    assert!(said.err.contains("has both `Cargo.toml` and `package.json`"), "{}", said.err);
}
