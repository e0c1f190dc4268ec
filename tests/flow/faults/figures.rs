//! What a test of faults counted and measured: one line for people, one for the table of `cargo xtask faults`.

use std::io::Write as _;
use std::time::Duration;

/// A number from the environment, for a long run.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`")))
}

/// The seed of a run, printed: `TRUNKLINE_SEED` repeats its decisions.
pub fn seed() -> u64 {
    let seed = number("TRUNKLINE_SEED", fastrand::u64(..));
    println!("TRUNKLINE_SEED={seed}");
    seed
}

/// The time that 99 of 100 stay below.
pub fn p99(times: &[Duration]) -> Duration {
    of_hundred(times, 99)
}

/// The time that half stay below.
pub fn p50(times: &[Duration]) -> Duration {
    of_hundred(times, 50)
}

fn of_hundred(times: &[Duration], share: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    let index = (times.len() * share).div_ceil(100).saturating_sub(1);
    *times.get(index).expect("something was measured")
}

/// None is lost, or duplicated: the test has compared what was sent with what is there, and ended where they differ.
pub const NONE: Option<u64> = Some(0);

/// A row of the table.
#[derive(Debug)]
pub struct Figures<'a> {
    /// What went wrong.
    pub fault: &'a str,
    /// How often.
    pub tried: u64,
    /// Acknowledged and gone, or never delivered. None: there was nothing to lose.
    pub lost: Option<u64>,
    /// Twice in the journal.
    pub duplicated: Option<u64>,
    /// What other connections or destinations waited before and during, 99 of 100.
    pub p99: Option<(Duration, Duration)>,
}

impl Figures<'_> {
    /// Prints them, and appends them to the file in `TRUNKLINE_FAULTS_REPORT`.
    pub fn hand_in(&self, note: &str) {
        let Self { fault, tried, lost, duplicated, p99 } = self;
        let ms = |time: Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
        let (before, during) = (p99.map(|(before, _)| ms(before)), p99.map(|(_, during)| ms(during)));
        let others = match (before, during) {
            (Some(before), Some(during)) => format!("; others' p99 {before} ms before, {during} ms during"),
            _ => String::new(),
        };
        let count = |count: &Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let (lost_text, twice) = (count(lost), count(duplicated));
        println!("{fault}: {tried} times, {lost_text} lost, {twice} duplicated{others}; {note}");
        let Some(file) = std::env::var_os("TRUNKLINE_FAULTS_REPORT") else { return };
        let row = serde_json::json!({
            "fault": fault, "tried": tried, "lost": lost, "duplicated": duplicated,
            "p99_before_ms": before, "p99_during_ms": during, "note": note,
        });
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).expect("a file");
        file.write_all(format!("{row}\n").as_bytes()).expect("it is written");
    }
}
