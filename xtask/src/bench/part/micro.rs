//! Calls of connectors: `benches/sandbox/src/bin/micro.rs`.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use super::Effort;
use crate::bench::figures::{Figures, Rounds};
use crate::bench::programs::{Programs, objects};
use crate::bench::report::{Column, Found, column};
use crate::workspace;

/// A guest that answers at once.
const IDLE: &str = "complete.wasm";
const ROUND_MS: u64 = 60;
const ROUND_MS_QUICK: u64 = 5;

const COLUMNS: &[Column] = &[
    column("bytes", "bytes", 0),
    column("native_us", "native us", 1),
    column("reused_us", "reused us", 1),
    column("fresh_us", "fresh us", 1),
    column("instance_us", "instance us", 1),
    column("native_cpu_us", "native cpu us", 1),
    column("reused_cpu_us", "reused cpu us", 1),
    column("fresh_cpu_us", "fresh cpu us", 1),
    column("instance_cpu_us", "instance cpu us", 1),
    column("fresh_over_native", "fresh/native cpu", 2),
];

pub fn measure(programs: &Programs, effort: Effort) -> Result<Found> {
    let mut command = Command::new(programs.binary("bench-micro"));
    command.arg("--components").arg(&programs.components);
    command.arg("--idle").arg(programs.guests.join(IDLE));
    command.arg("--connectors").arg(workspace::root().join("connectors"));
    let round_ms = if effort.quick { ROUND_MS_QUICK } else { ROUND_MS };
    command.args(["--rounds", &effort.rounds.to_string(), "--round-ms", &round_ms.to_string()]);
    let mut rounds = Rounds::default();
    let mut round: BTreeMap<(String, String), Figures> = BTreeMap::new();
    for object in objects(&mut command)? {
        let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        let number = |name: &str| object[name].as_f64().unwrap_or_default();
        let key = (text("connector"), size(&object));
        let figures = round.entry(key.clone()).or_default();
        let way = text("way");
        figures.insert("bytes".to_owned(), number("bytes"));
        figures.insert(format!("{way}_us"), number("us"));
        figures.insert(format!("{way}_cpu_us"), number("cpu_us"));
        // The last of a row's round.
        if way == "instance" {
            if let (Some(fresh), Some(native)) = (figures.get("fresh_cpu_us"), figures.get("native_cpu_us")) {
                let ratio = fresh / native;
                figures.insert("fresh_over_native".to_owned(), ratio);
            }
            let id = format!("{}/{}", key.0, key.1);
            rounds.add(&id, &[&key.0, &text("case")], round.remove(&key).unwrap_or_default());
        }
    }
    Ok(Found {
        part: "micro",
        title: "`receive` of one webhook: natively, in an instance that serves 128 calls, in a fresh one; making an instance \
                alone. Wall time, and time of computing",
        labels: &["connector", "case"],
        columns: COLUMNS,
        rows: rounds.rows(),
        notes: vec![
            "`idle` is a guest that refuses whatever comes at its first byte: what is left is handing the request over and the \
             answer back."
                .to_owned(),
        ],
    })
}

/// As ids have it: kilobytes.
fn size(object: &Value) -> String {
    format!("{}", object["size"].as_f64().unwrap_or_default() / 1_024.0)
}
