//! `cargo xtask dictionary`: what webhooks have in common, for `host/core/src/journal/raw.rs`.
//!
//! Trained on the requests of all case files. Each time it writes one more file; one that was released is never replaced.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::json;
use trunkline_cases::{Case, case_files};

use crate::workspace;

/// Where the dictionaries stand, from the root.
const FOLDER: &str = "host/core/src/journal/raw";
/// Four times as much saves a tenth more.
const BYTES_MAX: usize = 8 << 10;

/// What providers and the proxies in front of a host send along; case files have only what a connector reads.
const HEADERS: [(&str, &str); 12] = [
    ("host", "hooks.example.org"),
    ("accept", "*/*"),
    ("accept-encoding", "gzip, deflate, br"),
    ("connection", "keep-alive"),
    ("content-length", "512"),
    ("user-agent", "Webhook/1.0"),
    ("traceparent", "00-00000000000000000000000000000000-0000000000000000-00"),
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-host", "hooks.example.org"),
    ("x-forwarded-proto", "https"),
    ("x-real-ip", "203.0.113.7"),
    ("x-request-id", "00000000-0000-4000-8000-000000000000"),
];

/// Writes the next dictionary.
pub fn run() -> Result<()> {
    let samples = samples()?;
    let dictionary = zstd::dict::from_samples(&samples, BYTES_MAX).context("no dictionary can be trained")?;
    let folder = workspace::root().join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let free = |number: &u32| !folder.join(format!("{number}.dictionary")).exists();
    let number = (1..).find(free).context("no number is left")?;
    let path: PathBuf = folder.join(format!("{number}.dictionary"));
    std::fs::write(&path, &dictionary)?;
    println!("{}: {} bytes of {} requests", path.display(), dictionary.len(), samples.len());
    Ok(())
}

/// Requests in the form in which a journal keeps them: the head as JSON, then the body.
fn samples() -> Result<Vec<Vec<u8>>> {
    let mut samples = Vec::new();
    for connector in workspace::connectors()? {
        for file in case_files(&connector.path) {
            let request = Case::read(&file).with_context(|| workspace::relative(&file))?.request;
            let mut headers: Vec<_> = HEADERS.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            headers.extend(request.headers);
            let head = json!({ "method": request.method, "url": request.url, "headers": headers });
            samples.push([head.to_string().as_bytes(), &request.body].concat());
        }
    }
    Ok(samples)
}
