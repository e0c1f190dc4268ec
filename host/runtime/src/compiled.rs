//! Compiled components in a folder, so that a second start compiles nothing.
//!
//! A file is named by the component it was made of and the engine that made it, and is never written twice: it is there whole
//! or not at all. It is mapped, not read: of what is never called no page takes memory.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use wasmtime::component::Component;

use crate::file::ComponentFile;

/// What the files of a folder may take together. Beyond it, those go that were made first.
const BYTES_MAX: u64 = 1 << 30;

const ENDING: &str = "cwasm";

/// The folder.
pub struct Compiled {
    folder: PathBuf,
    /// Differs wherever an engine would not take the file of another: by its version, its settings, its processor.
    engine: String,
}

impl Compiled {
    /// Compiled files of an engine. The folder is made when there is something to put into it.
    pub fn new(folder: &Path, wasm: &wasmtime::Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        wasm.precompile_compatibility_hash().hash(&mut hasher);
        Self { folder: folder.to_owned(), engine: format!("{:016x}", hasher.finish()) }
    }

    /// Takes a component from its file, or compiles it and leaves a file for the next time. A folder that cannot be written to
    /// only costs time.
    pub fn component(&self, wasm: &wasmtime::Engine, file: &ComponentFile) -> wasmtime::Result<Component> {
        let path = self.folder.join(format!("{}-{}.{ENDING}", file.sha256(), self.engine));
        if let Some(component) = taken(wasm, &path) {
            return Ok(component);
        }
        let compiled = wasm.precompile_component(file.bytes())?;
        match self.put(&path, &compiled) {
            // What is mapped instead gives the memory of the compiled bytes back.
            Ok(()) => match taken(wasm, &path) {
                Some(component) => return Ok(component),
                None => tracing::debug!(file = %path.display(), "compiled component cannot be mapped"),
            },
            Err(error) => {
                let component = file.name();
                tracing::warn!(component, folder = %self.folder.display(), %error, "compiled component is not kept");
            }
        }
        loaded(wasm, &compiled)
    }

    /// Written beside, synced, renamed: whoever finds the file finds all of it, after a loss of power as well.
    fn put(&self, path: &Path, compiled: &[u8]) -> std::io::Result<()> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        std::fs::create_dir_all(&self.folder)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let beside = path.with_extension(format!("{}-{number}.new", std::process::id()));
        let written = std::fs::File::create(&beside).and_then(|mut file| {
            file.write_all(compiled)?;
            file.sync_data()?;
            std::fs::rename(&beside, path)
        });
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written?;
        self.make_room()
    }

    /// Takes away what was made first. Who has a file mapped keeps what it has.
    fn make_room(&self) -> std::io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let path = entry.path();
            let about = match entry.metadata() {
                // Another thread has just given it its name, or has taken it away.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                about => about?,
            };
            if path.extension().is_some_and(|ending| ending == ENDING || ending == "new") {
                files.push((about.modified()?, about.len(), path));
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        // The newest one stays: it was just made, and is about to be used.
        files.pop();
        for (_, size, path) in files {
            if bytes <= BYTES_MAX {
                break;
            }
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => bytes -= size,
            }
        }
        Ok(())
    }
}

/// What a file holds. None where there is none, or none that this engine takes: it is compiled anew then.
#[allow(unsafe_code, reason = "the engine cannot know who wrote a file of machine code")]
fn taken(wasm: &wasmtime::Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    // SAFETY: the folder is the host's own, as private as its journal, and only `put` writes there, what this engine compiled;
    // a file is complete before it has its name, and is not written to again. Whoever else can write there can as well
    // replace the program.
    match unsafe { Component::deserialize_file(wasm, path) } {
        Ok(component) => Some(component),
        Err(error) => {
            tracing::debug!(file = %path.display(), %error, "compiled component is made anew");
            None
        }
    }
}

/// What was just compiled, where it cannot be mapped from a file.
#[allow(unsafe_code, reason = "the engine cannot know who wrote machine code")]
fn loaded(wasm: &wasmtime::Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: these bytes are what the same engine has compiled a moment ago.
    unsafe { Component::deserialize(wasm, compiled) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing but the magic number and the version of a component.
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }

    fn engine(epochs: bool) -> wasmtime::Engine {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(epochs);
        wasmtime::Engine::new(&config).expect("an engine")
    }

    #[test]
    fn a_component_is_compiled_once_for_an_engine() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("compiled");
        let file = ComponentFile::new("x.wasm".to_owned(), COMPONENT.to_vec());
        let wasm = engine(false);
        let compiled = Compiled::new(&folder, &wasm);
        compiled.component(&wasm, &file).expect("compiled");
        let first = files(&folder);
        assert_eq!(first.len(), 1, "{first:?}");
        let made = std::fs::metadata(&first[0]).expect("a file").modified().expect("a time");
        compiled.component(&wasm, &file).expect("taken");
        assert_eq!(files(&folder), first);
        assert_eq!(std::fs::metadata(&first[0]).expect("a file").modified().expect("a time"), made);

        let other = engine(true);
        Compiled::new(&folder, &other).component(&other, &file).expect("compiled");
        assert_eq!(files(&folder).len(), 2, "another engine has its own");
    }

    #[test]
    fn components_are_kept_side_by_side() {
        let place = tempfile::tempdir().expect("a folder");
        let wasm = engine(false);
        let compiled = Compiled::new(place.path(), &wasm);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let path = place.path().join("same.cwasm");
                        compiled.put(&path, b"compiled").expect("kept, whatever the others do");
                    }
                });
            }
        });
        assert_eq!(files(place.path()).len(), 1);
    }

    #[test]
    fn a_file_that_the_engine_does_not_take_is_made_anew() {
        let place = tempfile::tempdir().expect("a folder");
        let file = ComponentFile::new("x.wasm".to_owned(), COMPONENT.to_vec());
        let wasm = engine(false);
        let compiled = Compiled::new(place.path(), &wasm);
        compiled.component(&wasm, &file).expect("compiled");
        let kept = files(place.path()).remove(0);
        let whole = std::fs::read(&kept).expect("a file");
        for damaged in [&b""[..], b"no machine code", &whole[..whole.len() / 2]] {
            std::fs::write(&kept, damaged).expect("written");
            compiled.component(&wasm, &file).expect("compiled anew");
            assert_eq!(std::fs::read(&kept).expect("a file"), whole);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_only_costs_time() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("a file");
        std::fs::write(&folder, "").expect("written");
        let file = ComponentFile::new("x.wasm".to_owned(), COMPONENT.to_vec());
        let wasm = engine(false);
        Compiled::new(&folder, &wasm).component(&wasm, &file).expect("compiled");
        let file = ComponentFile::new("x.wasm".to_owned(), b"no component".to_vec());
        assert!(Compiled::new(place.path(), &wasm).component(&wasm, &file).is_err());
        assert!(files(place.path()).len() == 1, "nothing is kept of what is none");
    }

    #[test]
    fn what_was_made_first_goes_first() {
        let place = tempfile::tempdir().expect("a folder");
        for (age, name) in [(3, "old"), (2, "young"), (1, "new")] {
            let file = std::fs::File::create(place.path().join(format!("{name}.{ENDING}"))).expect("a file");
            file.set_len(BYTES_MAX / 2 - 1).expect("a sparse file");
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(age)).expect("a time");
        }
        std::fs::write(place.path().join("of somebody else"), "").expect("written");
        let compiled = Compiled::new(place.path(), &engine(false));
        compiled.make_room().expect("room");
        let mut names: Vec<String> = files(place.path())
            .iter()
            .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["new.cwasm", "of somebody else", "young.cwasm"]);
    }
}
