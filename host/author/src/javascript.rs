//! JavaScript: npm fetches the tools that `package.json` names, and runs its script `build`.

use std::path::Path;
use std::process::Command;

use crate::error::AuthorError;
use crate::folder::Folder;
use crate::fresh::modified;
use crate::tool::{Needs, Progress, fetch, run, step};

/// The oldest Node.js that the tools run on.
const NODE_MIN: u32 = 20;

const NEEDS: Needs = Needs {
    what: "Node.js 20 or newer, with npm",
    hint: "install it from https://nodejs.org or with your package manager",
};

/// Written after packages were installed.
const STAMP: &str = "node_modules/.trunkline";

/// Looks for the tools, and fetches what `package.json` names where that is not there.
pub(crate) fn prepare(folder: &Folder, progress: &mut dyn Progress) -> Result<(), AuthorError> {
    check()?;
    if is_installed(&folder.path) { Ok(()) } else { install(&folder.path, progress) }
}

/// Builds a folder.
pub(crate) fn build(folder: &Folder, progress: &mut dyn Progress) -> Result<(), AuthorError> {
    let built = step(progress, "npm run build", || run(npm(&folder.path, &["run", "build"]), &NEEDS));
    built.map(|_| ())
}

/// Whether the tools are there.
fn check() -> Result<(), AuthorError> {
    let mut node = Command::new("node");
    node.arg("--version");
    let version = run(node, &NEEDS)?;
    let version = version.trim();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major < NODE_MIN) {
        return Err(NEEDS.lacking(format!("`node --version` is `{version}`")));
    }
    run(npm(Path::new("."), &["--version"]), &NEEDS).map(|_| ())
}

/// Whether what `package.json` and its lock file name was installed after they were written.
fn is_installed(folder: &Path) -> bool {
    let of = |names: [&str; 2]| names.iter().filter_map(|name| modified(&folder.join(name))).max();
    // npm's own mark, for whoever runs `npm install` by hand.
    let installed = of([STAMP, "node_modules/.package-lock.json"]);
    installed.is_some_and(|installed| {
        of(["package.json", "package-lock.json"]).is_some_and(|asked| asked <= installed)
    })
}

fn install(folder: &Path, progress: &mut dyn Progress) -> Result<(), AuthorError> {
    let with = |command: &str| npm(folder, &[command, "--no-audit", "--no-fund"]);
    let needs = "the packages of `package.json` from the npm registry";
    let locked = folder.join("package-lock.json").is_file();
    let command = if locked { "ci" } else { "install" };
    let mut result = step(progress, &format!("npm {command}"), || fetch(with(command), needs));
    // `package.json` was changed, and its lock file not yet.
    if locked && result.as_ref().is_err_and(|error| error.output().contains("EUSAGE")) {
        result = step(progress, "npm install", || fetch(with("install"), needs));
    }
    result?;
    let stamp = folder.join(STAMP);
    std::fs::write(&stamp, "").map_err(AuthorError::file("write", &stamp))
}

fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(folder);
    command
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn packages_are_installed_again_when_what_names_them_is_newer() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, second: u64| {
            let file = std::fs::File::create(folder.path().join(name)).expect("a file");
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000 + second);
            file.set_modified(time).expect("a time");
        };
        write("package.json", 1);
        assert!(!is_installed(folder.path()), "nothing was installed");
        std::fs::create_dir(folder.path().join("node_modules")).expect("a folder");
        write("node_modules/.package-lock.json", 2);
        assert!(is_installed(folder.path()));
        write("package-lock.json", 3);
        assert!(!is_installed(folder.path()), "the lock file is newer");
        write(STAMP, 4);
        assert!(is_installed(folder.path()));
    }
}
