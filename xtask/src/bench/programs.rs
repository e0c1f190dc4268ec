//! What is built for a bench, and where it is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::channel::{self, Channels};
use super::figures::{Figures, figures};
use super::host::{Configuration, Program, empty};
use crate::{build, edge, workspace};

/// Programs of the workspace.
const BINARIES: [&str; 9] = [
    "trunkline",
    "wasi-serve",
    "bench-micro",
    "bench-load",
    "bench-through",
    "bench-outbound",
    "bench-bare",
    "bench-native",
    "bench-sink",
];

/// Everything that parts need.
pub struct Programs {
    folder: PathBuf,
    /// Every connector, as a component.
    pub components: PathBuf,
    /// Components for tests.
    pub guests: PathBuf,
    /// The adapter that makes a component an HTTP function.
    pub adapter: PathBuf,
    /// Where whatever is measured has its files: on the disk of the target folder.
    pub work: PathBuf,
    /// Where compiled components are kept from bench to bench.
    pub compiled: PathBuf,
    /// Whose webhooks there are.
    pub channels: Channels,
    /// A host of before, to be measured beside this one.
    pub before: Option<Before>,
}

/// A host that was built at another time: a folder with the program `trunkline` and its components in `connectors`.
pub struct Before {
    /// What is run.
    pub program: Program,
    /// Its components.
    pub components: PathBuf,
    /// Where its compiled components are kept.
    pub compiled: PathBuf,
}

impl Before {
    fn new(folder: &Path, compiled: PathBuf) -> Result<Self> {
        // Programs are started in folders of their own.
        let folder = folder.canonicalize().with_context(|| format!("cannot find `{}`", folder.display()))?;
        let binary = folder.join(format!("trunkline{}", std::env::consts::EXE_SUFFIX));
        Ok(Self { program: Program::shipped(binary), components: folder.join("connectors"), compiled })
    }
}

impl Programs {
    /// Builds all with that profile of cargo. `before`: the folder of a host to be measured beside it.
    pub fn build(profile: &str, before: Option<&Path>) -> Result<Self> {
        let components = build::components()?;
        let guests = build::test_components()?;
        let adapter = edge::adapters()?.join("wasi.wasm");
        // Chosen from the whole workspace: a smaller choice would give shared dependencies other features.
        let mut words = vec!["build", "--workspace", "--profile", profile];
        words.extend(BINARIES.iter().flat_map(|name| ["--bin", name]));
        workspace::run(&mut workspace::cargo(words))?;
        // By itself: an example brings what only tests need along, and the host would be built with that.
        let example = ["build", "--profile", profile, "-p", "trunkline-core", "--example", "journal_age"];
        workspace::run(&mut workspace::cargo(example))?;
        let target = workspace::target()?;
        let folder = target.join(if profile == "dev" { "debug" } else { profile });
        let work = target.join("bench");
        empty(&work)?;
        let compiled = target.join("bench-compiled");
        let before =
            before.map(|folder| Before::new(folder, target.join("bench-compiled-before"))).transpose()?;
        let channels = channel::read()?;
        let programs = Self { folder, components, guests, adapter, work, compiled, channels, before };
        programs.compile(&programs.host(), &programs.components, &programs.compiled)?;
        if let Some(before) = &programs.before {
            programs.compile(&before.program, &before.components, &before.compiled)?;
        }
        Ok(programs)
    }

    /// Has a host compile every connector, so that the first one that is measured is as the others.
    fn compile(&self, program: &Program, components: &Path, compiled: &Path) -> Result<()> {
        let configuration = Configuration::new(&self.work.join("compile"), components, compiled)?;
        let mut command = Command::new(&program.binary);
        command.arg("--config").arg(configuration.write()?).arg("check").stdout(Stdio::null());
        workspace::run(&mut command)
    }

    /// One of them.
    pub fn binary(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// An example of a package.
    pub fn example(&self, name: &str) -> PathBuf {
        self.folder.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// The host as it is shipped.
    pub fn host(&self) -> Program {
        Program::shipped(self.binary("trunkline"))
    }

    /// The host with connectors that are compiled in.
    pub fn native(&self) -> Program {
        Program::native(self.binary("bench-native"))
    }

    /// A channel.
    pub fn channel(&self, id: &str) -> Result<&channel::Channel> {
        self.channels.get(id).with_context(|| format!("`benches/channels.toml` has no `[{id}]`"))
    }

    /// What the load generator makes webhooks of, as a file.
    pub fn plan(&self, name: &str, entries: &[Value]) -> Result<PathBuf> {
        let file = self.work.join(format!("{name}.plan.json"));
        std::fs::write(&file, serde_json::to_vec(entries)?)?;
        Ok(file)
    }
}

/// Runs a command and reads the JSON objects that it prints, one a line. One that ends with 1 has printed them all the same.
pub fn objects(command: &mut Command) -> Result<Vec<Value>> {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().map(Path::new).unwrap_or(&program).display().to_string();
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start `{program}`"))?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        anyhow::bail!("`{program}` ended with {}", output.status);
    }
    let text = String::from_utf8(output.stdout)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The figures of a command that prints one object.
pub fn measured(command: &mut Command) -> Result<Figures> {
    let object = objects(command)?.pop().context("nothing was measured")?;
    Ok(figures(&object))
}
