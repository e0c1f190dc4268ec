//! Tables that line up, for people.

/// Prints rows under headings, columns as wide as their widest cell, without trailing blanks.
pub fn print(headings: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let bold = anstyle::Style::new().bold();
    anstream::println!("{bold}{}{bold:#}", line(headings.to_vec()));
    for row in rows {
        anstream::println!("{}", line(row.iter().map(String::as_str).collect()));
    }
}
