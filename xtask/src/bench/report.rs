//! All that a bench found: as JSON, which a later bench is held against, and as tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::figures::Row;
use super::table::{Align, aligned, markdown};

/// A figure of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name among the figures.
    pub figure: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// Digits after the point.
    pub decimals: usize,
}

/// Shorthand for a list of columns.
pub const fn column(figure: &'static str, title: &'static str, decimals: usize) -> Column {
    Column { figure, title, decimals }
}

/// What one part found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The part's name.
    pub part: &'static str,
    /// What it measures.
    pub title: &'static str,
    /// Above the labels of rows.
    pub labels: &'static [&'static str],
    /// Above the figures.
    pub columns: &'static [Column],
    /// Medians.
    pub rows: Vec<Row>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// What is kept of a bench.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    /// Words about the machine.
    #[serde(default)]
    pub machine: BTreeMap<String, String>,
    /// How it was measured.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Rows by part.
    #[serde(default)]
    pub parts: BTreeMap<String, Vec<Row>>,
    /// What was left out, by part.
    #[serde(default)]
    pub notes: BTreeMap<String, Vec<String>>,
}

impl Kept {
    /// `part/row/figure`, where a row's id may hold slashes of its own.
    pub fn figure(&self, path: &str) -> Option<f64> {
        let (part, rest) = path.split_once('/')?;
        let (row, figure) = rest.rsplit_once('/')?;
        let row = self.parts.get(part)?.iter().find(|known| known.id == row)?;
        row.figures.get(figure).copied()
    }
}

/// How tables are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Columns below each other.
    Text,
    /// For `README.md`.
    Markdown,
}

/// A part's table; held against what a bench of before found, where there is one.
pub fn table(found: &Found, before: Option<&Kept>, form: Form) -> String {
    let mut text = match form {
        Form::Text => format!("\n{}: {}\n", found.part, found.title),
        Form::Markdown => format!("\n### {}\n\n{}\n\n", found.part, found.title),
    };
    text += &written(&rows(found), found.labels.len(), form);
    if let Some(before) = before {
        let compared = compared(found, before);
        if compared.len() > 1 {
            text += "\n";
            text += &written(&compared, found.labels.len() + 1, form);
        }
    }
    for note in &found.notes {
        let _ = writeln!(text, "{}{note}", if form == Form::Markdown { "\n" } else { "" });
    }
    text
}

fn written(lines: &[Vec<String>], labels: usize, form: Form) -> String {
    let align = |column: usize| if column < labels { Align::Left } else { Align::Right };
    match form {
        Form::Text => aligned(lines, align),
        Form::Markdown => markdown(lines, align),
    }
}

fn rows(found: &Found) -> Vec<Vec<String>> {
    let head = found.labels.iter().copied().chain(found.columns.iter().map(|column| column.title));
    let mut lines = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for row in &found.rows {
        let figures =
            found.columns.iter().map(|column| number(row.figures.get(column.figure), column.decimals));
        lines.push(row.labels.iter().cloned().chain(figures).collect());
    }
    lines
}

/// A line for each figure that both have.
fn compared(found: &Found, before: &Kept) -> Vec<Vec<String>> {
    let head = found.labels.iter().copied().chain(["figure", "before", "after", "ratio"]);
    let mut lines = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for row in &found.rows {
        for column in found.columns {
            let path = format!("{}/{}/{}", found.part, row.id, column.figure);
            let (Some(was), Some(is)) = (before.figure(&path), row.figures.get(column.figure)) else {
                continue;
            };
            let ratio = if was == 0.0 { "-".to_owned() } else { format!("{:.2}", is / was) };
            let figures = [
                column.title.to_owned(),
                number(Some(&was), column.decimals),
                number(Some(is), column.decimals),
                ratio,
            ];
            lines.push(row.labels.iter().cloned().chain(figures).collect());
        }
    }
    lines
}

/// With a comma between thousands; `-` where there is none.
pub fn number(value: Option<&f64>, decimals: usize) -> String {
    let Some(value) = value else { return "-".to_owned() };
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.find('.').map_or((text.as_str(), ""), |point| text.split_at(point));
    let digits = whole.trim_start_matches('-').len();
    let mut grouped = String::new();
    for (index, character) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if left.is_multiple_of(3) && left < digits {
            grouped.push(',');
        }
        grouped.push(character);
    }
    grouped + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[column("rate", "per second", 0), column("p99_ms", "p99 ms", 2)];

    fn found(rate: f64) -> Found {
        let figures = [("rate".to_owned(), rate), ("p99_ms".to_owned(), 1.5)].into();
        Found {
            part: "intake",
            title: "webhooks",
            labels: &["server"],
            columns: COLUMNS,
            rows: vec![Row { id: "host/half".to_owned(), labels: vec!["host".to_owned()], figures }],
            notes: vec!["python: skipped: needs `python3`".to_owned()],
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(number(Some(&1_234_567.0), 0), "1,234,567");
        assert_eq!(number(Some(&-1_234.5), 1), "-1,234.5");
        assert_eq!(number(Some(&999.994), 2), "999.99");
        assert_eq!(number(None, 2), "-");
    }

    #[test]
    fn a_table_shows_rows_notes_and_what_was_before() {
        let before = Kept { parts: [("intake".to_owned(), found(5_000.0).rows)].into(), ..Kept::default() };
        assert_eq!(before.figure("intake/host/half/rate"), Some(5_000.0));
        let text = table(&found(10_000.0), Some(&before), Form::Text);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert!(lines.contains(&vec!["host", "10,000", "1.50"]), "{text}");
        assert!(lines.contains(&vec!["host", "per", "second", "5,000", "10,000", "2.00"]), "{text}");
        assert!(text.ends_with("python: skipped: needs `python3`\n"), "{text}");
        let text = table(&found(10_000.0), None, Form::Markdown);
        assert!(text.contains("| host | 10,000 | 1.50 |"), "{text}");
    }
}
