//! The sockets of a fake provider: one thread that accepts, and one for each connection.

use std::collections::HashMap;
use std::io::BufReader;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use trunkline_model::Response;

use super::asked::Asked;
use super::http::{self, Received, Stop};
use super::ledger::Ledger;
use super::rules::Rules;
use super::{Action, Seen};

/// Decides what becomes of a request.
pub type Hook = Box<dyn FnMut(&Seen) -> Action + Send>;

/// A listening socket and all of its connections. They end when it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    /// A request came, or it ends.
    changed: Condvar,
    /// Apart from the state: a hook may look at the requests so far.
    hook: Mutex<Option<Hook>>,
}

struct State {
    ledger: Ledger,
    /// Open connections, by number.
    sockets: HashMap<usize, TcpStream>,
    stopped: bool,
}

/// What a connection does next.
enum Reply {
    Answer(Response),
    Hang,
    Close,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Listens.
    pub fn start(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = State { ledger: Ledger::new(rules), sockets: HashMap::new(), stopped: false };
        let (state, changed, hook) = (Mutex::new(state), Condvar::new(), Mutex::new(None));
        let shared = Arc::new(Shared { state, changed, hook });
        let acceptor = std::thread::spawn({
            let shared = shared.clone();
            move || accept(&listener, &shared)
        });
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests, as soon as there are so many or the time is over.
    pub fn wait_for(&self, count: usize, time_max: Duration) -> Vec<Seen> {
        let state = self.shared.state();
        let few = |state: &mut State| state.ledger.requests().len() < count;
        let waited = self.shared.changed.wait_timeout_while(state, time_max, few);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.ledger.requests().to_vec()
    }

    /// Sets the hook.
    pub fn on_request(&self, hook: Hook) {
        *self.shared.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.stopped = true;
        for socket in state.sockets.values() {
            // One that is closed already is what is wanted.
            let _ = socket.shutdown(Shutdown::Both);
        }
        drop(state);
        self.shared.changed.notify_all();
        // A connection wakes the thread that accepts. The threads of connections end by themselves: a hook may
        // be waiting for the test that drops us.
        if let (Ok(_), Some(acceptor)) = (TcpStream::connect(self.address), self.acceptor.take()) {
            let _ = acceptor.join();
        }
    }
}

/// Takes connections until it ends.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, socket) in listener.incoming().enumerate() {
        // A client that gave up before it was accepted.
        let Ok(socket) = socket else { continue };
        let Ok(copy) = socket.try_clone() else { continue };
        let mut state = shared.state();
        if state.stopped {
            return;
        }
        state.sockets.insert(number, copy);
        drop(state);
        let connection = Connection { number, shared: shared.clone(), socket };
        std::thread::spawn(move || connection.serve());
    }
}

impl Shared {
    /// A hook that panics fails its test; the state is whole at any time.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what becomes of a request, and adds it to those that came.
    fn reply(&self, asked: &Asked) -> Reply {
        let at = Instant::now();
        // Held to the end: requests are told in the order in which the hook was asked.
        let mut hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner);
        let (verdict, mut seen) = {
            let ledger = &self.state().ledger;
            let verdict = ledger.judge(asked);
            let seen = ledger.seen(asked, &verdict, at);
            (verdict, seen)
        };
        let action = hook.as_mut().map_or(Action::Answer, |hook| hook(&seen));
        let mut state = self.state();
        let reply = match action {
            Action::Answer => Reply::Answer(state.ledger.answer(asked, &verdict)),
            Action::Status(status, headers, body) => {
                Reply::Answer(state.ledger.answer_instead(&verdict, status, headers, body))
            }
            Action::Hang | Action::Close => {
                // It came, and whether it was accepted is what the host cannot know.
                state.ledger.answer(asked, &verdict);
                if action == Action::Hang { Reply::Hang } else { Reply::Close }
            }
        };
        seen.status = match &reply {
            Reply::Answer(response) => response.status,
            Reply::Hang | Reply::Close => 0,
        };
        state.ledger.note(seen);
        drop(state);
        self.changed.notify_all();
        reply
    }

    /// Until the provider is dropped.
    fn wait_for_the_end(&self) {
        let waited = self.changed.wait_while(self.state(), |state| !state.stopped);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

/// One connection. It is closed when this is dropped, also by a hook that panics.
struct Connection {
    number: usize,
    shared: Arc<Shared>,
    socket: TcpStream,
}

impl Connection {
    /// Answers requests until one side has enough.
    fn serve(&self) {
        // Answers are small, and each is written at once.
        let _ = self.socket.set_nodelay(true);
        let mut reader = BufReader::new(&self.socket);
        let mut writer = &self.socket;
        loop {
            let Received { asked, last } = match http::read(&mut reader, &mut writer) {
                Ok(received) => received,
                Err(Stop::Ended) => return,
                Err(Stop::Refused(status)) => {
                    let _ = http::write(&mut writer, &Response::empty(status), false, true);
                    return;
                }
            };
            let response = match self.shared.reply(&asked) {
                Reply::Answer(response) => response,
                Reply::Hang => return self.shared.wait_for_the_end(),
                Reply::Close => return,
            };
            let written = http::write(&mut writer, &response, asked.method == "HEAD", last);
            if last || written.is_err() {
                return;
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        self.shared.state().sockets.remove(&self.number);
    }
}
