//! Long texts in pieces, as channels count them.

/// What a channel counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// UTF-16 code units: an emoji is two.
    Utf16,
    /// Unicode scalar values.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
}

impl Unit {
    /// How long a text is.
    pub fn length(self, text: &str) -> usize {
        match self {
            Self::Utf16 => text.encode_utf16().count(),
            Self::Chars => text.chars().count(),
            Self::Bytes => text.len(),
        }
    }

    fn of(self, letter: char) -> usize {
        match self {
            Self::Utf16 => letter.len_utf16(),
            Self::Chars => 1,
            Self::Bytes => letter.len_utf8(),
        }
    }
}

/// Pieces of at most so many units, at least 4: cut at the last white space of a piece, which goes, or where a
/// word alone is longer, inside of it. None is empty but that of an empty text; a text that fits is one piece, as it is.
pub fn at_word_ends(text: &str, units_max: usize, unit: Unit) -> Vec<String> {
    let units_max = units_max.max(4);
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        // Only as far as a piece reaches: the length of all that is left would be counted for every piece again.
        let cut = end_of(rest, units_max, unit);
        if cut == rest.len() {
            break;
        }
        let (piece, after) =
            match rest[..cut].rfind(char::is_whitespace).filter(|at| !rest[..*at].trim().is_empty()) {
                // The text goes on with a new word right here: nothing of this piece needs to move.
                _ if rest[cut..].starts_with(char::is_whitespace) => (&rest[..cut], &rest[cut..]),
                Some(space) => (&rest[..space], &rest[space..]),
                None => (&rest[..cut], &rest[cut..]),
            };
        // White space alone is no message.
        if !piece.trim_end().is_empty() {
            pieces.push(piece.trim_end().to_owned());
        }
        rest = after.trim_start();
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest.to_owned());
    }
    pieces
}

/// A text of at most so many units, at least 1, that ends in `…` where something had to go. None: it fits as it is.
pub fn shortened(text: &str, units_max: usize, unit: Unit) -> Option<String> {
    if unit.length(text) <= units_max {
        return None;
    }
    let kept = &text[..end_of(text, units_max.saturating_sub(unit.of('…')), unit)];
    Some(format!("{}…", kept.trim_end()))
}

/// The last byte index at which a piece of at most so many units ends.
fn end_of(text: &str, units_max: usize, unit: Unit) -> usize {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        units += unit.of(letter);
        if units > units_max {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shortened_says_so() {
        for (text, most, unit, expected) in [
            ("hello", 5, Unit::Utf16, None),
            ("hello you", 7, Unit::Chars, Some("hello…")),
            ("hello you", 8, Unit::Chars, Some("hello y…")),
            ("a😀😀", 4, Unit::Utf16, Some("a😀…")),
            ("a😀b", 3, Unit::Utf16, Some("a…")),
            ("abcdef", 5, Unit::Bytes, Some("ab…")),
            ("ab", 1, Unit::Utf16, Some("…")),
        ] {
            assert_eq!(shortened(text, most, unit).as_deref(), expected, "{text} {most}");
        }
    }

    #[test]
    fn cuts_stand_between_words() {
        for (text, most, expected) in [
            ("", 5, vec![""]),
            ("hello", 5, vec!["hello"]),
            ("hello you", 5, vec!["hello", "you"]),
            ("hello you", 7, vec!["hello", "you"]),
            ("hello   you", 6, vec!["hello", "you"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("ab\ncd ef", 5, vec!["ab\ncd", "ef"]),
            (" abcdefgh", 4, vec![" abc", "defg", "h"]),
            ("         abc", 4, vec!["abc"]),
            ("         ", 4, vec![""]),
        ] {
            assert_eq!(at_word_ends(text, most, Unit::Chars), expected, "{text:?} at {most}");
        }
    }

    #[test]
    fn time_is_linear() {
        let pieces = at_word_ends(&"ab cd ".repeat(200_000), 5, Unit::Utf16);
        assert_eq!((pieces.len(), pieces[0].as_str()), (200_000, "ab cd"));
    }

    #[test]
    fn nothing_but_white_space_is_lost_and_no_piece_is_too_long() {
        let mut random = 7_u64;
        let letters = ['a', 'ö', ' ', '\n', '😀', '漢', 'z'];
        for round in 0..500 {
            let text: String = (0..round % 97)
                .map(|_| {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    letters[(random >> 33) as usize % letters.len()]
                })
                .collect();
            for unit in [Unit::Utf16, Unit::Chars, Unit::Bytes] {
                let pieces = at_word_ends(&text, 9, unit);
                assert!(pieces.iter().all(|piece| unit.length(piece) <= 9), "{text:?} {unit:?} {pieces:?}");
                let bare =
                    |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
                assert_eq!(bare(&pieces.concat()), bare(&text), "{text:?} {unit:?}");
            }
        }
    }
}
