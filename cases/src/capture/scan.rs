//! What looks like something that nobody else should read, wherever it stands.

use super::invent::Kind;

/// Digits of a number that says who or what somebody is.
const DIGITS_MIN: usize = 9;
/// Letters and digits of a key or an id.
const TOKEN_MIN: usize = 16;
/// Times are no ids, if they are so near. Two years.
const NEAR_S: u64 = 63_072_000;

/// The kind and size of what begins here. `before` is the letter before it: nothing begins inside of a word.
pub fn at(before: Option<char>, text: &str, now: u64) -> Option<(Kind, usize)> {
    let first = text.chars().next()?;
    if before.is_some_and(|letter| letter.is_ascii_alphanumeric()) {
        return None;
    }
    if first == '+' {
        return phone(text).map(|size| (Kind::Phone, size));
    }
    if !first.is_ascii_alphanumeric() {
        return None;
    }
    let run = |allowed: &str| {
        text.find(|letter: char| !letter.is_ascii_alphanumeric() && !allowed.contains(letter))
            .unwrap_or(text.len())
    };
    if let Some(size) = email(text) {
        return Some((Kind::Email, size));
    }
    if first.is_ascii_digit() && is_address(&text[..run(".")]) {
        return Some((Kind::Address, run(".")));
    }
    let word = &text[..run("_-")];
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let decimal = digits == word.len();
    if decimal && digits >= DIGITS_MIN && !is_time(word, now) {
        return Some((Kind::Identifier, digits));
    }
    // The part before the first dot of a number that is not whole is none either.
    let mixed = digits > 0 && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let dated = word.starts_with("20") && word.as_bytes().get(4) == Some(&b'-');
    (mixed && word.len() >= TOKEN_MIN && digits >= 3 && !dated).then_some((Kind::Token, word.len()))
}

fn phone(text: &str) -> Option<usize> {
    let end = text[1..].find(|letter: char| !letter.is_ascii_digit() && !" -()".contains(letter));
    let number = text[..end.map_or(text.len(), |end| end + 1)].trim_end_matches([' ', '-', '(', ')']);
    super::invent::is_phone(number).then_some(number.len())
}

fn email(text: &str) -> Option<usize> {
    let word = |letter: char| letter.is_alphanumeric() || "._%+-=".contains(letter);
    let local = text.find(|letter| !word(letter))?;
    let domain = text[local..].strip_prefix('@')?;
    let size = domain
        .find(|letter: char| !letter.is_alphanumeric() && !".-".contains(letter))
        .unwrap_or(domain.len());
    let domain = domain[..size].trim_end_matches(['.', '-']);
    (local > 0 && domain.contains('.')).then(|| local + 1 + domain.len())
}

fn is_address(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

fn is_time(digits: &str, now: u64) -> bool {
    let Ok(number) = digits.parse::<u64>() else { return false };
    let seconds = match digits.len() {
        10 => number,
        13 => number / 1_000,
        16 => number / 1_000_000,
        _ => return false,
    };
    seconds.abs_diff(now / 1_000) <= NEAR_S
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_something_is_found_and_what_does_not_is_not() {
        const NOW: u64 = 1_790_000_300_000;
        for (text, expected) in [
            ("+1 555 010 0199, please", Some((Kind::Phone, 15))),
            ("ada.l@example.net>", Some((Kind::Email, 17))),
            ("192.0.2.55:443", Some((Kind::Address, 10))),
            ("202020202020202", Some((Kind::Identifier, 15))),
            ("EAAG5xkZC1a2b3c4d5e6f7 x", Some((Kind::Token, 22))),
            ("1790000300", None),
            ("1790000300123", None),
            ("2026-11-29T06-22-07Z", None),
            ("message_template_status_update", None),
            ("hello", None),
            ("12345", None),
            ("v25.0", None),
        ] {
            assert_eq!(at(None, text, NOW), expected, "{text}");
        }
        assert_eq!(at(Some('a'), "202020202020202", NOW), None);
    }
}
