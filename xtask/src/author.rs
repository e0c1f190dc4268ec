//! Building of connectors as `trunkline build` does it, told as xtask tells things.

use std::time::Duration;

use trunkline_author::{AuthorError, Progress};

/// Steps of tools, a line each.
pub struct Told<'a> {
    /// What they are done for.
    pub id: &'a str,
}

impl Progress for Told<'_> {
    fn begin(&mut self, _step: &str) {}

    fn end(&mut self, step: &str, took: Duration) {
        eprintln!("  {}: {step} ... {:.1} s", self.id, took.as_secs_f64());
    }
}

/// The error with its cure; what a tool said is printed.
pub fn told(error: AuthorError) -> anyhow::Error {
    eprint!("{}", error.output());
    let hint = error.hint().map(|hint| format!("\n\nhint: {hint}")).unwrap_or_default();
    anyhow::anyhow!("{:#}{hint}", anyhow::Error::new(error))
}
