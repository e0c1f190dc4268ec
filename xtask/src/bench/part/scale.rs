//! Many connections over many connectors: memory, rate, and the time until the first webhook is answered.

mod copies;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use serde_json::Value;

use self::copies::{Copied, copies};
use super::Effort;
use crate::bench::figures::{Figures, Rounds, figures};
use crate::bench::host::{Configuration, Program};
use crate::bench::load::{Generator, Target};
use crate::bench::process::Running;
use crate::bench::programs::Programs;
use crate::bench::report::{Column, Found, column};

const CONNECTIONS: [usize; 4] = [1, 10, 100, 1_000];
/// Of each channel, under ids of their own.
const COPIES: usize = 5;
/// The channel whose connections are compared: webhooks of others cost more or less.
const CHANNEL: &str = "whatsapp";
/// How long a host may take that compiles every connector.
const START_MS_MAX: u64 = 120_000;

const COLUMNS: &[Column] = &[
    column("cold_ms", "cold start ms", 0),
    column("warm_ms", "warm start ms", 0),
    column("rss_idle_mb", "RSS idle MB", 0),
    column("rss_mb", "RSS loaded MB", 0),
    column("mixed_per_second", "webhooks/s, all", 0),
    column("webhooks_per_second", "webhooks/s, WhatsApp", 0),
    column("p99_ms", "p99 ms, WhatsApp", 2),
];

pub fn measure(programs: &Programs, effort: Effort) -> Result<Found> {
    let folder = programs.work.join("scale-connectors");
    let copied = copies(programs, &folder, COPIES)?;
    let mut rounds = Rounds::default();
    effort.rounds(|| {
        for connections in CONNECTIONS {
            eprintln!("    {connections} connections");
            let scale = Scale { programs, folder: &folder, copied: &copied, connections };
            rounds.add(&connections.to_string(), &[&connections.to_string()], scale.round(effort)?);
        }
        Ok(())
    })?;
    Ok(Found {
        part: "scale",
        title: "connections over 20 connectors: copies of real ones under other ids. Starts: from the start of the process to the \
                answer to a first webhook, without and with compiled components; traffic over all connections, and over those \
                of one channel",
        labels: &["connections"],
        columns: COLUMNS,
        rows: rounds.rows(),
        notes: Vec::new(),
    })
}

struct Scale<'a> {
    programs: &'a Programs,
    /// The components.
    folder: &'a Path,
    copied: &'a [Copied],
    connections: usize,
}

impl Scale<'_> {
    fn round(&self, effort: Effort) -> Result<Figures> {
        let folder = self.programs.work.join(format!("scale-{}", self.connections));
        // Compiled for this host alone, so that its first start is cold.
        let mut configuration = Configuration::new(&folder, self.folder, &folder.join("store/compiled"))?;
        let (mut all, mut of_one) = (Vec::new(), Vec::new());
        for (number, copied) in self.copied.iter().cycle().take(self.connections).enumerate() {
            let channel = self.programs.channel(&copied.of)?;
            configuration.connection(&format!("c{number}"), &copied.id, channel, "");
            let entry = channel.plan(&format!("/hooks/c{number}"));
            if copied.of == CHANNEL {
                of_one.push(entry.clone());
            }
            all.push(entry);
        }
        let plan = |name: &str, entries: &[Value]| {
            self.programs.plan(&format!("scale-{}-{name}", self.connections), entries)
        };
        let (all, of_one) = (plan("all", &all)?, plan("one", &of_one)?);
        let program = self.programs.host();
        let mut figures = Figures::new();
        let (cold, ended) = self.start(&configuration, &program, &of_one, 98)?;
        drop(ended);
        let (warm, server) = self.start(&configuration, &program, &of_one, 99)?;
        figures.insert("cold_ms".to_owned(), cold);
        figures.insert("warm_ms".to_owned(), warm);
        figures.insert("rss_idle_mb".to_owned(), server.usage().rss_mb);
        let mut target =
            Target { address: configuration.listen, plan: all, server, with: Vec::new(), beside: Vec::new() };
        let mut generator = Generator::new(self.programs.binary("bench-load"), &target, effort.seconds);
        generator.warm_up()?;
        let mixed = generator.closed(crate::bench::load::CLIENTS)?;
        let mixed = mixed.get("webhooks_per_second").copied().unwrap_or_default();
        figures.insert("mixed_per_second".to_owned(), mixed);
        target.plan = of_one;
        let mut generator = Generator::after(self.programs.binary("bench-load"), &target, effort.seconds, 50);
        figures.extend(generator.closed(crate::bench::load::CLIENTS)?);
        Ok(figures)
    }

    /// Milliseconds from the start of a host to its first answer, and the host.
    fn start(
        &self,
        configuration: &Configuration,
        program: &Program,
        plan: &Path,
        run: u8,
    ) -> Result<(f64, Running)> {
        // It waits already when the host is started, and tries again every millisecond.
        let mut command = Command::new(self.programs.binary("bench-load"));
        command.args(["--address", &configuration.listen.to_string(), "--webhooks", "1", "--clients", "1"]);
        command
            .args(["--wait-ms", &START_MS_MAX.to_string(), "--run", &run.to_string()])
            .arg("--plan")
            .arg(plan);
        let waiting = command.stdout(Stdio::piped()).spawn().context("cannot start the load generator")?;
        let begun = SystemTime::now();
        let running = configuration.start(program)?;
        let output = waiting.wait_with_output()?;
        let said: Value = serde_json::from_slice(&output.stdout).context("the host does not answer")?;
        let answered =
            figures(&said).get("first_answered_unix_ms").copied().context("the host does not answer")?;
        anyhow::ensure!(output.status.success(), "the first webhook was refused: {said}");
        let begun = begun.duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64() * 1e3;
        Ok((answered - begun, running))
    }
}
