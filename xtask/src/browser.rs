//! What the tests in a browser need: Chromium of the system, and packages of npm in the folder of each page.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::workspace;

/// Where Debian's package has it.
const CHROMIUM: &str = "/usr/bin/chromium";
/// Another browser that Playwright drives as Chromium.
const CHROMIUM_VARIABLE: &str = "TRUNKLINE_CHROMIUM";

/// What the tests are run with.
pub struct Browser {
    /// The program.
    pub chromium: PathBuf,
    /// Connectors with a page that is tested.
    pub connectors: Vec<String>,
}

/// Installs what is missing. The error of `Err` is a failure, that of `Ok` what cannot be had.
pub fn set_up() -> Result<Result<Browser, &'static str>> {
    let Some(chromium) = chromium() else { return Ok(Err("Chromium: `apt-get install chromium`")) };
    let mut connectors = Vec::new();
    for connector in workspace::connectors()? {
        let folder = connector.path.join("browser");
        if folder.join("package.json").is_file() {
            if !packages(&folder)? {
                return Ok(Err("npm"));
            }
            connectors.push(connector.id);
        }
    }
    Ok(Ok(Browser { chromium, connectors }))
}

fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(CHROMIUM_VARIABLE) {
        return Some(path.into());
    }
    let path = PathBuf::from(CHROMIUM);
    if !path.is_file() && may_install() {
        eprintln!("chromium: apt-get install");
        let mut apt = Command::new("apt-get");
        apt.args(["install", "--yes", "--no-install-recommends", "chromium"])
            .env("DEBIAN_FRONTEND", "noninteractive");
        // Lists may be missing or old.
        let _ = Command::new("apt-get").arg("update").stdout(Stdio::null()).status();
        let _ = apt.stdout(Stdio::null()).status();
    }
    path.is_file().then_some(path)
}

/// Only where nobody is asked for a password: on machines of CI, in containers.
fn may_install() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// False: there is no npm.
fn packages(folder: &Path) -> Result<bool> {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder);
    match npm.status() {
        Ok(status) if status.success() => Ok(true),
        Ok(status) => bail!("`npm ci` in `{}` ended with {status}", workspace::relative(folder)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}
