//! A loaded connector: its component, its manifest, its abilities.

use std::path::Path;
use std::sync::Arc;

use trunkline_model::manifest::Manifest;
use trunkline_model::{CONTRACT_VERSION, interface_name};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::bindings::abilities;
use crate::bounds::{Bounds, Narrowing};
use crate::call::State;
use crate::denied;
use crate::engine::Engine;
use crate::error::{Exports, LoadError};
use crate::file::ComponentFile;
use crate::imports::Imports;
use crate::native::Native;
use crate::usage::{Counters, Usage};

/// Every interface that a connector may export, in the order in which they are shown.
pub const ABILITIES: [&str; 7] = ["about", "inbound", "outbound", "media", "profiles", "page", "simulator"];

/// A connector that is ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    pub(crate) inner: Arc<Inner>,
    pub(crate) bounds: Bounds,
    pub(crate) counters: Arc<Counters>,
    /// None in a host as it is shipped.
    pub(crate) native: Option<Native>,
}

pub(crate) struct Inner {
    pub engine: Engine,
    pub component: InstancePre<State>,
    pub manifest: Manifest,
    pub digest: String,
    pub imports: Vec<String>,
    pub wasi: bool,
    /// `inbound.receive`, whose arguments are not made into those of the bindings.
    pub receive: ComponentExportIndex,
    pub outbound: Option<abilities::outbound::GuestIndices>,
    pub media: Option<abilities::media::GuestIndices>,
    pub profiles: Option<abilities::profiles::GuestIndices>,
    pub page: Option<abilities::page::GuestIndices>,
    pub simulator: Option<abilities::simulator::GuestIndices>,
    pub abilities: Vec<&'static str>,
}

impl Connector {
    /// Reads, compiles (or takes from the cache) and checks a component file, and asks it for its manifest.
    pub async fn load(engine: &Engine, path: &Path) -> Result<Self, LoadError> {
        Self::from_file(engine, &ComponentFile::read(path)?).await
    }

    /// Like [`Connector::load`], whatever the file is called: for one that is only to be tried.
    pub async fn load_unnamed(engine: &Engine, path: &Path) -> Result<Self, LoadError> {
        Self::unnamed(engine, &ComponentFile::read(path)?).await
    }

    /// Like [`Connector::load`], of a file that was read already.
    pub async fn from_file(engine: &Engine, file: &ComponentFile) -> Result<Self, LoadError> {
        let connector = Self::unnamed(engine, file).await?;
        let id = &connector.inner.manifest.id;
        if file.name() != format!("{id}.wasm") {
            return Err(LoadError::Name { file: file.name().to_owned(), id: id.clone() });
        }
        Ok(connector)
    }

    /// Like [`Connector::from_file`], whatever the file is called.
    pub async fn unnamed(engine: &Engine, read: &ComponentFile) -> Result<Self, LoadError> {
        let file = read.name().to_owned();
        let not_a_component = |source| LoadError::NotAComponent { file: file.clone(), source };
        let component = match &engine.compiled {
            Some(compiled) => compiled.component(&engine.wasm, read),
            None => Component::from_binary(&engine.wasm, read.bytes()),
        };
        let component = component.map_err(not_a_component)?;
        let Imports { names: imports, wasi } = Imports::of(&component, engine, &file)?;
        let abilities = abilities_of(&component);
        for required in ["about", "inbound"] {
            if !abilities.contains(&required) {
                return Err(missing(&component, engine, file, required));
            }
        }
        let mut linker = Linker::<State>::new(&engine.wasm);
        if wasi {
            denied::link(&mut linker).map_err(LoadError::Engine)?;
        }
        let component = linker.instantiate_pre(&component).map_err(not_a_component)?;
        let shape = |interface: &str| {
            let (file, interface) = (file.clone(), interface_name(interface));
            move |source| LoadError::Shape { file, interface, source }
        };
        let about = abilities::about::GuestIndices::new(&component).map_err(shape("about"))?;
        abilities::inbound::GuestIndices::new(&component).map_err(shape("inbound"))?;
        let receive = component.component().get_export_index(None, interface_name("inbound"));
        let receive = component.component().get_export_index(receive.as_ref(), "receive");
        let receive =
            receive.ok_or_else(|| shape("inbound")(wasmtime::format_err!("no function `receive`")))?;
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
        let (profiles, page, simulator) = (optional!(profiles), optional!(page), optional!(simulator));
        let (fits, text) = crate::call::asked(engine, &component, (&about, &receive), wasi)
            .await
            .map_err(|source| LoadError::About { file: file.clone(), source })?;
        fits.map_err(shape("inbound"))?;
        let manifest =
            Manifest::parse(&text).map_err(|source| LoadError::Manifest { file: file.clone(), source })?;
        let digest = read.sha256().to_owned();
        let engine = engine.clone();
        Ok(Self {
            bounds: Bounds::declared(&manifest.limits),
            counters: Arc::default(),
            native: None,
            inner: Arc::new(Inner {
                engine,
                component,
                manifest,
                digest,
                imports,
                wasi,
                receive,
                outbound,
                media,
                profiles,
                page,
                simulator,
                abilities,
            }),
        })
    }

    /// What it runs on.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// SHA-256 of the component file in hex.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// Lets it have less than it declares. What is counted stays as it is.
    #[must_use]
    pub fn narrowed(mut self, narrowing: &Narrowing) -> Self {
        self.bounds = Bounds::declared(&self.inner.manifest.limits).narrowed(narrowing);
        self
    }

    /// The bounds of each of its calls.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// What its calls used since it was loaded, those of its clones included.
    pub fn usage(&self) -> Usage {
        self.counters.read()
    }

    /// Whether it imports functions of WASI 0.2, all of which deny.
    pub fn imports_wasi(&self) -> bool {
        self.inner.wasi
    }

    /// What it imports: interfaces of types, and where it is of a language that needs it, WASI 0.2.
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

/// What it exports of this contract, of whichever version that the engine takes for the same.
fn abilities_of(component: &Component) -> Vec<&'static str> {
    let exported = |ability: &&str| component.get_export_index(None, interface_name(ability)).is_some();
    ABILITIES.into_iter().filter(exported).collect()
}

fn missing(component: &Component, engine: &Engine, file: String, interface: &str) -> LoadError {
    let ty = component.component_type();
    let exports: Vec<&str> = ty.exports(&engine.wasm).map(|(name, _)| name).collect();
    let ours = interface_name(interface);
    let bare = ours.split('@').next().unwrap_or_default();
    let other = exports.iter().find_map(|name| Some((*name, name.strip_prefix(bare)?.strip_prefix('@')?)));
    if let Some((name, version)) = other {
        return LoadError::Version {
            file,
            found: version.to_owned(),
            loads: CONTRACT_VERSION.to_owned(),
            newer: is_newer(version, CONTRACT_VERSION),
            source: Exports(name.to_owned()),
        };
    }
    let found = match exports.as_slice() {
        [] => String::new(),
        some => format!(", it exports `{}`", some.join("`, `")),
    };
    LoadError::Contract { file, expected: ours, found }
}

/// Compares two versions, number by number.
fn is_newer(version: &str, than: &str) -> bool {
    let numbers =
        |text: &str| -> Vec<u64> { text.split(['.', '-']).map_while(|part| part.parse().ok()).collect() };
    numbers(version) > numbers(than)
}
