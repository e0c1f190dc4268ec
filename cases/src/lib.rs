//! Case files: the arguments of a connector's function in a text file, with the answer that must come of them.
//!
//! The same files test a connector natively, as a component on the host, and one written in any language. The
//! format is described in `connectors/README.md`; [`Case::parse`] is its definition.

mod asymmetric;
pub mod body;
mod calls;
pub mod capture;
mod case;
#[cfg(test)]
mod channels;
mod outcome;
mod page;
pub mod provider;
pub mod scheme;
mod sign;
mod token;
pub mod trace;

pub use calls::{
    CallCase, Round, call_case_files, located, looked_up, run_media_cases, run_outbound_cases,
    run_profile_cases, sent,
};
pub use case::{Case, CaseError};
pub use outcome::outcome;
pub use page::{opened, run_page_cases, run_shown_cases, shown};
pub use sign::{Algorithm, Encoding};

use std::path::{Path, PathBuf};

use trunkline_model::{Context, ReceiveStep, Request};

/// The case files of a connector's folder, in alphabetical order. Panics where there is none.
pub fn case_files(connector: &Path) -> Vec<PathBuf> {
    files(connector, "inbound")
}

pub(crate) fn files(connector: &Path, kind: &str) -> Vec<PathBuf> {
    find(connector, kind).unwrap_or_else(|error| panic!("{error}"))
}

/// The case files of a function: `inbound`, `outbound`, `media`, `profiles`, `page`, `shown`. An error where there is none.
pub fn find(connector: &Path, kind: &str) -> Result<Vec<PathBuf>, CaseError> {
    let folder = connector.join("testdata").join(kind);
    let unreadable = |cause: std::io::Error| case::error(format!("{}: {cause}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "case") {
            files.push(path);
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(case::error(format!("{} has no case files", folder.display()))),
        false => Ok(files),
    }
}

/// Runs every case file of a connector's folder and panics with a diff of each that comes out otherwise.
/// With `BLESS=1` in the environment, writes what came out into the files instead.
pub fn run_cases(connector: impl AsRef<Path>, receive: impl Fn(&Request, &Context) -> ReceiveStep) {
    let files = case_files(connector.as_ref());
    run_files(&files, |file, bless| run_case(file, &receive, bless));
}

/// Runs each file, and panics with what `run` says of those that come out otherwise. `run` is told whether it is
/// to write what came out instead.
pub(crate) fn run_files(files: &[PathBuf], run: impl Fn(&Path, bool) -> Result<(), String>) {
    let bless = std::env::var_os("BLESS").is_some_and(|value| value == "1");
    let mut failures = Vec::new();
    for file in files {
        if let Err(difference) = run(file, bless) {
            failures.push(format!("{}:\n{difference}", file.display()));
        }
    }
    println!("{} case files", files.len());
    assert!(
        failures.is_empty(),
        "{} of {} case files differ (BLESS=1 accepts what came out):\n\n{}",
        failures.len(),
        files.len(),
        failures.join("\n\n")
    );
}

/// Runs one case file. The error is a diff, or why the file is none.
pub fn run_case(
    file: &Path,
    receive: impl Fn(&Request, &Context) -> ReceiveStep,
    bless: bool,
) -> Result<(), String> {
    let case = Case::read(file).map_err(|error| error.to_string())?;
    let found = outcome(&receive(&case.request, &case.context));
    if found == case.expected {
        return Ok(());
    }
    if bless {
        return case.write_expected(file, &found).map_err(|error| error.to_string());
    }
    Err(difference(&case.expected, &found))
}

/// A line by line diff, unchanged lines around the changes only.
pub fn difference(expected: &str, found: &str) -> String {
    similar::TextDiff::from_lines(expected, found)
        .unified_diff()
        .context_radius(3)
        .header("expected", "found")
        .to_string()
}
