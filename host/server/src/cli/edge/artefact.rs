//! Where what is made goes, and how it names its neighbours.

use std::path::{Component, Path, PathBuf};

use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub struct Output {
    /// Write to this file. Default: standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file also where somebody else wrote it.
    #[arg(long, requires = "output")]
    force: bool,
}

impl Output {
    /// Hands a text out.
    pub fn write(&self, text: &str) -> Result<(), Failure> {
        let Some(file) = &self.output else {
            print!("{text}");
            return Ok(());
        };
        // What cannot be read as text was not written by us either.
        let foreign = file.exists()
            && !std::fs::read_to_string(file).is_ok_and(|text| trunkline_deploy::is_generated(&text));
        if foreign && !self.force {
            return Err(Failure::new(format!(
                "`{}` is there, and was not written by this command",
                file.display()
            ))
            .hint("name another file, or replace it with --force"));
        }
        replace(file, text.as_bytes())?;
        anstream::eprintln!("wrote {}", file.display());
        Ok(())
    }

    /// The folder that paths in it start from: its own, or the current one.
    pub fn folder(&self) -> PathBuf {
        match self.output.as_deref().and_then(Path::parent) {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        }
    }
}

/// Writes a file whole or not at all.
pub fn replace(file: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = std::fs::write(&part, content).and_then(|()| std::fs::rename(&part, file));
    written.map_err(|error| Failure::new(format!("cannot write `{}`", file.display())).because(&error))
}

/// A path as it is seen from a folder, with `/` on every system; as it is where the two have nothing in common.
pub fn seen_from(folder: &Path, path: &Path) -> String {
    let (folder, path) = (whole(folder), whole(path));
    let (from, to): (Vec<Component>, Vec<Component>) =
        (folder.components().collect(), path.components().collect());
    let common = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    if common == 0 {
        return path.to_string_lossy().into_owned();
    }
    let up = std::iter::repeat_n("..".into(), from.len() - common);
    let down = to[common..].iter().map(|part| part.as_os_str().to_string_lossy());
    let parts: Vec<std::borrow::Cow<'_, str>> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// The path without `..` and links, as far as it is there.
fn whole(path: &Path) -> PathBuf {
    if let Ok(found) = path.canonicalize() {
        return found;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            whole(if parent == Path::new("") { Path::new(".") } else { parent }).join(name)
        }
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("target/connectors")).expect("a folder");
        for (from, path, expected) in [
            ("", "target/connectors", "target/connectors"),
            ("target", "target/edge/spin.wasm", "edge/spin.wasm"),
            ("deploy/here", "target/connectors", "../../target/connectors"),
            ("target/connectors", "target/connectors", "."),
            ("target/connectors/../..", "target/connectors/../connectors", "target/connectors"),
        ] {
            assert_eq!(seen_from(&at(from), &at(path)), expected, "{path} from {from}");
        }
    }
}
