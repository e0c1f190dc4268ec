//! Messages to a provider that answers at once: `benches/src/bin/outbound.rs`.

use std::process::Command;

use anyhow::{Context as _, Result};

use super::Effort;
use crate::bench::figures::Rounds;
use crate::bench::host::{API_TOKEN, Configuration};
use crate::bench::process::free_address;
use crate::bench::programs::{Programs, measured};
use crate::bench::report::{Column, Found, column};
use crate::workspace;

/// A channel on which anybody can be written to.
const CHANNEL: &str = "line";
/// What it calls.
const PROVIDER: &str = "api.line.me";
const MESSAGE: &str =
    r#"{"connection":"c@CONNECTION@","to":"U00000000000000000000000000@NUMBER@","text":"number @NUMBER@"}"#;
const ANSWER: &str = r#"{"sentMessages":[{"id":"461230966842@NUMBER@","quoteToken":"q"}]}"#;
/// One is bound by its own pace; so many together are not.
const CONNECTIONS: [usize; 2] = [1, 100];

const COLUMNS: &[Column] = &[
    column("messages_per_second", "messages/s", 0),
    column("pace_per_second", "pace/s", 0),
    column("accepted_per_second", "accepted/s", 0),
    column("p50_ms", "accepted p50 ms", 2),
    column("p99_ms", "accepted p99 ms", 2),
    column("cpu_us", "cpu us", 0),
    column("refused", "refused", 0),
];

pub fn measure(programs: &Programs, effort: Effort) -> Result<Found> {
    // The configuration can only lower what the connector declares.
    let manifests = workspace::connectors()?;
    let manifest =
        manifests.iter().find(|folder| folder.id == CHANNEL).context("the connector is there")?.manifest()?;
    let pace = manifest.outbound.rate_per_second;
    let mut rounds = Rounds::default();
    effort.rounds(|| {
        for connections in CONNECTIONS {
            eprintln!("    {connections} connections");
            let paced = pace * connections as f64;
            let messages = (paced * effort.seconds).min(4_000.0 * effort.seconds).max(20.0) as usize;
            let mut figures = round(programs, connections, messages)?;
            figures.insert("pace_per_second".to_owned(), paced);
            rounds.add(&connections.to_string(), &[&connections.to_string()], figures);
        }
        Ok(())
    })?;
    let rows = rounds.rows();
    let notes = rows.iter().map(|row| {
        let rate = row.figures.get("messages_per_second").copied().unwrap_or_default();
        let paced = row.figures.get("pace_per_second").copied().unwrap_or(f64::INFINITY);
        let bound = if rate >= paced * 0.9 { "the pace that the connector declares" } else { "this machine" };
        format!("{} connections: bound by {bound}.", row.id)
    });
    Ok(Found {
        part: "outbound",
        title: "messages through `POST /v1/messages` to a provider that answers at once; 16 clients, each message to another \
                contact",
        labels: &["connections"],
        columns: COLUMNS,
        notes: notes.collect(),
        rows,
    })
}

fn round(programs: &Programs, connections: usize, messages: usize) -> Result<crate::bench::figures::Figures> {
    let channel = programs.channel(CHANNEL)?;
    let provider = free_address()?;
    let mut configuration = Configuration::new(
        &programs.work.join(format!("outbound-{connections}")),
        &programs.components,
        &programs.compiled,
    )?;
    for number in 0..connections {
        let name = format!("c{number}");
        configuration.connection(&name, CHANNEL, channel, "");
        let loopback =
            format!("[connections.{name}.dangerous_loopback]\n\"{PROVIDER}\" = \"http://{provider}\"\n");
        configuration.more(&loopback);
    }
    let host = configuration.started(&programs.host())?;
    let before = host.usage();
    let mut command = Command::new(programs.binary("bench-outbound"));
    command.args(["--address", &configuration.listen.to_string(), "--provider", &provider.to_string()]);
    command.args(["--token", API_TOKEN, "--message", MESSAGE, "--answer", ANSWER]);
    command.args(["--messages", &messages.to_string(), "--connections", &connections.to_string()]);
    let mut figures = measured(&mut command)?;
    if let Some(sent) = figures.get("sent").copied().filter(|sent| *sent > 0.0) {
        figures.insert("cpu_us".to_owned(), (host.usage().cpu_us - before.cpu_us) / sent);
    }
    Ok(figures)
}
