//! `trunkline dev`: builds after each change, has a host on this machine take it, and shows what comes in.

mod shown;

use std::path::{Path, PathBuf};

use trunkline_cases::Case;
use trunkline_cases::scheme::Schemes;
use trunkline_model::manifest::Manifest;
use trunkline_runtime::Natives;

use super::build::build;
use super::serve::{serve, start_log};
use super::test::place::manifest;
use crate::failure::Failure;
use crate::reloading::files::Changes;
use shown::shown;

/// What a host that only this machine reaches is opened with.
const TOKEN: &str = "dev-token-of-this-machine";
/// Folders in which tools write, and no author.
const WRITTEN_BY_TOOLS: [&str; 6] = ["build", "node_modules", ".venv", "target", "__pycache__", ".git"];

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The connector's folder.
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Where the host listens.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: std::net::SocketAddr,
    /// What the provider calls, where a tunnel leads here: some providers sign it.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// What the host logs beside what is shown here.
    #[arg(
        long,
        env = "TRUNKLINE_LOG",
        default_value = "warn,trunkline::reloading=info",
        value_name = "FILTER"
    )]
    log: String,
}

pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    start_log(&arguments.log, false)?;
    let folder = std::fs::canonicalize(&arguments.folder).map_err(|error| {
        Failure::new(format!("cannot read `{}`", arguments.folder.display())).because(&error)
    })?;
    let manifest = manifest(&folder)?;
    let schemes = Schemes::of_folder(&folder, &manifest)
        .map_err(|error| Failure::new("the case files cannot be read").because(&error))?;
    let place = folder.join("build/dev");
    let file = place.join(format!("connectors/{}.wasm", manifest.id));
    make(&place.join("connectors"))?;
    install(&build(&folder, None)?.path, &file)?;
    let config = place.join("trunkline.toml");
    write(&config, configuration(&arguments, &manifest, &schemes).as_bytes())?;
    introduce(&arguments, &manifest, &config);
    let watching = tokio::spawn(rebuild(folder, file));
    let served =
        serve(&config, Some(Box::new(move |observed| shown(observed, &schemes))), &Natives::new()).await;
    watching.abort();
    served
}

/// Builds after each change, for as long as the host runs. What does not build leaves the one before serving.
async fn rebuild(folder: PathBuf, file: PathBuf) {
    let mut changes = Changes::except(&folder, is_written_by_tools);
    let mut stamp = newest(&folder);
    loop {
        changes.next().await;
        let now = newest(&folder);
        if now == stamp {
            continue;
        }
        stamp = now;
        let (folder, file) = (folder.clone(), file.clone());
        let built = tokio::task::spawn_blocking(move || install(&build(&folder, None)?.path, &file)).await;
        match built {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => drop(failure.report()),
            Err(error) => tracing::error!(%error, "building ended with a panic"),
        }
    }
}

fn is_written_by_tools(path: &Path) -> bool {
    path.components().any(|part| WRITTEN_BY_TOOLS.iter().any(|name| part.as_os_str() == *name))
}

/// When the newest of the author's files was changed, and how many there are.
fn newest(folder: &Path) -> (Option<std::time::SystemTime>, usize) {
    let (mut newest, mut count) = (None, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() && !WRITTEN_BY_TOOLS.iter().any(|written| name == *written) {
                folders.push(entry.path());
            } else if metadata.is_file() {
                newest = newest.max(metadata.modified().ok());
                count += 1;
            }
        }
    }
    (newest, count)
}

/// Puts the component where the host finds it, whole.
fn install(component: &Path, file: &Path) -> Result<(), Failure> {
    let bytes = std::fs::read(component)
        .map_err(|error| Failure::new(format!("cannot read `{}`", component.display())).because(&error))?;
    let part = file.with_extension("wasm.part");
    write(&part, &bytes)?;
    std::fs::rename(&part, file)
        .map_err(|error| Failure::new(format!("cannot write `{}`", file.display())).because(&error))
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, bytes)
        .map_err(|error| Failure::new(format!("cannot write `{}`", file.display())).because(&error))
}

fn make(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("cannot create `{}`", folder.display())).because(&error))
}

/// One connection with the settings of the case files, so that what they send is genuine here; invented ones where they
/// have none.
fn configuration(arguments: &Arguments, manifest: &Manifest, schemes: &Schemes) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let case = Case::parse(&schemes.defaults, "POST https://hooks.example.org/\n\n\n--- expect\n{}\n");
    let known = case.map(|case| case.context.settings).unwrap_or_default();
    let mut settings = String::new();
    for (name, setting) in &manifest.settings {
        let values: Vec<String> =
            known.iter().filter(|(known, _)| known == name).map(|(_, value)| quoted(value)).collect();
        match values.as_slice() {
            [] if setting.required && setting.default.is_none() => {
                settings += &format!("{name} = {}\n", quoted(&format!("dev-{name}")));
            }
            [] => {}
            [value] => settings += &format!("{name} = {value}\n"),
            several => settings += &format!("{name} = [{}]\n", several.join(", ")),
        }
    }
    let public_url = arguments
        .public_url
        .as_ref()
        .map(|url| format!("public_url = {}\n", quoted(url)))
        .unwrap_or_default();
    let id = &manifest.id;
    format!(
        "# Written by `trunkline dev` at every start.\nconfig_version = 1\n[server]\nlisten = \"{}\"\n{public_url}\
         api_token = \"{TOKEN}\"\n[store]\npath = \"data\"\n[connectors]\npath = \"connectors\"\n\
         [connections.{id}]\nconnector = \"{id}\"\n[connections.{id}.settings]\n{settings}\
         [destinations.live]\nkind = \"stream\"\n",
        arguments.listen
    )
}

fn introduce(arguments: &Arguments, manifest: &Manifest, config: &Path) {
    let base = arguments.public_url.clone().unwrap_or_else(|| format!("http://{}", arguments.listen));
    let here = std::env::current_dir().and_then(std::fs::canonicalize).unwrap_or_default();
    let config = config.strip_prefix(&here).unwrap_or(config).display();
    let bold = anstyle::Style::new().bold();
    anstream::eprintln!("{bold}{}{bold:#} {} is served; Ctrl-C ends it", manifest.title, manifest.version);
    anstream::eprintln!("  webhook  {}/hooks/{}", base.trim_end_matches('/'), manifest.id);
    anstream::eprintln!("  try      trunkline --config {config} simulate {} --text hello", manifest.id);
    anstream::eprintln!(
        "  case     trunkline --config {config} capture <event-id> > testdata/inbound/name.case\n"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_is_no_change_of_the_author() {
        for (path, written) in [
            ("/a/post/src/lib.rs", false),
            ("/a/post/connector.toml", false),
            ("/a/post/build/post.wasm", true),
            ("/a/post/node_modules/x/y.js", true),
            ("/a/post/src/__pycache__/x.pyc", true),
        ] {
            assert_eq!(is_written_by_tools(Path::new(path)), written, "{path}");
        }
    }
}
