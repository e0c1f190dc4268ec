//! Signed webhooks, each answered when it is kept: the host, what it could be at best, and what people would run instead.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use super::Effort;
use crate::bench::channel::Channel;
use crate::bench::figures::Rounds;
use crate::bench::host::{Configuration, Program, empty};
use crate::bench::load::{Generator, Target};
use crate::bench::process::{Running, free_address};
use crate::bench::programs::Programs;
use crate::bench::report::{Column, Found, column};
use crate::bench::rivals::{self, Rival};

/// The channel of candidates that could take any.
const CHANNEL: &str = "whatsapp";
const PATH: &str = "/hooks/load";
/// Beside [`CLIENTS`](crate::bench::load::CLIENTS), for the host.
const CLIENTS: [usize; 3] = [1, 16, 256];

const COLUMNS: &[Column] = &[
    column("webhooks_per_second", "webhooks/s", 0),
    column("p50_ms", "p50 ms", 2),
    column("p99_ms", "p99 ms", 2),
    column("p999_ms", "p99.9 ms", 2),
    column("cpu_us", "cpu us", 1),
    column("generator_cpu_us", "generator cpu us", 1),
    column("rss_mb", "RSS MB", 0),
    column("refused", "refused", 0),
];

struct Candidate {
    id: String,
    title: String,
    channel: String,
    kind: Kind,
}

enum Kind {
    Bare,
    Host(Program),
    Before,
    Composed,
    Rival(Rival),
}

pub fn measure(programs: &Programs, effort: Effort) -> Result<Found> {
    let (candidates, mut notes) = candidates(programs)?;
    let mut rounds = Rounds::default();
    let mut failed = Vec::new();
    effort.rounds(|| {
        for candidate in &candidates {
            eprintln!("    {}", candidate.title);
            match candidate.measure(programs, effort, &mut rounds) {
                Err(error) if matches!(candidate.kind, Kind::Rival(_)) => {
                    failed.push(format!("{}: failed: {error:#}", candidate.id));
                }
                measured => measured.with_context(|| format!("`{}` failed", candidate.id))?,
            }
        }
        Ok(())
    })?;
    failed.dedup();
    notes.extend(failed);
    Ok(Found {
        part: "intake",
        title: "signed webhooks of 0.5 KB, each a new event, of 1,000 contacts. `64`: clients who send the next one when the last \
                is answered; `half`: half of that rate, whatever the answers do, latency counted from when each was to be sent",
        labels: &["server", "load"],
        columns: COLUMNS,
        rows: rounds.rows(),
        notes,
    })
}

/// With what had to be left out.
fn candidates(programs: &Programs) -> Result<(Vec<Candidate>, Vec<String>)> {
    let candidate = |id: &str, title: &str, kind| Candidate {
        id: id.to_owned(),
        title: title.to_owned(),
        channel: CHANNEL.to_owned(),
        kind,
    };
    let mut found = vec![
        candidate("bare", "HTTP server that answers 200", Kind::Bare),
        candidate("native", "host, connectors compiled in", Kind::Host(programs.native())),
        candidate("host", "host", Kind::Host(programs.host())),
        candidate("composed", "composed, `wasmtime serve`, no journal", Kind::Composed),
    ];
    if programs.before.is_some() {
        found.insert(2, candidate("before", "host of before", Kind::Before));
    }
    let mut notes = Vec::new();
    for rival in rivals::read()? {
        if let Some(why) = rival.prepare() {
            notes.push(format!("{}: skipped: {why}", rival.name));
            continue;
        }
        let (id, title, channel) = (rival.name.clone(), rival.title.clone(), rival.channel.clone());
        // The host with the same webhooks: what it is held against.
        let of_channel = format!("host-{channel}");
        if channel != CHANNEL && !found.iter().any(|known| known.id == of_channel) {
            let title = format!("host, {channel}");
            found.push(Candidate {
                id: of_channel,
                title,
                channel: channel.clone(),
                kind: Kind::Host(programs.host()),
            });
        }
        found.push(Candidate { id, title, channel, kind: Kind::Rival(rival) });
    }
    Ok((found, notes))
}

impl Candidate {
    /// Starts it anew, with nothing kept, and measures one round.
    fn measure(&self, programs: &Programs, effort: Effort, rounds: &mut Rounds) -> Result<()> {
        let target = self.start(programs)?;
        let mut generator = Generator::new(programs.binary("bench-load"), &target, effort.seconds);
        generator.warm_up()?;
        for (load, figures) in generator.saturation_and_half()? {
            rounds.add(&format!("{}/{load}", self.id), &[&self.title, load], figures);
        }
        if self.id == "host" {
            for clients in CLIENTS {
                let figures = generator.closed(clients)?;
                rounds.add(&format!("host/{clients}"), &[&self.title, &clients.to_string()], figures);
            }
        }
        Ok(())
    }

    fn start(&self, programs: &Programs) -> Result<Target> {
        let channel = programs.channel(&self.channel)?;
        let plan = programs.plan(&self.id, &[channel.plan(PATH)])?;
        let work = programs.work.join(&self.id);
        match &self.kind {
            Kind::Rival(rival) => rival.start(programs, channel),
            Kind::Bare => {
                empty(&work)?;
                let address = free_address()?;
                let mut command = Command::new(programs.binary("bench-bare"));
                command.args(["--listen", &address.to_string()]).stdout(Stdio::null());
                let mut server = Running::start(&mut command, &work.join("log"))?;
                server.ready(address)?;
                Ok(Target { address, plan, server, with: Vec::new(), beside: Vec::new() })
            }
            Kind::Host(program) => {
                let configuration = Configuration::new(&work, &programs.components, &programs.compiled)?;
                self.start_host(program, configuration, channel, plan)
            }
            Kind::Before => {
                let before = programs.before.as_ref().context("`--beside` was not given")?;
                let configuration = Configuration::new(&work, &before.components, &before.compiled)?;
                self.start_host(&before.program, configuration, channel, plan)
            }
            Kind::Composed => {
                empty(&work)?;
                let sink = free_address()?;
                let mut command = Command::new(programs.binary("bench-sink"));
                command.args(["--listen", &sink.to_string()]).stdout(Stdio::null());
                let mut taking = Running::start(&mut command, &work.join("sink.log"))?;
                taking.ready(sink)?;
                let mut configuration = Configuration::new(&work, &programs.components, &programs.compiled)?;
                configuration.connection("load", &self.channel, channel, "");
                let (server, address) = super::edge::start(programs, &configuration, &self.channel, sink)?;
                Ok(Target { address, plan, server, with: Vec::new(), beside: vec![taking] })
            }
        }
    }

    fn start_host(
        &self,
        program: &Program,
        mut configuration: Configuration,
        channel: &Channel,
        plan: PathBuf,
    ) -> Result<Target> {
        configuration.connection("load", &self.channel, channel, "");
        let server = configuration.started(program)?;
        Ok(Target { address: configuration.listen, plan, server, with: Vec::new(), beside: Vec::new() })
    }
}
