//! More connectors than there are: components of the repository under other ids.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::bench::host::empty;
use crate::bench::programs::Programs;

/// A component under another id.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The new id, which is the file's name.
    pub id: String,
    /// The id of what it is a copy of.
    pub of: String,
}

/// So many copies of each channel's component in a folder. Those of one channel do not follow each other.
pub fn copies(programs: &Programs, folder: &Path, count: usize) -> Result<Vec<Copied>> {
    empty(folder)?;
    let mut copied = Vec::new();
    for number in 0..count {
        // The one that is compared comes first, so that one connection alone is one of its.
        let mut channels: Vec<&String> = programs.channels.keys().collect();
        channels.sort_by_key(|id| (id.as_str() != super::CHANNEL, id.as_str()));
        for of in channels {
            let file = programs.components.join(format!("{of}.wasm"));
            let component =
                std::fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
            let id = other_id(of, number)?;
            let component = renamed(component, of, &id)?;
            std::fs::write(folder.join(format!("{id}.wasm")), component)?;
            copied.push(Copied { id, of: of.clone() });
        }
    }
    Ok(copied)
}

/// Another id of the same length.
fn other_id(id: &str, number: usize) -> Result<String> {
    if number > 9 || id.is_empty() {
        bail!("`{id}` has no copy {number}");
    }
    Ok(format!("{}{number}", &id[..id.len() - 1]))
}

/// The manifest stands in a component as text: another id of the same length moves nothing.
fn renamed(mut component: Vec<u8>, from: &str, to: &str) -> Result<Vec<u8>> {
    let line = |id: &str| format!("\nid = \"{id}\"\n").into_bytes();
    let (from, to) = (line(from), line(to));
    let at = component.windows(from.len()).position(|bytes| bytes == from);
    let at = at.context("the component does not hold its manifest as text")?;
    component[at..at + to.len()].copy_from_slice(&to);
    Ok(component)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_another_id_and_the_same_length() {
        let id = other_id("mail", 3).expect("an id");
        assert_eq!(id, "mai3");
        let component = b"\0asm manifest = 1\nid = \"mail\"\ntitle".to_vec();
        let copy = renamed(component.clone(), "mail", &id).expect("a manifest");
        assert_eq!(copy, b"\0asm manifest = 1\nid = \"mai3\"\ntitle");
        assert!(renamed(component, "post", "pos1").is_err());
    }
}
