//! `connectors.lock`: which file each connector is, where it came from, and who signed it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::error::SourceError;
use crate::reference::Reference;

/// Bytes of a lock file.
const LOCK_BYTES_MAX: usize = 4 << 20;

/// What is pinned, by the connector's id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// In alphabetical order.
    pub connectors: BTreeMap<String, Entry>,
}

/// One connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it came from, as it was asked for.
    pub source: String,
    /// The same with the digest of what a registry had there.
    pub resolved: String,
    /// SHA-256 of the file in hex.
    pub sha256: String,
    /// Bytes of the file.
    pub size: u64,
    /// Who signed it. None: nobody whose key was known.
    pub signer: Option<Signer>,
    /// When it was added: RFC 3339.
    pub added_at: String,
}

/// Who signed a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The name of the key's file.
    pub key: String,
    /// `sha256:` and the SHA-256 of the key's SPKI in hex.
    pub fingerprint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lock_version: i64,
    #[serde(default)]
    connectors: BTreeMap<String, Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    source: String,
    resolved: String,
    sha256: String,
    size: u64,
    signed_by: Option<String>,
    key: Option<String>,
    #[serde(default)]
    unsigned: bool,
    added_at: String,
}

/// Only the version, of whatever a newer host writes.
#[derive(Deserialize)]
struct Version {
    lock_version: i64,
}

impl Entry {
    /// Whether it came from another machine. What cannot be read did.
    pub fn is_remote(&self) -> bool {
        Reference::parse(&self.source).map_or(true, |reference| reference.is_remote())
    }
}

impl Lock {
    /// The name of the file.
    pub const FILE: &str = "connectors.lock";

    /// Reads the lock file of a folder. Where there is none, nothing is pinned.
    pub fn read(folder: &Path) -> Result<Self, SourceError> {
        let path = folder.join(Self::FILE);
        let bytes = match crate::fetch::read(&path, LOCK_BYTES_MAX) {
            Err(SourceError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            read => read?,
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| SourceError::Lock { path: path.clone(), cause: "it is not UTF-8".into() })?;
        Self::parse(&path, &text)
    }

    /// Reads its text. The path is for errors.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SourceError> {
        let invalid = |cause: String| SourceError::Lock { path: path.to_owned(), cause };
        let malformed = |error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start].lines().count().max(1));
            let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            invalid(format!("{place}{}", error.message().trim()))
        };
        let Version { lock_version: found } = toml::from_str(text).map_err(malformed)?;
        if found != 1 {
            return Err(SourceError::LockVersion { path: path.to_owned(), found });
        }
        let file: File = toml::from_str(text).map_err(malformed)?;
        debug_assert_eq!(file.lock_version, 1);
        let mut connectors = BTreeMap::new();
        for (id, written) in file.connectors {
            let hex = written.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if written.sha256.len() != 64 || !hex {
                return Err(invalid(format!("`sha256` of `{id}` is not 64 hex digits")));
            }
            let signer = match (written.signed_by, written.key, written.unsigned) {
                (Some(key), Some(fingerprint), false) => Some(Signer { key, fingerprint }),
                (None, None, true) => None,
                _ => {
                    let cause = format!("`{id}` needs `signed_by` and `key`, or `unsigned = true`");
                    return Err(invalid(cause));
                }
            };
            let Written { source, resolved, sha256, size, added_at, .. } = written;
            connectors.insert(id, Entry { source, resolved, sha256, size, signer, added_at });
        }
        Ok(Self { connectors })
    }

    /// Refuses a file that is not the one that is pinned. None: this connector is not pinned.
    pub fn check(&self, id: &str, sha256: &str) -> Result<Option<&Entry>, SourceError> {
        let Some(entry) = self.connectors.get(id) else { return Ok(None) };
        if entry.sha256 == sha256 {
            return Ok(Some(entry));
        }
        Err(SourceError::NotPinned {
            id: id.to_owned(),
            found: sha256.to_owned(),
            pinned: entry.sha256.clone(),
            source_asked: entry.source.clone(),
        })
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text =
            "# Which file each connector is. Written by `trunkline connectors`; keep it with the files.\n\
                        lock_version = 1\n"
                .to_owned();
        for (id, entry) in &self.connectors {
            let _ = writeln!(text, "\n[connectors.{}]", quoted(id));
            let mut line = |key: &str, value: &str| {
                let _ = writeln!(text, "{key} = {}", quoted(value));
            };
            line("source", &entry.source);
            line("resolved", &entry.resolved);
            line("sha256", &entry.sha256);
            if let Some(signer) = &entry.signer {
                line("signed_by", &signer.key);
                line("key", &signer.fingerprint);
            }
            line("added_at", &entry.added_at);
            if entry.signer.is_none() {
                text.push_str("unsigned = true\n");
            }
            let _ = writeln!(text, "size = {}", entry.size);
        }
        text
    }
}

/// A basic string of TOML, which escapes as JSON does, and one character more.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(source: &str, signer: Option<Signer>) -> Entry {
        Entry {
            source: source.to_owned(),
            resolved: format!("{source}#\"\\\u{7f}\n🙂"),
            sha256: "0a".repeat(32),
            size: 1_234,
            signer,
            added_at: "2026-11-29T06:30:00.000Z".to_owned(),
        }
    }

    fn lock() -> Lock {
        let signer = Signer { key: "cosign.pub".into(), fingerprint: "sha256:00".into() };
        let connectors = [
            ("sms-x".to_owned(), entry("ghcr.io/acme/sms-x:1", Some(signer))),
            ("post".to_owned(), entry("./post.wasm", None)),
        ];
        Lock { connectors: connectors.into() }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = lock().text();
        assert_eq!(Lock::parse(Path::new("l"), &text).expect("valid"), lock());
        let line = text.find("[connectors.\"post\"]").expect("a table");
        assert!(line < text.find("[connectors.\"sms-x\"]").expect("a table"), "{text}");
        assert!(text.contains("lock_version = 1\n"), "{text}");
        assert_eq!(Lock::parse(Path::new("l"), &Lock::default().text()).expect("valid"), Lock::default());
    }

    #[test]
    fn another_digest_is_refused_with_both() {
        let lock = lock();
        assert_eq!(lock.check("post", &"0a".repeat(32)).expect("pinned"), lock.connectors.get("post"));
        assert_eq!(lock.check("other", "00").expect("not pinned"), None);
        let error = lock.check("sms-x", &"0b".repeat(32)).expect_err("another file");
        assert_eq!(
            error.to_string(),
            format!(
                "its digest is `{}`, but `connectors.lock` pins `{}` for `sms-x`",
                "0b".repeat(32),
                "0a".repeat(32)
            )
        );
        assert!(error.hint().expect("a cure").contains("trunkline connectors add ghcr.io/acme/sms-x:1"));
    }

    #[test]
    fn who_comes_from_elsewhere_is_known() {
        for (source, remote) in [("./a.wasm", false), ("https://a.example/a.wasm", true), ("?", true)] {
            assert_eq!(entry(source, None).is_remote(), remote, "{source}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line() {
        let whole = lock().text();
        for (text, expected) in [
            (
                whole.replace("lock_version = 1", "lock_version = 2\nnew = true"),
                "`lock_version` 2, this host reads 1",
            ),
            (whole.replace("size =", "sise ="), "`l` is not valid: line "),
            (
                whole.replace("unsigned = true\n", ""),
                "`post` needs `signed_by` and `key`, or `unsigned = true`",
            ),
            (whole.replace(&"0a".repeat(32), "0A"), "`sha256` of `post` is not 64 hex digits"),
            (String::new(), "missing field `lock_version`"),
            ("lock_version = ".into(), "line 1: "),
        ] {
            let error = Lock::parse(Path::new("l"), &text).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
