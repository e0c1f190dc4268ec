//! Components in a registry that we did not write, looked at by a client that we did not write, signed by a program that we did not
//! write. Skipped where one of them is missing: `docker-registry`, `skopeo` and `openssl`, as Debian calls them.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::host::{binary, components, free_address};
use crate::http;

/// How long the registry may take until it listens.
const START_MAX: Duration = Duration::from_secs(30);

/// A registry, ended when dropped.
struct Registry {
    place: String,
    process: Child,
}

impl Registry {
    fn start(folder: &Path) -> Self {
        let address = free_address();
        let config = folder.join("registry.yml");
        let store = folder.join("store");
        let text = json!({
            "version": 0.1,
            "storage": { "filesystem": { "rootdirectory": store } },
            "http": { "addr": address.to_string() },
        });
        std::fs::write(&config, text.to_string()).expect("a file");
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let registry = Self { place: address.to_string(), process: command.spawn().expect("it starts") };
        let begun = Instant::now();
        while http::try_request(address, "GET", "/v2/", &[], b"").map_or(true, |answer| answer.status != 200)
        {
            assert!(begun.elapsed() < START_MAX, "the registry does not start");
            std::thread::park_timeout(Duration::from_millis(10));
        }
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn output(program: &str, arguments: &[&str], folder: &Path) -> Output {
    Command::new(program).args(arguments).current_dir(folder).output().expect(program)
}

/// What a program printed that ended well.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = output(program, arguments, folder);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn trunkline(arguments: &[&str], folder: &Path) -> Output {
    // Nobody's credentials.
    let mut command = Command::new(binary());
    command.arg("connectors").args(arguments).current_dir(folder);
    command.env("DOCKER_CONFIG", folder).env_remove("TRUNKLINE_CONFIG").output().expect("it runs")
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn a_registry_of_others_holds_what_is_pushed_signed_pulled_and_verified() {
    let starts = |program: &&str| {
        Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    if let Some(missing) =
        ["docker-registry", "skopeo", "openssl"].into_iter().find(|program| !starts(program))
    {
        eprintln!("skipped: needs {missing}");
        return;
    }
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    let registry = Registry::start(folder);
    let reference = format!("{}/acme/line:1.0.0", registry.place);
    run("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"], folder);
    run("openssl", &["ec", "-in", "key.pem", "-pubout", "-out", "cosign.pub"], folder);
    std::fs::write(
        folder.join("trunkline.toml"),
        "config_version = 1\n[connectors]\nkeys = [\"cosign.pub\"]\n",
    )
    .expect("a file");

    let component = components().join("line.wasm");
    let pushed = trunkline(&["push", &component.display().to_string(), &reference, "--json"], folder);
    assert_eq!(pushed.status.code(), Some(0), "{:?}", said(&pushed));
    let pushed: Value = serde_json::from_slice(&pushed.stdout).expect("JSON");
    let digest = pushed["digest"].as_str().expect("a digest");
    let manifest =
        run("skopeo", &["inspect", "--raw", "--tls-verify=false", &format!("docker://{reference}")], folder);
    let read: Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(read["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(read["layers"][0]["mediaType"], "application/wasm");

    let (code, text) = said(&trunkline(&["add", &reference], folder));
    assert!(code == Some(1) && text.contains("is refused: it has no signature"), "{text}");

    sign(folder, &reference, digest);
    let (code, text) = said(&trunkline(&["add", &reference], folder));
    assert!(code == Some(0) && text.contains("cosign.pub (sha256:") && text.contains(digest), "{text}");
    let added = std::fs::read(folder.join("connectors/line.wasm")).expect("a file");
    assert_eq!(added, std::fs::read(&component).expect("a file"));
    let (code, text) = said(&trunkline(&["verify"], folder));
    assert!(code == Some(0) && text.contains("pinned, signed"), "{text}");

    std::fs::write(folder.join("connectors/line.wasm"), &added[1..]).expect("a file");
    let (code, text) = said(&trunkline(&["verify"], folder));
    assert!(code == Some(1) && text.contains("but `connectors.lock` pins"), "{text}");
    // By digest it comes again, from a copy that another client made.
    let copy = format!("{}/other/line:copy", registry.place);
    let (from, to) = (format!("docker://{reference}"), format!("docker://{copy}"));
    run("skopeo", &["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to], folder);
    let (code, text) = said(&trunkline(&["add", &format!("{}/acme/line@{digest}", registry.place)], folder));
    assert!(code == Some(0) && text.contains("updated"), "{text}");
    let (code, text) = said(&trunkline(&["add", &copy], folder));
    assert!(code == Some(1) && text.contains("it has no signature"), "{text}");
}

/// Signs a manifest by `openssl` and puts that where cosign does: an artifact that `skopeo` copies.
fn sign(folder: &Path, reference: &str, digest: &str) {
    let payload = json!({ "critical": {
        "identity": { "docker-reference": reference },
        "image": { "docker-manifest-digest": digest },
        "type": "cosign container image signature",
    }, "optional": null });
    std::fs::write(folder.join("payload"), payload.to_string()).expect("a file");
    let signature = run("openssl", &["dgst", "-sha256", "-sign", "key.pem", "payload"], folder);
    let layout = folder.join("signature");
    std::fs::create_dir_all(&layout).expect("a folder");
    let put = |bytes: &[u8]| {
        std::fs::write(folder.join("blob"), bytes).expect("a file");
        let hex = run("openssl", &["dgst", "-sha256", "-r", "blob"], folder);
        let hex = String::from_utf8_lossy(&hex)[..64].to_owned();
        std::fs::write(layout.join(&hex), bytes).expect("a file");
        json!({ "digest": format!("sha256:{hex}"), "size": bytes.len() })
    };
    let mut config = put(b"{}");
    config["mediaType"] = "application/vnd.oci.image.config.v1+json".into();
    let mut layer = put(payload.to_string().as_bytes());
    layer["mediaType"] = "application/vnd.dev.cosign.simplesigning.v1+json".into();
    layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": STANDARD.encode(signature) });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config,
        "layers": [layer],
    });
    std::fs::write(layout.join("manifest.json"), manifest.to_string()).expect("a file");
    std::fs::write(layout.join("version"), "Directory Transport Version: 1.1\n").expect("a file");
    let (name, _) = reference.rsplit_once(':').expect("a tag");
    let target = format!("docker://{name}:{}.sig", digest.replace(':', "-"));
    run("skopeo", &["copy", "--dest-tls-verify=false", "dir:signature", &target], folder);
}
