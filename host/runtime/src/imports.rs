//! What a component asks for before it runs: types, and of WASI 0.2 what can be denied. Nothing else.

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use crate::denied;
use crate::engine::Engine;
use crate::error::LoadError;

/// The imports of a component.
pub struct Imports {
    /// Their names, in the order of the component.
    pub names: Vec<String>,
    /// Whether functions of WASI are among them.
    pub wasi: bool,
}

impl Imports {
    /// Refuses the first import that no host gives to a connector.
    pub fn of(component: &Component, engine: &Engine, file: &str) -> Result<Self, LoadError> {
        let mut imports = Self { names: Vec::new(), wasi: false };
        for (name, item) in component.component_type().imports(&engine.wasm) {
            let only_types = match &item.ty {
                ComponentItem::ComponentInstance(instance) => instance
                    .exports(&engine.wasm)
                    .all(|(_, item)| matches!(item.ty, ComponentItem::Type(_) | ComponentItem::Resource(_))),
                _ => false,
            };
            let deniable = is_deniable(name);
            if !only_types && !deniable {
                return Err(LoadError::Imports { file: file.to_owned(), import: name.to_owned() });
            }
            imports.wasi |= deniable;
            imports.names.push(name.to_owned());
        }
        Ok(imports)
    }
}

/// Whether an import is an interface of WASI 0.2 that is given to connectors, and denies.
fn is_deniable(name: &str) -> bool {
    let known = denied::PACKAGES.iter().any(|package| name.starts_with(package));
    known && name.rsplit_once('@').is_some_and(|(_, version)| version.starts_with("0.2."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_denied_is_given() {
        for (name, given) in [
            ("wasi:cli/environment@0.2.9", true),
            ("wasi:sockets/tcp@0.2.0", true),
            ("wasi:http/outgoing-handler@0.2.9", false),
            ("wasi:keyvalue/store@0.2.0-draft", false),
            ("wasi:cli/environment@0.3.0", false),
            ("wasi:cli/environment", false),
            ("wasi:clocksmith/time@0.2.0", false),
        ] {
            assert_eq!(is_deniable(name), given, "{name}");
        }
    }
}
