//! What libFuzzer says of a run.

use std::path::PathBuf;

/// The figures of a run.
#[derive(Debug, Default, PartialEq)]
pub struct Figures {
    /// Inputs tried.
    pub executions: u64,
    /// On average.
    pub executions_per_second: u64,
    /// Edges of the code that were reached.
    pub edges: u64,
    /// Inputs that are kept, each for what it alone reaches.
    pub corpus: u64,
    /// Memory of the whole process.
    pub peak_mb: u64,
    /// What ended it before its time.
    pub find: Option<Find>,
}

/// An input for which something does not hold.
#[derive(Debug, PartialEq)]
pub struct Find {
    /// Where it was written.
    pub file: PathBuf,
    /// What did not hold.
    pub what: String,
}

impl Find {
    /// `crash`, `timeout`, `oom`: how the file's name begins.
    pub fn kind(&self) -> &str {
        let name = self.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.split('-').next().unwrap_or_default()
    }
}

impl Figures {
    /// Reads the whole of what was written. What is not said is 0.
    pub fn of(log: &str) -> Self {
        let statistic = |name: &str| {
            let line = log.lines().rev().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
            line.and_then(|rest| rest.trim_start_matches(':').trim().parse().ok()).unwrap_or_default()
        };
        // `#4096	pulse  cov: 3000 ft: 9000 corp: 600/500Kb lim: 4096 exec/s: 2048 rss: 40Mb`
        let progress = log.lines().rev().find(|line| line.starts_with('#') && line.contains(" cov: "));
        let after = |name: &str| {
            let (_, rest) = progress?.split_once(name)?;
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[..digits].parse().ok()
        };
        Self {
            executions: statistic("number_of_executed_units"),
            executions_per_second: statistic("average_exec_per_sec"),
            edges: after(" cov: ").unwrap_or_default(),
            corpus: after(" corp: ").unwrap_or_default(),
            peak_mb: statistic("peak_rss_mb"),
            find: find(log),
        }
    }
}

fn find(log: &str) -> Option<Find> {
    let written = |line: &str| {
        let (_, file) = line.split_once("Test unit written to ")?;
        Some(PathBuf::from(file.trim()))
    };
    let file = log.lines().find_map(written)?;
    Some(Find { file, what: what(log) })
}

/// A panic's place and message, else what libFuzzer calls it.
fn what(log: &str) -> String {
    let mut lines = log.lines();
    if let Some(line) = lines.find(|line| line.contains("' panicked at ") || line.contains(") panicked at "))
    {
        let place = line.split_once("panicked at ").map_or("", |(_, place)| place);
        return format!("{} ({})", lines.next().unwrap_or_default(), place.trim_end_matches(':'));
    }
    let named = |line: &str| {
        let allocation = line.starts_with("memory allocation of ").then(|| line.to_owned());
        allocation.or_else(|| Some(line.split_once("ERROR: libFuzzer: ")?.1.to_owned()))
    };
    log.lines().find_map(named).unwrap_or_else(|| "it ended by itself".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DONE: &str = "#0\tREAD units: 190\n\
        #194\tINITED cov: 3500 ft: 7200 corp: 180/90Kb exec/s: 0 rss: 38Mb\n\
        #65536\tpulse  cov: 5013 ft: 15184 corp: 1800/1980Kb lim: 16384 exec/s: 13107 rss: 44Mb\n\
        #82763\tDONE   cov: 8984 ft: 28499 corp: 3076/5401Kb lim: 16384 exec/s: 5172 rss: 53Mb\n\
        Done 82763 runs in 16 second(s)\n\
        stat::number_of_executed_units: 82763\n\
        stat::average_exec_per_sec:     5172\n\
        stat::new_units_added:          3839\n\
        stat::slowest_unit_time_sec:    0\n\
        stat::peak_rss_mb:              54\n";

    #[test]
    fn a_run_without_a_find() {
        let expected = Figures {
            executions: 82_763,
            executions_per_second: 5_172,
            edges: 8_984,
            corpus: 3_076,
            peak_mb: 54,
            find: None,
        };
        assert_eq!(Figures::of(DONE), expected);
        assert_eq!(Figures::of(""), Figures::default());
    }

    #[test]
    fn a_find_says_what_did_not_hold() {
        let crash = "#3723\tNEW    cov: 3703 ft: 9075 corp: 612/527Kb lim: 16384 exec/s: 0 rss: 39Mb L: 470/8921 MS: 2 Custom-\n\
            \n\
            thread '<unnamed>' (31991) panicked at fuzz/src/receive.rs:31:26:\n\
            the answer keeps the contract: Contract(\"event id of 0 bytes\")\n\
            ==31991== ERROR: libFuzzer: deadly signal\n\
            artifact_prefix='target/fuzz/finds/post/'; Test unit written to target/fuzz/finds/post/crash-b779\n\
            stat::number_of_executed_units: 3731\n";
        let figures = Figures::of(crash);
        assert_eq!((figures.executions, figures.edges, figures.corpus), (3_731, 3_703, 612));
        let find = figures.find.expect("a find");
        assert_eq!(find.kind(), "crash");
        assert_eq!(find.file, PathBuf::from("target/fuzz/finds/post/crash-b779"));
        assert_eq!(
            find.what,
            "the answer keeps the contract: Contract(\"event id of 0 bytes\") (fuzz/src/receive.rs:31:26)"
        );
    }

    #[test]
    fn time_and_memory_are_told_apart() {
        let slow = "==1== ERROR: libFuzzer: timeout after 5 seconds\nTest unit written to a/timeout-1\n";
        let large = "memory allocation of 16777216 bytes failed\n==1== ERROR: libFuzzer: deadly signal\n\
                     Test unit written to a/crash-2\n";
        for (log, kind, what) in [
            (slow, "timeout", "timeout after 5 seconds"),
            (large, "crash", "memory allocation of 16777216 bytes failed"),
        ] {
            let find = Figures::of(log).find.expect("a find");
            assert_eq!((find.kind(), find.what.as_str()), (kind, what));
        }
    }
}
