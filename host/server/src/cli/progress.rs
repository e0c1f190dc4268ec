//! Steps of a build on standard error: a line each, with a sign of life where somebody watches.

use std::io::{IsTerminal as _, Write as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use trunkline_author::Progress;

/// How often the sign moves.
const TICK: Duration = Duration::from_millis(100);
const SIGNS: [char; 4] = ['|', '/', '-', '\\'];

/// Shows each step when it begins and how long it took.
pub struct Shown {
    terminal: bool,
    /// What shows that the step goes on; ends when the sender does.
    alive: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Shown {
    /// Finds out whether anybody watches.
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), alive: None }
    }

    fn rest(&mut self) {
        if let Some((sender, thread)) = self.alive.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

impl Progress for Shown {
    fn begin(&mut self, step: &str) {
        self.rest();
        if !self.terminal {
            return;
        }
        let (sender, receiver) = channel();
        let (step, start) = (step.to_owned(), Instant::now());
        let thread = std::thread::spawn(move || {
            let mut signs = SIGNS.iter().cycle();
            while receiver.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let sign = signs.next().unwrap_or(&' ');
                eprint!("\r{sign} {step} {:.0} s ", start.elapsed().as_secs_f64());
                let _ = std::io::stderr().flush();
            }
            // Away with it.
            eprint!("\r\x1b[K");
        });
        self.alive = Some((sender, thread));
    }

    fn end(&mut self, step: &str, took: Duration) {
        self.rest();
        eprintln!("{step} ... {:.1} s", took.as_secs_f64());
    }

    fn color(&self) -> bool {
        self.terminal && anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.rest();
    }
}
