//! Python: an environment of the folder's own with what `requirements.txt` names, and the SDK's `build.py` run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::AuthorError;
use crate::folder::Folder;
use crate::tool::{Needs, Progress, fetch, run, step};

/// The oldest Python that the tools run on: major, minor.
const VERSION_MIN: (u32, u32) = (3, 10);

const NEEDS: Needs = Needs {
    what: "Python 3.10 or newer, with venv and pip",
    hint: "install it from https://python.org or with your package manager (`python3` and `python3-venv`)",
};

/// Builds a folder.
pub(crate) fn build(folder: &Folder, progress: &mut dyn Progress) -> Result<(), AuthorError> {
    let sdk = folder.sdk()?;
    let contract = folder.contract()?;
    let python = environment(&folder.path.join(".venv"), &folder.path.join("requirements.txt"), progress)?;
    let mut command = Command::new(python);
    let near = |path: &Path| path.strip_prefix(&folder.path).unwrap_or(path).to_owned();
    command.arg(near(&sdk.join("build.py"))).arg("--wit").arg(near(&contract)).current_dir(&folder.path);
    step(progress, "build.py", || run(command, &NEEDS)).map(|_| ())
}

/// The interpreter of an environment that has what a file of requirements names. Made where it is not there, or was made for
/// other requirements.
pub fn environment(
    folder: &Path,
    requirements: &Path,
    progress: &mut dyn Progress,
) -> Result<PathBuf, AuthorError> {
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = std::fs::read_to_string(requirements).map_err(AuthorError::file("read", requirements))?;
    let stamp = folder.join("requirements.txt");
    if python.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let system = interpreter()?;
    let mut make = Command::new(system);
    make.args(["-m", "venv", "--clear"]).arg(folder);
    step(progress, "python -m venv", || run(make, &NEEDS)).map_err(|error| match error {
        // Some distributions have it in a package of its own.
        AuthorError::Tool { output, .. } => AuthorError::Lacking {
            needs: NEEDS.what,
            found: format!("`{system} -m venv` makes no environment"),
            hint: NEEDS.hint.to_owned(),
            output,
        },
        other => other,
    })?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    install.arg(requirements);
    let needs = "the packages of `requirements.txt` from the Python package index";
    step(progress, "pip install", || fetch(install, needs))?;
    std::fs::write(&stamp, wanted).map_err(AuthorError::file("write", &stamp))?;
    Ok(python)
}

/// The first command that is a Python new enough.
fn interpreter() -> Result<&'static str, AuthorError> {
    let mut first = None;
    for name in ["python3", "python"] {
        let mut command = Command::new(name);
        command.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
        match run(command, &NEEDS) {
            Ok(version) if is_enough(version.trim()) => return Ok(name),
            Ok(version) => first = first.or(Some(NEEDS.lacking(format!("`{name}` is {}", version.trim())))),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| NEEDS.lacking("no `python3`")))
}

fn is_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(VERSION_MIN.0), Some(VERSION_MIN.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_not_text() {
        for (version, enough) in
            [("3.10", true), ("3.9", false), ("3.13", true), ("2.7", false), ("4.0", true), ("", false)]
        {
            assert_eq!(is_enough(version), enough, "{version}");
        }
    }
}
