//! Encoded words (RFC 2047) as senders really write them, put into the form that the MIME parser decodes.

/// The most bytes of one word. The standard has 75, senders of long file names have more.
const WORD_SIZE_MAX: usize = 4 << 10;
/// How often `=?` may stand without beginning a word before it is taken apart: the parser looks for the end of a
/// word from each of them on.
const FAILURES_MAX: u32 = 20;

/// A word `=?charset?encoding?text?=`.
struct Word<'a> {
    charset: &'a str,
    base64: bool,
    text: &'a str,
}

/// Joins neighbouring words of one charset and encoding, because some senders cut them in the middle of a
/// character; adds missing padding; takes a language tag from the charset. Everything else is left as it is.
pub fn joined(value: &str) -> String {
    let mut result = String::with_capacity(value.len());
    let mut rest = value;
    let mut open: Option<Word> = None;
    let mut failures = 0;
    while let Some(start) = rest.find("=?") {
        let (before, at) = rest.split_at(start);
        let Some((word, after)) = word(at) else {
            close(&mut open, &mut result);
            result.push_str(before);
            failures += 1;
            result.push_str(if failures > FAILURES_MAX { "= ?" } else { "=?" });
            rest = &at[2..];
            continue;
        };
        let neighbours = before.trim().is_empty();
        match &open {
            Some(last)
                if neighbours
                    && last.base64 == word.base64
                    && last.charset.eq_ignore_ascii_case(word.charset) => {}
            last => {
                // White space between two words is no text: one blank keeps them apart for the parser.
                let before = if last.is_some() && neighbours { " " } else { before };
                close(&mut open, &mut result);
                result.push_str(before);
                result.push_str(&format!("=?{}?{}?", word.charset, if word.base64 { 'B' } else { 'Q' }));
            }
        }
        push_text(&word, &mut result);
        open = Some(word);
        rest = after;
    }
    close(&mut open, &mut result);
    result.push_str(rest);
    result
}

fn close(open: &mut Option<Word>, result: &mut String) {
    if open.take().is_some() {
        result.push_str("?=");
    }
}

fn push_text(word: &Word, result: &mut String) {
    result.push_str(word.text);
    if word.base64 {
        let padding = word.text.bytes().filter(u8::is_ascii_graphic).count().wrapping_neg() % 4;
        result.extend(std::iter::repeat_n('=', padding));
    }
}

/// The word at the beginning of a text, and what follows it.
fn word(at: &str) -> Option<(Word<'_>, &str)> {
    let window = &at[..at.floor_char_boundary(WORD_SIZE_MAX)];
    let (charset, rest) = window.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let base64 = match encoding {
        "B" | "b" => true,
        "Q" | "q" => false,
        _ => return None,
    };
    let (text, after) = rest.split_once("?=")?;
    let charset = charset.split('*').next().unwrap_or_default().trim_matches('"');
    let plain = !charset.is_empty() && !charset.contains(char::is_whitespace);
    plain.then_some((Word { charset, base64, text }, &at[window.len() - after.len()..]))
}
