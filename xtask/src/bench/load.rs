//! The load generator, and what a server used while it ran.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::figures::Figures;
use super::process::{Running, Usage};
use super::programs::measured;

/// Clients at saturation.
pub const CLIENTS: usize = 64;
/// Connections of an open loop: enough that a late answer does not hold up the next webhook.
const CLIENTS_OPEN: usize = 256;
/// Webhooks that are signed beforehand at most.
const WEBHOOKS_MAX: usize = 60_000;
/// Before anything is measured: caches, allocators and compilers of servers are as they are later.
const WARM_UP: usize = 500;

/// A server under load.
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// What webhooks are made of.
    pub plan: PathBuf,
    /// What is measured.
    pub server: Running,
    /// What it works on for others, and what counts with it: a database.
    pub with: Vec<Running>,
    /// What it needs, and what does not count.
    #[expect(dead_code, reason = "it runs as long as the target")]
    pub beside: Vec<Running>,
}

/// Sends to a target, each time with other ids.
pub struct Generator<'a> {
    binary: PathBuf,
    target: &'a Target,
    seconds: f64,
    run: u8,
}

impl<'a> Generator<'a> {
    /// `seconds`: of each measurement.
    pub fn new(binary: PathBuf, target: &'a Target, seconds: f64) -> Self {
        Self::after(binary, target, seconds, 0)
    }

    /// The same, where others have sent so many times.
    pub fn after(binary: PathBuf, target: &'a Target, seconds: f64, run: u8) -> Self {
        Self { binary, target, seconds, run }
    }

    /// Before anything is measured.
    pub fn warm_up(&mut self) -> Result<()> {
        let count = WARM_UP.to_string();
        let figures = self.send(&["--webhooks", &count, "--clients", "16", "--seconds", "10"])?;
        if figures.get("webhooks").is_none_or(|taken| *taken == 0.0) {
            bail!("no webhook was taken: {} refused", figures.get("refused").unwrap_or(&0.0));
        }
        Ok(())
    }

    /// So many clients, each of whom sends the next webhook when the last one is answered.
    pub fn closed(&mut self, clients: usize) -> Result<Figures> {
        let webhooks = WEBHOOKS_MAX.min(clients.saturating_mul(4_000)).to_string();
        let (clients, seconds) = (clients.to_string(), self.seconds.to_string());
        self.send(&["--webhooks", &webhooks, "--clients", &clients, "--seconds", &seconds])
    }

    /// So many webhooks a second, whatever the answers do.
    pub fn open(&mut self, rate: f64) -> Result<Figures> {
        let webhooks = ((rate * self.seconds) as usize).clamp(10, WEBHOOKS_MAX).to_string();
        let clients = CLIENTS_OPEN.to_string();
        self.send(&["--webhooks", &webhooks, "--clients", &clients, "--rate", &rate.to_string()])
    }

    /// At saturation, and then at half of what was found: with the names that they have in tables.
    pub fn saturation_and_half(&mut self) -> Result<[(&'static str, Figures); 2]> {
        let full = self.closed(CLIENTS)?;
        let rate = full.get("webhooks_per_second").copied().unwrap_or_default();
        let half = self.open((rate / 2.0).max(1.0))?;
        Ok([("64", full), ("half", half)])
    }

    fn send(&mut self, options: &[&str]) -> Result<Figures> {
        let before = self.target.used();
        let mut command = Command::new(&self.binary);
        command.args(["--address", &self.target.address.to_string(), "--run", &self.run.to_string()]);
        command.arg("--plan").arg(&self.target.plan).args(options);
        self.run += 1;
        let mut figures = measured(&mut command)?;
        let after = self.target.used();
        let answered = ["webhooks", "refused"].iter().filter_map(|name| figures.get(*name)).sum::<f64>();
        if after.rss_mb > 0.0 && answered > 0.0 {
            figures.insert("cpu_us".to_owned(), (after.cpu_us - before.cpu_us) / answered);
            figures.insert("rss_mb".to_owned(), after.rss_mb);
        }
        let lost = ["refused", "broken"].iter().filter_map(|name| figures.get(*name)).sum::<f64>();
        if lost > 0.0 {
            eprintln!("    {lost} webhooks were not taken");
        }
        Ok(figures)
    }
}

impl Target {
    /// What counts, so far.
    pub fn used(&self) -> Usage {
        let all = std::iter::once(&self.server).chain(&self.with);
        all.map(Running::usage).fold(Usage::default(), |sum, one| Usage {
            cpu_us: sum.cpu_us + one.cpu_us,
            rss_mb: sum.rss_mb + one.rss_mb,
        })
    }
}
