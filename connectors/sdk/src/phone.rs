//! Phone numbers in E.164.

/// `+` and 7 to 15 digits, of a number as providers write it: with or without `+`, with spaces, hyphens,
/// dots and brackets. None where it is no such number (a short code, a name). Never adds a country code.
pub fn e164(text: &str) -> Option<String> {
    let text = text.trim();
    let mut number = String::with_capacity(16);
    number.push('+');
    for letter in text.strip_prefix('+').unwrap_or(text).chars() {
        match letter {
            '0'..='9' => number.push(letter),
            ' ' | '-' | '.' | '(' | ')' | '\u{a0}' => {}
            _ => return None,
        }
    }
    let digits = number.len() - 1;
    ((7..=15).contains(&digits) && !number.starts_with("+0")).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::e164;

    #[test]
    fn numbers_as_providers_write_them() {
        for (text, expected) in [
            ("15550001111", Some("+15550001111")),
            ("+1 (555) 000-1111", Some("+15550001111")),
            (" 447700900001", Some("+447700900001")),
            ("12345", None),
            ("0123456789", None),
            ("ACME", None),
            ("MX.1a2B3c", None),
            ("", None),
        ] {
            assert_eq!(e164(text).as_deref(), expected, "{text}");
        }
    }
}
