//! `cargo xtask demo`: builds everything, starts the host, and sends it what providers would send.

use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use trunkline_cases::provider::{Provider, Rules};

use crate::build::{self, Profile};
use crate::workspace;

/// Where the demo listens if nothing else does.
const LISTEN: &str = "127.0.0.1:8787";
/// How long the host may take to start: the first start compiles the components.
const START_MAX: Duration = Duration::from_secs(120);
/// How long an event may take from the webhook to the stream.
const ARRIVAL_MAX: Duration = Duration::from_secs(10);
/// How long nothing must come for nothing to be counted as coming.
const SILENCE: Duration = Duration::from_millis(300);

/// Where `trunkline send` names the provider's id.
const AT_THE_PROVIDER: &str = "at the provider: ";

/// What to do after the last step.
#[derive(clap::Args)]
pub struct Arguments {
    /// End after the last step, with exit code 0 if everything came out as it should, else 1
    #[arg(long)]
    pub once: bool,
}

/// Builds, starts, sends, shows.
pub fn run(arguments: &Arguments) -> Result<()> {
    let started = Instant::now();
    let connectors = build::components()?;
    eprintln!("[host] the first build takes some minutes: the wasm engine is in it");
    let binary = build::host(Profile::Dev)?;
    eprintln!("built in {:.1} s", started.elapsed().as_secs_f64());
    let demo = Demo::start(&connectors, &binary)?;
    let failed = demo.play()?;
    if failed > 0 {
        bail!("{failed} steps came out otherwise than they should");
    }
    demo.say(&format!(
        "everything came out as it should, {:.1} s with the build",
        started.elapsed().as_secs_f64()
    ));
    if !arguments.once {
        demo.stay()?;
    }
    Ok(())
}

struct Demo {
    binary: PathBuf,
    config: PathBuf,
    listen: SocketAddr,
    host: Running,
    /// Connections whose connectors could not be built here.
    left_out: Vec<String>,
    _tail: Running,
    /// What providers answer.
    _providers: Vec<Provider>,
    lines: Receiver<String>,
}

/// A process that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A line of `demo/steps.txt`.
struct Step {
    title: String,
    /// None: it must be refused.
    events: Option<usize>,
    arguments: Vec<String>,
}

impl Demo {
    fn start(connectors: &Path, binary: &Path) -> Result<Self> {
        let folder = workspace::target()?.join("demo");
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot empty `{}`", folder.display()))?;
        }
        std::fs::create_dir_all(&folder)?;
        let listen = free_address()?;
        let template = std::fs::read_to_string(sources().join("trunkline.toml"))?;
        let (template, left_out) = without_missing(&template, connectors);
        let (providers, loopback) = providers(&template)?;
        let text = template
            .replace("@LOOPBACK@", &loopback)
            .replace("@LISTEN@", &listen.to_string())
            .replace("@CONNECTORS@", &connectors.display().to_string().replace('\\', "/"));
        let config = folder.join("trunkline.toml");
        std::fs::write(&config, text)?;
        let log = std::fs::File::create(folder.join("host.log"))?;
        let mut command = Command::new(binary);
        command
            .arg("--config")
            .arg(&config)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut host =
            Running(command.spawn().with_context(|| format!("cannot start `{}`", binary.display()))?);
        wait_for(listen, &mut host, &folder.join("host.log"))?;
        let (tail, lines) = tail(binary, &config)?;
        let (binary, config) = (binary.to_owned(), config);
        Ok(Self { binary, config, listen, host, left_out, _tail: tail, _providers: providers, lines })
    }

    /// Sends every step and shows what arrives. Gives the number of steps that came out otherwise.
    fn play(&self) -> Result<usize> {
        self.say(&format!("the host listens on {}; what it hands on stands below each step", self.listen));
        let mut failed = 0;
        let mut sent = String::new();
        for step in steps()? {
            let arguments: Vec<String> =
                step.arguments.iter().map(|word| word.replace("@SENT@", &sent)).collect();
            println!("\n{}", bold(&format!("▸ {}", step.title)));
            if step.arguments.get(1).is_some_and(|name| self.left_out.contains(name)) {
                println!("  skipped: needs what builds its connector");
                continue;
            }
            println!("  trunkline {}", shown(&arguments));
            let output =
                Command::new(&self.binary).arg("--config").arg(&self.config).args(&arguments).output()?;
            if arguments.first().is_some_and(|command| command != "simulate") {
                let said = String::from_utf8_lossy(&output.stdout);
                said.lines().for_each(|line| println!("  {line}"));
                if let Some(id) = said.lines().find_map(|line| line.trim().strip_prefix(AT_THE_PROVIDER)) {
                    id.clone_into(&mut sent);
                }
            }
            let taken = output.status.success();
            let right = match step.events {
                None => {
                    let said = String::from_utf8_lossy(&output.stderr);
                    println!("  {}", said.lines().next().unwrap_or_default());
                    !taken && self.arrivals(0) == 0
                }
                Some(expected) => {
                    if !taken {
                        print!("{}", String::from_utf8_lossy(&output.stderr));
                    }
                    let arrived = self.arrivals(expected);
                    if expected == 0 && arrived == 0 && arguments[0] == "simulate" {
                        println!("  nothing new: the journal knows it");
                    }
                    taken && arrived == expected
                }
            };
            if !right {
                failed += 1;
                println!("  {}", bold("this should have come out otherwise"));
            }
        }
        println!();
        Ok(failed)
    }

    /// Shows what arrives: waits for so many events, and a moment for one too many.
    fn arrivals(&self, expected: usize) -> usize {
        let mut arrived = 0;
        loop {
            let patience = if arrived < expected { ARRIVAL_MAX } else { SILENCE };
            match self.lines.recv_timeout(patience) {
                Ok(line) => {
                    println!("  {line}");
                    arrived += 1;
                }
                Err(_) => return arrived,
            }
        }
    }

    fn say(&self, text: &str) {
        println!("{}", bold(text));
    }

    /// Stays up until the host ends or the person does.
    fn stay(mut self) -> Result<()> {
        let trunkline = format!("{} --config {}", self.binary.display(), self.config.display());
        println!("\nThe host stays up until Ctrl-C. In another terminal, try:\n");
        println!("  {trunkline} simulate line --text \"hello\"");
        println!("  {trunkline} send line U000000000000000000000000000000a2 --text \"hello to you\"");
        println!("  {trunkline} tail --after 0");
        println!(
            "  curl -H 'Authorization: Bearer demo-token-for-this-machine' 'http://{}/v1/events?order=newest&limit=3'\n",
            self.listen
        );
        while let Ok(line) = self.lines.recv() {
            println!("{line}");
        }
        let status = self.host.0.wait()?;
        bail!("the host has ended with {status}");
    }
}

/// The configuration without the connections whose connectors could not be built, and their names.
fn without_missing(template: &str, connectors: &Path) -> (String, Vec<String>) {
    let mut left_out = Vec::new();
    let kept = template.split("\n\n").filter(|block| {
        let quoted = |key: &str, end: char| Some(block.split_once(key)?.1.split_once(end)?.0);
        let (Some(name), Some(id)) = (quoted("[connections.", ']'), quoted("connector = \"", '"')) else {
            return true;
        };
        let built = connectors.join(format!("{id}.wasm")).is_file();
        if !built {
            left_out.push(name.to_owned());
        }
        built
    });
    let kept: Vec<&str> = kept.collect();
    (kept.join("\n\n"), left_out)
}

/// A fake provider for each connection of the template, and the tables that send its calls there.
fn providers(template: &str) -> Result<(Vec<Provider>, String)> {
    // Only the shape is of interest: the placeholders are no TOML.
    let text = template.replace("@LOOPBACK@", "");
    let config: toml::Table = text.parse().context("the demo's configuration is no TOML")?;
    let connections = config["connections"].as_table().context("the demo has no connections")?;
    let (mut providers, mut tables) = (Vec::new(), String::new());
    for (name, connection) in connections {
        let id = connection["connector"].as_str().unwrap_or_default();
        let file = workspace::root().join(format!("connectors/{id}/testdata/provider.toml"));
        let provider = Provider::start(Rules::read(&file)?);
        tables += &format!("[connections.{name}.dangerous_loopback]\n{}\n", provider.loopback_lines());
        providers.push(provider);
    }
    Ok((providers, tables))
}

fn sources() -> PathBuf {
    workspace::root().join("xtask/demo")
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind(LISTEN).or_else(|_| TcpListener::bind("127.0.0.1:0"))?;
    Ok(listener.local_addr()?)
}

fn wait_for(listen: SocketAddr, host: &mut Running, log: &Path) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < START_MAX {
        if std::net::TcpStream::connect_timeout(&listen, Duration::from_secs(1)).is_ok() {
            return Ok(());
        }
        if let Some(status) = host.0.try_wait()? {
            bail!("the host has ended with {status}:\n{}", std::fs::read_to_string(log).unwrap_or_default());
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    bail!("the host does not listen after {} s", START_MAX.as_secs())
}

/// Follows the stream in a process of its own, as a person would.
fn tail(binary: &Path, config: &Path) -> Result<(Running, Receiver<String>)> {
    let mut command = Command::new(binary);
    command
        .arg("--config")
        .arg(config)
        .args(["tail", "--after", "0"])
        .stdout(Stdio::piped())
        .stdin(Stdio::null());
    if std::io::stdout().is_terminal() {
        command.env("CLICOLOR_FORCE", "1");
    }
    let mut tail = Running(command.spawn().context("cannot start `trunkline tail`")?);
    let output = tail.0.stdout.take().context("`trunkline tail` has no output")?;
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Ok((tail, lines))
}

fn steps() -> Result<Vec<Step>> {
    let demo = sources();
    let text =
        std::fs::read_to_string(demo.join("steps.txt"))?.replace("@DEMO@", &demo.display().to_string());
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut cells = line.split('|').map(str::trim);
            let (Some(title), Some(events), Some(arguments)) = (cells.next(), cells.next(), cells.next())
            else {
                bail!("`{line}` has not three cells");
            };
            let events = match events {
                "refused" => None,
                number => Some(number.parse().with_context(|| format!("`{number}` is no number"))?),
            };
            Ok(Step { title: title.to_owned(), events, arguments: words(arguments) })
        })
        .collect()
}

/// Words with blanks between them; quoted ones may hold blanks.
fn words(text: &str) -> Vec<String> {
    let pieces = text.split('"').enumerate();
    pieces
        .flat_map(|(index, piece)| match index % 2 {
            0 => piece.split_whitespace().map(str::to_owned).collect(),
            _ => vec![piece.to_owned()],
        })
        .collect()
}

fn shown(arguments: &[String]) -> String {
    let quoted =
        arguments.iter().map(|word| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() });
    quoted.collect::<Vec<_>>().join(" ")
}

fn bold(text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_words_hold_blanks() {
        assert_eq!(words("a --text \"b c\" d"), ["a", "--text", "b c", "d"]);
    }

    #[test]
    fn a_connection_without_its_connector_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("post.wasm"), "").expect("a file");
        let one = "[server]\nx = 1\n\n[connections.a]\nconnector = \"post\"";
        let template = format!("{one}\n\n[connections.b]\nconnector = \"pigeon\"\n\n[destinations.live]");
        let (kept, left_out) = without_missing(&template, folder.path());
        assert_eq!(kept, format!("{one}\n\n[destinations.live]"));
        assert_eq!(left_out, ["b"]);
    }

    #[test]
    fn the_steps_can_be_read() {
        let steps = steps().expect("readable");
        assert!(steps.iter().any(|step| step.events.is_none()));
        assert!(steps.iter().any(|step| step.events == Some(0)));
    }
}
