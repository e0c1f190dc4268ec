//! What an edge hands to a routing host: one webhook that it verified, and the events that its connector read in it.
//!
//! JSON, compressed where that makes it smaller, signed by the [Standard Webhooks](crate::signature) specification over the
//! bytes that are sent. `webhook-id` is the same whenever the same webhook is handed in again; what makes an event come
//! once into the journal is the event's own id, as for webhooks that come to the host itself.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use trunkline_model::{Event, Request};

/// The path below the host's address.
pub const PATH: &str = "/v1/ingest";
/// The media type of what is posted there.
pub const CONTENT_TYPE: &str = "application/json";
/// The header that says which edge it is: a name in the host's `[edges]`.
pub const EDGE_HEADER: &str = "trunkline-edge";
/// The version of [`Ingest`]. Grows when a field is added that a host must understand.
pub const VERSION: u32 = 1;

/// Less than this is sent as it is: compressing costs more than it saves.
const COMPRESSED_BYTES_MIN: usize = 1 << 10;

/// What gzip begins with: ID1 and ID2 of RFC 1952.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One webhook and its events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ingest {
    /// [`VERSION`].
    pub version: u32,
    /// The connection that the webhook came in on, by the name that it has at the host as well.
    pub connection: String,
    /// What read it.
    pub connector: ReadBy,
    /// When it came to the edge, in milliseconds since the Unix epoch: the `now` that the connector was given.
    pub received_at: u64,
    /// As it came.
    pub webhook: Raw,
    /// In the order in which the connector gave them.
    pub events: Vec<Event>,
}

/// The connector of an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadBy {
    /// Its id.
    pub id: String,
    /// The version in its manifest.
    pub version: String,
}

/// The webhook as the provider sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Raw {
    /// Upper case.
    pub method: String,
    /// Absolute, as the provider called it.
    pub url: String,
    /// Names and values, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// In Base64.
    #[serde(with = "trunkline_model::base64_bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub body: Vec<u8>,
}

impl From<Request> for Raw {
    fn from(request: Request) -> Self {
        let Request { method, url, headers, body } = request;
        Self { method, url, headers, body }
    }
}

/// What is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// For `webhook-id`.
    pub id: String,
    /// Whether `content-encoding` is `gzip`.
    pub gzip: bool,
    /// What is signed.
    pub body: Vec<u8>,
}

impl Ingest {
    /// Writes it, compressed where that makes it smaller.
    pub fn pack(&self) -> Packed {
        let json = serde_json::to_vec(self).expect("events have text keys and finite numbers or null");
        let id = self.id();
        if json.len() >= COMPRESSED_BYTES_MIN
            && let Some(body) = compressed(&json).filter(|compressed| compressed.len() < json.len())
        {
            return Packed { id, gzip: true, body };
        }
        Packed { id, gzip: false, body: json }
    }

    /// Of this webhook on this connection at this time, whatever was read in it.
    fn id(&self) -> String {
        let mut hash = Sha256::new();
        let received_at = self.received_at.to_be_bytes();
        let parts =
            [self.connection.as_bytes(), &received_at, self.webhook.url.as_bytes(), &self.webhook.body];
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let hash = hash.finalize();
        let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("ing_{hex}")
    }
}

fn compressed(json: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(json.len() / 2), Compression::fast());
    encoder.write_all(json).ok()?;
    encoder.finish().ok()
}

/// Why what was posted cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum Unpackable {
    /// Not what `content-encoding` says.
    #[error("body is not gzip")]
    Gzip,
    /// It would take more memory than it may.
    #[error("body is larger than {bytes_max} bytes when it is unpacked")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// Not the JSON that is expected.
    #[error("body is no ingest of version {VERSION}: {0}")]
    Json(#[source] serde_json::Error),
    /// From an edge that is newer than this host.
    #[error("ingest has version {found}, this host reads {VERSION}")]
    Version {
        /// Of the edge.
        found: u32,
    },
}

/// Bytes that it says that it unpacks to: so many are made room for, and given to [`unpack`] as its limit. Then it cannot
/// take more than it said.
pub fn unpacked_bytes(body: &[u8], gzip: bool) -> u64 {
    if !gzip {
        return body.len() as u64;
    }
    // ISIZE of RFC 1952: the last four bytes, modulo 2^32.
    let size = body.last_chunk().filter(|_| body.starts_with(&GZIP));
    size.map_or(0, |size| u32::from_le_bytes(*size).into())
}

/// Reads what was posted, once its signature was verified. `bytes_max` bounds what it may unpack to.
pub fn unpack(body: &[u8], gzip: bool, bytes_max: u64) -> Result<Ingest, Unpackable> {
    /// Read first: the rest may have another form in another version.
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }

    let inflated;
    let json = if gzip {
        inflated = inflate(body, bytes_max)?;
        &inflated
    } else {
        body
    };
    if json.len() as u64 > bytes_max {
        return Err(Unpackable::TooLarge { bytes_max });
    }
    let Version { version } = serde_json::from_slice(json).map_err(Unpackable::Json)?;
    if version != VERSION {
        return Err(Unpackable::Version { found: version });
    }
    serde_json::from_slice(json).map_err(Unpackable::Json)
}

fn inflate(body: &[u8], bytes_max: u64) -> Result<Vec<u8>, Unpackable> {
    let size = unpacked_bytes(body, true).min(bytes_max);
    let mut json = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    GzDecoder::new(body).take(bytes_max + 1).read_to_end(&mut json).map_err(|_| Unpackable::Gzip)?;
    if json.len() as u64 > bytes_max {
        return Err(Unpackable::TooLarge { bytes_max });
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use trunkline_model::{EventKind, Location, Media, MediaKind, MediaSource, Message, Part};

    use super::*;

    fn ingest(parts: Vec<Part>) -> Ingest {
        Ingest {
            version: VERSION,
            connection: "support".to_owned(),
            connector: ReadBy { id: "post".to_owned(), version: "0.1.0".to_owned() },
            received_at: 1_790_000_000_000,
            webhook: Raw {
                method: "POST".to_owned(),
                url: "https://hooks.example.com/hooks/support?a=b".to_owned(),
                headers: vec![("x".to_owned(), "1".to_owned()), ("x".to_owned(), "2".to_owned())],
                body: b"\x00\xffbytes".to_vec(),
            },
            events: vec![Event::new("e1", "a", EventKind::Message(Message::new("m1", parts)))],
        }
    }

    fn texts(count: usize) -> Vec<Part> {
        (0..count).map(|number| Part::Text(format!("line {number}"))).collect()
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        for (count, gzip) in [(1, false), (500, true)] {
            let given = ingest(texts(count));
            let packed = given.pack();
            assert_eq!(packed.gzip, gzip, "{count} parts");
            let found = unpack(&packed.body, packed.gzip, 1 << 20).expect("ours");
            assert_eq!(found, given);
            assert_eq!(found.pack(), packed);
        }
        let file = Media::new(MediaKind::File, MediaSource::Bytes(vec![0, 255, 7]));
        let given = ingest(vec![Part::Media(file)]);
        let packed = given.pack();
        assert_eq!(unpack(&packed.body, packed.gzip, 1 << 20).expect("ours"), given);
    }

    #[test]
    fn a_number_that_is_none_costs_nothing() {
        let place = Location { latitude: f64::NAN, longitude: f64::INFINITY, ..Location::default() };
        let given = ingest(vec![Part::Location(place)]);
        let packed = given.pack();
        let found = unpack(&packed.body, packed.gzip, 1 << 20).expect("read all the same");
        let json = |ingest: &Ingest| trunkline_model::event_json(&ingest.events[0]);
        assert_eq!(json(&found), json(&given));
    }

    #[test]
    fn the_id_is_that_of_the_webhook() {
        let id = |ingest: &Ingest| ingest.pack().id;
        let one = ingest(texts(1));
        assert_eq!(id(&one), id(&ingest(texts(2))), "whatever was read in it");
        assert_ne!(id(&one), id(&Ingest { received_at: one.received_at + 1, ..one.clone() }));
        assert_ne!(id(&one), id(&Ingest { connection: "sales".to_owned(), ..one.clone() }));
        let raw = Raw { body: b"other".to_vec(), ..one.webhook.clone() };
        assert_ne!(id(&one), id(&Ingest { webhook: raw, ..one.clone() }));
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused() {
        let packed = ingest(texts(10_000)).pack();
        assert!(packed.gzip && packed.body.len() < 100_000);
        let error = unpack(&packed.body, true, 100_000).expect_err("a bomb");
        assert_eq!(error.to_string(), "body is larger than 100000 bytes when it is unpacked");
        let plain = ingest(texts(1)).pack();
        assert!(matches!(unpack(&plain.body, false, 100), Err(Unpackable::TooLarge { .. })));
    }

    #[test]
    fn it_says_what_it_unpacks_to_and_cannot_take_more() {
        for count in [1, 500] {
            let packed = ingest(texts(count)).pack();
            let bytes = unpacked_bytes(&packed.body, packed.gzip);
            assert!(unpack(&packed.body, packed.gzip, bytes).is_ok(), "{count} parts");
            assert!(matches!(unpack(&packed.body, packed.gzip, bytes - 1), Err(Unpackable::TooLarge { .. })));
        }
        let mut lying = ingest(texts(10_000)).pack().body;
        let end = lying.len() - 4;
        lying[end..].copy_from_slice(&100_u32.to_le_bytes());
        assert_eq!(unpacked_bytes(&lying, true), 100);
        assert!(matches!(unpack(&lying, true, 100), Err(Unpackable::TooLarge { bytes_max: 100 })));
        for none in [b"".as_slice(), b"ab", b"\x1f\x8b", b"{\"version\":1}"] {
            assert_eq!(unpacked_bytes(none, true), 0);
        }
    }

    #[test]
    fn what_is_none_of_ours_is_refused() {
        assert!(matches!(unpack(b"{}", true, 100), Err(Unpackable::Gzip)));
        assert!(matches!(unpack(b"{}", false, 100), Err(Unpackable::Json(_))));
        assert!(matches!(unpack(br#"{"version":1}"#, false, 100), Err(Unpackable::Json(_))));
        let newer = unpack(br#"{"version":2,"unknown":{}}"#, false, 100).expect_err("newer");
        assert_eq!(newer.to_string(), "ingest has version 2, this host reads 1");
        let packed = ingest(texts(500)).pack();
        let cut = &packed.body[..packed.body.len() / 2];
        assert!(matches!(unpack(cut, true, 1 << 20), Err(Unpackable::Gzip)));
    }
}
