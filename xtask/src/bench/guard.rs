//! `benches/ratios.toml`: what must not get worse, as ratios of figures of one run, which hold on any machine.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::report::{Kept, number};
use super::table::{Align, aligned};
use crate::workspace;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    ratio: Vec<Ratio>,
}

/// A figure over another, with a bound.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    name: String,
    /// `part/row/figure`
    over: String,
    /// Likewise. None: the figure itself has a bound, which is shown but does not count: it depends on the machine.
    under: Option<String>,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

/// How one came out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// Within its bound.
    Ok(f64),
    /// Not within.
    Missed(f64),
    /// This run has not both figures.
    NotMeasured,
}

/// What the file holds.
pub fn read() -> Result<Vec<Ratio>> {
    let path = workspace::root().join("benches/ratios.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let file: File = toml::from_str(&text).with_context(|| format!("`{}` is not valid", path.display()))?;
    Ok(file.ratio)
}

impl Ratio {
    /// Its figure in a run.
    pub fn outcome(&self, run: &Kept) -> Outcome {
        let under = self.under.as_ref().map_or(Some(1.0), |under| run.figure(under));
        let (Some(over), Some(under)) = (run.figure(&self.over), under) else { return Outcome::NotMeasured };
        if under == 0.0 {
            return Outcome::NotMeasured;
        }
        let value = over / under;
        let within = self.at_least.is_none_or(|bound| value >= bound)
            && self.at_most.is_none_or(|bound| value <= bound);
        if within { Outcome::Ok(value) } else { Outcome::Missed(value) }
    }

    /// Whether a miss ends a guarded bench with 1.
    fn counts(&self) -> bool {
        self.under.is_some()
    }

    fn line(&self, outcome: Outcome) -> Vec<String> {
        let bound = match (self.at_least, self.at_most) {
            (Some(bound), _) => format!(">= {bound}"),
            (None, Some(bound)) => format!("<= {bound}"),
            (None, None) => "-".to_owned(),
        };
        let (value, word) = match outcome {
            Outcome::Ok(value) => (Some(value), "ok"),
            Outcome::Missed(value) if self.counts() => (Some(value), "missed"),
            Outcome::Missed(value) => (Some(value), "missed (on this machine)"),
            Outcome::NotMeasured => (None, "not measured"),
        };
        vec![self.name.clone(), number(value.as_ref(), 2), bound, word.to_owned()]
    }
}

/// Every ratio with its figure, and how many were missed that count.
pub fn table(ratios: &[Ratio], run: &Kept) -> (String, usize) {
    let head = ["ratio", "figure", "bound", ""].map(str::to_owned).to_vec();
    let (mut lines, mut missed) = (vec![head], 0);
    for ratio in ratios {
        let outcome = ratio.outcome(run);
        missed += usize::from(ratio.counts() && matches!(outcome, Outcome::Missed(_)));
        lines.push(ratio.line(outcome));
    }
    let align = |column| if matches!(column, 1 | 2) { Align::Right } else { Align::Left };
    (format!("\n{}", aligned(&lines, align)), missed)
}

#[cfg(test)]
mod tests {
    use super::super::figures::Row;
    use super::*;

    fn run(host: f64, native: f64) -> Kept {
        let row = |id: &str, rate: f64| Row {
            id: id.to_owned(),
            labels: Vec::new(),
            figures: [("rate".to_owned(), rate)].into(),
        };
        Kept {
            parts: [("intake".to_owned(), vec![row("host/64", host), row("native/64", native)])].into(),
            ..Kept::default()
        }
    }

    fn ratio(under: Option<&str>) -> Ratio {
        Ratio {
            name: "host / native".to_owned(),
            over: "intake/host/64/rate".to_owned(),
            under: under.map(str::to_owned),
            at_least: Some(0.85),
            at_most: None,
        }
    }

    #[test]
    fn a_ratio_is_within_its_bound_or_missed_or_not_measured() {
        let guarded = ratio(Some("intake/native/64/rate"));
        assert_eq!(guarded.outcome(&run(90.0, 100.0)), Outcome::Ok(0.9));
        assert_eq!(guarded.outcome(&run(80.0, 100.0)), Outcome::Missed(0.8));
        assert_eq!(guarded.outcome(&Kept::default()), Outcome::NotMeasured);
        let most = Ratio { at_least: None, at_most: Some(0.85), ..guarded };
        assert_eq!(most.outcome(&run(90.0, 100.0)), Outcome::Missed(0.9));
    }

    #[test]
    fn only_ratios_count() {
        let figure = Ratio { at_least: Some(1_000.0), ..ratio(None) };
        let (text, missed) = table(&[ratio(Some("intake/native/64/rate")), figure], &run(80.0, 100.0));
        assert_eq!(missed, 1, "{text}");
        assert!(text.contains("host / native    0.80  >= 0.85  missed\n"), "{text}");
        assert!(text.contains("missed (on this machine)"), "{text}");
    }

    #[test]
    fn the_file_of_the_repository_is_valid() {
        let ratios = read().expect("valid");
        assert!(ratios.iter().any(Ratio::counts));
        for ratio in ratios {
            assert!(ratio.at_least.is_some() != ratio.at_most.is_some(), "`{}` has one bound", ratio.name);
        }
    }
}
