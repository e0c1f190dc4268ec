//! How a text is carried by SMS: GSM-7 or UCS-2, and in how many segments (3GPP TS 23.038 and 23.040).

/// The basic table: one septet each.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§\
                     ¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Behind an escape: two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Septets of a text in one segment, and of one segment of several: six bytes hold the reference.
const GSM7_UNITS: (usize, usize) = (160, 153);
/// UTF-16 code units likewise.
const UCS2_UNITS: (usize, usize) = (70, 67);

/// The encoding that a text needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a letter of the basic table.
    Gsm7,
    /// UTF-16 in practice.
    Ucs2,
}

impl Encoding {
    /// `gsm7`, `ucs2`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }
}

/// How a text is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// One letter outside of the table changes it for the whole text.
    pub encoding: Encoding,
    /// Septets or UTF-16 code units.
    pub units: usize,
    /// What is paid for. At least one.
    pub count: usize,
}

/// Counts the segments of a text.
pub fn segments(text: &str) -> Segments {
    let encoding =
        if text.chars().all(|letter| septets(letter).is_some()) { Encoding::Gsm7 } else { Encoding::Ucs2 };
    let (of, (single, part)): (fn(char) -> usize, _) = match encoding {
        Encoding::Gsm7 => (|letter| septets(letter).unwrap_or(1), GSM7_UNITS),
        Encoding::Ucs2 => (char::len_utf16, UCS2_UNITS),
    };
    let units = text.chars().map(of).sum();
    if units <= single {
        return Segments { encoding, units, count: 1 };
    }
    // A pair is not torn apart: it moves to the next segment whole.
    let (mut count, mut filled) = (1, 0);
    for letter in text.chars().map(of) {
        if filled + letter > part {
            count += 1;
            filled = 0;
        }
        filled += letter;
    }
    Segments { encoding, units, count }
}

fn septets(letter: char) -> Option<usize> {
    if BASIC.contains(letter) {
        return Some(1);
    }
    EXTENSION.contains(letter).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        let times = |letter: &str, count: usize| letter.repeat(count);
        for (text, encoding, units, count) in [
            (String::new(), Encoding::Gsm7, 0, 1),
            (times("a", 160), Encoding::Gsm7, 160, 1),
            (times("a", 161), Encoding::Gsm7, 161, 2),
            (times("€", 80), Encoding::Gsm7, 160, 1),
            (times("a", 152) + "€" + &times("a", 10), Encoding::Gsm7, 164, 2),
            (times("a", 152) + "€" + &times("a", 152), Encoding::Gsm7, 306, 3),
            (times("я", 70), Encoding::Ucs2, 70, 1),
            (times("я", 71), Encoding::Ucs2, 71, 2),
            (times("😀", 35), Encoding::Ucs2, 70, 1),
            (times("я", 66) + "😀" + &times("я", 5), Encoding::Ucs2, 73, 2),
            ("it’s".to_owned(), Encoding::Ucs2, 4, 1),
            ("ç".to_owned(), Encoding::Ucs2, 1, 1),
            ("Ç".to_owned(), Encoding::Gsm7, 1, 1),
        ] {
            assert_eq!(segments(&text), Segments { encoding, units, count }, "{text}");
        }
        assert_eq!(BASIC.chars().count(), 127, "all codes but the escape");
    }
}
