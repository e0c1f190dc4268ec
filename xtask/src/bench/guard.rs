//! `benches/ratios.toml`: where figures are to get to, and what must not get worse: ratios of one run, which hold on any machine.

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

/// A figure over another, with a goal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    name: String,
    /// `part/row/figure`
    over: String,
    /// Likewise. None: the figure itself has a goal, for the machine of the README.
    under: Option<String>,
    at_least: Option<f64>,
    at_most: Option<f64>,
    /// What was reached, with room for noise: on the other side of it a guarded bench ends with 1.
    guard: Option<f64>,
}

/// How one came out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// At its goal.
    Ok(f64),
    /// Short of it, and no worse than before.
    Short(f64),
    /// Worse than before.
    Worse(f64),
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
        let within = |bound: f64| if self.at_least.is_some() { value >= bound } else { value <= bound };
        if self.at_least.or(self.at_most).is_none_or(within) {
            Outcome::Ok(value)
        } else if self.guard.is_none_or(within) {
            Outcome::Short(value)
        } else {
            Outcome::Worse(value)
        }
    }

    fn line(&self, outcome: Outcome) -> Vec<String> {
        let sign = if self.at_least.is_some() { ">=" } else { "<=" };
        let bound =
            |bound: Option<f64>| bound.map_or_else(|| "-".to_owned(), |bound| format!("{sign} {bound}"));
        let (value, word) = match outcome {
            Outcome::Ok(value) => (Some(value), "reached"),
            Outcome::Short(value) => (Some(value), "short of it"),
            Outcome::Worse(value) => (Some(value), "worse than it was"),
            Outcome::NotMeasured => (None, "not measured"),
        };
        let (goal, guard) = (bound(self.at_least.or(self.at_most)), bound(self.guard));
        vec![self.name.clone(), number(value.as_ref(), 2), goal, guard, word.to_owned()]
    }
}

/// Every ratio with its figure, and how many are worse than they were.
pub fn table(ratios: &[Ratio], run: &Kept) -> (String, usize) {
    let head = ["ratio", "figure", "goal", "guard", ""].map(str::to_owned).to_vec();
    let (mut lines, mut missed) = (vec![head], 0);
    for ratio in ratios {
        let outcome = ratio.outcome(run);
        missed += usize::from(matches!(outcome, Outcome::Worse(_)));
        lines.push(ratio.line(outcome));
    }
    let align = |column| if matches!(column, 1..=3) { Align::Right } else { Align::Left };
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
            guard: Some(0.7),
        }
    }

    #[test]
    fn a_ratio_reaches_its_goal_or_falls_short_or_is_worse_than_it_was() {
        let guarded = ratio(Some("intake/native/64/rate"));
        assert_eq!(guarded.outcome(&run(90.0, 100.0)), Outcome::Ok(0.9));
        assert_eq!(guarded.outcome(&run(80.0, 100.0)), Outcome::Short(0.8));
        assert_eq!(guarded.outcome(&run(60.0, 100.0)), Outcome::Worse(0.6));
        assert_eq!(guarded.outcome(&Kept::default()), Outcome::NotMeasured);
        let most = Ratio { at_least: None, at_most: Some(0.85), guard: Some(1.0), ..guarded };
        assert_eq!(most.outcome(&run(80.0, 100.0)), Outcome::Ok(0.8));
        assert_eq!(most.outcome(&run(90.0, 100.0)), Outcome::Short(0.9));
        assert_eq!(most.outcome(&run(110.0, 100.0)), Outcome::Worse(1.1));
    }

    #[test]
    fn what_is_worse_is_counted() {
        let figure = Ratio { at_least: Some(1_000.0), guard: None, ..ratio(None) };
        let (text, worse) = table(&[ratio(Some("intake/native/64/rate")), figure], &run(60.0, 100.0));
        assert_eq!(worse, 1, "{text}");
        assert!(text.contains("host / native    0.60  >= 0.85  >= 0.7  worse than it was\n"), "{text}");
        assert!(text.contains("short of it"), "{text}");
    }

    #[test]
    fn the_file_of_the_repository_is_valid() {
        let ratios = read().expect("valid");
        assert!(ratios.iter().any(|ratio| ratio.guard.is_some()));
        for ratio in ratios {
            assert!(ratio.at_least.is_some() != ratio.at_most.is_some(), "`{}` has one goal", ratio.name);
            // Figures depend on the machine: only ratios are guarded.
            assert!(ratio.guard.is_none() || ratio.under.is_some(), "`{}` is a figure", ratio.name);
        }
    }
}
