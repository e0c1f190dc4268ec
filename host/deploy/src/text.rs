//! Texts inside of TOML and YAML.

use trunkline_model::json_text;

/// What the first lines of everything written here hold.
const MARK: &str = "# Written by `";

/// The line that says what wrote a text.
pub fn mark(command: &str) -> String {
    format!("{MARK}{}`: run it again instead of editing this.\n", line(command))
}

/// Whether a text was written here, by whatever command, and nobody misses it when it is written again.
pub fn is_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| line.starts_with(MARK))
}

/// A text between quotes, as TOML and YAML read it: both know the escapes of JSON, and want one more character escaped.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", json_text(text).replace('\u{7f}', "\\u007f"))
}

/// A text on a line of its own, whatever is in it.
pub fn line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_back_as_they_were() {
        for text in ["", "plain", "\"quoted\" \\ back", "a\nb\tc\r", "\u{7f}\u{1}", "é 日本 {{ x }} # no"]
        {
            let read: toml::Table = toml::from_str(&format!("a = {}", quoted(text))).expect("TOML");
            assert_eq!(read["a"].as_str(), Some(text));
        }
        assert!(is_generated(&format!("#:schema x\n{}", mark("a\nb"))) && !is_generated("a = 1\n"));
        assert_eq!(line("one\ntwo = \u{7f}3"), "one two =  3");
    }
}
