//! `cargo xtask fuzz`: looks for input for which something does not hold, guided by what of the code it reaches.
//!
//! The targets are functions of the crate `fuzz`; the engine is libFuzzer. Its flags for the compiler are set here, so that
//! the pinned toolchain and a C++ compiler are all that is needed, and everything is built into a folder of its own.

mod engine;
mod figures;

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Result, bail};

use engine::Engine;
use figures::Figures;

use crate::workspace;

/// What to run.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only these targets, or all whose name begins with this: `receive`, `sdk-mail` (default: all)
    targets: Vec<String>,
    /// How long to look, each
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u64,
    /// How many targets at once
    #[arg(long, default_value_t = 1, value_name = "N")]
    jobs: usize,
    /// Print the names of the targets, and run none
    #[arg(long)]
    list: bool,
    /// Try this one input, and print what comes of it
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
}

/// A row of the table.
struct Row {
    target: String,
    figures: Figures,
}

/// Builds the targets and runs them. Fails where something was found.
pub fn run(arguments: &Arguments) -> Result<()> {
    if !engine::has_compiler() {
        println!("skipped: needs a C++ compiler");
        return Ok(());
    }
    let engine = Engine::build()?;
    let all = engine.targets()?;
    if arguments.list {
        all.iter().for_each(|name| println!("{name}"));
        return Ok(());
    }
    let targets = chosen(&all, &arguments.targets)?;
    if let Some(file) = &arguments.replay {
        let [target] = targets.as_slice() else {
            bail!("`--replay` needs the one target that the input is for")
        };
        return engine.replay(target, file);
    }
    let rows = fuzz(&engine, &targets, arguments)?;
    print!("\n{}", table(&rows));
    let finds: Vec<&Row> = rows.iter().filter(|row| row.figures.find.is_some()).collect();
    for Row { target, figures } in &finds {
        let Some(find) = &figures.find else { continue };
        let file = workspace::relative(&find.file);
        println!("\n{target}: {}", find.what);
        println!("  replay: cargo xtask fuzz {target} --replay {file}");
        println!("  keep:   cp {file} fuzz/finds/{target}/  (named after what it shows)");
    }
    if !finds.is_empty() {
        bail!("{} of {} targets found something", finds.len(), rows.len());
    }
    Ok(())
}

/// The targets that are meant, in the order of all.
fn chosen(all: &[String], wanted: &[String]) -> Result<Vec<String>> {
    let meant = |name: &str, word: &str| {
        name == word || name.strip_prefix(word).is_some_and(|rest| rest.starts_with('-'))
    };
    if let Some(word) = wanted.iter().find(|word| !all.iter().any(|name| meant(name, word))) {
        bail!("no target `{word}`\n\nhint: `cargo xtask fuzz --list` names all");
    }
    let is_wanted = |name: &&String| wanted.is_empty() || wanted.iter().any(|word| meant(name, word));
    Ok(all.iter().filter(is_wanted).cloned().collect())
}

/// So many at once; the rows in the order of the targets.
fn fuzz(engine: &Engine, targets: &[String], arguments: &Arguments) -> Result<Vec<Row>> {
    let time = Duration::from_secs(arguments.seconds.max(1));
    let next = Mutex::new(targets.iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.clamp(1, targets.len().max(1)) {
            scope.spawn(|| {
                // The lock is given back within the condition: the next one does not wait for this one's end.
                while let Some((index, target)) = next.lock().ok().and_then(|mut next| next.next()) {
                    eprintln!("[{}/{}] {target}", index + 1, targets.len());
                    let figures = engine.fuzz(target, time);
                    if let Ok(mut done) = done.lock() {
                        done.push((index, figures));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter()
        .map(|(index, figures)| Ok(Row { target: targets[index].clone(), figures: figures? }))
        .collect()
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.target.len()).max().unwrap_or_default().max("target".len());
    let mut text = format!(
        "{:width$} {:>12} {:>8} {:>7} {:>7} {:>8}  {}\n",
        "target", "executions", "exec/s", "edges", "corpus", "peak MB", "finds"
    );
    for Row { target, figures } in rows {
        let finds = figures.find.as_ref().map_or("0", |find| find.kind());
        text += &format!(
            "{target:width$} {:>12} {:>8} {:>7} {:>7} {:>8}  {finds}\n",
            figures.executions, figures.executions_per_second, figures.edges, figures.corpus, figures.peak_mb
        );
    }
    let executions: u64 = rows.iter().map(|row| row.figures.executions).sum();
    let finds = rows.iter().filter(|row| row.figures.find.is_some()).count();
    text + &format!("{} targets, {executions} executions, {finds} finds\n", rows.len())
}

#[cfg(test)]
mod tests {
    use super::figures::Find;
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_target_is_named_in_whole_or_by_how_it_begins() {
        let all = names(&["receive-post", "send-post", "sdk-mail", "sdk-mail-parts"]);
        assert_eq!(chosen(&all, &[]).expect("all"), all);
        assert_eq!(
            chosen(&all, &names(&["sdk-mail-parts", "receive"])).expect("two"),
            ["receive-post", "sdk-mail-parts"]
        );
        assert_eq!(chosen(&all, &names(&["sdk-mail"])).expect("two"), ["sdk-mail", "sdk-mail-parts"]);
        assert!(chosen(&all, &names(&["rece"])).is_err());
    }

    #[test]
    fn the_table_is_aligned_and_ends_with_the_count() {
        let figures = Figures {
            executions: 82_763,
            executions_per_second: 5_172,
            edges: 8_984,
            corpus: 3_076,
            peak_mb: 53,
            find: None,
        };
        let find = Find { file: PathBuf::from("crash-1"), what: "no".to_owned() };
        let found = Figures { executions: 9, find: Some(find), ..Figures::default() };
        let rows = [
            Row { target: "receive-post".to_owned(), figures },
            Row { target: "sdk-mail".to_owned(), figures: found },
        ];
        assert_eq!(
            table(&rows),
            "target         executions   exec/s   edges  corpus  peak MB  finds\n\
             receive-post        82763     5172    8984    3076       53  0\n\
             sdk-mail                9        0       0       0        0  crash\n\
             2 targets, 82772 executions, 1 finds\n"
        );
    }
}
