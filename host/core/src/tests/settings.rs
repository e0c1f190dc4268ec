//! Numbers that the environment chooses.

use std::path::Path;

/// The number in that variable, or the default.
pub fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => match text.parse() {
            Ok(number) => number,
            Err(error) => panic!("`{variable}` is `{text}`: {error}"),
        },
        Err(_) => default,
    }
}

/// The number in that variable, if it is set.
pub fn given(variable: &str) -> Option<u64> {
    std::env::var_os(variable).map(|_| number(variable, 0))
}

/// A folder in memory where the system has one: what is lost is decided by the tests, not by the machine.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.expect("a folder for temporary files")
}
