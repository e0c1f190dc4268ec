//! Adapters and connectors that do nothing, joined and refused.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve};

use super::*;

/// What an adapter is beside the connector: it takes requests, and makes some.
const WASI: &str = "package wasi:http@0.3.0;
    interface types { resource request; record options { seconds: u32 } }
    interface handler { use types.{request}; handle: func(request: request) -> u16; }
    interface client { use types.{request, options}; send: func(request: request, options: options) -> u16; }";
const ADAPTER: &str = "package trunkline:edge;
    interface about { manifest: func() -> string; }
    world adapter {
        import about;
        import trunkline:connector/inbound@0.1.0;
        import wasi:http/client@0.3.0;
        export wasi:http/handler@0.3.0;
    }";

/// A component of a world: the last of the packages has it. `contract` is the version of `wit/` that it is built against.
fn component(contract: &str, packages: &[&str], world: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut resolve = Resolve::new();
    let mut texts: Vec<String> = Vec::new();
    for name in ["about", "events", "http", "inbound"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.wit"))).expect("the contract");
        texts.push(text.replace("package trunkline:connector@0.1.0;", ""));
    }
    let contract = format!("package trunkline:connector@{contract};\n{}", texts.concat());
    resolve.push_str("contract.wit", &contract).expect("the contract");
    let mut package = None;
    for text in packages {
        package = Some(resolve.push_str("sample.wit", text).expect("a package"));
    }
    encode(&resolve, package.expect("a package"), world)
}

fn encode(resolve: &Resolve, package: wit_parser::PackageId, world: &str) -> Vec<u8> {
    let world = resolve.select_world(&[package], Some(world)).expect("a world");
    let mut module = dummy_module(resolve, world, ManglingAndAbi::Legacy(wit_parser::LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).expect("metadata");
    let encoder = ComponentEncoder::default().validate(true).module(&module);
    encoder.and_then(|mut encoder| encoder.encode()).expect("a component")
}

fn adapter() -> Vec<u8> {
    component("0.1.0", &[WASI, ADAPTER], "adapter")
}

/// A connector whose world has these lines.
fn connector(contract: &str, lines: &str) -> Vec<u8> {
    component(
        contract,
        &[WASI, &format!("package sample:connector; world connector {{ {lines} }}")],
        "connector",
    )
}

fn honest() -> Vec<u8> {
    connector("0.1.0", "export trunkline:connector/about@0.1.0; export trunkline:connector/inbound@0.1.0;")
}

fn part<'a>(file: &'a str, bytes: &'a [u8]) -> Part<'a> {
    Part { file, bytes }
}

fn joined(adapter: &[u8], connector: &[u8]) -> Result<Vec<u8>, ComposeError> {
    compose(part("wasi.wasm", adapter), part("post.wasm", connector))
}

fn refused(adapter: &[u8], connector: &[u8]) -> (String, String) {
    let error = joined(adapter, connector).expect_err("refused");
    (error.to_string(), error.hint())
}

fn names(component: &[u8], only_types: bool) -> Vec<String> {
    let imports = imports(part("joined.wasm", component)).expect("a component");
    imports.into_iter().filter(|import| import.only_types == only_types).map(|import| import.name).collect()
}

#[test]
fn an_adapter_and_a_connector_become_one_component() {
    let whole = joined(&adapter(), &honest()).expect("they fit");
    assert_eq!(names(&whole, false), ["wasi:http/types@0.3.0", "wasi:http/client@0.3.0"]);
    let types = names(&whole, true);
    assert!(types.iter().all(|name| name.starts_with("trunkline:connector/")), "{types:?}");
    let mut graph = CompositionGraph::new();
    let (world, _) = place(&mut graph, "whole", part("whole.wasm", &whole)).expect("a component");
    let exports: Vec<&String> = graph.types()[world].exports.keys().collect();
    assert_eq!(exports, ["wasi:http/handler@0.3.0"]);
    assert_eq!(joined(&adapter(), &honest()).expect("again"), whole, "the same bytes every time");
}

#[test]
fn the_connector_is_in_it_once() {
    let (adapter, connector) = (adapter(), honest());
    let whole = joined(&adapter, &connector).expect("they fit");
    assert!(whole.len() < adapter.len() + 2 * connector.len(), "{} bytes", whole.len());
    assert!(whole.windows(connector.len()).any(|window| window == connector));
}

#[test]
fn an_adapter_may_call_both_interfaces_as_the_contract_does() {
    let text = ADAPTER.replace("import about;", "import trunkline:connector/about@0.1.0;");
    let adapter = component("0.1.0", &[WASI, &text], "adapter");
    assert!(names(&adapter, false).contains(&"trunkline:connector/about@0.1.0".to_owned()));
    assert!(joined(&adapter, &honest()).is_ok());
}

#[test]
fn abilities_are_neither_needed_nor_in_the_way() {
    let more = "export trunkline:connector/about@0.1.0; export trunkline:connector/inbound@0.1.0; \
                export extra: func() -> string;";
    let whole = joined(&adapter(), &connector("0.1.0", more)).expect("they fit");
    assert_eq!(names(&whole, false).len(), 2);
}

#[test]
fn a_connector_that_wants_something_is_refused_by_its_name() {
    let base = "export trunkline:connector/about@0.1.0; export trunkline:connector/inbound@0.1.0;";
    for (import, name) in [
        ("import wasi:http/client@0.3.0;", "wasi:http/types@0.3.0"),
        ("import get: func() -> string;", "get"),
        ("import files: interface { open: func(path: string); }", "files"),
        ("import wasi:http/types@0.3.0;", "wasi:http/types@0.3.0"),
    ] {
        let (error, hint) = refused(&adapter(), &connector("0.1.0", &format!("{import} {base}")));
        assert_eq!(error, format!("`post.wasm` imports `{name}`, but a connector imports nothing"));
        assert!(hint.contains("wasm32-unknown-unknown"), "{hint}");
    }
}

#[test]
fn what_lacks_an_interface_is_no_connector() {
    let (error, hint) = refused(&adapter(), &connector("0.1.0", "export trunkline:connector/about@0.1.0;"));
    assert_eq!(
        error,
        "`post.wasm` does not export `trunkline:connector/inbound@0.1.0`, it exports `trunkline:connector/about@0.1.0`"
    );
    assert!(hint.contains("it must export `trunkline:connector/inbound@0.1.0`"), "{hint}");
    let (error, _) = refused(&adapter(), &connector("0.1.0", ""));
    assert_eq!(error, "`post.wasm` does not export `trunkline:connector/about@0.1.0`");
}

#[test]
fn another_version_of_the_contract_is_told_with_both() {
    let lines = "export trunkline:connector/about@0.2.0; export trunkline:connector/inbound@0.2.0;";
    let (error, hint) = refused(&adapter(), &connector("0.2.0", lines));
    assert_eq!(
        error,
        "`post.wasm` exports `trunkline:connector/about@0.2.0`, but `wasi.wasm` imports `trunkline:connector/about@0.1.0`"
    );
    assert!(hint.contains("`cargo xtask build --edge`"), "{hint}");
}

#[test]
fn an_interface_of_another_shape_is_no_fit() {
    let other = "package trunkline:connector@0.1.0;
        interface about { manifest: func() -> u32; }
        interface inbound { receive: func(); }
        world other { export about; export inbound; }";
    let mut resolve = Resolve::new();
    let package = resolve.push_str("other.wit", other).expect("a package");
    let (error, hint) = refused(&adapter(), &encode(&resolve, package, "other"));
    assert_eq!(
        error,
        "`post.wasm` exports `trunkline:connector/about@0.1.0` with another shape than the adapter imports"
    );
    assert!(hint.contains("wit/VERSIONING.md"), "{hint}");
}

#[test]
fn other_files_are_told_apart() {
    for bytes in [&b""[..], b"not a component", b"\0asm\x01\0\0\0", &adapter()[..200]] {
        let (error, hint) = refused(&adapter(), bytes);
        assert_eq!(error, "`post.wasm` is not a component");
        assert!(hint.contains("cargo xtask build"), "{hint}");
        assert_eq!(refused(bytes, &honest()).0, "`wasi.wasm` is not a component");
        assert!(imports(part("post.wasm", bytes)).is_err());
    }
    let (error, hint) = refused(&honest(), &honest());
    assert_eq!(error, "`wasi.wasm` is no adapter: it does not import `trunkline:connector/inbound@0.1.0`");
    assert!(hint.contains("target/edge/wasi.wasm"), "{hint}");
    let text = ADAPTER.replace("import about;", "");
    let (error, _) = refused(&component("0.1.0", &[WASI, &text], "adapter"), &honest());
    assert_eq!(error, "`wasi.wasm` is no adapter: it does not import `trunkline:edge/about`");
}

#[test]
fn damaged_files_are_errors() {
    let (adapter, connector) = (adapter(), honest());
    for at in (0..connector.len()).step_by(23) {
        // What stands at the end says who made it, and may be missing.
        let cut = joined(&adapter, &connector[..at]);
        assert!(cut.is_err() || at > connector.len() / 2, "cut at {at}");
        let mut flipped = connector.clone();
        flipped[at] ^= 0x55;
        if let Err(error) = joined(&adapter, &flipped) {
            assert!(!error.hint().is_empty(), "{error}");
        }
    }
}
