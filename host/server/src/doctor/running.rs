//! The host that the configuration describes: whether it runs and answers, whether it could, and what it may open.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, SystemTime};

use trunkline_core::journal::HostLock;

use super::Finding;
use crate::cli::{base_url, get};
use crate::config::Config;

/// How long the host may take to say that it is ready: its journal writes for it.
const ANSWER_MAX: Duration = Duration::from_secs(8);
/// A difference of clocks that is worth a look.
const CLOCK_APART_MAX: Duration = Duration::from_secs(5);
/// What a host opens beside sockets of providers: the journal, calls, destinations, files.
const OTHER_FILES: u64 = 512;

pub async fn examine(config: &Config, store: &Path) -> Vec<Finding> {
    let mut findings = host(config, store).await;
    findings.extend(open_files(config.limits.sockets_max as u64));
    findings
}

async fn host(config: &Config, store: &Path) -> Vec<Finding> {
    let url = format!("{}/readyz", base_url(config.listen));
    let client = reqwest::Client::builder().timeout(ANSWER_MAX).no_proxy().build();
    let Ok(client) = client else {
        return vec![Finding::warning("host", "not asked: the HTTP client cannot start")];
    };
    match client.get(&url).send().await {
        Ok(answer) if answer.status().is_success() => {
            let mut findings = vec![Finding::ok("host", format!("answers at {url}"))];
            let date = answer.headers().get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
            findings.extend(date.and_then(|date| httpdate::parse_http_date(date).ok()).and_then(clock));
            findings.extend(pauses(config).await);
            findings
        }
        Ok(answer) => {
            let status = answer.status().as_u16();
            let found = format!("answers {status} at {url}");
            let hint = match status {
                503 => {
                    "its journal does not write, or it is ending: see its log, and `space` and `journal` here"
                }
                _ => "something else listens there: end it, or set `listen` under `[server]`",
            };
            vec![Finding::broken("host", found).hint(hint)]
        }
        Err(error) => vec![silent(config, store, &url, &error)],
    }
}

/// Nobody answers: why, and whether a host could start.
fn silent(config: &Config, store: &Path, url: &str, error: &reqwest::Error) -> Finding {
    if let Some(process) = HostLock::holder(store) {
        let process = process.map(|process| format!(", process {process},")).unwrap_or_default();
        let found = format!("a host{process} has the journal, and nobody answers at {url}");
        return Finding::broken("host", found)
            .hint("it hangs, starts, ends, or listens elsewhere: see its log");
    }
    if error.is_timeout() {
        return Finding::broken("host", format!("no answer in time at {url}")).hint("see its log");
    }
    match TcpListener::bind(config.listen) {
        Ok(_) => Finding::note("host", format!("none runs; {} is free", config.listen))
            .hint("start one with `trunkline serve`"),
        Err(error) => Finding::broken(
            "host",
            format!("none runs, and {} cannot be listened on: {error}", config.listen),
        )
        .hint("another program has the port, or it needs rights: set `listen` under `[server]`"),
    }
}

/// Hosts behind a proxy or in another container may have a clock of their own.
fn clock(host: SystemTime) -> Option<Finding> {
    let now = SystemTime::now();
    let apart = now.duration_since(host).or_else(|_| host.duration_since(now)).ok()?;
    if apart <= CLOCK_APART_MAX {
        return None;
    }
    let found = format!("the host's is {} s away from the one here", apart.as_secs());
    Some(
        Finding::warning("clock", found)
            .hint("let both machines ask a time server: signatures carry the time"),
    )
}

/// Destinations that the running host has paused: only it knows.
async fn pauses(config: &Config) -> Vec<Finding> {
    let Some(token) = config.api_token.as_deref() else { return Vec::new() };
    let url = format!("{}/v1/destinations", base_url(config.listen));
    let Ok(answer) = get(&url, Some(token)).await else {
        let unasked = Finding::warning("host", "does not say which destinations are paused");
        return vec![unasked.hint("`api_token` must be the same here and where the host was started")];
    };
    let destinations = answer["destinations"].as_array().map(Vec::as_slice).unwrap_or_default();
    let paused = destinations.iter().filter(|destination| destination["paused"].is_object());
    let finding = |destination: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("?").to_owned();
        let pause = &destination["paused"];
        let since = text(&pause["since"]);
        let found = format!("is paused since {since}: {}", text(&pause["reason"]));
        Finding::warning(format!("destination {}", text(&destination["name"])), found)
            .hint("it is probed by itself and goes on when it answers; events wait, none is lost")
    };
    paused.map(finding).collect()
}

#[cfg(unix)]
fn open_files(sockets_max: u64) -> Option<Finding> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    Some(open_files_of(limit, sockets_max))
}

#[cfg(not(unix))]
fn open_files(_: u64) -> Option<Finding> {
    None
}

#[cfg_attr(not(unix), expect(dead_code, reason = "there is no such limit"))]
fn open_files_of(limit: Option<u64>, sockets_max: u64) -> Finding {
    let needed = sockets_max + OTHER_FILES;
    match limit {
        None => Finding::ok("open files", "without a limit here"),
        Some(limit) if limit >= needed => Finding::ok("open files", format!("up to {limit} here")),
        Some(limit) => {
            let found = format!("up to {limit} here, {needed} may be needed");
            let hint = format!(
                "`ulimit -n {needed}` where the host is started (systemd: LimitNOFILE={needed}), or lower `sockets_max`"
            );
            Finding::warning("open files", found).hint(hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn a_low_limit_of_open_files_is_told_with_what_is_needed() {
        assert_eq!(open_files_of(None, 4_096).level, Level::Ok);
        assert_eq!(open_files_of(Some(65_536), 4_096).level, Level::Ok);
        let low = open_files_of(Some(1_024), 4_096);
        assert_eq!(low.level, Level::Warning);
        assert!(low.hint.is_some_and(|hint| hint.contains("LimitNOFILE=4608")));
    }

    #[test]
    fn clocks_that_are_apart_are_told() {
        assert_eq!(clock(SystemTime::now()), None);
        let ahead = clock(SystemTime::now() + Duration::from_secs(65)).expect("a finding");
        assert_eq!(ahead.level, Level::Warning);
        assert!(clock(SystemTime::now() - Duration::from_secs(65)).is_some());
    }
}
