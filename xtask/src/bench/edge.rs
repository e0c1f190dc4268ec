//! Webhooks that come to a host, and webhooks that come to an edge in front of it, by turns.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{Generator, Running, lines};
use crate::workspace;

/// Clients of the load generator.
const CLIENTS: [usize; 3] = [1, 16, 64];
/// Each pair is measured so often; the median counts.
const ROUNDS: usize = 3;
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const START_MAX: Duration = Duration::from_secs(60);

/// Which way a webhook takes.
const ROADS: [&str; 2] = ["host", "edge and host"];

/// Measures both roads. `host` listens already and knows the edge.
pub fn measure(
    host: SocketAddr,
    binary: &Path,
    runtime: &Path,
    config: &Path,
    generator: &Generator<'_>,
    webhooks: usize,
) -> Result<Vec<Value>> {
    let component = config.with_file_name("edge.wasm");
    let adapter = crate::edge::adapters()?.join("wasi.wasm");
    let mut compose = Command::new(binary);
    compose.arg("--config").arg(config).args(["edge", "compose", "whatsapp", "--adapter"]);
    workspace::run(compose.arg(adapter).arg("-o").arg(&component).stdout(Stdio::null()))?;
    let (edge, _running) = start(host, runtime, &component)?;
    let mut figures: BTreeMap<(usize, usize), Vec<Value>> = BTreeMap::new();
    for round in 0..ROUNDS {
        for clients in CLIENTS {
            let count = if clients == 1 { webhooks / 20 } else { webhooks / 4 };
            for (road, address) in [host, edge].into_iter().enumerate() {
                let run = format!("e{road}-{clients}-{round}");
                let mut of_run = lines(&mut generator.command(address, &run, count.max(200), clients))?;
                let figure = of_run.pop().context("the load generator printed nothing")?;
                figures.entry((clients, road)).or_default().push(figure);
            }
        }
    }
    let medians = figures.into_iter().map(|((_, road), mut figures)| {
        let rate = |figure: &Value| figure["webhooks_per_second"].as_f64().unwrap_or_default();
        figures.sort_by(|a, b| rate(a).total_cmp(&rate(b)));
        let mut median = figures.swap_remove(figures.len() / 2);
        median["road"] = ROADS[road].into();
        median
    });
    Ok(medians.collect())
}

fn start(host: SocketAddr, runtime: &Path, component: &Path) -> Result<(SocketAddr, Running)> {
    let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let log = std::fs::File::create(component.with_extension("log"))?;
    let mut command = Command::new(runtime);
    command.args(["--addr", &listen.to_string(), "-Scli"]);
    for (name, value) in [
        ("CONNECTIONS", "load"),
        ("LOAD_APP_SECRET", "app-secret-1"),
        ("LOAD_VERIFY_TOKEN", "verify-token-1"),
        ("PUBLIC_URL", "http://127.0.0.1"),
        ("EDGE", "bench"),
        ("INGEST_SECRET", SECRET),
        ("INGEST_URL", &format!("http://{host}")),
    ] {
        command.args(["--env", &format!("TRUNKLINE_{name}={value}")]);
    }
    let running = Running(command.arg(component).stdout(Stdio::null()).stderr(log).spawn()?);
    let begun = Instant::now();
    while TcpStream::connect(listen).is_err() {
        if begun.elapsed() > START_MAX {
            bail!("the edge does not start, see `{}`", component.with_extension("log").display());
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    Ok((listen, running))
}

/// Both roads below each other.
pub fn print(results: &[Value]) {
    println!(
        "\n{:>8} {:<14} {:>9} {:>12} {:>9} {:>9}",
        "clients", "road", "webhooks", "webhooks/s", "p50 ms", "p99 ms"
    );
    for result in results {
        let number = |name: &str| result[name].as_f64().unwrap_or_default();
        println!(
            "{:>8} {:<14} {:>9} {:>12.0} {:>9.2} {:>9.2}",
            number("clients"),
            result["road"].as_str().unwrap_or_default(),
            number("webhooks"),
            number("webhooks_per_second"),
            number("p50_ms"),
            number("p99_ms")
        );
    }
}
