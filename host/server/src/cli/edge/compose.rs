//! `trunkline edge compose`

use std::path::{Path, PathBuf};

use serde_json::json;
use trunkline_deploy::{Import, Part, compose, imports};
use trunkline_runtime::{ComponentFile, Connector};

use super::artefact::replace;
use super::selection::place;
use super::spin::beside;
use crate::cli::backup::size;
use crate::cli::connectors::{ids, unknown};
use crate::config::Source;
use crate::failure::Failure;
use crate::provenance::Provenance;
use crate::table;

/// For example: trunkline edge compose post --output post-edge.wasm
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The connector: its id, or a component file.
    connector: String,
    /// Where to. A file that is there is replaced.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// The adapter. Default: `edge/wasi.wasm` beside the folder of the connectors.
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    /// The folder of the connectors. Default: what the configuration says.
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub async fn run(config: &Path, arguments: Arguments) -> Result<(), Failure> {
    let given = Path::new(&arguments.connector);
    let is_file = given.components().count() > 1 || given.extension().is_some_and(|ending| ending == "wasm");
    let by_itself = is_file || arguments.path.is_some();
    let outline =
        if by_itself { None } else { Some(Source::read(config)?.outline().map_err(Failure::configuration)?) };
    let (folder, engine) = place(arguments.path.as_deref(), outline.as_ref())?;
    let file = if is_file { given.to_owned() } else { named(&folder, &arguments.connector)? };
    // What the host would refuse is refused here, in the same words.
    let component = ComponentFile::read(&file)?;
    let connector = Connector::from_file(&engine, &component).await?;
    let around = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let adapter = arguments.adapter.unwrap_or_else(|| beside(around, "wasi.wasm"));
    let (inner, outer) = (component.bytes(), read_adapter(&adapter)?);
    if !is_file {
        Provenance::outlined(&folder, outline.as_ref())?.check(&component)?;
    }
    if [&file, &adapter].into_iter().any(|input| same(input, &arguments.output)) {
        return Err(Failure::new(format!(
            "`{}` is one of the two that are joined",
            arguments.output.display()
        ))
        .hint("write to another file with --output"));
    }
    let whole =
        compose(Part { file: &name(&adapter), bytes: &outer }, Part { file: &name(&file), bytes: inner })?;
    let imports = imports(Part { file: &name(&arguments.output), bytes: &whole })?;
    let before = std::fs::metadata(&arguments.output).ok().map(|found| found.len());
    replace(&arguments.output, &whole)?;
    if arguments.json {
        let imports: Vec<_> = imports
            .iter()
            .map(|import| json!({ "name": import.name, "only_types": import.only_types }))
            .collect();
        let id = &connector.manifest().id;
        println!(
            "{}",
            json!({ "file": arguments.output, "connector": id, "bytes": whole.len(), "imports": imports })
        );
    } else {
        show(&arguments.output, whole.len() as u64, before, &imports);
    }
    Ok(())
}

/// The component of a connector by its id.
fn named(folder: &Path, id: &str) -> Result<PathBuf, Failure> {
    let known = ids(folder)?;
    if known.iter().any(|known| known == id) {
        return Ok(folder.join(format!("{id}.wasm")));
    }
    Err(unknown(id, &known.iter().map(String::as_str).collect::<Vec<_>>()))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file)
        .map_err(|error| Failure::new(format!("cannot read `{}`", file.display())).because(&error))
}

fn read_adapter(file: &Path) -> Result<Vec<u8>, Failure> {
    read(file).map_err(|failure| {
        failure
            .hint("`cargo xtask build --edge` builds the adapter; name one that is elsewhere with --adapter")
    })
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn show(file: &Path, bytes: u64, before: Option<u64>, imports: &[Import]) {
    let replaced = before.map(|before| format!(", in the place of {}", size(before))).unwrap_or_default();
    anstream::println!("{}: {}{replaced}\n", file.display(), size(bytes));
    let mark = |import: &Import| if import.only_types { "types only" } else { "" };
    let rows: Vec<Vec<String>> =
        imports.iter().map(|import| vec![import.name.clone(), mark(import).to_owned()]).collect();
    table::print(&["imports", ""], &rows);
}
