//! Many destinations of one host at once, each bad in a way of its own, and a good one that must not notice.

use std::collections::HashMap;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::figures::{Figures, NONE, number, p50, p99};
use super::ill::{Illness, Patient};
use super::steady::{Sent, Steady, unacknowledged};
use crate::consumer::{Consumer, Delivery};
use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, text, try_send};

/// Conversations that go on meanwhile.
const CUSTOMERS: u64 = 8;
/// One webhook so often.
const EVERY: Duration = Duration::from_millis(40);
/// How long one attempt may take.
const ATTEMPT_MAX: &str = "timeout_ms_max = 1000\n";
/// How long an event may take to a destination that is well again.
const PATIENCE: Duration = Duration::from_secs(90);
/// What an answer may cost the host, buffers of the operating system included.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

fn illnesses(elsewhere: &Consumer) -> Vec<Illness> {
    use Illness::*;
    vec![
        Refuses,
        Slow,
        Hangs,
        Mute,
        Fails,
        Throttles,
        Closes,
        Resets,
        HalfHead,
        HalfBody,
        Garbage,
        Drips,
        EndlessHead,
        EndlessContinue,
        EndlessBody,
        Redirects(elsewhere.address),
    ]
}

fn webhook(number: u64) -> trunkline_model::Request {
    text(&format!("wamid.{number}"), &format!("MX.{}", number % CUSTOMERS))
}

/// From the acknowledgement to the delivery of each.
fn latencies(sent: &[Sent], delivered: &HashMap<String, Delivery>) -> Vec<Duration> {
    let latency = |sent: &Sent| {
        let delivery = &delivered[&format!("wamid.{}", sent.number)];
        delivery.at.saturating_duration_since(sent.due + sent.took)
    };
    sent.iter().map(latency).collect()
}

fn wait_until(what: &str, host: &Host, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what} takes too long:\n{}", host.log());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn bad_destinations_do_not_delay_a_good_one_and_get_everything_when_they_are_well() {
    let ill_for = Duration::from_millis(number("TRUNKLINE_ILL_MS", 2_400));
    let good = Consumer::start(|_| 200);
    let elsewhere = Consumer::start(|_| 200);
    let ill = Arc::new(AtomicBool::new(false));
    let patients: Vec<Patient> =
        illnesses(&elsewhere).into_iter().map(|illness| Patient::start(illness, &ill)).collect();
    // Speaks HTTP where TLS is expected, until the operator mends the URL.
    let plain = Patient::start(Illness::Fails, &Arc::new(AtomicBool::new(false)));
    let mut more = format!("{CONNECTIONS}{}", Consumer::destination(good.address));
    for patient in &patients {
        more += &Consumer::named(&patient.name, &format!("http://{}/events", patient.address), ATTEMPT_MAX);
    }
    more += &Consumer::named("plain", &format!("https://{}/events", plain.address), ATTEMPT_MAX);
    let self_signed = SelfSigned::start();
    if let Some(server) = &self_signed {
        let url = format!("https://localhost:{}/events", server.port);
        more += &Consumer::named("selfsigned", &url, ATTEMPT_MAX);
    }
    let mut host = Host::start(&components(), &more);

    let steady = Steady::start(host.address, EVERY, webhook);
    let ((), before) = steady.during(Duration::from_millis(2_000), || {});
    ill.store(true, Ordering::SeqCst);
    let (parked, during) = steady.during(ill_for, || {
        let failing = patients.iter().filter(|patient| patient.illness != Illness::Slow);
        let mut names: Vec<&str> = failing.map(|patient| patient.name.as_str()).collect();
        names.push("plain");
        names.extend(self_signed.as_ref().map(|_| "selfsigned"));
        wait_until("parking", &host, || {
            names.iter().all(|name| parked(&host, name) > 0 && attempts(&host, name, "failed") > 0)
        });
        names.len()
    });
    ill.store(false, Ordering::SeqCst);
    let sent = steady.end();
    assert!(unacknowledged(&sent).is_empty(), "a bad destination is no reason to refuse");

    wait_until("recovery", &host, || patients.iter().all(|patient| patient.taken() == sent.len()));
    let delivered: Vec<Delivery> = good.accepted(sent.len());
    let by_id: HashMap<String, Delivery> =
        delivered.into_iter().map(|delivery| (delivery.event_id(), delivery)).collect();
    assert_eq!(by_id.len(), sent.len(), "the good one got each once");
    for patient in &patients {
        assert!(patient.most() < ANSWER_BYTES_MAX, "{} sent {} bytes", patient.name, patient.most());
        if !matches!(patient.illness, Illness::Slow | Illness::Refuses) {
            assert!(patient.refused() > 0, "{} was never asked while ill", patient.name);
        }
    }
    assert_eq!(
        elsewhere.arrived().count(),
        0,
        "a redirect is not followed: it would carry the signature away"
    );
    assert_eq!(plain.taken(), 0);

    // The operator mends the URL.
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
    let config = std::fs::read_to_string(&host.config).expect("a file");
    let https = format!("https://{}/", plain.address);
    std::fs::write(&host.config, config.replace(&https, &https.replace("https", "http"))).expect("a file");
    host.run();
    wait_until("the mended URL", &host, || plain.taken() == sent.len());
    assert_eq!(good.arrived().count(), 0, "nothing is repeated after an orderly end");

    let (before, during) = (latencies(&before, &by_id), latencies(&during, &by_id));
    let figures = Figures {
        fault: "bad destinations",
        tried: parked as u64,
        lost: NONE,
        duplicated: NONE,
        p99: Some((p99(&before), p99(&during))),
    };
    figures.hand_in(&format!(
        "{} events to {} bad destinations and a good one; acknowledged to delivered p50 {:?} before, {:?} during",
        sent.len(),
        parked + 1,
        p50(&before),
        p50(&during)
    ));
    let bound = p99(&before) * 4 + Duration::from_millis(400);
    assert!(p99(&during) < bound, "{:?} before, {:?} during", p99(&before), p99(&during));
}

fn parked(host: &Host, destination: &str) -> u64 {
    host.metric(&format!("trunkline_destination_parked{{destination=\"{destination}\"}}"))
}

fn attempts(host: &Host, destination: &str, outcome: &str) -> u64 {
    host.metric(&format!(
        "trunkline_deliveries_attempted_total{{destination=\"{destination}\",outcome=\"{outcome}\"}}"
    ))
}

/// A server whose certificate nobody vouches for; `openssl` makes both, where it is installed.
struct SelfSigned {
    port: u16,
    process: Child,
    _folder: tempfile::TempDir,
}

impl SelfSigned {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
        let mut made = Command::new("openssl");
        made.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]);
        made.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
        let quiet = |command: &mut Command| {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        };
        quiet(&mut made);
        if !made.status().is_ok_and(|status| status.success()) {
            println!("left out: no `openssl` to make a certificate with");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let mut server = Command::new("openssl");
        server.args(["s_server", "-quiet", "-www", "-accept", &format!("127.0.0.1:{port}")]);
        server.arg("-key").arg(&key).arg("-cert").arg(&certificate);
        quiet(&mut server);
        let process = server.spawn().expect("it was there a moment ago");
        Some(Self { port, process, _folder: folder })
    }
}

impl Drop for SelfSigned {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_dead_destination_gets_everything_when_it_is_back() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let mut host = Host::start(&components(), &format!("{CONNECTIONS}{}", Consumer::destination(address)));
    for number in 0..3 {
        let answer = try_send(host.address, &text(&format!("wamid.{number}"), "MX.1")).expect("it runs");
        assert_eq!(answer.status, 200, "a dead destination is no reason to refuse");
    }
    assert_eq!(host.terminate(), Some(0), "an orderly end:\n{}", host.log());
    host.run();
    let consumer = Consumer::on(TcpListener::bind(address).expect("it was free"), |_| 200);
    let delivered: Vec<String> = consumer.accepted(3).iter().map(|delivery| delivery.event_id()).collect();
    assert_eq!(delivered, ["wamid.0", "wamid.1", "wamid.2"]);
}
