//! A core module becomes a component, and is looked at before it is kept.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use wit_component::ComponentEncoder;
use wit_parser::decoding::DecodedWasm;
use wit_parser::{Resolve, WorldItem, WorldKey};

use crate::workspace::ConnectorFolder;

/// A component in its folder.
pub struct Component {
    /// The connector's id.
    pub id: String,
    /// `<id>.wasm`.
    pub path: PathBuf,
    /// Size of the core module.
    pub module_bytes: usize,
    /// Size of the component.
    pub component_bytes: usize,
    /// The interfaces of the contract that it exports.
    pub exports: Vec<String>,
    /// Whether the file has another content than before.
    pub changed: bool,
}

/// Wraps a connector's module and writes it into `folder`, where it differs from what is there.
pub fn wrap(connector: &ConnectorFolder, module: &Path, folder: &Path) -> Result<Component> {
    let id = &connector.id;
    check_manifest(connector)?;
    let module = std::fs::read(module).with_context(|| format!("cannot read `{}`", module.display()))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .with_context(|| format!("connector `{id}` cannot be wrapped as a component"))?;
    let exports = exports(id, &component)?;
    let path = folder.join(format!("{id}.wasm"));
    // An unchanged file keeps its time stamp, and with it whatever was derived from it.
    let changed = std::fs::read(&path).map_or(true, |before| before != component);
    if changed {
        let part = path.with_extension("wasm.part");
        std::fs::write(&part, &component).with_context(|| format!("cannot write `{}`", part.display()))?;
        std::fs::rename(&part, &path).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(Component {
        id: id.clone(),
        path,
        module_bytes: module.len(),
        component_bytes: component.len(),
        exports,
        changed,
    })
}

/// The folder, the file and the manifest have one name.
fn check_manifest(connector: &ConnectorFolder) -> Result<()> {
    let manifest = connector.manifest()?;
    if manifest.id != connector.id {
        let file = crate::workspace::relative(&connector.path.join("connector.toml"));
        bail!("`{file}` has id `{}`, expected `{}`", manifest.id, connector.id);
    }
    Ok(())
}

/// The names of the exported interfaces. An import of a function is an error: no host gives one.
fn exports(id: &str, component: &[u8]) -> Result<Vec<String>> {
    let decoded = wit_parser::decoding::decode(component)
        .with_context(|| format!("the component of connector `{id}` cannot be read back"))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        bail!("what connector `{id}` was wrapped as is no component");
    };
    let world = &resolve.worlds[world];
    for (key, item) in &world.imports {
        let only_types = match item {
            WorldItem::Interface { id, .. } => resolve.interfaces[*id].functions.is_empty(),
            WorldItem::Function(_) => false,
            WorldItem::Type { .. } => true,
        };
        if !only_types {
            bail!(
                "connector `{id}` imports functions of `{}`: a connector imports nothing",
                resolve.name_world_key(key)
            );
        }
    }
    let mut exports: Vec<_> = world.exports.keys().map(|key| short(&resolve, key)).collect();
    exports.sort();
    Ok(exports)
}

/// `inbound` of `trunkline:connector/inbound@0.1.0`.
fn short(resolve: &Resolve, key: &WorldKey) -> String {
    let full = resolve.name_world_key(key);
    let name = full.split('@').next().unwrap_or_default();
    name.rsplit('/').next().unwrap_or_default().to_owned()
}
