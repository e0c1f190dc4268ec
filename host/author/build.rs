//! Packs what a new connector's folder is made of: templates, SDKs, contract.

#[path = "pack/inherit.rs"]
mod inherit;
#[path = "pack/lock.rs"]
mod lock;

use std::path::{Path, PathBuf};

/// Folders that hold nothing that an author needs.
const FOLDERS_LEFT_OUT: [&str; 6] = ["node_modules", "__pycache__", "tests", "test", "target", "build"];

/// The packages that a Rust connector is compiled with outside of the repository.
const PACKAGES: [&str; 3] = ["connectors/sdk", "model", "cases"];

/// What they and a new connector's own `Cargo.toml` start from.
const LOCKED: [&str; 4] = ["serde", "serde_json", "trunkline-cases", "trunkline-sdk"];

fn main() {
    if let Err(problem) = pack() {
        println!("cargo::error={problem}");
    }
}

fn pack() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets no `OUT_DIR`")?);
    let mut files = Vec::new();
    let sdk = root.join("connectors/sdk");
    add(&mut files, "templates", &sdk.join("templates"))?;
    for language in ["javascript", "python"] {
        if sdk.join(language).is_dir() {
            add(&mut files, language, &sdk.join(language))?;
        } else {
            println!("cargo::rerun-if-changed={}", sdk.display());
        }
    }
    let mut manifests = Vec::new();
    for package in PACKAGES {
        let manifest = root.join(package).join("Cargo.toml");
        manifests.push((package, read(&manifest)?));
        files.push((format!("rust/{package}/Cargo.toml"), manifest));
        add(&mut files, &format!("rust/{package}/src"), &root.join(package).join("src"))?;
    }
    let members: Vec<(&str, &str)> =
        manifests.iter().map(|(folder, manifest)| (*folder, manifest.as_str())).collect();
    let workspace = inherit::workspace(&read(&root.join("Cargo.toml"))?, &members);
    files.push(("rust/Cargo.toml".to_owned(), write(&out, "workspace.toml", &workspace)?));
    let locked = lock::closure(&read(&root.join("Cargo.lock"))?, &LOCKED);
    files.push(("Cargo.lock".to_owned(), write(&out, "Cargo.lock", &locked)?));
    files.push(("rustfmt.toml".to_owned(), root.join("rustfmt.toml")));
    files.push(("connector.schema.json".to_owned(), root.join("schema/connector.schema.json")));
    // The contract of now; what is frozen beside it is no part of it.
    let mut contract = Vec::new();
    add(&mut contract, "wit", &root.join("wit"))?;
    files.extend(
        contract.into_iter().filter(|(name, _)| name.ends_with(".wit") && name.matches('/').count() == 1),
    );
    files.sort();
    let mut text = "&[\n".to_owned();
    for (name, path) in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        text += &format!("    ({name:?}, include_str!({:?})),\n", path.display().to_string());
    }
    write(&out, "pack.rs", &(text + "]\n"))?;
    Ok(())
}

/// Every file below a folder, by its name in the pack.
fn add(files: &mut Vec<(String, PathBuf)>, name: &str, folder: &Path) -> Result<(), String> {
    // New files are noticed by this.
    println!("cargo::rerun-if-changed={}", folder.display());
    let unreadable = |error| format!("{}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let part = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let inner = format!("{name}/{part}");
        if path.is_dir() {
            if !FOLDERS_LEFT_OUT.contains(&part.as_str()) && !part.starts_with('.') {
                add(files, &inner, &path)?;
            }
        } else if part != "tests.rs" && !part.ends_with(".pyc") {
            files.push((inner, path));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    println!("cargo::rerun-if-changed={}", path.display());
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf, String> {
    let path = folder.join(name);
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}
