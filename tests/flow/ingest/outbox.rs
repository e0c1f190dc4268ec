//! The host asks an edge to empty its outbox: at the start, again at once while there is more, and not at all once it ends.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trunkline_policy::ingest::Ingest;
use trunkline_policy::signature::{Signed, SigningSecret};

use super::{OTHER_SECRET, SECRET, message, now_ms, try_hand_in};
use crate::consumer::read_whole_request;
use crate::host::{Host, components};
use crate::samples::CONNECTIONS;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// How an edge answers: status and body.
type Answer = Box<dyn FnMut() -> (u16, String) + Send>;

/// A request that asks for the outbox to be emptied.
#[derive(Debug)]
struct Asked {
    start: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    at: Instant,
}

/// An edge that has nothing but an outbox.
struct Edge {
    address: SocketAddr,
    asked: Receiver<Asked>,
}

impl Edge {
    fn start(answer: impl FnMut() -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
        let address = listener.local_addr().expect("a bound socket");
        let (sender, asked) = channel();
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Box::new(answer)));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (sender, answer) = (sender.clone(), answer.clone());
                std::thread::spawn(move || serve(&socket, &sender, &answer));
            }
        });
        Self { address, asked }
    }

    fn configuration(&self, more: &str) -> String {
        let (secrets, address) = (format!("[\"{SECRET}\", \"{OTHER_SECRET}\"]"), self.address);
        format!("{CONNECTIONS}[edges.fra]\nsecret = {secrets}\nurl = \"http://{address}/at/\"\n{more}")
    }

    fn next(&self) -> Asked {
        self.asked.recv_timeout(PATIENCE).expect("the edge is asked")
    }
}

fn serve(socket: &TcpStream, sender: &Sender<Asked>, answer: &Mutex<Answer>) {
    let mut reader = BufReader::new(socket.try_clone().expect("a socket"));
    let mut socket = socket;
    while let Some((start, headers, body)) = read_whole_request(&mut reader) {
        let (status, body_of_answer) = answer.lock().expect("no panic while answering")();
        if sender.send(Asked { start, headers, body, at: Instant::now() }).is_err() {
            return;
        }
        let length = body_of_answer.len();
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body_of_answer}");
        if socket.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn emptied(forwarded: usize, waiting: usize, refused: usize) -> (u16, String) {
    (200, format!(r#"{{"forwarded":{forwarded},"waiting":{waiting},"refused":{refused}}}"#))
}

fn waiting(host: &Host) -> u64 {
    host.metric("trunkline_edge_outbox_waiting{edge=\"fra\"}")
}

/// Waits for something that follows from an answer of the edge.
fn until(what: &str, host: &Host, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}:\n{}", host.log());
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn what_waits_at_an_edge_is_asked_for_until_it_is_here() {
    let kept: Vec<Ingest> = (0..3)
        .map(|number| message(&format!("01JKEPT{number}"), "U00000000000000000000000000000042"))
        .collect();
    let (left, host_address) = (Mutex::new(kept), Arc::new(Mutex::new(None)));
    let to = host_address.clone();
    // Hands in one each time, as an edge that has not much time does.
    let edge = Edge::start(move || {
        let mut left = left.lock().expect("no panic");
        let address: Option<SocketAddr> = *to.lock().expect("no panic");
        let (Some(address), false) = (address, left.is_empty()) else { return emptied(0, left.len(), 0) };
        let answer = try_hand_in(address, &left[0]).expect("the host answers");
        assert_eq!(answer.status, 200);
        left.remove(0);
        emptied(1, left.len(), 0)
    });
    let mut host = Host::prepare(&components(), &edge.configuration(""));
    *host_address.lock().expect("no panic") = Some(host.address);
    host.run();
    let asked = [edge.next(), edge.next(), edge.next()];
    until("all is here", &host, || host.event_ids() == ["01JKEPT0", "01JKEPT1", "01JKEPT2"]);
    until("nothing waits", &host, || waiting(&host) == 0);
    for pair in asked.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(900), "once a second at most");
    }
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    for Asked { start, headers, body, .. } in &asked {
        assert_eq!(start, "POST /at/outbox HTTP/1.1");
        let header =
            |name: &str| trunkline_model::header(headers, name).unwrap_or_else(|| panic!("no `{name}`"));
        let signed = Signed {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signatures: header("webhook-signature"),
        };
        let newest = std::slice::from_ref(&secret);
        assert_eq!(signed.verify(newest, now_ms() / 1_000, body), Ok(()), "signed by the newest secret");
    }
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
    assert!(edge.asked.try_iter().count() <= 1, "a minute has not passed");
}

#[test]
fn what_is_refused_and_what_fails_is_told_once() {
    let answers = Mutex::new(vec![
        (401, String::new()),
        (401, String::new()),
        (200, "no numbers".to_owned()),
        (200, "x".repeat(100_000)),
        emptied(0, 2, 2),
        emptied(0, 2, 2),
    ]);
    let edge = Edge::start(move || {
        let mut answers = answers.lock().expect("no panic");
        if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
    });
    let mut host = Host::prepare(&components(), &edge.configuration("outbox_poll_seconds = 5\n"));
    host.run();
    // Each start asks at once.
    for number in 0..5 {
        edge.next();
        let expected = match number {
            0 | 1 => "answered 401: it has another secret, or another time",
            2 => "answered with something else than how its outbox stands",
            3 => "is larger than 65536 bytes",
            _ => "refused=2",
        };
        until(expected, &host, || host.log().contains(expected));
        if number < 4 {
            assert_eq!(host.terminate(), Some(0));
            host.run();
        }
    }
    until("two wait", &host, || waiting(&host) == 2);
    // What is refused waits for its hour: it is asked every five seconds, and nothing is said again.
    let begun = Instant::now();
    edge.next();
    assert!(begun.elapsed() > Duration::from_secs(3), "not at once");
    edge.next();
    let log = host.log();
    assert_eq!(log.matches("refused=2").count(), 1, "{log}");
    assert!(!log.contains(SECRET) && !log.contains("/at/"), "{log}");
}

#[test]
fn an_edge_that_is_gone_holds_up_nobody() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
        listener.local_addr().expect("bound")
    };
    // Takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
    let more = |name: &str, address: SocketAddr| {
        format!("[edges.{name}]\nsecret = \"{SECRET}\"\nurl = \"http://{address}\"\n")
    };
    let edges = more("fra", gone) + &more("iad", silent.local_addr().expect("bound"));
    let mut host = Host::start(&components(), &format!("{CONNECTIONS}{edges}"));
    until("it is told", &host, || host.log().contains("edge cannot be asked for its outbox"));
    let _held = silent.accept().expect("it is asked");
    let ingest = message("01JMEANWHILE", "U00000000000000000000000000000042");
    assert_eq!(try_hand_in(host.address, &ingest).expect("the host answers").status, 200);
    let begun = Instant::now();
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
