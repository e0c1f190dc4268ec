//! Uploaded files on their way out: as bytes for connectors that send bytes, else as links that providers can
//! follow for a while.
//!
//! A link carries what it gives and until when, signed with a key of this host: nothing is kept for it, and nobody
//! can make one for another file.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use trunkline_core::journal::{BLOB_PREFIX, Journal, JournalError};
use trunkline_model::manifest::MediaForm;
use trunkline_model::{Event, Media, MediaSource, Outgoing, OutgoingPart};

use crate::failure::Failure;

/// The key's file in the store.
const KEY_FILE: &str = "links.key";
/// A key of the hash's block size would not be stronger.
const KEY_BYTES: usize = 32;
/// How long a link works after the message was queued: providers fetch within minutes, and repeat for a day.
const LINK_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// What is served without a declared type.
const ANY_TYPE: &str = "application/octet-stream";

/// Makes and reads links.
pub struct Files {
    key: [u8; KEY_BYTES],
    public_url: String,
}

/// What a link gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Linked {
    /// SHA-256 of the bytes in hex.
    pub sha256: String,
    /// Media type, as the sender declared it.
    pub content_type: String,
}

impl Files {
    /// Reads the key of the store, or makes one.
    pub fn open(store: &Path, public_url: &str) -> Result<Self, Failure> {
        let path = store.join(KEY_FILE);
        let failure = |error: &std::io::Error| {
            Failure::new(format!("`{}` cannot be read or made", path.display())).because(error).hint(
                "it signs the links to uploaded files; without it, remove the file and links made before end",
            )
        };
        let key = match std::fs::read(&path) {
            Ok(key) => key,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = random_key();
                write_private(&path, &key).map_err(|error| failure(&error))?;
                key.to_vec()
            }
            Err(error) => return Err(failure(&error)),
        };
        let key = key.try_into().map_err(|key: Vec<u8>| {
            Failure::new(format!("`{}` has {} bytes, expected {KEY_BYTES}", path.display(), key.len()))
                .hint("remove it: a new one is made, and links made before end")
        })?;
        Ok(Self { key, public_url: public_url.to_owned() })
    }

    /// Puts uploaded files into a message in the form that the connector sends. The same message at the same
    /// `queued_at` gives the same links.
    pub async fn put_in(
        &self,
        outgoing: &mut Outgoing,
        form: MediaForm,
        queued_at: u64,
        journal: &Journal,
    ) -> Result<(), String> {
        for part in &mut outgoing.parts {
            let OutgoingPart::Media(media) = part else { continue };
            let MediaSource::Reference(reference) = &media.source else { continue };
            let Some(sha256) = reference.strip_prefix(BLOB_PREFIX) else { continue };
            media.source = match form {
                MediaForm::Url => MediaSource::Url(self.link(sha256, media, queued_at)),
                MediaForm::Bytes => {
                    let unreadable = |error: JournalError| format!("uploaded file cannot be read: {error}");
                    let bytes = journal.blob(sha256).await.map_err(unreadable)?;
                    MediaSource::Bytes(bytes.ok_or_else(|| format!("uploaded file `{sha256}` is gone"))?)
                }
            };
        }
        Ok(())
    }

    /// Puts links in the place of what the journal holds. They work for a while from `now`.
    pub fn link_in(&self, event: &mut Event, now: u64) {
        for media in event.media_mut() {
            let MediaSource::Reference(reference) = &media.source else { continue };
            let Some(sha256) = reference.strip_prefix(BLOB_PREFIX) else { continue };
            media.source = MediaSource::Url(self.link(sha256, media, now));
        }
    }

    fn link(&self, sha256: &str, media: &Media, queued_at: u64) -> String {
        let content_type = media.content_type.as_deref().unwrap_or(ANY_TYPE);
        let claim = format!("{} {sha256} {content_type}", queued_at.saturating_add(LINK_MS));
        let name: String = media.name.as_deref().unwrap_or("file").chars().filter(|c| is_plain(*c)).collect();
        let name = if name.is_empty() { "file" } else { name.as_str() };
        let token =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(&claim), URL_SAFE_NO_PAD.encode(self.sign(&claim)));
        format!("{}/files/{token}/{name}", self.public_url)
    }

    /// What a token gives. None: it was not made here, or its time is over.
    pub fn read(&self, token: &str, now: u64) -> Option<Linked> {
        let (claim, signature) = token.split_once('.')?;
        let claim = String::from_utf8(URL_SAFE_NO_PAD.decode(claim).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(&claim).verify_slice(&signature).ok()?;
        let mut words = claim.splitn(3, ' ');
        let expires: u64 = words.next()?.parse().ok()?;
        let sha256 = words.next()?.to_owned();
        let content_type = words.next()?.to_owned();
        (now <= expires).then_some(Linked { sha256, content_type })
    }

    fn mac(&self, claim: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(claim.as_bytes());
        mac
    }

    fn sign(&self, claim: &str) -> Vec<u8> {
        self.mac(claim).finalize().into_bytes().to_vec()
    }
}

/// What stands in a path as it is.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_')
}

fn random_key() -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    let (first, second) = key.split_at_mut(16);
    // Version 4 has 122 random bits from the system's source; two of them are more than a signature needs.
    first.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    second.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    key
}

/// Nobody else on the machine may read it.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use trunkline_model::MediaKind;

    use super::*;

    fn files() -> Files {
        Files { key: [7; KEY_BYTES], public_url: "https://hooks.example.org".to_owned() }
    }

    #[test]
    fn a_link_gives_its_file_until_its_time_is_over() {
        let mut media = Media::new(MediaKind::Image, MediaSource::Reference("blob:ab".into()));
        media.content_type = Some("image/png".to_owned());
        media.name = Some("my photo/../ä.png".to_owned());
        let link = files().link("ab", &media, 1_000);
        assert_eq!(link, files().link("ab", &media, 1_000), "the same message gives the same link");
        let (token, name) =
            link.strip_prefix("https://hooks.example.org/files/").unwrap().split_once('/').unwrap();
        assert_eq!(name, "myphoto...png");
        let linked = Linked { sha256: "ab".into(), content_type: "image/png".into() };
        assert_eq!(files().read(token, 1_000 + LINK_MS), Some(linked));
        assert_eq!(files().read(token, 1_001 + LINK_MS), None);
        let other = Files { key: [8; KEY_BYTES], ..files() };
        assert_eq!(other.read(token, 1_000), None, "another host's");
        let claim = URL_SAFE_NO_PAD.encode("99999999999999 cd text/html");
        let forged = format!("{claim}.{}", token.split_once('.').unwrap().1);
        assert_eq!(files().read(&forged, 1_000), None);
        for token in ["", ".", "a.b", "a"] {
            assert_eq!(files().read(token, 0), None, "{token}");
        }
    }

    #[test]
    fn the_key_is_made_once() {
        let folder = std::env::temp_dir().join(format!("trunkline-links-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let first = Files::open(&folder, "").unwrap().key;
        assert_eq!(Files::open(&folder, "").unwrap().key, first);
        std::fs::write(folder.join(KEY_FILE), b"short").unwrap();
        assert!(Files::open(&folder, "").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
