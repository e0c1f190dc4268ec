//! `trunkline erase`

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::client;
use crate::config::{Config, Source};
use crate::failure::Failure;
use crate::text;

/// For example: trunkline erase --contact phone:+491701234567 --dry-run
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The person, by any identifier: `phone:+49…`, `email:…`, `id:…`. A number with `+` and an address need no scheme.
    #[arg(long, value_name = "IDENTIFIER")]
    contact: String,
    /// Only what is kept of this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Only say what would be removed.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Also forget that they do not want to be written to.
    #[arg(long)]
    opt_outs: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(path: &Path, arguments: Arguments) -> Result<(), Failure> {
    let config = Source::read(path)?.resolve().map_err(Failure::configuration)?;
    if arguments.dry_run || !arguments.yes {
        let counted = ask(&config, &arguments, true).await?;
        if arguments.dry_run {
            print(&counted, arguments.json);
            return Ok(());
        }
        confirm(&counted)?;
    }
    print(&ask(&config, &arguments, false).await?, arguments.json);
    Ok(())
}

async fn ask(config: &Config, arguments: &Arguments, dry_run: bool) -> Result<Value, Failure> {
    let url = format!("{}/v1/contacts/erase", client::base_url(config.listen));
    let mut request =
        json!({ "contact": arguments.contact, "dry_run": dry_run, "opt_outs": arguments.opt_outs });
    if let Some(connection) = &arguments.connection {
        request["connection"] = json!(connection);
    }
    let response = client::open(&url, config.api_token.as_deref(), request.to_string().into_bytes()).await?;
    client::json(response, &url).await
}

fn confirm(counted: &Value) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new("nobody is there to say that this person is to be erased")
            .hint("`--dry-run` says what would be removed, `--yes` removes it"));
    }
    print(counted, false);
    anstream::eprint!("Remove all of this? It cannot be undone. Type `yes`: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    match read.is_ok() && answer.trim() == "yes" {
        true => Ok(()),
        false => Err(Failure::new("nothing was removed")),
    }
}

fn print(erased: &Value, as_json: bool) {
    if as_json {
        println!("{erased}");
        return;
    }
    let dry_run = erased["dry_run"] == true;
    anstream::println!("{}", if dry_run { "this would be removed of" } else { "this was removed of" });
    for identifier in erased["identifiers"].as_array().into_iter().flatten() {
        let field = |name: &str| text::plain(identifier[name].as_str().unwrap_or_default());
        let on = identifier["connection"].as_str().map(|on| format!(" on {}", text::plain(on)));
        anstream::println!("  {}:{}{}", field("scheme"), field("value"), on.unwrap_or_default());
    }
    for (name, what) in [
        ("events", "events"),
        ("media", "media items in them"),
        ("webhooks", "raw webhooks"),
        ("messages", "messages"),
        ("conversations", "conversations"),
        ("profiles", "names that were looked up"),
        ("deliveries", "deliveries that waited or were given up"),
        ("opt_outs", "opt-outs"),
    ] {
        if let Some(count) = erased[name].as_u64().filter(|count| *count > 0) {
            anstream::println!("{count:>8} {what}");
        }
    }
    if let Some(count) = erased["blotted"].as_u64().filter(|count| *count > 0) {
        anstream::println!("{count:>8} things of others that name them: the identifier is made unreadable");
    }
    if let Some(count) = erased["opt_outs_kept"].as_u64().filter(|count| *count > 0) {
        anstream::println!("{count:>8} opt-outs are kept: `--opt-outs` removes them too");
    }
    if !dry_run && erased["log_emptied"] == false {
        anstream::eprintln!("the database's log could not be emptied, since somebody reads: run it again");
    }
}
