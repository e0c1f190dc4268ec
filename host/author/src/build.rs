//! `trunkline build`: a folder becomes one component, whatever its language.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::component::{self, Interfaces};
use crate::error::AuthorError;
use crate::folder::Folder;
use crate::language::Language;
use crate::tool::Progress;
use crate::{fresh, javascript, python, rust};

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// The connector's id.
    pub id: String,
    /// What it is written in.
    pub language: Language,
    /// The component.
    pub path: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// What it exports and imports.
    pub interfaces: Interfaces,
    /// Whether the file has another content than before.
    pub changed: bool,
    /// How long it took.
    pub took: Duration,
    /// What the compiler warned of, empty where it did not.
    pub warnings: String,
}

/// Builds the connector in a folder to `build/<id>.wasm`, or to `out`, and looks at what came out. An unchanged component
/// keeps its time stamp.
pub fn build(folder: &Path, out: Option<&Path>, progress: &mut dyn Progress) -> Result<Built, AuthorError> {
    let start = Instant::now();
    let folder = Folder::open(folder)?;
    let path = folder.component();
    let before = std::fs::read(&path).ok();
    let warnings = match folder.language {
        Language::Rust => rust::build(&folder, progress)?,
        Language::JavaScript | Language::Python => {
            made_by_tools(&folder, before.as_deref(), progress)?;
            String::new()
        }
    };
    let bytes = std::fs::read(&path).map_err(AuthorError::file("read", &path))?;
    let name = format!("{}.wasm", folder.id);
    let interfaces = component::inspect(&name, &bytes)?;
    let (path, changed) = match out {
        Some(out) => (out.to_owned(), component::keep(&bytes, out)?),
        None => (path, before.is_none_or(|before| before != bytes)),
    };
    Ok(Built {
        id: folder.id,
        language: folder.language,
        path,
        bytes: bytes.len(),
        interfaces,
        changed,
        took: start.elapsed(),
        warnings,
    })
}

/// Has the language's tools make the component, unless nothing that goes into it has changed.
fn made_by_tools(
    folder: &Folder,
    before: Option<&[u8]>,
    progress: &mut dyn Progress,
) -> Result<(), AuthorError> {
    if fresh::is_fresh(folder) {
        return Ok(());
    }
    if folder.language == Language::JavaScript {
        javascript::prepare(folder, progress)?;
    }
    // What was prepared is older: a lock file, say.
    let (begun, path) = (SystemTime::now(), folder.component());
    let time = fresh::modified(&path);
    let command = match folder.language {
        Language::JavaScript => javascript::build(folder, progress).map(|()| "npm run build")?,
        _ => python::build(folder, progress).map(|()| "build.py")?,
    };
    let nothing = || AuthorError::Nothing {
        command: command.to_owned(),
        path: path.clone(),
        hint: "the build has to write it: compare with a folder that `trunkline new` makes",
    };
    let after = std::fs::read(&path).map_err(|_| nothing())?;
    // The tools write it each time.
    if let (Some(time), true) = (time, before == Some(&after)) {
        let file = std::fs::File::options().append(true).open(&path);
        file.and_then(|file| file.set_modified(time)).map_err(AuthorError::file("write", &path))?;
    }
    fresh::built(folder, begun)
}
