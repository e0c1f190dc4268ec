//! Webhooks that come to a host, and webhooks that come to an edge in front of it, by turns.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::Effort;
use crate::bench::figures::Rounds;
use crate::bench::host::Configuration;
use crate::bench::load::{Generator, Target};
use crate::bench::process::{Running, free_address};
use crate::bench::programs::Programs;
use crate::bench::report::{Column, Found, column};
use crate::workspace;

const CHANNEL: &str = "whatsapp";
const PATH: &str = "/hooks/load";
/// Clients of the load generator.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// What edge and host share.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
/// The edge's name.
const EDGE: &str = "bench";

const COLUMNS: &[Column] = &[
    column("webhooks_per_second", "webhooks/s", 0),
    column("p50_ms", "p50 ms", 2),
    column("p99_ms", "p99 ms", 2),
    column("cpu_us", "cpu us", 1),
];

pub fn measure(programs: &Programs, effort: Effort) -> Result<Found> {
    let mut rounds = Rounds::default();
    effort.rounds(|| {
        for (id, road) in [("host", "host"), ("edge", "edge and host")] {
            let target = target(programs, id)?;
            let mut generator = Generator::new(programs.binary("bench-load"), &target, effort.seconds);
            generator.warm_up()?;
            for clients in CLIENTS {
                let figures = generator.closed(clients)?;
                rounds.add(&format!("{id}/{clients}"), &[road, &clients.to_string()], figures);
            }
        }
        Ok(())
    })?;
    Ok(Found {
        part: "edge",
        title: "the same webhooks to a host, and to an edge in front of it on the same cores; each is on the host's disk when it \
                is answered",
        labels: &["road", "clients"],
        columns: COLUMNS,
        rows: rounds.rows(),
        notes: Vec::new(),
    })
}

/// The host, with the edge before it or not.
fn target(programs: &Programs, road: &str) -> Result<Target> {
    let channel = programs.channel(CHANNEL)?;
    let plan = programs.plan(&format!("road-{road}"), &[channel.plan(PATH)])?;
    let mut configuration = Configuration::new(
        &programs.work.join(format!("road-{road}")),
        &programs.components,
        &programs.compiled,
    )?;
    configuration.connection("load", CHANNEL, channel, "");
    configuration.more(&format!("[edges.{EDGE}]\nsecret = \"{SECRET}\"\n"));
    let host = configuration.started(&programs.host())?;
    if road == "host" {
        return Ok(Target {
            address: configuration.listen,
            plan,
            server: host,
            with: Vec::new(),
            beside: Vec::new(),
        });
    }
    let (server, address) = start(programs, &configuration, CHANNEL, configuration.listen)?;
    Ok(Target { address, plan, server, with: vec![host], beside: Vec::new() })
}

/// Composes the connector of the connection `load` with the adapter, and serves it. It hands in at that address.
pub fn start(
    programs: &Programs,
    configuration: &Configuration,
    connector: &str,
    ingest: SocketAddr,
) -> Result<(Running, SocketAddr)> {
    let folder = configuration.folder();
    let component = folder.join("edge.wasm");
    let config = configuration.write()?;
    let mut compose = Command::new(programs.binary("trunkline"));
    compose.arg("--config").arg(config).args(["edge", "compose", connector, "--adapter"]);
    workspace::run(compose.arg(&programs.adapter).arg("-o").arg(&component).stdout(Stdio::null()))?;
    let address = free_address()?;
    let mut command = Command::new(programs.binary("wasi-serve"));
    command.args(["--addr", &address.to_string(), "-Scli"]);
    let mut variable = |name: &str, value: &str| {
        command.args(["--env", &format!("TRUNKLINE_{name}={value}")]);
    };
    variable("CONNECTIONS", "load");
    for (name, value) in &programs.channel(connector)?.settings {
        variable(&format!("LOAD_{}", name.to_uppercase()), value);
    }
    variable("PUBLIC_URL", crate::bench::channel::PUBLIC_URL);
    variable("EDGE", EDGE);
    variable("INGEST_SECRET", SECRET);
    variable("INGEST_URL", &format!("http://{ingest}"));
    command.arg(component).stdout(Stdio::null());
    let mut running = Running::start(&mut command, &folder.join("edge.log"))?;
    running.ready(address).context("the edge does not start")?;
    Ok((running, address))
}
