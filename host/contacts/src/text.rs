//! Texts that fit.

/// The beginning of a text, at most so many bytes of it, whole characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// As it is searched: without case, single spaces.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, bytes, expected) in [("abc", 2, "ab"), ("aü", 2, "a"), ("ü", 9, "ü"), ("", 0, "")] {
            assert_eq!(cut(text, bytes), expected);
        }
    }

    #[test]
    fn texts_are_folded() {
        assert_eq!(fold("  Jane\t DOE "), "jane doe");
        assert_eq!(fold("ÄRGER"), "ärger");
    }
}
