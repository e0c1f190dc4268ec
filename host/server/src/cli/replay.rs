//! `trunkline replay`

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use futures_util::StreamExt as _;

use super::client;
use super::lines::Lines;
use crate::config::Source;
use crate::failure::Failure;
use crate::http::ReplayRequest;
use crate::replay::line::{ReplayLine, ReplaySummary};
use crate::replay::report::Printer;
use crate::text;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Of this connection.
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// Webhooks that came at that time or later: `2026-11-22T17:00:00Z`, `2026-11-22`, or an age such as `7d`, `12h`.
    #[arg(long, value_name = "TIME")]
    since: String,
    /// Webhooks that came before that time. Default: now.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Show what differs, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write without asking.
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    let asks = !arguments.dry_run && !arguments.yes;
    // Said before anything is read: a script must not wait for the answer of nobody.
    if asks && !std::io::stdin().is_terminal() {
        return Err(Failure::new("standard input is no terminal, so nobody can be asked whether to write")
            .hint("`--dry-run` shows what differs, `--yes` writes it without asking"));
    }
    let host = Host {
        url: format!("{}/v1/replays", client::base_url(config.listen)),
        token: config.api_token,
        printer: Printer::new(arguments.json),
    };
    let mut request = ReplayRequest {
        connection: arguments.connection,
        since: arguments.since,
        until: arguments.until,
        dry_run: !arguments.yes,
        host: None,
    };
    let summary = host.replay(&request, true).await?;
    if !asks {
        return Ok(());
    }
    if summary.to_write() == 0 {
        anstream::eprintln!("nothing to write");
        return Ok(());
    }
    if !asked(&summary)? {
        anstream::eprintln!("nothing was written");
        return Ok(());
    }
    // The same webhooks of the same host, whatever came since.
    (request.since, request.until) = (summary.since.clone().unwrap_or(request.since), summary.until.clone());
    (request.dry_run, request.host) = (false, summary.host.clone());
    let written = host.replay(&request, false).await?;
    if written.written != summary.to_write() {
        anstream::eprintln!(
            "{} events were shown and {} written: the journal has changed in between, or calls of the connector were \
             answered otherwise; `trunkline replay` once more shows what is left",
            summary.to_write(),
            written.written
        );
    }
    Ok(())
}

fn asked(summary: &ReplaySummary) -> Result<bool, Failure> {
    let unreadable = |error: std::io::Error| Failure::new("standard input cannot be read").because(&error);
    anstream::eprint!("add {} and change {} events? [y/N] ", summary.added, summary.changed);
    std::io::stderr().flush().map_err(unreadable)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(unreadable)?;
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

struct Host {
    url: String,
    token: Option<String>,
    printer: Printer,
}

impl Host {
    /// Prints what the host says, and gives its summary. Without `events`, those are left out.
    async fn replay(&self, request: &ReplayRequest, events: bool) -> Result<ReplaySummary, Failure> {
        let body = serde_json::to_vec(request).map_err(|error| Failure::of(&error))?;
        let response = client::open(&self.url, self.token.as_deref(), body).await?;
        let mut chunks = response.bytes_stream();
        let mut lines = Lines::default();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| client::unreachable(&self.url, &error))?;
            for line in lines.push(&chunk)? {
                let line: ReplayLine = serde_json::from_str(&line)
                    .map_err(|error| Failure::new("the host says what is not understood").because(&error))?;
                if events || !matches!(line, ReplayLine::Event(_) | ReplayLine::Webhook(_)) {
                    self.printer.print(&line);
                }
                match line {
                    ReplayLine::Summary(summary) => return Ok(summary),
                    ReplayLine::Error(error) => {
                        let title = format!("replay was broken off: {}", text::plain(&error.title));
                        return Err(Failure::new(title).hint("another replay does what is left"));
                    }
                    _ => {}
                }
            }
        }
        Err(Failure::new("the host went away before the replay had ended")
            .hint("another replay does what is left"))
    }
}
