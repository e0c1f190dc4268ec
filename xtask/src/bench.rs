//! `cargo xtask bench`: what it costs, measured on the real path in one run.

mod edge;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use trunkline_author::Language;

use crate::build::{self, Profile};
use crate::workspace;

/// Clients of the load generator, one after the other.
const CLIENTS: [usize; 4] = [1, 16, 64, 256];

/// What to measure.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only this (default: all)
    part: Option<Part>,
    /// Webhooks of each round of load
    #[arg(long, default_value_t = 20_000)]
    webhooks: usize,
}

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Calls of connectors
    Receive,
    /// Webhooks to a host
    Load,
    /// Webhooks to an edge in front of a host, and to the host itself
    Edge,
}

/// Builds with optimization, measures, prints tables. Everything is also in `target/bench.json`.
pub fn run(arguments: &Arguments) -> Result<()> {
    let wanted = |part| arguments.part.is_none_or(|only| only == part);
    let components = build::components()?;
    let binary = build::host(Profile::Release)?;
    let mut build = vec!["build", "--release", "--workspace", "--bin", "load"];
    for (part, bin) in [(Part::Receive, "receive"), (Part::Edge, "wasi-serve")] {
        if wanted(part) {
            build.extend(["--bin", bin]);
        }
    }
    workspace::run(&mut workspace::cargo(build))?;
    let target = workspace::target()?;
    let bin = |name: &str| target.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let generator = Generator { binary: &bin("load") };
    let mut report = serde_json::Map::new();

    if wanted(Part::Receive) {
        eprintln!("receive, as components");
        let sandboxed =
            lines(Command::new(bin("receive")).arg(&components).arg(workspace::root().join("connectors")))?;
        eprintln!("receive, natively");
        let native = native(&sandboxed)?;
        print_receive(&sandboxed, &native);
        report.insert("receive".to_owned(), sandboxed.into());
        report.insert("receive_native".to_owned(), native.into_values().collect());
    }
    if wanted(Part::Load) {
        eprintln!("webhooks end to end, durable commit included");
        let (host, _running, _) = host(&binary, &components)?;
        let load = load(host, &generator, arguments.webhooks)?;
        print_load(&load);
        report.insert("load".to_owned(), load.into());
    }
    if wanted(Part::Edge) {
        eprintln!("webhooks to an edge and to its host, by turns");
        let (host, _running, config) = host(&binary, &components)?;
        let runtime = bin("wasi-serve");
        let both = edge::measure(host, &binary, &runtime, &config, &generator, arguments.webhooks)?;
        edge::print(&both);
        report.insert("edge".to_owned(), both.into());
    }
    let file = target.join("bench.json");
    std::fs::write(&file, serde_json::to_vec_pretty(&report)?)?;
    println!("\nall figures: {}", file.display());
    Ok(())
}

/// Runs a command and reads the JSON objects that it prints, one a line.
fn lines(command: &mut Command) -> Result<Vec<Value>> {
    let output = command.stderr(Stdio::inherit()).output().context("cannot start a part of the bench")?;
    if !output.status.success() {
        bail!("a part of the bench ended with {}", output.status);
    }
    let text = String::from_utf8(output.stdout)?;
    // A test's first line stands behind its name.
    let objects = text.lines().filter_map(|line| line.find("{\"").map(|start| &line[start..]));
    objects.map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The native figures come from the connectors' own case files: the tests of each that is native code print them.
fn native(sandboxed: &[Value]) -> Result<BTreeMap<(String, String), Value>> {
    let mut figures = BTreeMap::new();
    for connector in
        workspace::connectors()?.into_iter().filter(|connector| connector.language == Language::Rust)
    {
        let package = format!("connector-{}", connector.id);
        let of_connector = sandboxed.iter().filter(|figure| figure["connector"] == connector.id.as_str());
        let names: Vec<&str> = of_connector.filter_map(|figure| figure["case"].as_str()).collect();
        let mut command = workspace::cargo(["test", "--release", "--quiet", "--lib", "--package", &package]);
        command.args(["case_files", "--", "--nocapture"]).env("TRUNKLINE_BENCH", names.join(","));
        for figure in lines(&mut command)? {
            let case = figure["case"].as_str().unwrap_or_default().to_owned();
            figures.insert((connector.id.clone(), case), figure);
        }
    }
    Ok(figures)
}

fn print_receive(sandboxed: &[Value], native: &BTreeMap<(String, String), Value>) {
    println!(
        "\n{:<16} {:<28} {:>7} {:>10} {:>10} {:>10} {:>7}",
        "connector", "case", "bytes", "native us", "reused us", "fresh us", "ratio"
    );
    for figure in sandboxed {
        let connector = figure["connector"].as_str().unwrap_or_default();
        let case = figure["case"].as_str().unwrap_or_default();
        let fresh = figure["microseconds"].as_f64().unwrap_or_default();
        let of_native = native.get(&(connector.to_owned(), case.to_owned()));
        let of_native = of_native.and_then(|figure| figure["microseconds"].as_f64());
        let (native, ratio) = match of_native {
            Some(native) => (format!("{native:.1}"), format!("{:.1}", fresh / native)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let reused =
            figure["microseconds_reused"].as_f64().map_or("-".to_owned(), |reused| format!("{reused:.1}"));
        println!(
            "{connector:<16} {case:<28} {:>7} {native:>10} {reused:>10} {fresh:>10.1} {ratio:>7}",
            figure["bytes"]
        );
    }
}

/// A process that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The load generator, sending webhooks made of one case.
struct Generator<'a> {
    binary: &'a Path,
}

impl Generator<'_> {
    /// So many webhooks to `/hooks/load`, by so many clients. `run` sets their ids apart from those of others.
    fn command(&self, address: SocketAddr, run: &str, webhooks: usize, clients: usize) -> Command {
        let case = workspace::root().join("connectors/whatsapp/testdata/inbound/text.case");
        let mut command = Command::new(self.binary);
        command.args(["--address", &address.to_string(), "--path", "/hooks/load", "--id", "wamid.AAA111"]);
        command.arg("--case").arg(case).args(["--run", run]);
        command.args(["--webhooks", &webhooks.to_string(), "--clients", &clients.to_string()]);
        command
    }
}

/// Starts a host with one connection and an empty journal. Gives where it listens, and its configuration.
fn host(binary: &Path, components: &Path) -> Result<(SocketAddr, Running, PathBuf)> {
    let folder = workspace::target()?.join("bench-host");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let load = workspace::root().join("benches/load.toml");
    let text = std::fs::read_to_string(&load)
        .with_context(|| format!("cannot read `{}`", load.display()))?
        .replace("@LISTEN@", &listen.to_string())
        .replace("@CONNECTORS@", &components.display().to_string());
    let config = folder.join("trunkline.toml");
    std::fs::write(&config, text)?;
    let log = std::fs::File::create(folder.join("host.log"))?;
    let mut command = Command::new(binary);
    command.arg("--config").arg(&config).args(["serve", "--log", "warn"]);
    let running = Running(command.stderr(log).stdout(Stdio::null()).spawn()?);
    let begun = Instant::now();
    while std::net::TcpStream::connect(listen).is_err() {
        if begun.elapsed() > Duration::from_secs(60) {
            bail!("the host does not start: {}", std::fs::read_to_string(folder.join("host.log"))?);
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    Ok((listen, running, config))
}

fn load(host: SocketAddr, generator: &Generator<'_>, webhooks: usize) -> Result<Vec<Value>> {
    let mut results = Vec::new();
    for clients in CLIENTS {
        // A single client waits for the disk each time: fewer webhooks say as much.
        let count = (webhooks / 4)
            .min(clients * webhooks / 64)
            .max(500.min(webhooks))
            .max(if clients >= 64 { webhooks } else { 0 });
        results.extend(lines(&mut generator.command(host, &format!("c{clients}"), count, clients))?);
    }
    Ok(results)
}

fn print_load(results: &[Value]) {
    println!(
        "\n{:>8} {:>9} {:>14} {:>9} {:>9} {:>9}",
        "clients", "webhooks", "webhooks/s", "p50 ms", "p99 ms", "p99.9 ms"
    );
    for result in results {
        let number = |name: &str| result[name].as_f64().unwrap_or_default();
        println!(
            "{:>8} {:>9} {:>14.0} {:>9.2} {:>9.2} {:>9.2}",
            number("clients"),
            number("webhooks"),
            number("webhooks_per_second"),
            number("p50_ms"),
            number("p99_ms"),
            number("p999_ms")
        );
    }
}
