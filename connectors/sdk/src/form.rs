//! Form bodies and query strings, decoded in order with their repetitions.

/// The most fields that are read of one form; more is refused by [`Form::parse`].
pub const FIELDS_MAX: usize = 2_000;

/// A decoded `application/x-www-form-urlencoded` text, or the query of a URL.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Form {
    /// Names and values in order of arrival.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Decodes a form. None where it has more than [`FIELDS_MAX`] fields. Bytes that are not UTF-8 become
    /// U+FFFD, as the encoding's standard has it.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if fields.len() == FIELDS_MAX {
                return None;
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Some(Self { fields })
    }

    /// The first value of a field, also where it is empty.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a field, also where it is empty.
    pub fn last(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a field, where it is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.first(name).filter(|value| !value.is_empty())
    }
}

/// Encodes a form.
pub fn encode<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// One segment of a URL's path, percent-encoded. None where it would not stand for itself: empty, `.` or `..`,
/// with which a URL points elsewhere.
pub fn path_segment(text: &str) -> Option<String> {
    if matches!(text, "" | "." | "..") {
        return None;
    }
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    // Only forms write a blank like this; a `+` of the text itself is encoded by now.
    Some(encoded.replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_does_not_leave_its_place() {
        for (text, expected) in [
            ("U00a2-_.", Some("U00a2-_.")),
            ("a/../b?c#d%2f", Some("a%2F..%2Fb%3Fc%23d%252f")),
            ("a +é", Some("a%20%2B%C3%A9")),
            ("..", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(path_segment(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn order_repetition_and_emptiness_are_kept() {
        let form = Form::parse(b"b=1&a=&b=%E2%82%AC+x").expect("few fields");
        assert_eq!(form.first("b"), Some("1"));
        assert_eq!(form.last("b"), Some("€ x"));
        assert_eq!((form.first("a"), form.text("a"), form.first("c")), (Some(""), None, None));
        assert_eq!(encode([("b", "€ x")]), "b=%E2%82%AC+x");
    }

    #[test]
    fn too_many_fields_are_refused() {
        assert!(Form::parse("a=1&".repeat(FIELDS_MAX).as_bytes()).is_some());
        assert!(Form::parse("a=1&".repeat(FIELDS_MAX + 1).as_bytes()).is_none());
    }
}
