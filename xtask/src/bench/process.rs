//! Servers that are measured: started, asked what they used, and ended.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take to listen.
const START_MAX: Duration = Duration::from_secs(60);
/// How long it may take to end, once asked.
const END_MAX: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A process that ends with us.
pub struct Running {
    child: Child,
    log: PathBuf,
}

/// What a process and its children used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Time of computing, of user and kernel together. Microseconds, in steps of the kernel's clock.
    pub cpu_us: f64,
    /// Memory that is resident, shared pages counted in each. Megabytes.
    pub rss_mb: f64,
}

impl Running {
    /// Starts it, with its error output in a file.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let file = std::fs::File::create(log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let program = PathBuf::from(command.get_program());
        command.stdin(Stdio::null()).stderr(file);
        let child = command.spawn().with_context(|| format!("cannot start `{}`", program.display()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Waits until it accepts connections.
    pub fn ready(&mut self, address: SocketAddr) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}: {}", self.said());
            }
            if begun.elapsed() > START_MAX {
                bail!("it does not listen after {} s: {}", START_MAX.as_secs(), self.said());
            }
            std::thread::park_timeout(LOOK_AGAIN);
        }
        Ok(())
    }

    /// What it wrote to its error output.
    fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(5).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Its standard output, once.
    pub fn output(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// What it and its children used. Nothing where the system does not tell.
    pub fn usage(&self) -> Usage {
        let processes = processes();
        let mut usage = Usage::default();
        let mut waiting = vec![self.child.id()];
        while let Some(id) = waiting.pop() {
            if let Some(process) = processes.get(&id) {
                usage.cpu_us += process.cpu_us;
                usage.rss_mb += process.rss_mb;
            }
            waiting.extend(
                processes.iter().filter(|(_, process)| process.parent == id).map(|(child, _)| *child),
            );
        }
        usage
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        let (asked, begun) = (ask_to_end(&self.child), Instant::now());
        while asked && begun.elapsed() < END_MAX {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::park_timeout(LOOK_AGAIN);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks it to end in order, so that its own children end with it. False: it cannot be asked.
fn ask_to_end(child: &Child) -> bool {
    #[cfg(unix)]
    return rustix::process::kill_process(
        rustix::process::Pid::from_child(child),
        rustix::process::Signal::TERM,
    )
    .is_ok();
    #[cfg(not(unix))]
    {
        let _ = child;
        false
    }
}

struct Process {
    parent: u32,
    cpu_us: f64,
    rss_mb: f64,
}

/// Every process of this machine that can be looked at.
fn processes() -> BTreeMap<u32, Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let (ticks_per_second, page_bytes) = units();
        Some((id, process(&stat, ticks_per_second, page_bytes)?))
    })
    .collect()
}

/// Ticks of the kernel's clock in a second, and bytes of a page.
fn units() -> (f64, f64) {
    #[cfg(unix)]
    return (rustix::param::clock_ticks_per_second() as f64, rustix::param::page_size() as f64);
    #[cfg(not(unix))]
    (100.0, 4_096.0)
}

/// A line of `/proc/PID/stat`. The name in it may hold anything, so that fields count from its last bracket.
fn process(stat: &str, ticks_per_second: f64, page_bytes: f64) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    // Those of children that have ended are in what their parent waited for.
    let ticks: f64 = [14, 15, 16, 17].into_iter().filter_map(field).sum();
    Some(Process {
        parent: fields.get(1)?.parse().ok()?,
        cpu_us: ticks / ticks_per_second * 1e6,
        rss_mb: field(24)? * page_bytes / 1e6,
    })
}

/// An address of this machine at which nobody listens now.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let stat = "42 (a) b) (c) S 7 42 42 0 -1 4194304 100 0 0 0 150 50 10 5 20 0 3 0 100 1000000 250 18446744073709551615 1";
        let process = process(stat, 100.0, 4_096.0).expect("a process");
        assert_eq!(process.parent, 7);
        assert!((process.cpu_us - 2_150_000.0).abs() < 1.0, "{}", process.cpu_us);
        assert!((process.rss_mb - 1.024).abs() < 1e-9, "{}", process.rss_mb);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn children_count_to_their_parent_and_end_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & wait"]).stdout(Stdio::null());
        let running = Running::start(&mut command, &folder.path().join("log")).expect("a shell");
        assert!(running.usage().rss_mb > 0.0);
        let begun = Instant::now();
        drop(running);
        assert!(begun.elapsed() < END_MAX);
    }
}
