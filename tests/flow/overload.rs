//! A journal that is behind, and a flood: who sends again for days gives way to who does not.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use trunkline_model::Request;

use crate::host::{Host, components};
use crate::samples::{CONNECTIONS, case, send, text};

/// Of every bound, so that a small flood reaches it.
const LIMITS: &str = "[server.limits]\nbody_bytes_max = 65536\nbodies_bytes_max = 262144\n";
/// The patient channel once more: one connection alone may not have more than half of the memory, whatever it is.
const ANOTHER: &str = "[connections.whatsapp-b]\nconnector = \"whatsapp\"\n\
                       settings = { app_secret = \"app-secret-1\", verify_token = \"verify-token-1\" }\n";
/// Customers of the patient channel who write at once, without a pause.
const FLOOD: u64 = 64;
/// What pads each of their webhooks.
const PADDING: usize = 4_000;
/// Customers of the channel that does not send again.
const URGENT: u64 = 10;
/// Refusals that are waited for before something else happens.
const REFUSED: u64 = 300;
/// What the host may grow by under the flood.
const GROWTH_KILOBYTES_MAX: u64 = 64 << 10;
/// How long anything may take.
const WITHIN: Duration = Duration::from_secs(20);

/// What became of the flood.
#[derive(Default)]
struct Flood {
    stop: AtomicBool,
    refused: AtomicU64,
    accepted: Mutex<Vec<String>>,
}

impl Flood {
    fn send_until_stopped(&self, host: &Host, sender: u64) {
        for number in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let id = format!("wamid.{sender}-{number}");
            let answer = send(host, &padded(&id, sender));
            if answer.status == 200 {
                self.accepted.lock().expect("no panic").push(id);
                continue;
            }
            assert_eq!(answer.status, 503, "{}", String::from_utf8_lossy(&answer.body));
            assert_eq!(answer.json()["code"], "overload");
            assert_eq!(answer.header("retry-after"), Some("30"), "it has days");
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Waits until so many more were refused.
    fn wait_for_refusals(&self, more: u64) {
        let (begun, before) = (Instant::now(), self.refused.load(Ordering::SeqCst));
        while self.refused.load(Ordering::SeqCst) < before + more {
            assert!(
                begun.elapsed() < WITHIN,
                "only {} refused",
                self.refused.load(Ordering::SeqCst) - before
            );
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }
}

fn padded(id: &str, sender: u64) -> Request {
    let request = text(id, &format!("MX.{sender}"));
    let body = String::from_utf8(request.body).expect("text");
    let body = format!("{body}{}", " ".repeat(PADDING));
    let mut request = case("whatsapp", "text").resigned(body.into_bytes()).expect("signed in a header");
    if sender % 2 == 1 {
        request.url.push_str("-b");
    }
    request
}

fn urgent(number: u64) -> Request {
    let case = case("line", "text");
    let body = String::from_utf8(case.request.body.clone()).expect("text");
    let unique = body.replace("01JAAAAAAAAAAAAAAAAAAAA001", &format!("01JURGENT{number:03}"));
    assert_ne!(unique, body);
    case.resigned(unique.into_bytes()).expect("signed in a header")
}

#[test]
fn who_sends_again_for_days_gives_way_while_the_journal_is_behind() {
    let host = Host::start(&components(), &format!("{LIMITS}{CONNECTIONS}{ANOTHER}"));
    assert_eq!(send(&host, &padded("wamid.first", 0)).status, 200);
    host.forget_peak();
    let (_, before) = host.memory();
    let flood = Flood::default();
    let database = host.config.with_file_name("trunkline-data").join("journal.sqlite");
    let slow = rusqlite::Connection::open(database).expect("the journal");
    let mut recovered = Duration::ZERO;
    std::thread::scope(|scope| {
        // No commit ends before this is let go of.
        slow.execute_batch("BEGIN IMMEDIATE").expect("locked");
        for sender in 0..FLOOD {
            let (host, flood) = (&host, &flood);
            scope.spawn(move || flood.send_until_stopped(host, sender));
        }
        flood.wait_for_refusals(REFUSED);
        let urgent: Vec<_> = (0..URGENT)
            .map(|number| {
                let host = &host;
                scope.spawn(move || send(host, &urgent(number)).status)
            })
            .collect();
        flood.wait_for_refusals(REFUSED);
        assert!(
            urgent.iter().all(|sender| !sender.is_finished()),
            "they wait for the disk, and are not refused"
        );
        slow.execute_batch("ROLLBACK").expect("let go");
        let released = Instant::now();
        for sender in urgent {
            assert_eq!(sender.join().expect("no panic"), 200);
        }
        recovered += released.elapsed();
        flood.stop.store(true, Ordering::SeqCst);
    });
    assert_eq!(send(&host, &padded("wamid.last", 0)).status, 200, "at once, when there is room again");

    let refused = flood.refused.load(Ordering::SeqCst);
    let (peak, _) = host.memory();
    println!(
        "{refused} refused ({} kB), {} taken; {recovered:?} from the release to the last urgent answer; \
         memory {before} kB before, {peak} kB at most",
        refused as usize * PADDING / 1_000,
        flood.accepted.lock().expect("no panic").len(),
    );
    assert!(peak < before + GROWTH_KILOBYTES_MAX, "{before} kB grew to {peak} kB");
    let counted = |connection: &str, reason: &str| {
        host.metric(&format!(
            "trunkline_webhooks_overloaded_total{{connection=\"{connection}\",reason=\"{reason}\"}}"
        ))
    };
    assert_eq!(counted("whatsapp", "bodies") + counted("whatsapp-b", "bodies"), refused);
    assert_eq!(counted("line", "bodies"), 0);
    let kept = host.event_ids();
    for id in flood.accepted.lock().expect("no panic").iter() {
        assert!(kept.contains(id), "{id} was acknowledged and is lost");
    }
}
