//! From the socket to a destination that answers 200: `benches/src/bin/through.rs`.

use std::process::Command;

use anyhow::Result;

use super::Effort;
use crate::bench::figures::{Figures, Rounds};
use crate::bench::host::{Configuration, Program};
use crate::bench::load::CLIENTS;
use crate::bench::process::free_address;
use crate::bench::programs::{Programs, measured};
use crate::bench::report::{Column, Found, column};

const CHANNEL: &str = "whatsapp";
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
/// Webhooks at saturation, for each second of a measurement: about what a host does.
const WEBHOOKS_A_SECOND: f64 = 4_000.0;

const COLUMNS: &[Column] = &[
    column("webhooks_per_second", "webhooks/s", 0),
    column("p50_ms", "p50 ms", 2),
    column("p99_ms", "p99 ms", 2),
    column("p999_ms", "p99.9 ms", 2),
    column("cpu_us", "cpu us", 1),
    column("generator_cpu_us", "both ends cpu us", 1),
    column("missing", "missing", 0),
];

pub fn measure(programs: &Programs, effort: Effort) -> Result<Found> {
    let mut rounds = Rounds::default();
    let candidates =
        [("native", "host, connectors compiled in", programs.native()), ("host", "host", programs.host())];
    effort.rounds(|| {
        for (id, title, program) in &candidates {
            eprintln!("    {title}");
            for (load, figures) in round(programs, program, id, effort)? {
                rounds.add(&format!("{id}/{load}"), &[title, load], figures);
            }
        }
        Ok(())
    })?;
    Ok(Found {
        part: "through",
        title: "from the socket to the destination, which answers 200. `64`: clients who send the next webhook when the last \
                one has come out; `half`: half of that rate, whatever happens",
        labels: &["server", "load"],
        columns: COLUMNS,
        rows: rounds.rows(),
        notes: Vec::new(),
    })
}

fn round(
    programs: &Programs,
    program: &Program,
    id: &str,
    effort: Effort,
) -> Result<[(&'static str, Figures); 2]> {
    let channel = programs.channel(CHANNEL)?;
    let plan = programs.plan("through", &[channel.plan("/hooks/load")])?;
    let destination = free_address()?;
    let mut configuration = Configuration::new(
        &programs.work.join(format!("through-{id}")),
        &programs.components,
        &programs.compiled,
    )?;
    configuration.connection("load", CHANNEL, channel, "");
    configuration.more(&format!(
        "[profiles]\nenabled = false\n[destinations.sink]\nkind = \"webhook\"\nurl = \"http://{destination}/events\"\n\
         secret = \"{SECRET}\"\n[[routes]]\ndestinations = [\"sink\"]\n"
    ));
    let host = configuration.started(program)?;
    let mut run = 0;
    let mut send = |webhooks: usize, clients: usize, rate: Option<f64>| {
        let mut command = Command::new(programs.binary("bench-through"));
        command.args(["--address", &configuration.listen.to_string(), "--run", &run.to_string()]);
        command.args(["--destination", &destination.to_string(), "--webhooks", &webhooks.to_string()]);
        command.args(["--clients", &clients.to_string()]).arg("--plan").arg(&plan);
        if let Some(rate) = rate {
            command.args(["--rate", &rate.to_string()]);
        }
        run += 1;
        let before = host.usage();
        let mut figures = measured(&mut command)?;
        let delivered = figures.get("webhooks").copied().unwrap_or_default();
        if delivered > 0.0 {
            figures.insert("cpu_us".to_owned(), (host.usage().cpu_us - before.cpu_us) / delivered);
        }
        Ok::<_, anyhow::Error>(figures)
    };
    send(200, 16, None)?;
    let full = send((WEBHOOKS_A_SECOND * effort.seconds) as usize, CLIENTS, None)?;
    let rate = (full.get("webhooks_per_second").copied().unwrap_or_default() / 2.0).max(1.0);
    let half = send(((rate * effort.seconds) as usize).max(10), 256, Some(rate))?;
    Ok([("64", full), ("half", half)])
}
