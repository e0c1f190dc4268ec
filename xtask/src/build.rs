//! `cargo xtask build`: connectors as components, and the host.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::component::{self, Component};
use crate::edge;
use crate::step::Steps;
use crate::workspace::{self, ConnectorFolder};

/// A module of this target imports nothing: no WASI.
const TARGET: &str = "wasm32-unknown-unknown";

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

fn build(steps: &mut Steps, connectors: &[ConnectorFolder], into: &str) -> Result<(PathBuf, Vec<Component>)> {
    if connectors.is_empty() {
        bail!("no connectors: no folder in `connectors/` has a `connector.toml`");
    }
    steps.run("wasm target", || wasm_target(TARGET))?;
    let modules = steps.run("connectors", || modules(connectors))?;
    let folder = workspace::target()?.join(into);
    let components = steps.run("components", || {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let pairs = connectors.iter().zip(&modules);
        pairs
            .map(|(connector, module)| component::wrap(connector, module, &folder))
            .collect::<Result<Vec<_>>>()
    })?;
    Ok((folder, components))
}

/// Makes sure that the toolchain can build for wasm, where automatic installs are off too.
pub fn wasm_target(target: &str) -> Result<()> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(workspace::root())
        .output()
        .context("cannot run `rustc`")?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&folder).is_dir() {
        return Ok(());
    }
    eprintln!("the toolchain cannot build for {target} yet: running `rustup target add {target}`");
    let added =
        Command::new("rustup").args(["target", "add", target]).current_dir(workspace::root()).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("`rustup target add {target}` ended with {status}"),
        Err(error) => bail!(
            "the toolchain cannot build for {target}, and `rustup` cannot be run ({error})\n\n\
             hint: install the `{target}` standard library of this Rust version with your package manager, \
             or Rust with https://rustup.rs"
        ),
    }
}

/// Compiles the connectors in one invocation. Gives one core module for each, in the same order.
fn modules(connectors: &[ConnectorFolder]) -> Result<Vec<PathBuf>> {
    let mut arguments =
        vec!["--target".to_owned(), TARGET.to_owned(), "--profile".to_owned(), "component".to_owned()];
    for connector in connectors {
        arguments.extend(["--package".to_owned(), format!("connector-{}", connector.id)]);
    }
    let files = workspace::cargo_build(arguments)?;
    connectors
        .iter()
        .map(|connector| {
            let name = format!("connector_{}.wasm", connector.id.replace('-', "_"));
            let module =
                files.iter().find(|file| file.file_name().is_some_and(|found| found == name.as_str()));
            module.cloned().with_context(|| {
                format!(
                    "`connectors/{}/Cargo.toml` makes no `{name}`: it needs crate-type `cdylib`",
                    connector.id
                )
            })
        })
        .collect()
}

/// Removes the components of connectors that are no more.
fn remove_others(folder: &Path, built: &[Component]) -> Result<()> {
    for file in workspace::files(folder, ".wasm")? {
        if !built.iter().any(|component| component.path == file) {
            std::fs::remove_file(&file).with_context(|| format!("cannot remove `{}`", file.display()))?;
        }
    }
    Ok(())
}

fn table(components: &[Component]) -> String {
    let width = components.iter().map(|component| component.id.len()).max().unwrap_or_default();
    let kib = |bytes: usize| format!("{:>5} KiB", bytes.div_ceil(1024));
    let rows = components.iter().map(|component| {
        let state = if component.changed { "" } else { "  (as before)" };
        let sizes = format!("{} -> {}", kib(component.module_bytes), kib(component.component_bytes));
        format!("{:width$}  {sizes}  {}{state}\n", component.id, component.exports.join(", "))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stand_below_each_other() {
        let component = |id: &str, module_bytes, changed| Component {
            id: id.to_owned(),
            path: PathBuf::new(),
            module_bytes,
            component_bytes: module_bytes + 5000,
            exports: vec!["about".to_owned(), "inbound".to_owned()],
            changed,
        };
        assert_eq!(
            table(&[component("post", 588_000, true), component("pigeon", 88_000, false)]),
            "post      575 KiB ->   580 KiB  about, inbound\n\
             pigeon     86 KiB ->    91 KiB  about, inbound  (as before)\n"
        );
    }
}
