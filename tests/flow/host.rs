//! A host for one test: the real binary in a folder of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::http;

/// The token of the API in every test.
pub const TOKEN: &str = "token-of-the-tests-0123456789";
/// How long a host may take until it listens: the first one compiles every component.
const START_MAX: Duration = Duration::from_secs(180);

/// The binary.
pub fn binary() -> PathBuf {
    let path =
        std::env::var_os("TRUNKLINE_BIN").map_or_else(|| target().join("debug/trunkline"), PathBuf::from);
    assert!(path.is_file(), "no binary at `{}`; run `cargo xtask test`", path.display());
    path
}

/// The folder of the components of all channels.
pub fn components() -> PathBuf {
    let path =
        std::env::var_os("TRUNKLINE_CONNECTORS").map_or_else(|| target().join("connectors"), PathBuf::from);
    assert!(path.is_dir(), "no components at `{}`; run `cargo xtask build`", path.display());
    path
}

/// The components of all channels. Those whose tools cannot be had are not among them.
pub fn component_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(components()).expect("a folder");
    let files = entries.map(|entry| entry.expect("a file").path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|it| it == "wasm")).collect();
    files.sort();
    files
}

/// The folder of the adapters that make connectors HTTP functions.
pub fn adapters() -> PathBuf {
    let path =
        std::env::var_os("TRUNKLINE_EDGE").map_or_else(|| components().with_file_name("edge"), PathBuf::from);
    assert!(path.is_dir(), "no adapters at `{}`; run `cargo xtask build --edge`", path.display());
    path
}

/// The folder of the components that exist for tests.
pub fn test_components() -> PathBuf {
    let path = std::env::var_os("TRUNKLINE_TEST_CONNECTORS")
        .map_or_else(|| target().join("test-connectors"), PathBuf::from);
    assert!(path.is_dir(), "no components at `{}`; run `cargo xtask test`", path.display());
    path
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the repository").to_owned()
}

/// Where components are compiled to, once for all tests.
pub fn cache() -> PathBuf {
    let folder = target().join("test-cache");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A host, killed when dropped.
pub struct Host {
    pub address: SocketAddr,
    pub config: PathBuf,
    log: &'static str,
    _folder: tempfile::TempDir,
    /// What starts the binary, if not the test itself.
    wrapper: Vec<String>,
    process: Option<Child>,
}

impl Host {
    /// Starts a host. `more` is added to a configuration that has a server and the folder of components.
    pub fn start(components: &Path, more: &str) -> Self {
        let mut host = Self::prepare(components, more);
        host.run();
        host
    }

    /// The same, with so much in its log.
    pub fn talking(components: &Path, more: &str, log: &'static str) -> Self {
        let mut host = Self::prepare(components, more);
        host.log = log;
        host.run();
        host
    }

    /// The same, by a command that becomes the host.
    pub fn start_by(wrapper: &[&str], components: &Path, more: &str) -> Self {
        let mut host = Self::prepare(components, more);
        host.wrapper = wrapper.iter().map(|&word| word.to_owned()).collect();
        host.run();
        host
    }

    /// Its folder and configuration, and nothing that runs.
    pub fn prepare(components: &Path, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let config = folder.path().join("trunkline.toml");
        let text = format!(
            "config_version = 1\n[server]\nlisten = \"{address}\"\npublic_url = \"https://hooks.example.org\"\n\
             api_token = \"{TOKEN}\"\n[connectors]\npath = \"{}\"\ncache = \"{}\"\n{more}",
            components.display(),
            cache().display()
        );
        std::fs::write(&config, text).expect("a file");
        Self { address, config, log: "warn", _folder: folder, wrapper: Vec::new(), process: None }
    }

    /// Starts the process, again after it was killed, and waits until it is ready.
    pub fn run(&mut self) {
        self.spawn();
        self.wait_until_ready();
    }

    /// Starts the process, and does not wait for anything.
    pub fn spawn(&mut self) {
        let log = std::fs::File::create(self.config.with_extension("log")).expect("a file");
        let mut words = self.wrapper.iter().map(Into::into).chain([binary().into_os_string()]);
        let mut command = Command::new(words.next().expect("the binary, at least"));
        command.args(words).arg("--config").arg(&self.config).args(["serve", "--log", self.log]);
        let process =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("it starts");
        self.process = Some(process);
    }

    /// Waits until webhooks are taken.
    pub fn wait_until_ready(&mut self) {
        let begun = Instant::now();
        while http::try_request(self.address, "GET", "/readyz", &[], b"")
            .map_or(true, |answer| answer.status != 200)
        {
            assert!(begun.elapsed() < START_MAX, "the host does not start:\n{}", self.log());
            let ended = self.process.as_mut().expect("just started").try_wait().expect("a child");
            assert!(ended.is_none(), "the host has ended:\n{}", self.log());
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    /// Where it keeps everything.
    pub fn store(&self) -> PathBuf {
        self.config.with_file_name("trunkline-data")
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.config.with_extension("log")).unwrap_or_default()
    }

    /// `kill -9`; [`Host::wait`] before it is run again.
    pub fn kill_9(&self) {
        self.signal("-KILL");
    }

    /// Sends a signal to the process.
    pub fn signal(&self, signal: &str) {
        let id = self.process_id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("kill exists");
        assert!(sent.success(), "the host is gone:\n{}", self.log());
    }

    /// The exit code once it has ended; None while it runs.
    pub fn ended(&mut self) -> Option<Option<i32>> {
        let status = self.process.as_mut().expect("it was started").try_wait().expect("a child");
        status.map(|status| status.code())
    }

    /// Kilobytes of memory that the process holds: the most so far, and now.
    pub fn memory(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id()));
        let status = status.unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or(" 0 kB");
            line.trim().trim_end_matches(" kB").parse().expect("a number of kB")
        };
        (of("VmHWM:"), of("VmRSS:"))
    }

    /// Forgets the most memory so far, which a start may need, so that what follows is measured.
    pub fn forget_peak(&self) {
        let file = format!("/proc/{}/clear_refs", self.process_id());
        std::fs::write(file, "5").expect("Linux forgets the peak");
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("it runs").id()
    }

    /// Posts to the API, where the host may be gone.
    pub fn try_post(&self, path: &str, body: &[u8]) -> std::io::Result<http::Answer> {
        let headers = [("authorization".to_owned(), format!("Bearer {TOKEN}"))];
        http::try_request(self.address, "POST", path, &headers, body)
    }

    /// Waits for its end.
    pub fn wait(&mut self) {
        self.process.take().expect("it ran").wait().expect("a child");
    }

    /// Asks it to end, as an operator would, and gives its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("it runs");
        let asked =
            Command::new("kill").arg("-TERM").arg(process.id().to_string()).status().expect("kill exists");
        assert!(asked.success());
        process.wait().expect("it ends").code()
    }

    /// Runs another command of the binary with this host's configuration.
    pub fn command(&self, arguments: &[&str]) -> Output {
        Command::new(binary()).arg("--config").arg(&self.config).args(arguments).output().expect("it runs")
    }

    /// What the API has under a path.
    pub fn api(&self, path: &str) -> serde_json::Value {
        let answer = http::get(self.address, path, TOKEN);
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// The ids that providers gave to the events that are kept, oldest first.
    pub fn event_ids(&self) -> Vec<String> {
        let ids = self.events().into_iter();
        ids.map(|event| event["data"]["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// The events that are kept as the API gives them, oldest first.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let mut events = Vec::new();
        let mut after = 0;
        loop {
            let page = self.api(&format!("/v1/events?limit=1000&after={after}"));
            events.extend_from_slice(page["events"].as_array().expect("a list"));
            match page["next_after"].as_u64() {
                Some(next) => after = next,
                None => return events,
            }
        }
    }

    /// The same as texts, to be compared with those of another host: without the time where the provider says none, which
    /// is when the webhook came in.
    pub fn comparable_events(&self) -> Vec<String> {
        let mut events = self.events();
        for event in events.iter_mut().filter(|event| event["data"]["occurred_at"].is_null()) {
            event["time"] = serde_json::Value::Null;
        }
        events.iter().map(ToString::to_string).collect()
    }

    /// One metric, by its line up to the value.
    pub fn metric(&self, line: &str) -> u64 {
        let answer = http::request(self.address, "GET", "/metrics", &[], b"");
        let text = String::from_utf8(answer.body).expect("text");
        let value = text.lines().find_map(|found| found.strip_prefix(line)).unwrap_or(" 0");
        value.trim().parse().expect("a number")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// An address of this machine that nobody listens on.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback interface");
    listener.local_addr().expect("a bound socket")
}
