//! What the build script packed: each file by its name, with `/` on every system.

/// Name and text, by name.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pack.rs"));

/// The files below a folder of the pack, each by its name below it.
pub fn below(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(move |(name, text)| Some((name.strip_prefix(folder)?.strip_prefix('/')?, *text)))
}

/// One file.
pub fn file(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(found, _)| *found == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is in every binary.
    const BYTES_MAX: usize = 1 << 20;

    #[test]
    fn the_pack_is_small_and_holds_nothing_that_was_built() {
        let bytes: usize = FILES.iter().map(|(_, text)| text.len()).sum();
        println!("{} files, {bytes} bytes", FILES.len());
        assert!(bytes < BYTES_MAX, "{bytes} bytes");
        for (name, _) in FILES {
            for part in ["node_modules/", "__pycache__/", "/tests.rs", "/target/", "/frozen/"] {
                assert!(!name.contains(part), "{name}");
            }
        }
        assert!(below("wit").any(|(name, _)| name == "inbound.wit"));
        assert!(below("rust/model/src").any(|(name, _)| name == "lib.rs"));
        assert!(file("Cargo.lock").is_some_and(|lock| lock.contains("name = \"wit-bindgen\"")));
    }
}
