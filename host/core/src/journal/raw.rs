//! A request as it came in, compressed.
//!
//! Webhooks are small and alike: names of headers, keys of JSON, the same paths. A dictionary of what they have in common says
//! that once instead of in each. It was trained on the case files of the repository, whose contents are invented, and works
//! for channels that it has never seen, only less.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{get_dict_id_from_dict, get_dict_id_from_frame};

use super::JournalError;
use super::record::StoredWebhook;

/// Every dictionary that a host ever compressed with; the last one is used. Each frame names its own. One that was released is
/// never replaced: `cargo xtask dictionary` writes another, for which the schema gets another version.
const DICTIONARIES: [&[u8]; 1] = [include_bytes!("raw/1.dictionary")];

/// The fastest level: a webhook is a few kilobytes of JSON, higher levels gain little on that.
const COMPRESSION_LEVEL: i32 = 1;

/// A compressed request.
#[derive(Debug)]
pub(super) struct Raw {
    pub head_size: usize,
    pub raw_size: usize,
    pub bytes: Vec<u8>,
}

/// The part of a request before its body, as it is stored.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Head<T> {
    pub method: T,
    pub url: T,
    pub headers: Vec<(T, T)>,
}

impl Raw {
    /// Compresses it.
    pub(super) fn new(head: &Head<&str>, body: &[u8]) -> Result<Self, JournalError> {
        thread_local! {
            // Setting one up costs more than compressing a small webhook.
            static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
        }
        let mut plain = serde_json::to_vec(head).map_err(JournalError::encoding)?;
        let head_size = plain.len();
        plain.extend_from_slice(body);
        let mut bytes = COMPRESSOR
            .with_borrow_mut(|kept| {
                let compressor = match kept {
                    Some(compressor) => compressor,
                    None => kept.insert(compressor()?),
                };
                compressor.compress(&plain)
            })
            .map_err(JournalError::encoding)?;
        // The buffer was made for the worst case, and a full queue holds many of them.
        bytes.shrink_to_fit();
        Ok(Self { head_size, raw_size: plain.len(), bytes })
    }

    /// Head and body, as they were before they were compressed.
    pub(super) fn plain(bytes: &[u8], raw_size: usize) -> Result<Vec<u8>, String> {
        let plain = decompressor(bytes)?.decompress(bytes, raw_size).map_err(|error| error.to_string())?;
        if plain.len() != raw_size {
            return Err(format!("expected {raw_size} bytes, found {}", plain.len()));
        }
        Ok(plain)
    }

    /// Fills in head and body of a stored webhook; answers what is wrong where that cannot be done.
    pub(super) fn unpack(&self, webhook: &mut StoredWebhook) -> Result<(), String> {
        let mut plain = Self::plain(&self.bytes, self.raw_size)?;
        if self.head_size > plain.len() {
            return Err(format!("expected {} bytes, found {}", self.raw_size, plain.len()));
        }
        let body = plain.split_off(self.head_size);
        let head: Head<String> = serde_json::from_slice(&plain).map_err(|error| error.to_string())?;
        webhook.method = head.method;
        webhook.url = head.url;
        webhook.headers = head.headers;
        webhook.body = body;
        Ok(())
    }
}

fn compressor() -> std::io::Result<Compressor<'static>> {
    let newest = DICTIONARIES[DICTIONARIES.len() - 1];
    Compressor::with_dictionary(COMPRESSION_LEVEL, newest)
}

/// What reads a frame: with the dictionary that it names, or with none, as hosts wrote before there was one.
fn decompressor(frame: &[u8]) -> Result<Decompressor<'static>, String> {
    let made = match get_dict_id_from_frame(frame) {
        None => Decompressor::new(),
        Some(id) => {
            let named = DICTIONARIES.iter().find(|dictionary| get_dict_id_from_dict(dictionary) == Some(id));
            let dictionary = named.ok_or_else(|| format!("it needs dictionary {id}, which is not known"))?;
            Decompressor::with_dictionary(dictionary)
        }
    };
    made.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head<&'static str> {
        Head {
            method: "POST",
            url: "https://hooks.example.org/hooks/shop",
            headers: vec![("content-type", "application/json"), ("x-signature", "5f0e")],
        }
    }

    const BODY: &[u8] =
        br#"{"messages": [{"from": "4915550001", "id": "1", "type": "text", "text": {"body": "hello"}}]}"#;

    #[test]
    fn what_is_compressed_comes_back() {
        for body in [BODY, b"", &[0xff; 70_000]] {
            let raw = Raw::new(&head(), body).expect("compressed");
            let plain = Raw::plain(&raw.bytes, raw.raw_size).expect("read");
            assert_eq!(&plain[raw.head_size..], body);
        }
    }

    #[test]
    fn a_dictionary_makes_a_small_webhook_smaller() {
        let raw = Raw::new(&head(), BODY).expect("compressed");
        let plain = Raw::plain(&raw.bytes, raw.raw_size).expect("read");
        let without = zstd::bulk::compress(&plain, COMPRESSION_LEVEL).expect("compressed");
        assert!(raw.bytes.len() * 4 < without.len() * 3, "{} and {} without", raw.bytes.len(), without.len());
        assert_eq!(Raw::plain(&without, raw.raw_size).expect("of an older host"), plain);
    }

    #[test]
    fn a_frame_of_an_unknown_dictionary_says_so() {
        let raw = Raw::new(&head(), BODY).expect("compressed");
        let id = get_dict_id_from_frame(&raw.bytes).expect("a dictionary").get().to_le_bytes();
        let at = raw.bytes.windows(4).position(|bytes| bytes == id).expect("its id");
        let mut other = raw.bytes.clone();
        other[at] ^= 1;
        let said = Raw::plain(&other, raw.raw_size).expect_err("another dictionary");
        assert!(said.starts_with("it needs dictionary "), "{said}");
    }

    #[test]
    fn each_dictionary_has_its_own_number() {
        let mut ids: Vec<_> =
            DICTIONARIES.iter().map(|dictionary| get_dict_id_from_dict(dictionary)).collect();
        assert!(ids.iter().all(Option::is_some), "{ids:?}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), DICTIONARIES.len());
    }
}
