//! The targets inside of libFuzzer. `cargo xtask fuzz` builds and runs it: it needs flags that the compiler is to be
//! given, and says through the environment what is wanted:
//!
//! `TRUNKLINE_FUZZ` is the name of a target; without it, the names of all are printed. With `TRUNKLINE_FUZZ_SEEDS` the
//! seeds of the target are written into that folder, and its dictionary beside it, and nothing is run.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};
use trunkline_fuzz::{Target, dictionary, mutate, targets};

/// libFuzzer sees the memory of the process, after the fact; a bound of one input needs an allocator that refuses.
#[global_allocator]
static MEMORY: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(init: start(), |input: &[u8]| -> Corpus {
    let target = TARGET.get().expect("`start` comes first");
    let bytes_max = usize::try_from(target.memory_bytes_max).unwrap_or(usize::MAX);
    MEMORY.set_limit(MEMORY.allocated().saturating_add(bytes_max)).expect("more than what is allocated");
    let tried = target.run(input);
    MEMORY.set_limit(usize::MAX).expect("more than what is allocated");
    if tried { Corpus::Keep } else { Corpus::Reject }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    // Half of the changes are the fuzzer's own; of those that are meant for JSON, those that find none.
    let mutated = if seed & 1 == 0 { mutate(&data[..size], max_size, seed >> 1) } else { None };
    let Some(mutated) = mutated else { return fuzzer_mutate(data, size, max_size) };
    data[..mutated.len()].copy_from_slice(&mutated);
    mutated.len()
});

/// Finds the target, or does what else was asked for and ends.
fn start() {
    let name = std::env::var("TRUNKLINE_FUZZ").unwrap_or_default();
    if name.is_empty() {
        for target in targets() {
            println!("{}", target.name);
        }
        std::process::exit(0);
    }
    let Some(target) = targets().into_iter().find(|target| target.name == name) else {
        eprintln!("error: no target `{name}`");
        std::process::exit(2);
    };
    if let Some(folder) = std::env::var_os("TRUNKLINE_FUZZ_SEEDS") {
        let written = write_seeds(&target, &PathBuf::from(folder));
        let code = written.map_or_else(
            |error| {
                eprintln!("error: seeds of `{name}`: {error}");
                1
            },
            |()| 0,
        );
        std::process::exit(code);
    }
    TARGET.get_or_init(|| target);
}

fn write_seeds(target: &Target, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let seeds = target.seeds();
    for seed in &seeds {
        std::fs::write(folder.join(&seed.name), &seed.bytes)?;
    }
    std::fs::write(folder.with_extension("dict"), dictionary(&seeds))
}
