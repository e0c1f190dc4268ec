//! `format=flowed` (RFC 3676): paragraphs that the sender wrapped, put together again.

/// Unwraps a text. `delete_space` is the parameter `DelSp=yes`.
pub fn unwrapped(text: &str, delete_space: bool) -> String {
    let mut result = String::with_capacity(text.len());
    // The quote depth of the paragraph that is still open.
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        // The separator of a signature ends in a blank and is no wrapped line.
        let signature = content == "-- ";
        if open.is_some_and(|open| open != depth || signature) {
            result.push('\n');
            open = None;
        }
        if open.is_none() && depth > 0 {
            result.extend(std::iter::repeat_n('>', depth));
            result.push(' ');
        }
        let flowed = content.ends_with(' ') && !signature;
        result.push_str(if flowed && delete_space { &content[..content.len() - 1] } else { content });
        open = flowed.then_some(depth);
        if !flowed {
            result.push('\n');
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::unwrapped;

    #[test]
    fn paragraphs_quotes_and_signatures() {
        let text = "One \ntwo.\n  stuffed\n>> deep \n>> er\n> less \nown\n-- \nAda\n";
        assert_eq!(unwrapped(text, false), "One two.\n stuffed\n>> deep er\n> less \nown\n-- \nAda\n");
        assert_eq!(unwrapped("Zusammen \ngesetzt", true), "Zusammengesetzt\n");
        assert_eq!(unwrapped("", false), "");
    }
}
