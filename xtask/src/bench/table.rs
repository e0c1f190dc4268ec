//! Tables: for a terminal, and for Markdown.

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Columns below each other. The first line is the head.
pub fn aligned(lines: &[Vec<String>], align: impl Fn(usize) -> Align) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().enumerate().map(|(column, cell)| {
            let width = widths[column];
            match align(column) {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            }
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// The same in Markdown.
pub fn markdown(lines: &[Vec<String>], align: impl Fn(usize) -> Align) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text += &format!("| {} |\n", line.join(" | "));
        if index == 0 {
            let rules =
                (0..line.len()).map(|column| if align(column) == Align::Right { "--:" } else { "---" });
            text += &format!("|{}|\n", rules.collect::<Vec<_>>().join("|"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_and_numbers_right() {
        let lines = [["server", "rate"], ["host", "10,000"]].map(|line| line.map(str::to_owned).to_vec());
        let align = |column| if column == 0 { Align::Left } else { Align::Right };
        assert_eq!(aligned(&lines, align), "server    rate\nhost    10,000\n");
        assert_eq!(markdown(&lines, align), "| server | rate |\n|---|--:|\n| host | 10,000 |\n");
    }
}
