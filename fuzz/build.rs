//! Writes the list of connectors, so that there is none to edit: each folder of `connectors/` with a `connector.toml`
//! that is written in Rust, its type and its abilities as `trunkline_sdk::connector!(Type: inbound, outbound);` names them.

use std::path::{Path, PathBuf};

fn main() {
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors");
    println!("cargo::rerun-if-changed={}", parent.display());
    println!("cargo::rerun-if-changed=Cargo.toml");
    match list(&parent) {
        Ok(text) => {
            let folder = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
            std::fs::write(folder.join("connectors.rs"), text).expect("cargo gives a folder to write to");
        }
        Err(problem) => println!("cargo::error={problem}"),
    }
}

fn list(parent: &Path) -> Result<String, String> {
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let manifest = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))?;
    let entries = std::fs::read_dir(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join("connector.toml").is_file() && folder.join("Cargo.toml").is_file());
    folders.sort();
    let mut text = "vec![\n".to_owned();
    for folder in folders {
        let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !manifest.lines().any(|line| line.starts_with(&format!("connector-{id} "))) {
            return Err(format!(
                "`fuzz/Cargo.toml` lacks `connector-{id} = {{ path = \"../connectors/{id}\" }}`"
            ));
        }
        let source = read(&folder.join("src/lib.rs"))?;
        let exported = source.lines().find_map(|line| line.strip_prefix("trunkline_sdk::connector!("));
        let (name, abilities) = exported.and_then(|rest| rest.split_once(':')).ok_or_else(|| {
            format!("`connectors/{id}/src/lib.rs` has no line `trunkline_sdk::connector!(...`")
        })?;
        let path = format!("connector_{}::{name}", id.replace('-', "_"));
        let send = if abilities.contains("outbound") {
            format!("Some(trunkline_sdk::send::<{path}>)")
        } else {
            "None".to_owned()
        };
        text += &format!(
            "    Subject::new({id:?}, <{path} as trunkline_sdk::Connector>::MANIFEST, trunkline_sdk::receive::<{path}>, {send}),\n"
        );
    }
    Ok(text + "]\n")
}
