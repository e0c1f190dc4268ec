//! What became of each connector, and where it is seen: in a table, and in the folder of components.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::workspace;

/// What became of a connector.
pub enum Outcome {
    /// It is in the folder.
    Built(Component),
    /// Its tools cannot be had.
    Skipped {
        /// The connector's id.
        id: String,
        /// What they are.
        needs: &'static str,
    },
}

/// A component in its folder.
pub struct Component {
    /// The connector's id.
    pub id: String,
    /// `<id>.wasm`.
    pub path: PathBuf,
    /// Size of the core module. None where there was none.
    pub module_bytes: Option<u64>,
    /// Size of the component.
    pub component_bytes: u64,
    /// The interfaces of the contract that it exports.
    pub exports: Vec<String>,
    /// Whether the file has another content than before.
    pub changed: bool,
}

impl Outcome {
    fn id(&self) -> &str {
        match self {
            Self::Built(component) => &component.id,
            Self::Skipped { id, .. } => id,
        }
    }

    /// Leaves `<id>.skipped` with what it needs in the place of a component that was not built, so that tests can tell it
    /// from one that was forgotten.
    pub fn mark(&self, folder: &Path) -> Result<()> {
        let mark = folder.join(format!("{}.skipped", self.id()));
        let old = match self {
            Self::Skipped { id, needs } => {
                std::fs::write(&mark, needs).with_context(|| format!("cannot write `{}`", mark.display()))?;
                folder.join(format!("{id}.wasm"))
            }
            Self::Built(_) => mark,
        };
        if old.is_file() {
            std::fs::remove_file(&old).with_context(|| format!("cannot remove `{}`", old.display()))?;
        }
        Ok(())
    }
}

/// Removes the components and the marks of connectors that are no more.
pub fn remove_others(folder: &Path, outcomes: &[Outcome]) -> Result<()> {
    let mut files = workspace::files(folder, ".wasm")?;
    files.extend(workspace::files(folder, ".skipped")?);
    for file in files {
        let stays = outcomes.iter().any(|outcome| match outcome {
            Outcome::Built(component) => component.path == file,
            Outcome::Skipped { id, .. } => file == folder.join(format!("{id}.skipped")),
        });
        if !stays {
            std::fs::remove_file(&file).with_context(|| format!("cannot remove `{}`", file.display()))?;
        }
    }
    Ok(())
}

/// A line for each.
pub fn table(outcomes: &[Outcome]) -> String {
    let width = outcomes.iter().map(|outcome| outcome.id().len()).max().unwrap_or_default();
    let kib = |bytes: u64| format!("{:>5} KiB", bytes.div_ceil(1024));
    let rows = outcomes.iter().map(|outcome| match outcome {
        Outcome::Built(component) => {
            let state = if component.changed { "" } else { "  (as before)" };
            let module = component.module_bytes.map_or_else(|| " ".repeat(12), |bytes| kib(bytes) + " ->");
            let sizes = format!("{module} {}", kib(component.component_bytes));
            format!("{:width$}  {sizes}  {}{state}\n", component.id, component.exports.join(", "))
        }
        Outcome::Skipped { id, needs } => format!("{id:width$}  skipped: needs {needs}\n"),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(id: &str, path: PathBuf, module_bytes: Option<u64>, changed: bool) -> Outcome {
        let component_bytes = module_bytes.unwrap_or(11_000_000) + 5000;
        let exports = vec!["about".to_owned(), "inbound".to_owned()];
        Outcome::Built(Component { id: id.to_owned(), path, module_bytes, component_bytes, exports, changed })
    }

    #[test]
    fn sizes_stand_below_each_other_and_what_was_skipped_says_why() {
        let outcomes = [
            built("post", PathBuf::new(), Some(588_000), true),
            built("pigeon", PathBuf::new(), Some(88_000), false),
            built("drum", PathBuf::new(), None, true),
            Outcome::Skipped { id: "smoke".to_owned(), needs: "fire" },
        ];
        assert_eq!(
            table(&outcomes),
            "post      575 KiB ->   580 KiB  about, inbound\n\
             pigeon     86 KiB ->    91 KiB  about, inbound  (as before)\n\
             drum                 10748 KiB  about, inbound\n\
             smoke   skipped: needs fire\n"
        );
    }

    #[test]
    fn the_folder_tells_what_was_skipped_and_holds_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["post.wasm", "smoke.wasm", "gone.wasm", "gone.skipped", "post.skipped"] {
            std::fs::write(at(name), "").expect("a file");
        }
        let outcomes = [
            built("post", at("post.wasm"), None, true),
            Outcome::Skipped { id: "smoke".to_owned(), needs: "fire" },
        ];
        outcomes.iter().for_each(|outcome| outcome.mark(folder.path()).expect("marked"));
        assert!(!at("smoke.wasm").exists(), "a component of before");
        remove_others(folder.path(), &outcomes).expect("removed");
        let mut left: Vec<_> = std::fs::read_dir(folder.path())
            .expect("readable")
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["post.wasm", "smoke.skipped"]);
        assert_eq!(std::fs::read_to_string(at("smoke.skipped")).expect("text"), "fire");
    }
}
