//! `trunkline edge`: what it writes, word for word where people rely on it, and what it refuses.

use std::path::{Path, PathBuf};

use toml::{Table, Value};
use trunkline_model::manifest::Manifest;
use trunkline_policy::variables;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use crate::cli::{Said, with_config};
use crate::host::{adapters, cache, component_files, components, root};

/// Three connections of two connectors. No secret of theirs is on this machine, and none is asked for.
const CONFIG: &str = r#"config_version = 1
[server]
listen = "127.0.0.1:1"
public_url = "https://trunkline.example.com"
api_token = "${env:TRUNKLINE_NOT_SET_IN_TESTS}"
[connectors]
path = "@CONNECTORS@"
cache = "@CACHE@"
[connections.support]
connector = "line"
[connections.support.settings]
channel_secret = "${env:TRUNKLINE_NOT_SET_IN_TESTS}"
channel_access_token = "a-secret-in-the-clear"
reply_token_seconds = "30"
[connections.sales]
connector = "line"
[connections.texts]
connector = "sms-twilio"
hosts = ["api.twilio.com"]
[connections.texts.settings]
account_sid = "${env:TRUNKLINE_NOT_SET_IN_TESTS}"
auth_token = "another-secret-in-the-clear"
"#;

/// What an adapter is beside the connector.
const ADAPTER: &str = "package trunkline:edge;
    interface about { manifest: func() -> string; }
    world adapter {
        import about;
        import trunkline:connector/inbound@0.1.0;
        export handle: func() -> u16;
    }";

/// A component that does nothing, of a world in a package that may use the contract.
pub fn component(package: &str, world: &str) -> Vec<u8> {
    let mut resolve = Resolve::new();
    resolve.push_dir(root().join("wit")).expect("the contract");
    let package = resolve.push_str("sample.wit", package).expect("a package");
    let world = resolve.select_world(&[package], Some(world)).expect("a world");
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata");
    let encoder = ComponentEncoder::default().validate(true).module(&module);
    encoder.and_then(|mut encoder| encoder.encode()).expect("a component")
}

/// A folder with an adapter in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        std::fs::write(folder.path("wasi.wasm"), component(ADAPTER, "adapter")).expect("a file");
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Joins what is given with the adapter of the folder.
    fn compose(&self, connector: &str, more: &[&str]) -> Said {
        let (adapter, output) = (self.text("wasi.wasm"), self.text("out.wasm"));
        let words = ["edge", "compose", connector, "--output", &output, "--adapter", &adapter];
        with_config(&config(), &[&words, more].concat())
    }
}

fn config() -> String {
    CONFIG.replace("@CACHE@", &cache().display().to_string())
}

fn edge(words: &[&str]) -> Said {
    with_config(&config(), &[&["edge"], words].concat())
}

fn refused(said: &Said) -> &str {
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
    &said.err
}

/// The manifests of the connectors whose components are there, by id.
fn manifests() -> Vec<Manifest> {
    let files = component_files().into_iter();
    let folders = files.map(|file| root().join("connectors").join(file.file_stem().expect("a name")));
    let text = |folder: PathBuf| std::fs::read_to_string(folder.join("connector.toml")).expect("a manifest");
    folders.map(|folder| Manifest::parse(&text(folder)).expect("valid")).collect()
}

#[test]
fn every_command_says_what_it_takes() {
    for (words, expected) in [
        (&["--help"][..], ["compose", "spin", "manifest"]),
        (&["compose", "--help"], ["--output", "--adapter", "wasi:http"]),
        (&["spin", "--help"], ["--all", "--output", "--adapter"]),
        (&["manifest", "--help"], ["--image", "--secret", "--variable"]),
    ] {
        let said = edge(words);
        assert_eq!(said.code, Some(0), "{}", said.err);
        for word in expected {
            assert!(said.out.contains(word), "{words:?} without `{word}`:\n{}", said.out);
        }
    }
}

/// Each adapter with each connector: what is left to be given is what the adapter needs.
#[test]
fn every_connector_is_joined_with_the_adapters() {
    let folder = Folder::new();
    for (adapter, packages) in [("wasi.wasm", &["wasi:"][..]), ("spin.wasm", &["wasi:", "spin:", "fermyon:"])]
    {
        std::fs::copy(adapters().join(adapter), folder.path("wasi.wasm")).expect("a file");
        let given = |name: &str| packages.iter().any(|package| name.starts_with(package));
        for manifest in manifests() {
            let said = folder.compose(&manifest.id, &["--json"]);
            assert_eq!(said.code, Some(0), "{}: {}", manifest.id, said.err);
            let told: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
            let bytes = std::fs::metadata(folder.path("out.wasm")).expect("a file").len();
            assert_eq!((&told["connector"], &told["bytes"]), (&manifest.id.into(), &bytes.into()));
            let imports = told["imports"].as_array().expect("a list");
            assert!(imports.len() > 2, "{imports:?}");
            for import in imports {
                let name = import["name"].as_str().expect("a name");
                assert!(import["only_types"] == true || given(name), "{adapter}: {name}");
            }
        }
    }
    let file = components().join("line.wasm").display().to_string();
    let said = folder.compose(&file, &[]);
    assert!(said.out.contains(" in the place of ") && said.out.contains("types only"), "{}", said.out);
}

#[test]
fn the_adapter_stands_beside_the_folder_of_connectors() {
    let folder = Folder::new();
    for name in ["connectors", "edge"] {
        std::fs::create_dir(folder.path(name)).expect("a folder");
    }
    std::fs::copy(components().join("line.wasm"), folder.path("connectors/line.wasm")).expect("a file");
    let (connectors, output) = (folder.text("connectors"), folder.text("out.wasm"));
    let words = ["compose", "line", "--path", &connectors, "--output", &output];
    let said = edge(&words);
    let missing = folder.path("edge/wasi.wasm");
    assert!(
        refused(&said).starts_with(&format!("error: cannot read `{}`\n", missing.display()))
            && said.err.ends_with("hint: `cargo xtask build --edge` builds the adapter; name one that is elsewhere with --adapter\n"),
        "{}",
        said.err
    );
    std::fs::copy(folder.path("wasi.wasm"), missing).expect("a file");
    assert_eq!(edge(&words).code, Some(0));
    assert!(folder.path("out.wasm").is_file() && !folder.path("out.wasm.part").exists());

    // Nor does all of a folder need a configuration.
    let said = with_config("no configuration", &["edge", "spin", "--all", "--path", &connectors]);
    assert!(said.code == Some(0) && said.out.contains("\n[component.line]\n"), "{}", said.err);
    let missing = folder.path("edge/spin.wasm").display().to_string();
    assert_eq!(
        said.err,
        format!("note: `{missing}` is not there yet: `cargo xtask build --edge` builds it\n")
    );
}

#[test]
fn what_the_host_would_refuse_is_refused_before_it_is_joined() {
    let folder = Folder::new();
    let wanting = "package sample:connector;
        interface sockets { connect: func(address: string); }
        world connector {
            import sockets;
            export trunkline:connector/about@0.1.0;
            export trunkline:connector/inbound@0.1.0;
        }";
    std::fs::write(folder.path("post.wasm"), component(wanting, "connector")).expect("a file");
    std::fs::write(folder.path("text.wasm"), "not a component").expect("a file");
    std::fs::copy(components().join("line.wasm"), folder.path("other.wasm")).expect("a file");
    for (file, expected) in [
        (
            "post.wasm",
            "error: `post.wasm` imports `sample:connector/sockets`, which no host gives to a connector\n\
             hint: what a connector needs to know is in the arguments and in `context`; it has nobody else to ask\n",
        ),
        ("text.wasm", "error: `text.wasm` is not a component\n"),
        ("other.wasm", "error: `other.wasm` says that it is `line`\nhint: rename the file to `line.wasm`\n"),
        ("none.wasm", "error: cannot read `"),
        (
            "wasi.wasm",
            "error: `wasi.wasm` imports `trunkline:edge/about`, which no host gives to a connector\n",
        ),
    ] {
        let said = folder.compose(&folder.text(file), &[]);
        assert!(refused(&said).starts_with(expected), "{file}: {}", said.err);
        assert!(said.err.contains("\nhint: "), "{}", said.err);
    }
    let said = folder.compose("lime", &[]);
    assert_eq!(refused(&said), "error: there is no connector `lime`\nhint: did you mean `line`?\n");
    assert!(!folder.path("out.wasm").exists());
}

#[test]
fn what_is_no_adapter_is_refused() {
    let folder = Folder::new();
    let line = components().join("line.wasm");
    std::fs::copy(&line, folder.path("wasi.wasm")).expect("a file");
    let said = folder.compose("line", &[]);
    assert!(
        refused(&said).starts_with(
            "error: `wasi.wasm` is no adapter: it does not import `trunkline:connector/inbound@0.1.0`\nhint: "
        ),
        "{}",
        said.err
    );
    std::fs::write(folder.path("wasi.wasm"), "not a component").expect("a file");
    assert!(refused(&folder.compose("line", &[])).starts_with("error: `wasi.wasm` is not a component\n"));
    let adapter = folder.text("wasi.wasm");
    let said = edge(&["compose", "line", "--output", &adapter, "--adapter", &adapter]);
    assert!(refused(&said).contains("is one of the two that are joined"), "{}", said.err);
}

#[test]
fn a_spin_application_has_names_and_no_values() {
    let folder = Folder::new();
    let output = folder.text("spin.toml");
    let said = edge(&["spin", "--output", &output, "--adapter", &folder.text("wasi.wasm")]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{}", said.err);
    let text = std::fs::read_to_string(folder.path("spin.toml")).expect("a file");
    assert!(text.contains("\n# Written by `trunkline edge spin`: "), "{text}");
    assert!(!text.contains("in-the-clear") && !text.contains("\"30\"") && !text.contains("${"), "{text}");
    let manifest: Table = toml::from_str(&text).expect("TOML");
    let components = manifest["component"].as_table().expect("components");
    assert_eq!(components.keys().collect::<Vec<_>>(), ["line", "sms-twilio"]);
    assert_eq!(components["line"]["variables"]["connections"].as_str(), Some("sales support"));
    assert_eq!(components["line"]["source"].as_str(), Some("wasi.wasm"), "seen from the manifest");
    assert_eq!(
        components["sms-twilio"]["allowed_outbound_hosts"],
        Value::from(vec!["{{ ingest_url }}", "https://api.twilio.com"]),
        "narrowed as at the host"
    );
    for dependency in components["line"]["dependencies"].as_table().expect("dependencies").values() {
        let path = dependency["path"].as_str().expect("a path");
        assert!(Path::new(folder.0.path()).join(path).is_file(), "{path}");
    }
    // Again over its own, and not over somebody else's.
    assert_eq!(edge(&["spin", "--output", &output]).code, Some(0));
    std::fs::write(folder.path("spin.toml"), "spin_manifest_version = 2\n").expect("a file");
    let said = edge(&["spin", "--output", &output]);
    assert!(
        refused(&said).ends_with("hint: name another file, or replace it with --force\n"),
        "{}",
        said.err
    );
    assert_eq!(edge(&["spin", "--output", &output, "--force"]).code, Some(0));
}

/// Whether a connector is built by cargo alone.
fn is_rust(id: &str) -> bool {
    root().join("connectors").join(id).join("Cargo.toml").is_file()
}

#[test]
fn all_connectors_are_what_the_repository_says() {
    let said = edge(&["spin", "--all"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let repository = std::fs::read_to_string(root().join("spin.toml")).expect("it is checked in");
    let without_places = |text: &str| {
        let mut table: Table = toml::from_str(text).expect("TOML");
        // Those of other languages need tools that are not everywhere: the manifest that is checked in is without them.
        for id in manifests().into_iter().map(|manifest| manifest.id).filter(|id| !is_rust(id)) {
            table["component"].as_table_mut().expect("components").remove(&id);
            let prefix = format!("{}_", id.replace('-', "_"));
            table["variables"]
                .as_table_mut()
                .expect("variables")
                .retain(|name, _| !name.starts_with(&prefix));
            let routes = table["trigger"]["http"].as_array_mut().expect("routes");
            routes.retain(|route| route["component"].as_str() != Some(&id));
        }
        for (_, component) in table["component"].as_table_mut().expect("components").iter_mut() {
            let component = component.as_table_mut().expect("a component");
            component.retain(|key, _| !["source", "dependencies", "build"].contains(&key));
        }
        table
    };
    assert_eq!(without_places(&said.out), without_places(&repository));
    for manifest in manifests() {
        assert!(said.out.contains(&format!("\nroute = \"/hooks/{}\"\n", manifest.id)), "{}", manifest.id);
    }
}

#[test]
fn connections_that_spin_does_not_take_are_told_with_their_line() {
    let config = |more: &str| {
        let cache = cache().display().to_string();
        format!("config_version = 1\n[connectors]\npath = \"@CONNECTORS@\"\ncache = \"{cache}\"\n{more}")
    };
    for (more, expected) in [
        (
            "[connections.line-2]\nconnector = \"line\"\n",
            "error: trunkline.toml:5: connection `line-2` cannot have the variable `line_2_bot_user_id` on Spin: \
             `2` must begin with a letter\nhint: rename the connection, for example `line2`\n",
        ),
        (
            "[connections.a]\nconnector = \"lime\"\n",
            "error: trunkline.toml:5: connector `lime` is not in `@CONNECTORS@`\nhint: did you mean `line`?\n",
        ),
        (
            "",
            "error: trunkline.toml: there is no connection to serve\n\
             hint: add one below `[connections]`, or take every connector of the folder with --all\n",
        ),
        (
            "[server]\nlisen = \"x\"\n",
            "error: trunkline.toml:6: unknown key `lisen` in `server`\nhint: did you mean `listen`?\n",
        ),
    ] {
        for words in [&["edge", "spin"][..], &["edge", "manifest", "--image", "example.com/edge:1"]] {
            let said = with_config(&config(more), words);
            assert_eq!((said.code, said.err.as_str()), (Some(2), expected), "{more}");
        }
    }
}

#[test]
fn a_spinapp_shows_what_is_no_secret_and_refers_to_the_rest() {
    let set = ["--variable", "public_url=https://hooks.example.com", "--variable", "support_bot_user_id=U1"];
    let words = ["manifest", "--image", "example.com/edge:1", "--name", "edge", "--replicas", "3"];
    let said = edge(&[&words[..], &set].concat());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let text = said.out;
    assert!(!text.contains("in-the-clear"), "{text}");
    for expected in [
        "# Written by `trunkline edge manifest`: ",
        "#   kubectl create secret generic edge \\\n",
        "\nmetadata:\n  name: edge\n",
        "\n  image: \"example.com/edge:1\"\n  executor: containerd-shim-spin\n  replicas: 3\n",
        "    - name: ingest_url\n      value: \"https://trunkline.example.com\"\n",
        "    - name: public_url\n      value: \"https://hooks.example.com\"\n",
        "    - name: support_bot_user_id\n      value: \"U1\"\n",
        "    - name: support_reply_token_seconds\n      value: \"30\"\n",
        "    - name: sales_reply_token_seconds\n      value: \"50\"\n",
        "    - name: support_channel_secret\n      valueFrom:\n        secretKeyRef:\n          name: edge\n          \
         key: support_channel_secret\n",
        "          key: support_channel_access_token\n          optional: true\n",
        // No secret, but kept out of the configuration.
        "          key: texts_account_sid\n",
    ] {
        assert!(text.contains(expected), "without {expected}:\n{text}");
    }
    let line = manifests().into_iter().find(|manifest| manifest.id == "line").expect("a connector");
    for setting in line.settings.keys() {
        for connection in ["sales", "support"] {
            assert!(
                text.contains(&format!("    - name: {}\n", variables::setting(connection, setting))),
                "{setting}"
            );
        }
    }
    let said = edge(&words);
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(0), "note: set these as well, with --variable NAME=VALUE: public_url\n")
    );
}

#[test]
fn what_cannot_be_in_a_spinapp_is_refused() {
    let words = ["manifest", "--image", "example.com/edge:1"];
    for (more, code, expected) in [
        (
            ["--variable", "ingest_secret=x"],
            1,
            "error: `ingest_secret` is a secret, which does not stand in a manifest\n",
        ),
        (
            ["--variable", "ingest_ulr=x"],
            1,
            "error: there is no variable `ingest_ulr`\nhint: did you mean `ingest_url`?\n",
        ),
        (["--variable", "x"], 2, "error: invalid value 'x'"),
        (["--name", "Edge"], 2, "error: invalid value 'Edge'"),
        (["--secret", "a_b"], 2, "error: invalid value 'a_b'"),
        (["--replicas", "0"], 2, "error: invalid value '0'"),
    ] {
        let said = edge(&[&words[..], &more].concat());
        assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{more:?}");
        assert!(said.err.starts_with(expected), "{more:?}: {}", said.err);
    }
    assert_eq!(edge(&["manifest"]).code, Some(2), "an image is needed");
}
