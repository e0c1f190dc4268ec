//! `trunkline doctor` on hosts that are well, and on everything that breaks.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use crate::consumer::Consumer;
use crate::host::{Host, binary, components};
use crate::samples::{CONNECTIONS, send, text};

/// What doctor says, and whether it ended well.
struct Said {
    code: Option<i32>,
    findings: Vec<Value>,
}

impl Said {
    fn of(output: &Output) -> Self {
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let findings = said["findings"].as_array().expect("a list").clone();
        let broken = findings.iter().filter(|finding| finding["level"] == "broken").count();
        assert_eq!(said["broken"], broken);
        for finding in &findings {
            let told =
                finding["level"] != "broken" && finding["level"] != "warning" || finding["hint"].is_string();
            assert!(told, "without what to do: {finding}");
        }
        Self { code: output.status.code(), findings }
    }

    /// Of the findings of a check, those at that level, as text.
    fn at(&self, level: &str, check: &str) -> String {
        let of =
            self.findings.iter().filter(|finding| finding["level"] == level && finding["check"] == check);
        of.map(|finding| format!("{} {}\n", finding["found"], finding["hint"])).collect()
    }
}

fn doctor(host: &Host, more: &[&str]) -> Said {
    Said::of(&host.command(&[&["doctor", "--json"], more].concat()))
}

fn store(host: &Host) -> PathBuf {
    host.config.with_file_name("trunkline-data")
}

/// Another configuration beside that of a host.
fn with_config(host: &Host, config: &str) -> Said {
    let file = host.config.with_file_name("other.toml");
    std::fs::write(&file, config).expect("a file");
    Said::of(
        &Command::new(binary())
            .arg("--config")
            .arg(&file)
            .args(["doctor", "--json"])
            .output()
            .expect("it runs"),
    )
}

#[test]
fn a_host_that_is_well_is_well_while_it_runs_and_after() {
    let consumer = Consumer::start(|_| 200);
    let config = format!("{CONNECTIONS}{}", Consumer::destination(consumer.address));
    let mut host = Host::start(&components(), &config);
    assert_eq!(send(&host, &text("wamid.1", "MX.1")).status, 200);
    assert_eq!(consumer.next().event_id(), "wamid.1");
    let said = doctor(&host, &["--deep"]);
    assert_eq!(said.code, Some(0), "{:?}", said.findings);
    for check in [
        "configuration",
        "store",
        "journal",
        "schema",
        "clock",
        "connectors",
        "connections",
        "host",
        "privacy",
    ] {
        assert_ne!(said.at("ok", check), "", "{check}: {:?}", said.findings);
    }
    assert!(said.at("ok", "destination consumer").contains("takes connections"), "{:?}", said.findings);
    assert_eq!(host.terminate(), Some(0));
    let said = doctor(&host, &[]);
    assert_eq!(said.code, Some(0), "{:?}", said.findings);
    assert!(said.at("note", "host").contains("none runs"), "{:?}", said.findings);
    host.run();
    assert_eq!(
        send(&host, &text("wamid.2", "MX.1")).status,
        200,
        "it left nothing behind that is in the way"
    );

    let output = host.command(&["doctor"]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(table.contains("\n0 broken, ") && table.contains("hint: "), "{table}");
}

#[test]
fn flipped_bytes_are_found() {
    let mut host = Host::start(&components(), CONNECTIONS);
    for number in 0..40 {
        assert_eq!(send(&host, &text(&format!("wamid.{number}"), "MX.1")).status, 200);
    }
    assert_eq!(host.terminate(), Some(0));
    let file = store(&host).join("journal.sqlite");
    let mut bytes = std::fs::read(&file).expect("a journal");
    for page in 5..bytes.len() / 4_096 {
        bytes[page * 4_096..page * 4_096 + 32].iter_mut().for_each(|byte| *byte ^= 0x5A);
    }
    std::fs::write(&file, bytes).expect("written");
    let said = doctor(&host, &[]);
    assert_eq!(said.code, Some(1));
    let told = said.at("broken", "journal");
    assert!(told.contains("is damaged") && told.contains("restore the newest backup"), "{told}");
    assert_ne!(said.at("ok", "connections"), "", "the rest is looked at all the same");
}

#[test]
fn a_missing_store_a_full_disk_and_a_dead_destination_are_told() {
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
        listener.local_addr().expect("bound")
    };
    let mut host = Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(gone)));
    assert_eq!(send(&host, &text("wamid.1", "MX.1")).status, 200);
    let said = doctor(&host, &["--free-bytes-min", "18446744073709551615"]);
    assert_eq!(said.code, Some(1));
    assert!(said.at("broken", "space").contains("make room"), "{:?}", said.findings);
    let told = said.at("broken", "destination consumer");
    assert!(told.contains(&format!("{gone} takes no connections")), "{told}");

    let elsewhere = host.config.with_file_name("elsewhere").display().to_string();
    let said = doctor(&host, &["--store", &elsewhere]);
    assert_eq!(said.code, Some(1));
    assert!(said.at("broken", "store").contains("there is no folder"), "{:?}", said.findings);
    std::fs::create_dir(&elsewhere).expect("a folder");
    let said = doctor(&host, &["--store", &elsewhere]);
    assert!(said.at("broken", "journal").contains("restore a backup"), "{:?}", said.findings);
    assert_eq!(host.terminate(), Some(0));
}

#[test]
fn a_broken_configuration_does_not_hide_the_store() {
    let mut host = Host::start(&components(), CONNECTIONS);
    let good = std::fs::read_to_string(&host.config).expect("a file");
    let said =
        with_config(&host, &good.replace("[connections.line]", "[connections.line]\nrate_per_secnd = 1"));
    assert_eq!(said.code, Some(1));
    assert!(
        said.at("broken", "configuration").contains("did you mean `rate_per_second`?"),
        "{:?}",
        said.findings
    );
    assert_ne!(said.at("ok", "journal"), "", "{:?}", said.findings);
    let said = with_config(&host, &good.replace("channel_secret = \"channel-secret-1\"", ""));
    assert!(said.at("broken", "connections").contains("lacks `channel_secret`"), "{:?}", said.findings);
    let said = with_config(&host, &good.replace(&components().display().to_string(), "nowhere"));
    assert!(said.at("broken", "connectors").contains("nowhere"), "{:?}", said.findings);
    let said = with_config(&host, "no configuration at all [");
    assert_eq!(said.code, Some(1));
    assert_ne!(said.at("ok", "journal"), "", "found where it is by default: {:?}", said.findings);
    // Another host that listens elsewhere, on the same store.
    let port = good.replace(&format!("listen = \"{}\"", host.address), "listen = \"127.0.0.1:9\"");
    let said = with_config(&host, &port);
    let told = said.at("broken", "host");
    assert!(told.contains(&format!("process {}", host.process_id())), "{told}");
    assert_eq!(host.terminate(), Some(0));
}
