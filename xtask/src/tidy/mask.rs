//! Rust source with the content of comments and literals blanked out: what is left is code.

/// The source, every character of a comment, text or character literal replaced by a space. Line ends stay.
pub fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut index = 0;
    while index < chars.len() {
        let end = literal_end(&chars, index);
        if end == index {
            code.push(chars[index]);
            index += 1;
        } else {
            code.extend(chars[index..end].iter().map(|char| if *char == '\n' { '\n' } else { ' ' }));
            index = end;
        }
    }
    code
}

/// Where the comment or literal ends that starts here; here where there is none.
fn literal_end(chars: &[char], start: usize) -> usize {
    let at = |offset: usize| chars.get(start + offset).copied();
    let after_word = start > 0 && (chars[start - 1].is_alphanumeric() || chars[start - 1] == '_');
    match (chars[start], at(1)) {
        ('/', Some('/')) => end_of(chars, start, &['\n']),
        ('/', Some('*')) => end_of(chars, start + 2, &['*', '/']) + 2,
        ('"', _) => quoted(chars, start, '"'),
        ('r', Some('"' | '#')) if !after_word => raw(chars, start + 1).unwrap_or(start),
        ('b', Some('r')) if !after_word => raw(chars, start + 2).unwrap_or(start),
        // A lifetime has no second quote two characters on.
        ('\'', Some('\\')) => quoted(chars, start, '\''),
        ('\'', Some(_)) if at(2) == Some('\'') => start + 3,
        _ => start,
    }
    .min(chars.len())
}

/// Where that text is found from `start` on, or the end.
fn end_of(chars: &[char], start: usize, text: &[char]) -> usize {
    let rest = chars.get(start..).unwrap_or_default();
    rest.windows(text.len()).position(|window| window == text).map_or(chars.len(), |index| start + index)
}

fn quoted(chars: &[char], start: usize, quote: char) -> usize {
    let mut index = start + 1;
    while index < chars.len() && chars[index] != quote {
        index += if chars[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

/// The end of `"..."` or `#"..."#` from the first `#` or quote on.
fn raw(chars: &[char], start: usize) -> Option<usize> {
    let hashes = chars.get(start..)?.iter().take_while(|char| **char == '#').count();
    if chars.get(start + hashes) != Some(&'"') {
        return None;
    }
    let mut closing = vec!['"'];
    closing.extend(std::iter::repeat_n('#', hashes));
    Some(end_of(chars, start + hashes + 1, &closing) + closing.len())
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn code_is_left_where_it_was() {
        for (source, expected) in [
            ("a(\"b\\\"c\"); d // e\nf", "a(      ); d     \nf"),
            ("r#\"a\"b\"# c", "         c"),
            ("x: &'a str, '\"', '\\'', y", "x: &'a str,    ,     , y"),
            ("/* a\nb */ c", "    \n     c"),
            ("for_r\"x\"", "for_r   "),
            ("r#type \"open", "r#type      "),
        ] {
            assert_eq!(code(source), expected, "{source}");
        }
    }
}
