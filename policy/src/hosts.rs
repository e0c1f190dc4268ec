//! Names of hosts in a list: `api.example.com`, or `*.example.com` for every name below.

/// Whether a pattern stands for a host.
pub fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        // `.example.com`: at least one character stands before it.
        Some(suffix) => {
            host.len() > suffix.len()
                && host
                    .get(host.len() - suffix.len()..)
                    .is_some_and(|end| suffix.starts_with('.') && end.eq_ignore_ascii_case(suffix))
        }
        None => pattern.eq_ignore_ascii_case(host),
    }
}

/// Whether a pattern stands for everything that a narrower one stands for.
pub fn covers(pattern: &str, narrower: &str) -> bool {
    match narrower.strip_prefix("*.") {
        Some(suffix) => {
            pattern.eq_ignore_ascii_case(narrower) || (pattern.starts_with('*') && matches(pattern, suffix))
        }
        None => matches(pattern, narrower),
    }
}

/// Whether a text is a name or a pattern. Addresses are none: the last label of a name has a letter.
pub fn is_pattern(text: &str) -> bool {
    is_name(text.strip_prefix("*.").unwrap_or(text))
}

/// Whether a text is the name of one host, with a dot in it.
pub fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.contains('.') && text.split('.').all(label) && last.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_names_below_it_and_no_others() {
        for (pattern, host, expected) in [
            ("api.example.com", "api.example.com", true),
            ("API.example.com", "api.example.COM", true),
            ("api.example.com", "x.api.example.com", false),
            ("api.example.com", "api.example.com.", false),
            ("api.example.com", "api.example.com.evil.net", false),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "A.b.Example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("*.example.com", "a.example.com.evil.net", false),
            ("*example.com", "evilexample.com", false),
            ("*", "anything", false),
            ("*.example.com", "é.example.com", true),
            ("*.example.com", "éxample.com", false),
        ] {
            assert_eq!(matches(pattern, host), expected, "{pattern} {host}");
        }
    }

    #[test]
    fn a_narrower_list_is_within_the_wider_one() {
        for (pattern, narrower, expected) in [
            ("api.example.com", "api.example.com", true),
            ("*.example.com", "api.example.com", true),
            ("*.example.com", "*.example.com", true),
            ("*.example.com", "*.api.example.com", true),
            ("*.api.example.com", "*.example.com", false),
            ("api.example.com", "*.api.example.com", false),
            ("*.example.com", "example.com", false),
        ] {
            assert_eq!(covers(pattern, narrower), expected, "{pattern} {narrower}");
        }
    }

    #[test]
    fn names_are_told_from_addresses_and_nonsense() {
        for text in ["api.example.com", "*.example.com", "xn--bcher-kva.example", "a.b"] {
            assert!(is_pattern(text), "{text}");
        }
        for text in
            ["localhost", "127.0.0.1", "*.0.0.1", "a..b", "*", "*.", "a.*.com", "a b.com", "https://a.b"]
        {
            assert!(!is_pattern(text), "{text}");
        }
        assert!(!is_name("*.example.com"));
    }
}
