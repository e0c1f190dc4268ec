//! Building the targets with what libFuzzer needs, and running them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::figures::Figures;
use crate::workspace;

/// What counts the edges that are reached, and tells the fuzzer what is compared with what. As `cargo fuzz` has it, without
/// a sanitizer: those need another toolchain, and there is hardly any code here that they would watch over.
const FLAGS: [&str; 7] = [
    "--cfg",
    "fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// One input may take so long: many times what a connector has, on a machine that does something else, too.
const SECONDS_MAX: u64 = 5;
/// Of the whole process, corpus included. What one input may take is bounded inside.
const MEMORY_MB_MAX: u64 = 1_024;
/// The longest input. Longer ones reach nothing else, slowly.
const INPUT_BYTES_MAX: u64 = 16 << 10;

/// The binary with all targets.
pub struct Engine {
    binary: PathBuf,
    /// Seeds, corpora, finds and logs.
    folder: PathBuf,
}

/// Whether libFuzzer can be built.
pub fn has_compiler() -> bool {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let mut command = Command::new(compiler);
    let status = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

impl Engine {
    /// Builds it, in a folder of its own: the flags are other than those of everything else.
    pub fn build() -> Result<Self> {
        let folder = workspace::target()?.join("fuzz");
        // Named, so that the flags are not given to build scripts and macros, which run without libFuzzer.
        let host = host()?;
        let words = ["build", "--package", "trunkline-fuzz", "--features", "libfuzzer", "--profile", "fuzz"];
        let mut command = workspace::cargo(words);
        command.args(["--bin", "fuzz", "--target", &host]);
        command.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")).env("CARGO_TARGET_DIR", &folder);
        workspace::run(&mut command)?;
        let name = format!("fuzz{}", std::env::consts::EXE_SUFFIX);
        Ok(Self { binary: folder.join(host).join("fuzz").join(name), folder })
    }

    /// The names of all targets.
    pub fn targets(&self) -> Result<Vec<String>> {
        let output = self.command("").stderr(Stdio::null()).output().context("cannot start the targets")?;
        if !output.status.success() {
            bail!("the list of targets ended with {}", output.status);
        }
        Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
    }

    /// Runs a target for so long, from the seeds and what earlier runs have kept.
    pub fn fuzz(&self, target: &str, time: Duration) -> Result<Figures> {
        let below = |name: &str| self.folder.join(name).join(target);
        let (seeds, corpus, finds) = (below("seeds"), below("corpus"), below("finds"));
        for folder in [&corpus, &finds] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        }
        // Seeds of cases that are gone would stay.
        if seeds.exists() {
            std::fs::remove_dir_all(&seeds).with_context(|| format!("cannot clear `{}`", seeds.display()))?;
        }
        let mut write = self.command(target);
        workspace::run(write.env("TRUNKLINE_FUZZ_SEEDS", &seeds).stderr(Stdio::null()))?;

        let mut command = self.command(target);
        command.arg(&corpus).arg(&seeds);
        command.arg(format!("-max_total_time={}", time.as_secs()));
        command.arg(format!("-max_len={INPUT_BYTES_MAX}")).arg("-print_final_stats=1");
        command.arg(format!("-dict={}", seeds.with_extension("dict").display()));
        command.arg(format!("-artifact_prefix={}{}", finds.display(), std::path::MAIN_SEPARATOR));
        let output = command.output().with_context(|| format!("cannot start the target `{target}`"))?;
        let log = String::from_utf8_lossy(&output.stderr);
        let file = self.folder.join("log").join(format!("{target}.log"));
        std::fs::create_dir_all(self.folder.join("log")).context("cannot make a folder for logs")?;
        std::fs::write(&file, log.as_bytes())
            .with_context(|| format!("cannot write `{}`", file.display()))?;
        let figures = Figures::of(&log);
        if !output.status.success() && figures.find.is_none() {
            bail!(
                "`{target}` ended with {} and left no input: see `{}`",
                output.status,
                workspace::relative(&file)
            );
        }
        Ok(figures)
    }

    /// Tries one input, with its output where ours goes.
    pub fn replay(&self, target: &str, file: &Path) -> Result<()> {
        let mut command = self.command(target);
        let status = command.arg(file).status().context("cannot start the targets")?;
        if !status.success() {
            bail!("`{}` does not hold for the target `{target}`", file.display());
        }
        println!("`{}` holds for the target `{target}`", file.display());
        Ok(())
    }

    fn command(&self, target: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(workspace::root()).env("TRUNKLINE_FUZZ", target).stdin(Stdio::null());
        command.arg(format!("-timeout={SECONDS_MAX}")).arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"));
        command
    }
}

/// The target triple of this machine.
fn host() -> Result<String> {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("-vV").output().context("cannot run `rustc -vV`")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
