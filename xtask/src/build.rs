//! `cargo xtask build`: connectors as components, and the host.

mod outcome;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use trunkline_author::{Language, component, rust};

use crate::author::{Told, told};
use crate::edge;
use crate::step::Steps;
use crate::workspace::{self, ConnectorFolder};
use outcome::{Component, Outcome, remove_others, table};

/// What to build.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only these connectors (default: all)
    connectors: Vec<String>,
    /// The adapters of the edge as well, into `target/edge`
    #[arg(long)]
    edge: bool,
    /// The connectors that exist for tests as well
    #[arg(long)]
    guests: bool,
    /// The `trunkline` binary as well
    #[arg(long)]
    host: bool,
    /// The `trunkline` binary optimized
    #[arg(long, requires = "host")]
    release: bool,
}

/// How the host is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Fast to build: own code unoptimized, everything below it optimized.
    Dev,
    /// As it is shipped.
    Release,
}

/// Where components go, below the target folder.
const COMPONENTS: &str = "connectors";
/// Where components that exist for tests go.
const TEST_COMPONENTS: &str = "test-connectors";

/// Builds, and prints a table of sizes.
pub fn run(arguments: &Arguments) -> Result<()> {
    let mut chosen = workspace::connectors()?;
    for id in &arguments.connectors {
        if !chosen.iter().any(|connector| &connector.id == id) {
            bail!("no connector `{id}`: `connectors/{id}/connector.toml` does not exist");
        }
    }
    let all = arguments.connectors.is_empty();
    chosen.retain(|connector| all || arguments.connectors.contains(&connector.id));
    let mut steps = Steps::new(3 + usize::from(arguments.edge) + usize::from(arguments.host));
    let (folder, built) = build(&mut steps, &chosen, COMPONENTS)?;
    if all {
        remove_others(&folder, &built)?;
    }
    let adapters = match arguments.edge {
        true => Some(steps.run("edge", edge::adapters)?),
        false => None,
    };
    let binary = match (arguments.host, arguments.release) {
        (false, _) => None,
        (true, false) => Some(steps.run("host", || host(Profile::Dev))?),
        (true, true) => Some(steps.run("host", || host(Profile::Release))?),
    };
    print!("{}", table(&built));
    println!("components are in {}", folder.display());
    if let Some(adapters) = adapters {
        println!("adapters of the edge are in {}", adapters.display());
    }
    if let Some(binary) = binary {
        println!("the host is {}", binary.display());
    }
    if arguments.guests {
        println!("those for tests are in {}", test_components()?.display());
    }
    Ok(())
}

/// Builds every connector. Gives the folder in which the components are.
pub fn components() -> Result<PathBuf> {
    let (folder, built) = build(&mut Steps::new(3), &workspace::connectors()?, COMPONENTS)?;
    remove_others(&folder, &built)?;
    Ok(folder)
}

/// Builds the connectors that exist for the tests of the host. Gives the folder in which the components are.
pub fn test_components() -> Result<PathBuf> {
    let (folder, built) = build(&mut Steps::new(3), &workspace::guests()?, TEST_COMPONENTS)?;
    remove_others(&folder, &built)?;
    Ok(folder)
}

/// Builds the host. Gives the path of the `trunkline` binary.
pub fn host(profile: Profile) -> Result<PathBuf> {
    // Chosen from the whole workspace, as the tests are: a smaller choice would give shared dependencies other
    // features, and the wasm engine would be built twice.
    let mut arguments = vec!["--workspace", "--bin", "trunkline"];
    if profile == Profile::Release {
        arguments.push("--release");
    }
    let files = workspace::cargo_build(arguments)?;
    let name = format!("trunkline{}", std::env::consts::EXE_SUFFIX);
    files
        .into_iter()
        .find(|file| file.file_name().is_some_and(|found| found == name.as_str()))
        .context("cargo built no `trunkline` binary")
}

fn build(steps: &mut Steps, connectors: &[ConnectorFolder], into: &str) -> Result<(PathBuf, Vec<Outcome>)> {
    if connectors.is_empty() {
        bail!("no connectors: no folder in `connectors/` has a `connector.toml`");
    }
    let compiled: Vec<&ConnectorFolder> =
        connectors.iter().filter(|connector| connector.language == Language::Rust).collect();
    steps.run("wasm target", || wasm_target(rust::TARGET))?;
    let modules = steps.run("connectors", || modules(&compiled))?;
    let folder = workspace::target()?.join(into);
    let outcomes = steps.run("components", || {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let mut modules = modules.iter();
        let outcomes = connectors.iter().map(|connector| {
            let path = folder.join(format!("{}.wasm", connector.id));
            match connector.language {
                Language::Rust => wrapped(connector, modules.next().context("a module for each")?, path),
                _ => made(connector, &path),
            }
        });
        outcomes.collect::<Result<Vec<_>>>()
    })?;
    for outcome in &outcomes {
        outcome.mark(&folder)?;
    }
    Ok((folder, outcomes))
}

/// A component of a module that cargo made.
fn wrapped(connector: &ConnectorFolder, module: &Path, path: PathBuf) -> Result<Outcome> {
    let id = connector.id.clone();
    trunkline_author::Folder::open(&connector.path).map_err(told)?;
    let component = component::wrap(module).map_err(told)?;
    let interfaces = component::inspect(&format!("{id}.wasm"), &component).map_err(told)?;
    Ok(Outcome::Built(Component {
        module_bytes: module.metadata().ok().map(|file| file.len()),
        component_bytes: component.len() as u64,
        exports: interfaces.exports,
        changed: component::keep(&component, &path).map_err(told)?,
        id,
        path,
    }))
}

/// A component that the tools of another language make. Left out where they cannot be had.
fn made(connector: &ConnectorFolder, path: &Path) -> Result<Outcome> {
    let id = connector.id.clone();
    match trunkline_author::build(&connector.path, Some(path), &mut Told { id: &id }) {
        Ok(built) => Ok(Outcome::Built(Component {
            module_bytes: None,
            component_bytes: built.bytes as u64,
            exports: built.interfaces.exports,
            changed: built.changed,
            id,
            path: built.path,
        })),
        Err(error) => match error.needs() {
            Some(needs) => {
                eprintln!("  {id}: skipped: {error}");
                Ok(Outcome::Skipped { id, needs })
            }
            None => Err(told(error)),
        },
    }
}

/// Makes sure that the toolchain can build for wasm, where automatic installs are off too.
pub fn wasm_target(target: &str) -> Result<()> {
    let root = workspace::root();
    if rust::has_target(target, &root).map_err(told)? {
        return Ok(());
    }
    eprintln!("the toolchain cannot build for {target} yet: running `rustup target add {target}`");
    rust::add_target(target, &root).map_err(told)
}

/// Compiles the connectors in one invocation. Gives one core module for each, in the same order.
fn modules(connectors: &[&ConnectorFolder]) -> Result<Vec<PathBuf>> {
    if connectors.is_empty() {
        return Ok(Vec::new());
    }
    let mut arguments = rust::arguments().to_vec();
    for connector in connectors {
        arguments.extend(["--package".to_owned(), format!("connector-{}", connector.id)]);
    }
    let files = workspace::cargo_build(arguments)?;
    connectors
        .iter()
        .map(|connector| {
            rust::module(&files, &connector.id).with_context(|| {
                let (id, name) = (&connector.id, rust::module_name(&connector.id));
                format!("`connectors/{id}/Cargo.toml` makes no `{name}`: it needs crate-type `cdylib`")
            })
        })
        .collect()
}
