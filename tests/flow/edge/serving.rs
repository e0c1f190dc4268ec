//! `wasmtime serve` with a composed component, for one test.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use trunkline_policy::variables;

use crate::host::{Host, adapters, binary, components, free_address, root};
use crate::http;

/// What the edges of the tests sign with.
pub const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
/// How long an edge may take until it serves: its component is compiled first.
const START_MAX: Duration = Duration::from_secs(120);

/// What a host must know of the edge.
pub fn edges() -> String {
    format!("[edges.eu]\nsecret = \"{SECRET}\"\n")
}

/// The runtime.
fn runtime() -> PathBuf {
    let path = std::env::var_os("TRUNKLINE_WASI_SERVE")
        .map_or_else(|| root().join("target/debug/wasi-serve"), PathBuf::from);
    assert!(path.is_file(), "no runtime at `{}`; run `cargo xtask test`", path.display());
    path
}

/// A connector as a component of `wasi:http`, made once by `trunkline edge compose`.
pub fn composed(connector: &str) -> PathBuf {
    static MADE: OnceLock<(tempfile::TempDir, Mutex<BTreeMap<String, PathBuf>>)> = OnceLock::new();
    let (folder, made) =
        MADE.get_or_init(|| (tempfile::tempdir().expect("a folder"), Mutex::new(BTreeMap::new())));
    let mut made = made.lock().expect("no panic");
    let path =
        folder.path().join(format!("{}.wasm", Path::new(connector).display().to_string().replace('/', "_")));
    made.entry(connector.to_owned()).or_insert_with(|| compose(connector, &path)).clone()
}

fn compose(connector: &str, path: &Path) -> PathBuf {
    let config = path.with_extension("toml");
    let folder = components();
    let text = format!("config_version = 1\n[connectors]\npath = \"{}\"\n", folder.display());
    std::fs::write(&config, text).expect("a file");
    let output = Command::new(binary())
        .arg("--config")
        .arg(&config)
        .args(["edge", "compose", connector, "--adapter"])
        .arg(adapters().join("wasi.wasm"))
        .arg("-o")
        .arg(path)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path.to_owned()
}

/// A runtime that serves one component, killed when dropped.
pub struct Edge {
    pub address: SocketAddr,
    log: PathBuf,
    _folder: tempfile::TempDir,
    process: Child,
}

impl Edge {
    /// Starts it, handing in to a host, and does not wait.
    pub fn spawn(component: &Path, host: SocketAddr, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
        let log = folder.path().join("edge.log");
        let file = std::fs::File::create(&log).expect("a file");
        let mut command = Command::new(runtime());
        command.arg("--addr").arg(address.to_string()).arg("-Scli");
        let host = format!("http://{host}");
        let shared = [
            (variables::INGEST_URL, host.as_str()),
            (variables::INGEST_SECRET, SECRET),
            (variables::EDGE, "eu"),
            (variables::PUBLIC_URL, "https://hooks.example.org"),
        ];
        for (name, value) in shared.iter().chain(settings) {
            command.arg("--env").arg(format!("{}={value}", variables::environment(name)));
        }
        command.arg(component);
        let output = file.try_clone().expect("a file");
        let process =
            command.stdin(Stdio::null()).stdout(output).stderr(file).spawn().expect("the runtime starts");
        Self { address, log, _folder: folder, process }
    }

    /// Starts it for one connection with these settings.
    pub fn start(connector: &str, host: &Host, connection: &str, settings: &[(&str, &str)]) -> Self {
        let named: Vec<(String, &str)> =
            settings.iter().map(|(name, value)| (variables::setting(connection, name), *value)).collect();
        let mut all: Vec<(&str, &str)> = vec![(variables::CONNECTIONS, connection)];
        all.extend(named.iter().map(|(name, value)| (name.as_str(), *value)));
        let mut edge = Self::spawn(&composed(connector), host.address, &all);
        edge.wait_until_ready();
        edge
    }

    /// Waits until it answers.
    pub fn wait_until_ready(&mut self) {
        let begun = Instant::now();
        while http::try_request(self.address, "GET", "/healthz", &[], b"")
            .map_or(true, |answer| answer.status != 200)
        {
            assert!(begun.elapsed() < START_MAX, "the edge does not start:\n{}", self.log());
            assert!(self.process.try_wait().expect("a child").is_none(), "it has ended:\n{}", self.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
