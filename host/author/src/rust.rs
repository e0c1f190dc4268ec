//! Rust: cargo makes a core module, wit-component a component of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::component;
use crate::error::AuthorError;
use crate::folder::Folder;
use crate::tool::{Needs, Progress, run, step, words};

/// A module of this target imports nothing: no WASI.
pub const TARGET: &str = "wasm32-unknown-unknown";
/// The profile that a connector is built with.
pub const PROFILE: &str = "component";

/// What rustc is told beside the profile.
const FLAGS: [&str; 2] = [
    // Hosts put back what a call has changed, and look through all memory for it: of the default of 1 MiB next to nothing
    // is used. Deep recursion still meets the end of this one in a trap.
    "-Clink-arg=-zstack-size=262144",
    // Part of the standard since version 2.0. SHA-256 and searches are faster with it.
    "-Ctarget-feature=+simd128",
];

const NEEDS: Needs = Needs { what: "Rust with cargo", hint: "install Rust with https://rustup.rs" };

/// The arguments of `cargo build` that make the module of a connector, whichever package and folder it is of.
pub fn arguments() -> [String; 6] {
    let flags = FLAGS.map(|flag| format!("\"{flag}\"")).join(",");
    let flags = format!("target.{TARGET}.rustflags=[{flags}]");
    ["--target", TARGET, "--profile", PROFILE, "--config", &flags].map(str::to_owned)
}

/// Builds a folder. Gives what cargo warned of.
pub(crate) fn build(folder: &Folder, progress: &mut dyn Progress) -> Result<String, AuthorError> {
    if !has_target(TARGET, &folder.path)? {
        let name = format!("rustup target add {TARGET}");
        step(progress, &name, || add_target(TARGET, &folder.path))?;
    }
    let color = if progress.color() { "always" } else { "never" };
    let mut command = cargo();
    command.args(["build", "--quiet", "--color", color]).args(arguments());
    command.args(["--message-format", "json-render-diagnostics"]).current_dir(&folder.path);
    let line = format!("cargo build --target {TARGET} --profile {PROFILE}");
    let (files, warnings) = step(progress, "cargo build", || {
        let output = command
            .output()
            .map_err(|error| NEEDS.lacking(format!("`{}` cannot be run ({error})", words(&command))))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            return Ok((artifacts(&output.stdout), said));
        }
        let hint = hint(&said);
        Err(AuthorError::Tool { command: line.clone(), status: output.status, output: said, hint })
    })?;
    let module = module(&files, &folder.id).ok_or_else(|| AuthorError::Nothing {
        command: line,
        path: PathBuf::from(module_name(&folder.id)),
        hint: "`Cargo.toml` needs `name = \"connector-<id>\"`, and `crate-type = [\"cdylib\", \"rlib\"]` below `[lib]`",
    })?;
    step(progress, "component", || component::keep(&component::wrap(&module)?, &folder.component()))?;
    Ok(warnings)
}

/// Mistakes that cargo names without a cure.
fn hint(said: &str) -> Option<String> {
    said.contains("profile `component` is not defined").then(|| {
        "`Cargo.toml` needs `[profile.component]` with `inherits = \"release\"`: `trunkline new` makes one to copy from"
            .to_owned()
    })
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Whether the toolchain of a folder can build for a target.
pub fn has_target(target: &str, folder: &Path) -> Result<bool, AuthorError> {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", target]).current_dir(folder);
    let output =
        command.output().map_err(|error| NEEDS.lacking(format!("`rustc` cannot be run ({error})")))?;
    let libraries = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success() && Path::new(&libraries).is_dir())
}

/// Adds a target to the toolchain of a folder, where automatic installs are off too.
pub fn add_target(target: &str, folder: &Path) -> Result<(), AuthorError> {
    let needs = Needs {
        what: "the standard library of that target",
        hint: "install it for this Rust version with your package manager, or Rust with https://rustup.rs",
    };
    let mut command = Command::new("rustup");
    command.args(["target", "add", target]).current_dir(folder);
    run(command, &needs).map(|_| ())
}

/// The files that cargo made, of what it wrote with `--message-format json-render-diagnostics`.
pub fn artifacts(messages: &[u8]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in messages.split(|byte| *byte == b'\n') {
        let Ok(message) = serde_json::from_slice::<Value>(line) else { continue };
        if message["reason"] == "compiler-artifact" {
            let names = message["filenames"].as_array().into_iter().flatten();
            files.extend(names.filter_map(Value::as_str).map(PathBuf::from));
        }
    }
    files
}

/// The core module of a connector among the files that cargo made.
pub fn module(files: &[PathBuf], id: &str) -> Option<PathBuf> {
    let name = module_name(id);
    files.iter().find(|file| file.file_name().is_some_and(|found| found == name.as_str())).cloned()
}

/// `connector_acme_chat.wasm` of the package `connector-acme-chat`.
pub fn module_name(id: &str) -> String {
    format!("connector_{}.wasm", id.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_among_what_cargo_made() {
        let messages = br#"{"reason":"compiler-artifact","filenames":["t/libserde.rlib"]}
            no json
            {"reason":"compiler-artifact","filenames":["t/libconnector_a_b.rlib","t/connector_a_b.wasm"]}
            {"reason":"build-finished","success":true}"#;
        let files = artifacts(messages);
        assert_eq!(files.len(), 3);
        assert_eq!(module(&files, "a-b"), Some(PathBuf::from("t/connector_a_b.wasm")));
        assert_eq!(module(&files, "a"), None);
    }

    #[test]
    fn a_missing_profile_has_a_cure() {
        assert!(
            hint("error: profile `component` is not defined").is_some_and(|hint| hint.contains("inherits"))
        );
        assert_eq!(hint("error[E0308]: mismatched types"), None);
    }
}
