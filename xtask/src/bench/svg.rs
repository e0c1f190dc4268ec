//! A chart of what servers take in: bars of rates, and of the slowest one of a hundred answers at half load.
//!
//! Written by hand: a library of charts would know no dark mode, and needs more lines than this.

use std::fmt::Write as _;

use super::report::{Kept, number};

const WIDTH: usize = 920;
/// Room for some 55 letters.
const NAMES_WIDTH: usize = 400;
const FIGURE_WIDTH: usize = 90;
const BAR_HEIGHT: usize = 18;
const ROW_HEIGHT: usize = 26;
const HEAD_HEIGHT: usize = 40;
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.bar{fill:#8b949e}\
    .own{fill:#1f6feb}@media (prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6e7681}.own{fill:#58a6ff}}";

struct Bar<'a> {
    name: &'a str,
    value: f64,
    own: bool,
}

/// The chart of the part `intake`. None: it was not measured.
pub fn chart(run: &Kept) -> Option<String> {
    let rows = run.parts.get("intake").filter(|rows| !rows.is_empty())?;
    let bars = |load: &str, figure: &str| {
        let of_load = rows.iter().filter(|row| row.id.ends_with(&format!("/{load}")));
        let bars = of_load.filter_map(|row| {
            let own = row.id.starts_with("host");
            Some(Bar { name: row.labels.first()?, value: *row.figures.get(figure)?, own })
        });
        bars.collect::<Vec<_>>()
    };
    let charts = [
        ("Webhooks a second, 64 clients", bars("64", "webhooks_per_second"), 0),
        ("p99 at half of that rate, milliseconds", bars("half", "p99_ms"), 1),
    ];
    let (mut body, mut top) = (String::new(), 0);
    for (title, bars, decimals) in &charts {
        top = drawn(&mut body, top, title, bars, *decimals);
    }
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {top}\" width=\"{WIDTH}\" height=\"{top}\" \
         role=\"img\"><title>Webhooks a second, and p99 at half of that rate</title><style>{STYLE}</style>\n{body}</svg>\n"
    ))
}

/// Gives where the next one begins.
fn drawn(body: &mut String, top: usize, title: &str, bars: &[Bar<'_>], decimals: usize) -> usize {
    let most = bars.iter().map(|bar| bar.value).fold(f64::MIN_POSITIVE, f64::max);
    let room = (WIDTH - NAMES_WIDTH - FIGURE_WIDTH) as f64;
    let _ = writeln!(body, "<text class=\"title\" x=\"8\" y=\"{}\">{}</text>", top + 24, escaped(title));
    for (index, bar) in bars.iter().enumerate() {
        let y = top + HEAD_HEIGHT + index * ROW_HEIGHT;
        // A bar that is as good as none is still to be seen.
        let width = (bar.value / most * room).max(1.0);
        let (class, name) = (if bar.own { "bar own" } else { "bar" }, escaped(bar.name));
        let (text, figure) = (y + 14, number(Some(&bar.value), decimals));
        let names_end = NAMES_WIDTH - 8;
        let _ = writeln!(body, "<text x=\"{names_end}\" y=\"{text}\" text-anchor=\"end\">{name}</text>");
        let _ = writeln!(
            body,
            "<rect class=\"{class}\" x=\"{NAMES_WIDTH}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR_HEIGHT}\" rx=\"2\"/>"
        );
        let _ = writeln!(
            body,
            "<text x=\"{:.1}\" y=\"{text}\">{figure}</text>",
            NAMES_WIDTH as f64 + width + 6.0
        );
    }
    top + HEAD_HEIGHT + bars.len() * ROW_HEIGHT + 12
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::figures::Row;
    use super::*;

    fn row(id: &str, label: &str, figures: &[(&str, f64)]) -> Row {
        let figures = figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        Row { id: id.to_owned(), labels: vec![label.to_owned(), "64".to_owned()], figures }
    }

    #[test]
    fn each_server_has_a_bar_as_long_as_its_figure() {
        let rows = vec![
            row("host/64", "host", &[("webhooks_per_second", 10_000.0)]),
            row("host/half", "host", &[("p99_ms", 4.0)]),
            row("host/1", "host", &[("webhooks_per_second", 2_000.0)]),
            row("node/64", "Node.js & <SDK>", &[("webhooks_per_second", 1_000.0)]),
        ];
        let run = Kept { parts: [("intake".to_owned(), rows)].into(), ..Kept::default() };
        let svg = chart(&run).expect("a chart");
        assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
        let longest = WIDTH - NAMES_WIDTH - FIGURE_WIDTH;
        for width in [longest as f64, longest as f64 / 10.0] {
            assert!(svg.contains(&format!("width=\"{width:.1}\"")), "{svg}");
        }
        assert!(svg.contains("Node.js &amp; &lt;SDK&gt;") && svg.contains(">10,000<"), "{svg}");
        assert!(chart(&Kept::default()).is_none());
    }
}
