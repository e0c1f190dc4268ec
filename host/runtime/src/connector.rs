//! A loaded connector: its component, its manifest, its abilities.

use std::path::Path;
use std::sync::Arc;

use sha2::Digest as _;
use trunkline_model::interface_name;
use trunkline_model::manifest::Manifest;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::bindings::abilities;
use crate::call::State;
use crate::engine::Engine;
use crate::error::LoadError;

/// Every interface that a connector may export, in the order in which they are shown.
pub const ABILITIES: [&str; 6] = ["about", "inbound", "outbound", "media", "profiles", "simulator"];

/// A connector that is ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub engine: Engine,
    pub component: InstancePre<State>,
    pub manifest: Manifest,
    pub digest: String,
    pub imports: Vec<String>,
    pub inbound: abilities::inbound::GuestIndices,
    pub outbound: Option<abilities::outbound::GuestIndices>,
    pub media: Option<abilities::media::GuestIndices>,
    pub profiles: Option<abilities::profiles::GuestIndices>,
    pub simulator: Option<abilities::simulator::GuestIndices>,
    pub abilities: Vec<&'static str>,
}

impl Connector {
    /// Reads, compiles (or takes from the cache) and checks a component file, and asks it for its manifest.
    pub async fn load(engine: &Engine, path: &Path) -> Result<Self, LoadError> {
        let (file, bytes) = read(path)?;
        Self::from_bytes(engine, &file, &bytes).await
    }

    /// Like [`Connector::load`], whatever the file is called: for one that is only to be tried.
    pub async fn load_unnamed(engine: &Engine, path: &Path) -> Result<Self, LoadError> {
        let (file, bytes) = read(path)?;
        Self::unnamed(engine, &file, &bytes).await
    }

    /// Like [`Connector::load`], from memory. `file` is for error messages.
    pub async fn from_bytes(engine: &Engine, file: &str, bytes: &[u8]) -> Result<Self, LoadError> {
        let connector = Self::unnamed(engine, file, bytes).await?;
        let id = &connector.inner.manifest.id;
        if file != format!("{id}.wasm") {
            return Err(LoadError::Name { file: file.to_owned(), id: id.clone() });
        }
        Ok(connector)
    }

    async fn unnamed(engine: &Engine, file: &str, bytes: &[u8]) -> Result<Self, LoadError> {
        let file = file.to_owned();
        let not_a_component = |source| LoadError::NotAComponent { file: file.clone(), source };
        let component = Component::from_binary(&engine.wasm, bytes).map_err(not_a_component)?;
        let imports = imports(&component, engine, &file)?;
        let abilities = abilities_of(&component, engine);
        for required in ["about", "inbound"] {
            if !abilities.contains(&required) {
                return Err(missing(&component, engine, file, required));
            }
        }
        let linker = Linker::<State>::new(&engine.wasm);
        let component = linker.instantiate_pre(&component).map_err(not_a_component)?;
        let shape = |interface: &str| {
            let (file, interface) = (file.clone(), interface_name(interface));
            move |source| LoadError::Shape { file, interface, source }
        };
        let about = abilities::about::GuestIndices::new(&component).map_err(shape("about"))?;
        let inbound = abilities::inbound::GuestIndices::new(&component).map_err(shape("inbound"))?;
        // The indices of an ability that is there; one that is there with another shape is an error.
        macro_rules! optional {
            ($ability:ident) => {
                abilities
                    .contains(&stringify!($ability))
                    .then(|| abilities::$ability::GuestIndices::new(&component))
                    .transpose()
                    .map_err(shape(stringify!($ability)))?
            };
        }
        let (outbound, media) = (optional!(outbound), optional!(media));
        let (profiles, simulator) = (optional!(profiles), optional!(simulator));
        let text = crate::call::manifest(engine, &component, &about)
            .await
            .map_err(|source| LoadError::About { file: file.clone(), source })?;
        let manifest =
            Manifest::parse(&text).map_err(|source| LoadError::Manifest { file: file.clone(), source })?;
        let digest = hex::encode(sha2::Sha256::digest(bytes));
        let engine = engine.clone();
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                component,
                manifest,
                digest,
                imports,
                inbound,
                outbound,
                media,
                profiles,
                simulator,
                abilities,
            }),
        })
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// SHA-256 of the component file in hex.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// What it imports: interfaces of types, nothing that does anything.
    pub fn imports(&self) -> &[String] {
        &self.inner.imports
    }

    /// What it exports, of [`ABILITIES`].
    pub fn abilities(&self) -> &[&'static str] {
        &self.inner.abilities
    }

    /// Whether it exports that one of [`ABILITIES`].
    pub fn has(&self, ability: &str) -> bool {
        self.inner.abilities.contains(&ability)
    }
}

fn read(path: &Path) -> Result<(String, Vec<u8>), LoadError> {
    let bytes = std::fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok((file, bytes))
}

fn abilities_of(component: &Component, engine: &Engine) -> Vec<&'static str> {
    let ty = component.component_type();
    ABILITIES
        .into_iter()
        .filter(|ability| ty.get_export(&engine.wasm, &interface_name(ability)).is_some())
        .collect()
}

/// The imports, refused where one is more than an interface of types.
fn imports(component: &Component, engine: &Engine, file: &str) -> Result<Vec<String>, LoadError> {
    let mut imports = Vec::new();
    for (name, item) in component.component_type().imports(&engine.wasm) {
        let only_types = match &item.ty {
            ComponentItem::ComponentInstance(instance) => {
                instance.exports(&engine.wasm).all(|(_, item)| matches!(item.ty, ComponentItem::Type(_)))
            }
            _ => false,
        };
        if !only_types {
            return Err(LoadError::Imports { file: file.to_owned(), import: name.to_owned() });
        }
        imports.push(name.to_owned());
    }
    Ok(imports)
}

fn missing(component: &Component, engine: &Engine, file: String, interface: &str) -> LoadError {
    let ty = component.component_type();
    let exports: Vec<String> = ty.exports(&engine.wasm).map(|(name, _)| format!("`{name}`")).collect();
    let found = match exports.as_slice() {
        [] => String::new(),
        some => format!(", it exports {}", some.join(", ")),
    };
    LoadError::Contract { file, expected: interface_name(interface), found }
}
