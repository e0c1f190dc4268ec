//! Which component files this host runs: those that `connectors.lock` pins, signed by whom the operator trusts.
//!
//! The one place that holds a file against the lock file and the rule `connectors.unsigned`. Whoever loads a component asks
//! here first, with the bytes that are then compiled.

use std::path::{Path, PathBuf};

use trunkline_runtime::{ComponentFile, LoadError};
use trunkline_sources::{Entry, Folder, Key, Keys, Lock, Signer, SourceError, Verdict};

use crate::config::{Config, Outline, Unsigned};

/// What the files of a folder are held against.
pub struct Provenance {
    folder: PathBuf,
    lock: Lock,
    keys: Keys,
    unsigned: Unsigned,
}

/// Where a file that may run comes from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// What pins it. None: the operator put it there by hand.
    pub pinned: Option<&'a Entry>,
    /// Who signed it, as verified just now.
    pub signer: Option<Signer>,
    /// Why the signature that is there proves nothing.
    pub unproven: Option<&'static str>,
}

impl Provenance {
    /// Reads the lock file of a folder and the files of the keys.
    pub fn read(folder: &Path, keys: &[PathBuf], unsigned: Unsigned) -> Result<Self, SourceError> {
        let keys = keys.iter().map(|file| Key::read(file)).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.to_owned(), lock: Lock::read(folder)?, keys: Keys(keys), unsigned })
    }

    /// What the configuration says.
    pub fn of(config: &Config) -> Result<Self, SourceError> {
        let components = &config.components;
        Self::read(&components.path, &components.keys, components.unsigned)
    }

    /// What the configuration says, for another folder where one is named. Without a configuration, the lock file alone counts.
    pub fn outlined(folder: &Path, outline: Option<&Outline>) -> Result<Self, SourceError> {
        match outline {
            Some(outline) => Self::read(folder, &outline.connector_keys, outline.unsigned),
            None => Self::read(folder, &[], Unsigned::Allow),
        }
    }

    /// The lock file.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// The keys that a signature may be by.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether a component may run, and where it comes from. It is refused where it is not the file that is pinned, or lacks
    /// a signature that the rule asks for.
    pub fn check(&self, component: &ComponentFile) -> Result<Origin<'_>, LoadError> {
        let id = component.id();
        let refused = |error: SourceError| refused(id, error.to_string(), error.hint());
        let pinned = self.lock.check(id, component.sha256()).map_err(refused)?;
        let Some(entry) = pinned else {
            return match self.unsigned {
                Unsigned::Local | Unsigned::Allow => Ok(Origin::default()),
                Unsigned::Refuse => {
                    let reason =
                        "it is not pinned in `connectors.lock`, and `connectors.unsigned` is `refuse`";
                    let file = Folder::component(&self.folder, id);
                    let hint =
                        format!("add it with its signature: `trunkline connectors add {}`", file.display());
                    Err(self::refused(id, reason, Some(hint)))
                }
            };
        };
        let evidence = Folder::evidence(&self.folder, id).map_err(refused)?;
        let evidence: Vec<_> = evidence.into_iter().collect();
        let verdict = self.keys.verify(&evidence, component.bytes());
        let (signer, unproven) = self.judge(entry.is_remote(), &verdict).map_err(|reason| {
            self::refused(id, format!("it comes from `{}`, and {reason}", entry.source), Some(self.hint()))
        })?;
        Ok(Origin { pinned, signer, unproven })
    }

    /// The rule: who signed a component, and why a signature proves nothing. The error says why the component may not run.
    pub fn judge(
        &self,
        remote: bool,
        verdict: &Verdict<'_>,
    ) -> Result<(Option<Signer>, Option<&'static str>), &'static str> {
        let needed = match self.unsigned {
            Unsigned::Allow => false,
            Unsigned::Local => remote,
            Unsigned::Refuse => true,
        };
        match verdict {
            Verdict::Signed(key, _) => {
                let signer = Signer { key: key.name.clone(), fingerprint: key.fingerprint.clone() };
                Ok((Some(signer), None))
            }
            Verdict::Unsigned if needed => Err("it has no signature"),
            Verdict::Unproven(reason) if needed => Err(reason),
            Verdict::Unsigned => Ok((None, None)),
            Verdict::Unproven(reason) => Ok((None, Some(reason))),
        }
    }

    /// What to do about a component that lacks its signature.
    pub fn hint(&self) -> String {
        let whose = if self.keys.0.is_empty() {
            "name the public key of who signs it: `keys = [\"cosign.pub\"]` under `[connectors]`"
        } else {
            "ask its author which key signs it, and add that to `connectors.keys`"
        };
        format!(
            "{whose}; keyless signatures are not checked by this host. `unsigned` under `[connectors]` says \
             which components need one"
        )
    }
}

fn refused(id: &str, reason: impl Into<String>, hint: Option<String>) -> LoadError {
    LoadError::Refused { file: format!("{id}.wasm"), reason: reason.into(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunkline_sources::{Evidence, sha256};

    const COMPONENT: &[u8] = include_bytes!("../../sources/testdata/component.wasm");
    const SIGNATURE: &[u8] = include_bytes!("../../sources/testdata/component.wasm.sig");

    fn file(id: &str, component: &[u8]) -> ComponentFile {
        ComponentFile::new(format!("{id}.wasm"), component.to_vec())
    }

    fn key() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/testdata/cosign.pub")
    }

    fn entry(source: &str) -> Entry {
        Entry {
            source: source.to_owned(),
            resolved: source.to_owned(),
            sha256: sha256(COMPONENT),
            size: COMPONENT.len() as u64,
            signer: None,
            added_at: "2026-11-29T06:30:00.000Z".to_owned(),
        }
    }

    /// A folder with `local` and `remote`, signed or not; `by-hand` is not pinned.
    fn folder(signed: bool) -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a folder");
        let evidence = Evidence::beside_file(SIGNATURE).filter(|_| signed);
        let folder = Folder::open(place.path()).expect("a folder");
        folder.put("local", COMPONENT, evidence.as_ref(), entry("./local.wasm")).expect("put");
        folder
            .put("remote", COMPONENT, evidence.as_ref(), entry("https://a.example/remote.wasm"))
            .expect("put");
        place
    }

    #[test]
    fn the_rule_says_who_runs() {
        for (unsigned, signed, with_key, runs) in [
            (Unsigned::Allow, false, false, ["by-hand", "local", "remote"].as_slice()),
            (Unsigned::Allow, true, false, &["by-hand", "local", "remote"]),
            (Unsigned::Local, false, true, &["by-hand", "local"]),
            (Unsigned::Local, true, false, &["by-hand", "local"]),
            (Unsigned::Local, true, true, &["by-hand", "local", "remote"]),
            (Unsigned::Refuse, false, true, &[]),
            (Unsigned::Refuse, true, true, &["local", "remote"]),
        ] {
            let place = folder(signed);
            let keys: Vec<PathBuf> = with_key.then(key).into_iter().collect();
            let provenance = Provenance::read(place.path(), &keys, unsigned).expect("read");
            let ids = ["by-hand", "local", "remote"];
            let found: Vec<&str> =
                ids.into_iter().filter(|id| provenance.check(&file(id, COMPONENT)).is_ok()).collect();
            assert_eq!(found, runs, "{unsigned:?} signed {signed} key {with_key}");
        }
    }

    #[test]
    fn a_refusal_says_why_and_what_to_do() {
        let place = folder(true);
        let provenance = Provenance::read(place.path(), &[key()], Unsigned::Local).expect("read");
        let origin = provenance.check(&file("remote", COMPONENT)).expect("signed");
        assert_eq!(origin.signer.expect("a signer").key, "cosign.pub");

        let error = provenance.check(&file("remote", b"another")).expect_err("another file");
        let said = error.to_string();
        assert!(said.contains(&sha256(b"another")) && said.contains(&sha256(COMPONENT)), "{said}");
        assert!(error.hint().expect("a cure").contains("trunkline connectors add"));

        let keyless = Provenance::read(place.path(), &[], Unsigned::Local).expect("read");
        let error = keyless.check(&file("remote", COMPONENT)).expect_err("nobody's key");
        assert_eq!(
            error.to_string(),
            "`remote.wasm` is refused: it comes from `https://a.example/remote.wasm`, and there are no `keys` to hold its \
             signature against"
        );
        assert!(error.hint().expect("a cure").contains("keys = "));

        // The lock file says that it is signed; the proof is what counts.
        std::fs::write(place.path().join("remote.wasm.sig.json"), "{}").expect("a file");
        let error = provenance.check(&file("remote", COMPONENT)).expect_err("no proof");
        assert!(error.to_string().ends_with("and it has no signature"), "{error}");
    }
}
