//! The adapters that make a connector an HTTP function: one for Spin, one for any other runtime of `wasi:http`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::{build, workspace};

/// Components that use WASI; the adapter asks for more of it than the standard library does.
const TARGET: &str = "wasm32-wasip2";
/// Where adapters go, below the target folder.
const FOLDER: &str = "edge";

/// Builds both. Gives the folder in which they are.
pub fn adapters() -> Result<PathBuf> {
    build::wasm_target(TARGET)?;
    let folder = workspace::target()?.join(FOLDER);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    adapter(&[], &folder.join("spin.wasm"))?;
    adapter(&["--no-default-features"], &folder.join("wasi.wasm"))?;
    Ok(folder)
}

/// Builds `wasmtime serve` as the tests run it. Gives the binary.
pub fn runtime() -> Result<PathBuf> {
    let files = workspace::cargo_build(["--workspace", "--bin", "wasi-serve"])?;
    let name = format!("wasi-serve{}", std::env::consts::EXE_SUFFIX);
    let found = files.into_iter().find(|file| file.file_name().is_some_and(|found| found == name.as_str()));
    found.context("cargo built no `wasi-serve` binary")
}

fn adapter(features: &[&str], into: &Path) -> Result<()> {
    let mut arguments = vec!["--package", "trunkline-edge", "--target", TARGET, "--profile", "component"];
    arguments.extend(features);
    let files = workspace::cargo_build(arguments)?;
    let built = files.iter().find(|file| file.file_name().is_some_and(|name| name == "trunkline_edge.wasm"));
    let built = built.context("cargo built no `trunkline_edge.wasm`")?;
    std::fs::copy(built, into).with_context(|| format!("cannot write `{}`", into.display()))?;
    Ok(())
}
