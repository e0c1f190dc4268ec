//! A kept file on disk: the bytes, then what is known of them, then how long that is.
//!
//! The bytes come first, so that they can be written while they arrive and served by their place. Whatever is not
//! exactly that is damaged, and never served: a host may lose power at any byte.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The end of every kept file. The number is the version of the format.
const MAGIC: &[u8; 8] = b"TLmedia1";
/// The length of what is known, and the magic.
const END_BYTES: usize = 4 + MAGIC.len();
/// More than can be known of a file.
const FACTS_BYTES_MAX: u64 = 4_096;
/// Read at once.
const CHUNK_BYTES: usize = 128 << 10;

/// What is known of a kept file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The id of the media item.
    pub id: String,
    /// What it is served as.
    pub content_type: String,
    /// Of the bytes.
    pub size: u64,
    /// Of the bytes, in hex.
    pub sha256: String,
}

/// A file that is there as a whole. It can be read to its end even where it has been removed meanwhile.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Read by place: clones share it.
    pub file: Arc<File>,
    /// What is known of it.
    pub facts: Facts,
}

/// Writes what is known behind the bytes. Gives the bytes that the file takes.
pub fn finish(mut file: &File, facts: &Facts) -> io::Result<u64> {
    let mut end = serde_json::to_vec(facts)?;
    let length = u32::try_from(end.len()).map_err(io::Error::other)?;
    end.extend_from_slice(&length.to_be_bytes());
    end.extend_from_slice(MAGIC);
    file.write_all(&end)?;
    Ok(facts.size + end.len() as u64)
}

/// Opens a kept file. None: it is not one, or that of another id.
pub fn open(path: &Path, id: &str) -> Option<Stored> {
    let file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let end_at = length.checked_sub(END_BYTES as u64)?;
    let end = read_exactly(&file, end_at, END_BYTES)?;
    let (facts_bytes, magic) = end.split_at(4);
    let facts_bytes = u64::from(u32::from_be_bytes(facts_bytes.try_into().ok()?));
    if magic != MAGIC || facts_bytes > FACTS_BYTES_MAX {
        return None;
    }
    let size = end_at.checked_sub(facts_bytes)?;
    let facts = read_exactly(&file, size, usize::try_from(facts_bytes).ok()?)?;
    let facts: Facts = serde_json::from_slice(&facts).ok()?;
    (facts.id == id && facts.size == size).then(|| Stored { file: Arc::new(file), facts })
}

/// Whether the bytes are those that were kept. Reads all of them.
pub fn is_whole(stored: &Stored) -> bool {
    let mut hash = Sha256::new();
    let mut at = 0;
    while at < stored.facts.size {
        let left = usize::try_from(stored.facts.size - at).unwrap_or(usize::MAX);
        let mut chunk = vec![0; left.min(CHUNK_BYTES)];
        match read_at(&stored.file, &mut chunk, at) {
            Ok(read) if read > 0 => {
                hash.update(&chunk[..read]);
                at += read as u64;
            }
            _ => return false,
        }
    }
    hex::encode(hash.finalize()) == stored.facts.sha256
}

fn read_exactly(file: &File, mut at: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        let read = read_at(file, &mut bytes[filled..], at).ok().filter(|read| *read > 0)?;
        filled += read;
        at += read as u64;
    }
    Some(bytes)
}

/// Reads from that place, without moving anybody else's.
#[cfg(unix)]
pub fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

/// Reads from that place. Files are written through handles of their own, so that nobody's place is moved.
#[cfg(windows)]
pub fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(folder: &Path, content: &[u8]) -> std::path::PathBuf {
        let path = folder.join("kept");
        let mut file = File::create(&path).expect("a file");
        file.write_all(content).expect("written");
        let (size, sha256) = (content.len() as u64, hex::encode(Sha256::digest(content)));
        let facts = Facts { id: "evt_1.0".into(), content_type: "image/png".into(), size, sha256 };
        let bytes = finish(&file, &facts).expect("written");
        assert_eq!(std::fs::metadata(&path).expect("a file").len(), bytes);
        path
    }

    #[test]
    fn a_kept_file_is_read_back_under_its_id_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        for content in [&b""[..], b"picture", &[7; CHUNK_BYTES + 1]] {
            let path = kept(folder.path(), content);
            let stored = open(&path, "evt_1.0").expect("kept");
            assert_eq!(
                (stored.facts.size, stored.facts.content_type.as_str()),
                (content.len() as u64, "image/png")
            );
            assert!(is_whole(&stored));
            assert!(open(&path, "evt_1.1").is_none());
        }
        assert!(open(&folder.path().join("nothing"), "evt_1.0").is_none());
    }

    #[test]
    fn a_file_that_lost_its_end_is_none_wherever_it_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = kept(folder.path(), b"picture");
        let whole = std::fs::read(&path).expect("a file");
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).expect("written");
            assert!(open(&path, "evt_1.0").is_none(), "{length}");
        }
        std::fs::write(&path, [&whole[..], b"x"].concat()).expect("written");
        assert!(open(&path, "evt_1.0").is_none());
        std::fs::write(&path, [b"x", &whole[..]].concat()).expect("written");
        assert!(open(&path, "evt_1.0").is_none(), "longer than it says");
    }

    #[test]
    fn other_bytes_of_the_same_length_are_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = kept(folder.path(), b"picture");
        let mut bytes = std::fs::read(&path).expect("a file");
        bytes[..7].fill(0);
        std::fs::write(&path, bytes).expect("written");
        let stored = open(&path, "evt_1.0").expect("its end is whole");
        assert!(!is_whole(&stored));
    }
}
