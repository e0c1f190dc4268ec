//! Components: made of a core module, and looked at before they are kept.

use std::path::Path;

use trunkline_model::interface_name;
use wit_component::ComponentEncoder;
use wit_parser::WorldItem;
use wit_parser::decoding::DecodedWasm;

use crate::error::AuthorError;

/// What a component exports and imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interfaces {
    /// The interfaces of the contract that it exports, by their short names, in order.
    pub exports: Vec<String>,
    /// By their full names.
    pub imports: Vec<String>,
}

/// Makes a component of a core module.
pub fn wrap(module: &Path) -> Result<Vec<u8>, AuthorError> {
    let bytes = std::fs::read(module).map_err(AuthorError::file("read", module))?;
    let mut encoder = ComponentEncoder::default().validate(true);
    encoder = encoder.module(&bytes).map_err(|error| unwrapped(module, &error))?;
    encoder.encode().map_err(|error| unwrapped(module, &error))
}

fn unwrapped(module: &Path, error: &anyhow::Error) -> AuthorError {
    AuthorError::Wrap { path: module.to_owned(), cause: format!("{error:#}") }
}

/// Writes a component where it differs from what is there: an unchanged file keeps its time stamp, and with it whatever was
/// derived from it. Gives whether it has changed.
pub fn keep(component: &[u8], path: &Path) -> Result<bool, AuthorError> {
    if std::fs::read(path).is_ok_and(|before| before == component) {
        return Ok(false);
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    std::fs::create_dir_all(parent).map_err(AuthorError::file("make", parent))?;
    let part = path.with_extension("wasm.part");
    std::fs::write(&part, component).map_err(AuthorError::file("write", &part))?;
    std::fs::rename(&part, path).map_err(AuthorError::file("write", path))?;
    Ok(true)
}

/// What a component exports and imports; an error where no host of this contract could load it. `file` is for messages. The
/// host looks once more when it loads it.
pub fn inspect(file: &str, component: &[u8]) -> Result<Interfaces, AuthorError> {
    let none = |cause: String| AuthorError::NotAComponent { file: file.to_owned(), cause };
    let decoded = wit_parser::decoding::decode(component).map_err(|error| none(format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(none("it is a package of interfaces".to_owned()));
    };
    let world = &resolve.worlds[world];
    let mut imports = Vec::new();
    for (key, item) in &world.imports {
        let name = resolve.name_world_key(key);
        let only_types = match item {
            WorldItem::Interface { id, .. } => resolve.interfaces[*id].functions.is_empty(),
            WorldItem::Function(_) => false,
            WorldItem::Type { .. } => true,
        };
        if !only_types && !is_wasi_0_2(&name) {
            return Err(AuthorError::Imports { file: file.to_owned(), import: name });
        }
        imports.push(name);
    }
    let full: Vec<String> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    for interface in ["about", "inbound"] {
        let expected = interface_name(interface);
        if !full.contains(&expected) {
            let found = full.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let found = if found.is_empty() { found } else { format!(", it exports {found}") };
            return Err(AuthorError::Contract { file: file.to_owned(), expected, found });
        }
    }
    // Tools of other languages export more, for themselves.
    let mut exports: Vec<_> = full.iter().filter_map(|name| short(name)).map(str::to_owned).collect();
    exports.sort();
    Ok(Interfaces { exports, imports })
}

/// Components of other languages may import it: hosts give one that denies everything.
fn is_wasi_0_2(interface: &str) -> bool {
    interface.starts_with("wasi:")
        && interface.rsplit_once('@').is_some_and(|(_, version)| version.starts_with("0.2."))
}

/// `inbound` of `trunkline:connector/inbound@0.1.0`. None where it is not of the contract.
fn short(interface: &str) -> Option<&str> {
    interface.strip_prefix("trunkline:connector/")?.split('@').next()
}

#[cfg(test)]
mod tests {
    use wit_component::{StringEncoding, dummy_module, embed_component_metadata};
    use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

    use super::*;

    /// A component of a world of the contract, of another version perhaps, whose functions trap.
    fn component(version: &str, world: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in crate::pack::below("wit") {
            let text = text.replace("connector@0.1.0;", &format!("connector@{version};"));
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        let mut resolve = Resolve::default();
        let (contract, _) = resolve.push_dir(folder.path()).expect("the contract");
        let package = match world.split_once(' ') {
            None => contract,
            Some(_) => resolve.push_str("test.wit", world).expect("a package"),
        };
        let name = if package == contract { Some(world) } else { None };
        let world = resolve.select_world(&[package], name).expect("a world");
        let mut module = dummy_module(&resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("metadata");
        let file = folder.path().join("module.wasm");
        std::fs::write(&file, module).expect("a file");
        wrap(&file).expect("a component")
    }

    #[test]
    fn abilities_and_types_are_told() {
        let found = inspect("a.wasm", &component("0.1.0", "connector")).expect("a connector");
        assert_eq!(found.exports, ["about", "inbound"]);
        assert!(found.imports.iter().all(|name| name.starts_with("trunkline:connector/")), "{found:?}");
        let found = inspect("a.wasm", &component("0.1.0", "full-connector")).expect("a connector");
        assert_eq!(found.exports.len(), 7);
    }

    #[test]
    fn another_version_and_a_missing_interface_are_named_with_the_cure() {
        let error = inspect("a.wasm", &component("0.2.0", "connector")).expect_err("another contract");
        let said = error.to_string();
        assert!(
            said.starts_with("`a.wasm` does not export `trunkline:connector/about@0.1.0`, it exports "),
            "{said}"
        );
        assert!(said.contains("`trunkline:connector/about@0.2.0`"), "{said}");
        assert!(error.hint().is_some_and(|hint| hint.contains("version 0.1.0")), "{error}");
        let half = "package test:half; world half { export trunkline:connector/about@0.1.0; }";
        let error = inspect("a.wasm", &component("0.1.0", half)).expect_err("half of a connector");
        assert!(error.to_string().contains("`trunkline:connector/inbound@0.1.0`"), "{error}");
    }

    #[test]
    fn an_import_that_does_something_is_refused() {
        let world = "package test:curious; interface files { read: func() -> string; }
            world curious { import files; include trunkline:connector/connector@0.1.0; }";
        let error = inspect("a.wasm", &component("0.1.0", world)).expect_err("it reads");
        assert!(error.to_string().contains("imports functions of `test:curious/files`"), "{error}");
        assert!(is_wasi_0_2("wasi:cli/environment@0.2.3") && !is_wasi_0_2("wasi:http/types@0.3.0"));
        assert!(!is_wasi_0_2("acme:clock/now@0.2.0"));
    }

    #[test]
    fn an_unchanged_component_keeps_its_time_stamp() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("build/a.wasm");
        assert!(keep(b"1", &path).expect("written"));
        let time = || path.metadata().and_then(|file| file.modified()).expect("a time");
        let before = time();
        assert!(!keep(b"1", &path).expect("compared"));
        assert_eq!(time(), before);
        assert!(keep(b"2", &path).expect("written"));
        assert_eq!(std::fs::read_dir(folder.path().join("build")).expect("readable").count(), 1);
    }

    #[test]
    fn what_is_no_component_is_not_taken_for_one() {
        let error = inspect("a.wasm", b"no wasm").expect_err("text");
        assert!(error.to_string().starts_with("`a.wasm` is no component: "), "{error}");
    }
}
