//! The WIT package: its version, and that it explains itself.

use trunkline_model::CONTRACT_VERSION;
use wit_parser::{Docs, Resolve, TypeDefKind};

use crate::in_repository;

fn resolved() -> (Resolve, wit_parser::PackageId) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(in_repository("wit")).expect("`wit/` parses");
    (resolve, package)
}

#[test]
fn the_package_has_the_version_of_the_model() {
    let (resolve, package) = resolved();
    assert_eq!(resolve.packages[package].name.to_string(), format!("trunkline:connector@{CONTRACT_VERSION}"));
}

#[test]
fn every_world_exports_interfaces_and_imports_nothing() {
    let (resolve, package) = resolved();
    let worlds = &resolve.packages[package].worlds;
    assert_eq!(worlds.keys().map(String::as_str).collect::<Vec<_>>(), ["connector", "full-connector"]);
    for id in worlds.values() {
        let world = &resolve.worlds[*id];
        let imports = world.imports.values().filter(|item| match item {
            wit_parser::WorldItem::Interface { id, .. } => !resolve.interfaces[*id].functions.is_empty(),
            _ => true,
        });
        assert_eq!(imports.count(), 0, "world `{}` imports something to call", world.name);
        assert!(!world.exports.is_empty(), "world `{}` exports nothing", world.name);
    }
}

#[test]
fn every_ability_is_an_interface_of_the_package() {
    let (resolve, package) = resolved();
    let interfaces = &resolve.packages[package].interfaces;
    for ability in trunkline_runtime::ABILITIES {
        let id = interfaces.get(ability).unwrap_or_else(|| panic!("no interface `{ability}`"));
        let functions = &resolve.interfaces[*id].functions;
        assert!(!functions.is_empty(), "interface `{ability}` has no function");
    }
    assert_eq!(
        interfaces.len(),
        trunkline_runtime::ABILITIES.len() + 2,
        "the abilities, `http` and `events`"
    );
}

#[test]
fn every_item_is_documented() {
    let (resolve, package) = resolved();
    let mut bare = Vec::new();
    let mut documented = 0;
    let mut check = |docs: &Docs, name: String| match docs.contents.as_deref().map(str::trim) {
        None | Some("") => bare.push(name),
        Some(_) => documented += 1,
    };
    for (name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        check(&interface.docs, name.clone());
        for (function, item) in &interface.functions {
            check(&item.docs, format!("{name}.{function}"));
        }
        for (item, id) in &interface.types {
            let ty = &resolve.types[*id];
            // A type explains itself or is explained by its members, all of them or the ones that need it.
            let explained = match &ty.kind {
                TypeDefKind::Record(record) => {
                    record.fields.iter().any(|field| field.docs.contents.is_some())
                }
                TypeDefKind::Variant(variant) => {
                    variant.cases.iter().any(|case| case.docs.contents.is_some())
                }
                // An enumeration is a list of names, an alias is another name.
                TypeDefKind::Enum(_) | TypeDefKind::Type(_) | TypeDefKind::List(_) => true,
                other => panic!("`{name}.{item}` is a {}: the contract has none", other.as_str()),
            };
            if !explained && !is_plain(&resolve, &ty.kind) {
                check(&ty.docs, format!("{name}.{item}"));
            }
        }
    }
    for id in resolve.packages[package].worlds.values() {
        let world = &resolve.worlds[*id];
        check(&world.docs, format!("world {}", world.name));
    }
    assert_eq!(bare, Vec::<String>::new(), "without a comment");
    assert!(documented > 10, "only {documented} items have comments");
}

/// Whether a type is said by the names and types of its members: nothing to add.
fn is_plain(resolve: &Resolve, kind: &TypeDefKind) -> bool {
    match kind {
        // Each case is a name, or a record that explains itself.
        TypeDefKind::Variant(variant) => variant.cases.iter().all(|case| match case.ty {
            None | Some(wit_parser::Type::String) => true,
            Some(wit_parser::Type::Id(id)) => {
                resolve.types[id].name.is_some() || is_list(&resolve.types[id].kind)
            }
            Some(_) => false,
        }),
        // Two texts named `scheme` and `value` need no sentence; five fields do.
        TypeDefKind::Record(record) => record.fields.len() <= 4,
        _ => true,
    }
}

fn is_list(kind: &TypeDefKind) -> bool {
    matches!(kind, TypeDefKind::List(_))
}

#[test]
fn every_open_variant_has_a_place_for_what_is_new() {
    // Variants cannot grow once they are released: `other` is where growth goes. These are closed on purpose:
    // what a function answers, and what a host must understand to act.
    let closed = [
        "receive-step",
        "send-step",
        "media-step",
        "profile-step",
        "page-step",
        "media-source",
        "outgoing-part",
    ];
    let (resolve, package) = resolved();
    let mut open = 0;
    for id in resolve.packages[package].interfaces.values() {
        for (name, id) in &resolve.interfaces[*id].types {
            let TypeDefKind::Variant(variant) = &resolve.types[*id].kind else { continue };
            if closed.contains(&name.as_str()) {
                continue;
            }
            assert!(variant.cases.iter().any(|case| case.name == "other"), "`{name}` has no `other`");
            open += 1;
        }
    }
    assert!(open > 5, "{open} open variants");
}
