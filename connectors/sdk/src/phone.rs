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

/// Area codes of `+1` that are neither in the United States nor in Canada: the Caribbean and the Pacific.
const OTHER_AREAS: [&str; 27] = [
    "242", "246", "264", "268", "284", "340", "345", "441", "473", "649", "658", "664", "670", "671", "684",
    "721", "758", "767", "784", "787", "809", "829", "849", "868", "869", "876", "939",
];

/// Whether a number in E.164 is one of the United States or Canada, where pictures travel as MMS.
pub fn is_north_american(number: &str) -> bool {
    let Some(national) = number.strip_prefix("+1").filter(|national| national.len() == 10) else {
        return false;
    };
    national.get(..3).is_some_and(|area| !OTHER_AREAS.contains(&area))
}

#[cfg(test)]
mod tests {
    use super::{e164, is_north_american};

    #[test]
    fn the_caribbean_has_the_same_country_code() {
        for (number, expected) in [
            ("+15005550199", true),
            ("+16045550123", true),
            ("+18765550123", false),
            ("+447700900001", false),
            ("+1500555", false),
            ("15005550199", false),
            ("+1äöüäö", false),
            ("+1€€€ab", false),
        ] {
            assert_eq!(is_north_american(number), expected, "{number}");
        }
    }

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
