//! The application of `spin.toml` in Spin itself, before a real host.
//!
//! Needs `spin`, by that name or in `TRUNKLINE_SPIN`; `cargo xtask test` builds what the manifest names. Not run by a plain
//! `cargo test`.
#![cfg(unix)]

#[path = "../flow/host.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod host;
#[path = "../flow/http.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod http;
#[path = "../flow/samples.rs"]
#[expect(dead_code, reason = "shared with `flow`, which uses all of it")]
mod samples;

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use host::{Host, components, free_address, root};
use samples::{CONNECTIONS, line_text, text, try_send};

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
/// How long anything may take that must happen. Spin compiles five components first.
const PATIENCE: Duration = Duration::from_secs(180);
/// Webhooks that come while the host is gone.
const KEPT: usize = 50;

/// `spin up`, ended with all that it started when dropped.
struct Spin {
    address: SocketAddr,
    log: std::path::PathBuf,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Spin {
    fn up(address: SocketAddr, host: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("spin.log");
        let file = std::fs::File::create(&log).expect("a file");
        let mut command = Command::new(std::env::var_os("TRUNKLINE_SPIN").unwrap_or_else(|| "spin".into()));
        command.args(["up", "--listen", &address.to_string(), "--from"]).arg(root().join("spin.toml"));
        command.arg("--state-dir").arg(folder.path());
        for (name, value) in [
            ("ingest_url", format!("http://{host}").as_str()),
            ("ingest_secret", SECRET),
            ("public_url", "https://hooks.example.org"),
            ("outbox", "sqlite"),
            ("whatsapp_app_secret", "app-secret-1"),
            ("whatsapp_verify_token", "verify-token-1"),
            ("line_channel_secret", "channel-secret-1"),
        ] {
            command.args(["--variable", &format!("{name}={value}")]);
        }
        command.stdin(Stdio::null()).stdout(file.try_clone().expect("a file")).stderr(file).process_group(0);
        let process = command.spawn().expect("spin starts");
        let mut spin = Self { address, log, process, _folder: folder };
        let begun = Instant::now();
        while http::try_request(address, "GET", "/hooks/line", &[], b"").is_err() {
            assert!(begun.elapsed() < PATIENCE, "spin does not serve:\n{}", spin.log());
            assert!(spin.process.try_wait().expect("a child").is_none(), "spin has ended:\n{}", spin.log());
            std::thread::park_timeout(Duration::from_millis(50));
        }
        spin
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Spin {
    fn drop(&mut self) {
        // It is the first of its group.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}

fn wait_for(host: &Host, count: usize, log: impl Fn() -> String) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let ids = host.event_ids();
        if ids.len() >= count {
            return ids;
        }
        assert!(begun.elapsed() < PATIENCE, "{} of {count} events are there:\n{}", ids.len(), log());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn every_connector_is_served_and_what_the_host_cannot_be_told_is_kept() {
    let spin_at = free_address();
    let edge =
        format!("[edges.edge]\nsecret = \"{SECRET}\"\nurl = \"http://{spin_at}\"\noutbox_poll_seconds = 5\n");
    let mut host = Host::start(&components(), &format!("{edge}{CONNECTIONS}"));
    let spin = Spin::up(spin_at, host.address);

    for (path, expected) in [
        ("/hooks/whatsapp", 401),
        ("/hooks/line", 401),
        ("/hooks/messenger", 503),
        ("/hooks/sms-twilio", 503),
        ("/hooks/email-mailgun", 503),
        ("/hooks/other", 404),
        ("/outbox", 401),
    ] {
        let answer = http::request(spin.address, "POST", path, &[], b"{}");
        assert_eq!(
            answer.status,
            expected,
            "{path}: {}\n{}",
            String::from_utf8_lossy(&answer.body),
            spin.log()
        );
    }
    let challenge =
        "/hooks/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify-token-1";
    assert_eq!(http::request(spin.address, "GET", challenge, &[], b"").body, b"1158201444");
    let send =
        |request: &trunkline_model::Request| try_send(spin.address, request).expect("spin answers").status;
    assert_eq!(send(&text("first", "MX.1")), 200, "{}", spin.log());
    assert_eq!(host.event_ids(), ["first"], "on disk when it is answered");

    host.kill_9();
    host.wait();
    let mut expected = vec!["first".to_owned()];
    for number in 0..KEPT {
        let id = format!("kept-{number}");
        let request = if number % 5 == 4 { line_text(&id, "Uabc") } else { text(&id, "MX.1") };
        assert_eq!(send(&request), 200, "{id} is kept at the edge\n{}", spin.log());
        expected.push(id);
    }
    host.run();
    let ids = wait_for(&host, expected.len(), || format!("{}\n{}", spin.log(), host.log()));
    assert_eq!(ids, expected, "in the order in which they came, each once");
    assert_eq!(send(&text("last", "MX.1")), 200);
    println!("{KEPT} webhooks were kept while the host was gone, and handed in when it was back");
}
