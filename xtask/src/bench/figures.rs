//! What is measured: named numbers of rows, in rounds, of which the median counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Named numbers, their unit last in the name.
pub type Figures = BTreeMap<String, f64>;

/// The numbers of a JSON object.
pub fn figures(object: &Value) -> Figures {
    let members = object.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Names it within its part.
    pub id: String,
    /// What stands before the figures.
    pub labels: Vec<String>,
    /// Medians of rounds.
    pub figures: Figures,
}

/// Rows while rounds are made, in the order in which they were first seen.
#[derive(Debug, Default)]
pub struct Rounds(Vec<(String, Vec<String>, Vec<Figures>)>);

impl Rounds {
    /// One more round of a row.
    pub fn add(&mut self, id: &str, labels: &[&str], figures: Figures) {
        match self.0.iter_mut().find(|(known, ..)| known == id) {
            Some((.., rounds)) => rounds.push(figures),
            None => {
                let labels = labels.iter().map(|label| (*label).to_owned()).collect();
                self.0.push((id.to_owned(), labels, vec![figures]));
            }
        }
    }

    /// The median of each figure of each row.
    pub fn rows(self) -> Vec<Row> {
        let rows = self.0.into_iter();
        rows.map(|(id, labels, rounds)| Row { id, labels, figures: medians(&rounds) }).collect()
    }
}

fn medians(rounds: &[Figures]) -> Figures {
    let mut values: BTreeMap<&String, Vec<f64>> = BTreeMap::new();
    for (name, value) in rounds.iter().flatten() {
        values.entry(name).or_default().push(*value);
    }
    values.into_iter().filter_map(|(name, values)| Some((name.clone(), median(values)?))).collect()
}

/// The one in the middle, of an even number the mean of both. None: there is none.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    match values.len() % 2 {
        0 => Some((values[middle - 1] + upper) / 2.0),
        _ => Some(upper),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), Some(3.0));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn rows_keep_their_order_and_have_the_median_of_each_figure() {
        let mut rounds = Rounds::default();
        for (rate, p99) in [(10, 3.0), (30, 1.0), (20, 2.0)] {
            rounds.add("b", &["B"], figures(&json!({ "rate": rate, "p99_ms": p99, "name": "x" })));
        }
        rounds.add("a", &["A"], figures(&json!({ "rate": 1 })));
        let rows = rounds.rows();
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(rows[0].figures, figures(&json!({ "rate": 20, "p99_ms": 2.0 })));
    }
}
