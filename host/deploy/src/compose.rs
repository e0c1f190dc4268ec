//! An adapter and a connector become one component.
//!
//! The connector stands inside with nothing around it: what the adapter imports of the contract it exports, and what it
//! imports itself is types. The two are joined as Spin joins a component and its dependencies, so that it is the same
//! component wherever it runs.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use trunkline_model::{CONTRACT_VERSION, interface_name};
use wac_graph::types::{ItemKind, Package, SubtypeChecker, Type, Types, WorldId};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

/// What the adapter imports to ask the connector for its manifest: `about` of the contract under a name of its own. Spin
/// takes one dependency of a package, and [`INBOUND`] is the one of the contract's.
pub const ABOUT: &str = "trunkline:edge/about";
/// What the adapter imports to have webhooks read, up to the version.
pub const INBOUND: &str = "trunkline:connector/inbound";

/// A component file.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Its name, for errors.
    pub file: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// Something that a component imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// `wasi:http/types@0.3.0`.
    pub name: String,
    /// An interface of types: nothing in it can be called, and nobody has to give it.
    pub only_types: bool,
}

/// Why an adapter and a connector do not become one component.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Not a component.
    #[error("`{file}` is not a component")]
    NotAComponent {
        /// The file.
        file: String,
        /// What is wrong with it.
        #[source]
        source: Source,
    },
    /// Something else than an adapter.
    #[error("`{file}` is no adapter: it does not import `{expected}`")]
    NotAnAdapter {
        /// The file.
        file: String,
        /// What every adapter imports.
        expected: String,
    },
    /// The connector asks for something that is not given to connectors.
    #[error("`{file}` imports `{import}`, but a connector imports nothing")]
    Imports {
        /// The file.
        file: String,
        /// The first import that is more than types.
        import: String,
    },
    /// The connector lacks an interface that every connector has.
    #[error("`{file}` does not export `{expected}`{found}")]
    Lacks {
        /// The file.
        file: String,
        /// What the adapter imports.
        expected: String,
        /// `, it exports ...` or nothing.
        found: String,
    },
    /// Both are there, but of two versions of the contract.
    #[error("`{connector}` exports `{exported}`, but `{adapter}` imports `{imported}`")]
    Version {
        /// The connector's file.
        connector: String,
        /// With its version.
        exported: String,
        /// The adapter's file.
        adapter: String,
        /// With its version.
        imported: String,
    },
    /// The interface is there, but does not fit.
    #[error("`{file}` exports `{interface}` with another shape than the adapter imports")]
    Shape {
        /// The connector's file.
        file: String,
        /// The interface.
        interface: String,
        /// Where they differ.
        #[source]
        source: Source,
    },
    /// They fit where they are joined, but not in what both import, or the whole is not valid.
    #[error("`{adapter}` and `{connector}` do not become one component")]
    Whole {
        /// The adapter's file.
        adapter: String,
        /// The connector's file.
        connector: String,
        /// What is wrong.
        #[source]
        source: Source,
    },
}

/// What a library says.
type Source = Box<dyn std::error::Error + Send + Sync>;

impl ComposeError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotAComponent { .. } => {
                "a core module must be wrapped as a component: `cargo xtask build --edge` does it".to_owned()
            }
            Self::NotAnAdapter { .. } => {
                "`cargo xtask build --edge` makes the adapters: target/edge/wasi.wasm and target/edge/spin.wasm".to_owned()
            }
            Self::Imports { .. } => {
                "build for `wasm32-unknown-unknown`; what a connector needs to know is in `context`".to_owned()
            }
            Self::Lacks { expected, .. } => format!(
                "rebuild the connector against `wit/` of version {CONTRACT_VERSION}: it must export `{expected}`"
            ),
            Self::Version { .. } => format!(
                "build both from the same version: `cargo xtask build --edge` builds them for {CONTRACT_VERSION}"
            ),
            Self::Shape { .. } | Self::Whole { .. } => {
                "rebuild adapter and connector against the same `wit/`; see wit/VERSIONING.md".to_owned()
            }
        }
    }
}

/// Joins an adapter and a connector to a component that exports what the adapter exports, and imports what the adapter
/// imports beside the connector.
pub fn compose(adapter: Part<'_>, connector: Part<'_>) -> Result<Vec<u8>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let (inner, inside) = place(&mut graph, "connector", connector)?;
    if let Some(import) = listed(graph.types(), inner).into_iter().find(|import| !import.only_types) {
        return Err(ComposeError::Imports { file: connector.file.to_owned(), import: import.name });
    }
    let (outer, outside) = place(&mut graph, "adapter", adapter)?;
    for join in joins(graph.types(), (adapter, outer), (connector, inner))? {
        let whole = |source: Source| whole(adapter, connector, source);
        let export =
            graph.alias_instance_export(inside, &join.export).map_err(|error| whole(error.into()))?;
        graph
            .set_instantiation_argument(outside, &join.import, export)
            .map_err(|error| whole(error.into()))?;
    }
    encode(&mut graph, outer, outside).map_err(|source| whole(adapter, connector, source))
}

/// What a component imports, in its own order.
pub fn imports(component: Part<'_>) -> Result<Vec<Import>, ComposeError> {
    let mut graph = CompositionGraph::new();
    let (world, _) = place(&mut graph, "component", component)?;
    Ok(listed(graph.types(), world))
}

/// Reads a component into the graph and makes one instance of it.
fn place(
    graph: &mut CompositionGraph,
    name: &str,
    part: Part<'_>,
) -> Result<(WorldId, NodeId), ComposeError> {
    let unreadable = |source: Source| ComposeError::NotAComponent { file: part.file.to_owned(), source };
    let package = Package::from_bytes(name, None, part.bytes, graph.types_mut())
        .map_err(|error| unreadable(error.into()))?;
    let world = package.ty();
    let package = graph.register_package(package).map_err(|error| unreadable(error.into()))?;
    Ok((world, graph.instantiate(package)))
}

fn listed(types: &Types, world: WorldId) -> Vec<Import> {
    let import = |(name, item): (&String, &ItemKind)| {
        let only_types = match item {
            ItemKind::Instance(interface) => types[*interface].exports.values().all(is_type),
            _ => false,
        };
        Import { name: name.clone(), only_types }
    };
    types[world].imports.iter().map(import).collect()
}

/// A resource is none: it has an owner who can be called.
fn is_type(item: &ItemKind) -> bool {
    matches!(item, ItemKind::Type(ty) if !matches!(ty, Type::Resource(_)))
}

/// An import of the adapter, and the export of the connector that it gets.
struct Join {
    import: String,
    export: String,
}

fn joins(
    types: &Types,
    (adapter, outer): (Part<'_>, WorldId),
    (connector, inner): (Part<'_>, WorldId),
) -> Result<Vec<Join>, ComposeError> {
    let imports = &types[outer].imports;
    let import_of = |interface: &str| imports.keys().find(|name| is_interface(name, interface));
    let lacks = |expected| ComposeError::NotAnAdapter { file: adapter.file.to_owned(), expected };
    let inbound = import_of("inbound").ok_or_else(|| lacks(interface_name("inbound")))?;
    let about = import_of("about").ok_or_else(|| lacks(ABOUT.to_owned()))?;
    // An adapter is built for one version of the contract, and says it here.
    let version = inbound.split_once('@').map(|(_, version)| version).unwrap_or_default();
    let mut joins = Vec::new();
    for (interface, import) in [("about", about), ("inbound", inbound)] {
        let expected = format!("trunkline:connector/{interface}@{version}");
        let Some(export) = types[inner].exports.get(&expected) else {
            return Err(lacking(types, inner, (adapter, connector), interface, &expected));
        };
        let mut cache = HashSet::new();
        let fits = SubtypeChecker::new(&mut cache).is_subtype(*export, types, imports[import], types);
        fits.map_err(|error| ComposeError::Shape {
            file: connector.file.to_owned(),
            interface: expected.clone(),
            source: error.into(),
        })?;
        joins.push(Join { import: import.clone(), export: expected });
    }
    Ok(joins)
}

/// Whether a name is that of an interface of the contract, of whatever version, or what adapters call it.
fn is_interface(name: &str, interface: &str) -> bool {
    let name = name.split('@').next().unwrap_or_default();
    let package = name.strip_suffix(interface).and_then(|name| name.strip_suffix('/'));
    package.is_some_and(|package| package == "trunkline:connector" || package == "trunkline:edge")
}

fn lacking(
    types: &Types,
    inner: WorldId,
    (adapter, connector): (Part<'_>, Part<'_>),
    interface: &str,
    expected: &str,
) -> ComposeError {
    let exports = &types[inner].exports;
    if let Some(other) = exports.keys().find(|name| is_interface(name, interface)) {
        return ComposeError::Version {
            connector: connector.file.to_owned(),
            exported: other.clone(),
            adapter: adapter.file.to_owned(),
            imported: expected.to_owned(),
        };
    }
    let names: Vec<String> = exports.keys().map(|name| format!("`{name}`")).collect();
    let found = if names.is_empty() { String::new() } else { format!(", it exports {}", names.join(", ")) };
    ComposeError::Lacks { file: connector.file.to_owned(), expected: expected.to_owned(), found }
}

/// Exports what the adapter exports, and writes it all down.
fn encode(graph: &mut CompositionGraph, outer: WorldId, outside: NodeId) -> Result<Vec<u8>, Source> {
    let names: Vec<String> = graph.types()[outer].exports.keys().cloned().collect();
    for name in names {
        let export = graph.alias_instance_export(outside, &name)?;
        graph.export(export, &name)?;
    }
    Ok(graph.encode(EncodeOptions::default())?)
}

fn whole(adapter: Part<'_>, connector: Part<'_>, source: Source) -> ComposeError {
    let (adapter, connector) = (adapter.file.to_owned(), connector.file.to_owned());
    ComposeError::Whole { adapter, connector, source }
}
