//! Work in named, timed steps, told on stderr.

use std::time::Instant;

use anyhow::{Context as _, Result};

/// Steps of one command.
pub struct Steps {
    done: usize,
    total: usize,
}

impl Steps {
    /// So many steps will be run.
    pub fn new(total: usize) -> Self {
        Self { done: 0, total }
    }

    /// Runs the next step. Its error names it.
    pub fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        eprintln!("[{}/{}] {name}", self.done, self.total);
        let start = Instant::now();
        let value = work().with_context(|| format!("step `{name}` failed"))?;
        eprintln!("[{}/{}] {name} ... {:.1} s", self.done, self.total, start.elapsed().as_secs_f64());
        Ok(value)
    }
}
