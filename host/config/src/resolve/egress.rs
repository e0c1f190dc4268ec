//! `[egress]`, and the hosts of connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use trunkline_model::manifest::Manifest;
use trunkline_policy::hosts;

use super::{ConnectionConfig, Resolver};
use crate::file;
use crate::problem::{Problem, nearest};

/// Less than this no provider answers in; nobody waits for longer.
const TIMEOUT_MS: std::ops::RangeInclusive<u64> = 100..=120_000;
/// An answer is copied into the connector, which has 64 MiB at most.
const RESPONSE_BYTES: std::ops::RangeInclusive<u64> = 1_024..=33_554_432;

/// What can be set of the calls that connectors ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressOptions {
    /// Of a call as a whole.
    pub timeout: Duration,
    /// Bytes of an answer.
    pub response_bytes_max: u64,
    /// Hosts that are really on this machine: for tests and for trying.
    pub loopback: BTreeMap<String, SocketAddr>,
}

impl Resolver<'_> {
    pub(super) fn egress(&mut self, egress: &file::Egress) -> EgressOptions {
        let bounds = [
            ("timeout_ms_max", egress.timeout_ms_max, TIMEOUT_MS),
            ("response_bytes_max", egress.response_bytes_max, RESPONSE_BYTES),
        ];
        for (name, found, range) in bounds {
            if !range.contains(&found) {
                let (least, most) = (range.start(), range.end());
                let message = format!("`egress.{name}` is {found}, expected {least} to {most}");
                self.problem(&["egress", name], message, None);
            }
        }
        let loopback = self.loopback(&["egress", "dangerous_loopback"], &egress.dangerous_loopback);
        EgressOptions {
            timeout: Duration::from_millis(egress.timeout_ms_max),
            response_bytes_max: egress.response_bytes_max,
            loopback,
        }
    }

    /// Hosts and the addresses of this machine that stand for them; `table` is where they stand.
    pub(super) fn loopback(
        &mut self,
        table: &[&str],
        hosts: &BTreeMap<String, String>,
    ) -> BTreeMap<String, SocketAddr> {
        let mut loopback = BTreeMap::new();
        for (host, url) in hosts {
            let path = [table, &[host.as_str()]].concat();
            if !hosts::is_name(host) {
                let message = format!("`{host}` is no name of a host");
                self.problem(&path, message, Some("for example `api.example.com`"));
            }
            match loopback_address(url) {
                Some(address) => {
                    loopback.insert(host.to_ascii_lowercase(), address);
                }
                None => {
                    let message = format!("`{}` is `{url}`, expected a URL of this machine", path.join("."));
                    self.problem(&path, message, Some("for example `http://127.0.0.1:9000`"));
                }
            }
        }
        loopback
    }

    /// The form only; what the connector declares is not known yet.
    pub(super) fn hosts(&mut self, connection: &str, hosts: &[String]) {
        for host in hosts.iter().filter(|host| !hosts::is_pattern(host)) {
            let message = format!("`{host}` in `connections.{connection}.hosts` is no name of a host");
            let hint = "a name such as `api.example.com`, or `*.example.com` for all below it";
            self.problem(&["connections", connection, "hosts"], message, Some(hint));
        }
    }
}

/// `http://` and an address of this machine with its port. Names are not taken: they could mean another machine.
fn loopback_address(url: &str) -> Option<SocketAddr> {
    let address = url.strip_prefix("http://")?;
    let address: SocketAddr = address.strip_suffix('/').unwrap_or(address).parse().ok()?;
    (address.ip().is_loopback() && address.port() != 0).then_some(address)
}

/// Compares the hosts of a connection with those of its connector: they can only be narrower.
pub fn connection_hosts(file: &Path, connection: &ConnectionConfig, manifest: &Manifest) -> Vec<Problem> {
    let declared = &manifest.hosts;
    let covered = |host: &&String| declared.iter().any(|pattern| hosts::covers(pattern, host));
    let wider = connection.hosts.iter().flatten().filter(|host| !covered(host));
    let problems = wider.map(|host| {
        let message = format!("`{host}` is not among `hosts` of connector `{}`", manifest.id);
        let hint = match nearest(host, declared.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if declared.is_empty() => "it declares none: remove it".to_owned(),
            None => format!("it declares: {}", declared.join(", ")),
        };
        Problem::new(file, connection.hosts_line.or(connection.line), message).hint(hint)
    });
    problems.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        for (url, expected) in [
            ("http://127.0.0.1:9000", Some("127.0.0.1:9000")),
            ("http://127.9.9.9:1/", Some("127.9.9.9:1")),
            ("http://[::1]:9000", Some("[::1]:9000")),
            ("http://127.0.0.1", None),
            ("http://127.0.0.1:0", None),
            ("http://localhost:9000", None),
            ("http://10.0.0.1:9000", None),
            ("http://0.0.0.0:9000", None),
            ("http://169.254.169.254:80", None),
            ("https://127.0.0.1:9000", None),
            ("http://127.0.0.1:9000/path", None),
            ("http://me@127.0.0.1:9000", None),
            ("127.0.0.1:9000", None),
        ] {
            let found = loopback_address(url).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_connection_narrows_and_does_not_widen() {
        let manifest = Manifest::parse(
            "manifest_version = 1\nid = \"post\"\ntitle = \"Post\"\nversion = \"0.1.0\"\nsummary = \"Letters.\"\n\
             documentation = \"https://example.com\"\nmethods = [\"POST\"]\n\
             hosts = [\"api.example.com\", \"*.files.example.com\"]\n",
        )
        .expect("valid");
        let check = |hosts: &[&str]| -> Vec<String> {
            let connection = ConnectionConfig {
                name: "support".to_owned(),
                connector: "post".to_owned(),
                settings: BTreeMap::new(),
                lines: BTreeMap::new(),
                hosts: Some(hosts.iter().map(|host| (*host).to_owned()).collect()),
                loopback: BTreeMap::new(),
                rate_per_second: None,
                hosts_line: Some(4),
                line: Some(2),
            };
            let problems = connection_hosts(Path::new("t.toml"), &connection, &manifest);
            problems
                .iter()
                .map(|problem| format!("{problem} ({})", problem.hint.as_deref().unwrap_or("")))
                .collect()
        };
        assert_eq!(check(&[]), [""; 0]);
        assert_eq!(check(&["api.example.com", "*.eu.files.example.com", "a.files.example.com"]), [""; 0]);
        assert_eq!(
            check(&["app.example.com", "other.net"]),
            [
                "t.toml:4: `app.example.com` is not among `hosts` of connector `post` (did you mean `api.example.com`?)",
                "t.toml:4: `other.net` is not among `hosts` of connector `post` \
                 (it declares: api.example.com, *.files.example.com)",
            ]
        );
    }
}
