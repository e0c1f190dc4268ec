//! `trunkline connectors add`

use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use trunkline_core::clock::{Clock as _, SystemClock};
use trunkline_runtime::{ComponentFile, Connector};
use trunkline_sources::{Entry, Evidence, Fetched, Folder, Reference, Signer, Sources, Verdict};

use super::facts::{abilities, described, print, print_title};
use super::place::Place;
use crate::cli::size;
use crate::failure::Failure;
use crate::instant;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// `./post.wasm`, `https://example.com/post.wasm`, `ghcr.io/acme/post:1.2.0` or `ghcr.io/acme/post@sha256:…`
    reference: String,
    /// Refuse the file where its SHA-256 is another.
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Refuse the component where it is not the connector with this id.
    #[arg(long = "as", value_name = "ID")]
    expected: Option<String>,
    /// Show what would be put in place, and leave everything as it is.
    #[arg(long)]
    dry_run: bool,
}

/// What is to be put in place.
struct Candidate {
    connector: Connector,
    bytes: Vec<u8>,
    entry: Entry,
    evidence: Option<Evidence>,
    unproven: Option<&'static str>,
}

pub async fn run(place: &Place, arguments: Arguments, as_json: bool) -> Result<(), Failure> {
    let reference = Reference::parse(&arguments.reference).map_err(trunkline_sources::SourceError::from)?;
    let fetched = fetch(&reference).await?;
    if let Some(expected) = &arguments.sha256 {
        fetched.expect(expected)?;
    }
    let candidate = judged(place, &reference, fetched).await?;
    let manifest = candidate.connector.manifest();
    if let Some(expected) = arguments.expected.filter(|expected| *expected != manifest.id) {
        let message = format!("`{reference}` is connector `{}`, expected `{expected}`", manifest.id);
        return Err(Failure::new(message)
            .hint("a file's name is its connector's id: leave --as out to take it as it is"));
    }
    let file = Folder::component(&place.folder, &manifest.id);
    let old = if file.exists() { Connector::load_unnamed(&place.engine()?, &file).await.ok() } else { None };
    let pinned = place.provenance.lock().connectors.get(&manifest.id);
    let action = match (&old, file.exists()) {
        (Some(old), _) if old.digest() == candidate.entry.sha256 && pinned.is_some() => "unchanged",
        (_, true) => "updated",
        (_, false) => "added",
    };
    if !as_json {
        show(&candidate, old.as_ref());
    }
    if !arguments.dry_run {
        let Candidate { bytes, entry, evidence, .. } = &candidate;
        Folder::open(&place.folder)?.put(&manifest.id, bytes, evidence.as_ref(), entry.clone())?;
    }
    if as_json {
        let mut shown = described(&candidate.connector, Some(&candidate.entry));
        shown["action"] = if arguments.dry_run { json!("none") } else { json!(action) };
        shown["previous"] = old
            .as_ref()
            .map_or(json!(null), |old| json!({ "version": old.manifest().version, "sha256": old.digest() }));
        println!("{shown}");
    } else if arguments.dry_run {
        anstream::println!("\nnothing was changed: --dry-run");
    } else {
        anstream::println!("\n{action} {}", file.display());
    }
    Ok(())
}

/// Fetches, with a line that moves where somebody watches.
async fn fetch(reference: &Reference) -> Result<Fetched, Failure> {
    /// Bytes between two lines.
    const STEP: u64 = 256 << 10;
    let watched = std::io::stderr().is_terminal();
    let shown = AtomicU64::new(0);
    let progress = |here: u64, whole: Option<u64>| {
        if watched && here >= shown.load(Ordering::Relaxed) + STEP {
            shown.store(here, Ordering::Relaxed);
            let of = whole.map(|whole| format!(" of {}", size(whole))).unwrap_or_default();
            let _ = write!(std::io::stderr(), "\r\x1b[Kfetching {reference}: {}{of}", size(here));
        }
    };
    let fetched = Sources::new()?.fetch(reference, &progress).await;
    if shown.load(Ordering::Relaxed) > 0 {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    Ok(fetched?)
}

/// Holds a component against the rule, and only then looks into it.
async fn judged(place: &Place, reference: &Reference, fetched: Fetched) -> Result<Candidate, Failure> {
    let Fetched { bytes, sha256, resolved, evidence } = fetched;
    let verdict = place.provenance.keys().verify(&evidence, &bytes);
    let (signer, unproven) = place.provenance.judge(reference.is_remote(), &verdict).map_err(|reason| {
        Failure::new(format!("`{reference}` is refused: {reason}")).hint(place.provenance.hint())
    })?;
    let proof = match verdict {
        Verdict::Signed(_, proof) => Some(proof.clone()),
        _ => None,
    };
    let file = ComponentFile::new(reference.to_string(), bytes);
    let connector = Connector::unnamed(&place.engine()?, &file).await?;
    let bytes = file.into_bytes();
    let entry = Entry {
        source: reference.to_string(),
        resolved,
        sha256,
        size: bytes.len() as u64,
        signer,
        added_at: instant::text(SystemClock.now_ms()).unwrap_or_default(),
    };
    Ok(Candidate { connector, bytes, entry, evidence: proof, unproven })
}

fn show(candidate: &Candidate, old: Option<&Connector>) {
    let Candidate { connector, entry, unproven, .. } = candidate;
    print_title(connector);
    let mut facts = abilities(connector);
    facts.push(("from", entry.resolved.clone()));
    facts.push(("signed by", signature(entry.signer.as_ref(), *unproven)));
    facts.push(("sha256", entry.sha256.clone()));
    facts.push(("size", size(entry.size)));
    if let Some(old) = old.filter(|old| old.digest() != entry.sha256) {
        facts.extend(changes(old, connector));
    }
    print(&facts);
}

fn signature(signer: Option<&Signer>, unproven: Option<&'static str>) -> String {
    match (signer, unproven) {
        (Some(signer), _) => format!("{} ({})", signer.key, signer.fingerprint),
        (None, Some(reason)) => format!("nobody known: {reason}"),
        (None, None) => "nobody".to_owned(),
    }
}

/// What is otherwise than in the component that is there now: above all what it wants more.
fn changes(old: &Connector, new: &Connector) -> Vec<(&'static str, String)> {
    let (before, after) = (old.manifest(), new.manifest());
    let more = |before: BTreeSet<&String>, after: BTreeSet<&String>| {
        let more: Vec<&str> = after.difference(&before).map(|name| name.as_str()).collect();
        if more.is_empty() { "none".to_owned() } else { more.join(" ") }
    };
    vec![
        ("replaces", format!("{} {}", before.version, old.digest())),
        ("new hosts", more(before.hosts.iter().collect(), after.hosts.iter().collect())),
        ("new settings", more(before.settings.keys().collect(), after.settings.keys().collect())),
    ]
}
