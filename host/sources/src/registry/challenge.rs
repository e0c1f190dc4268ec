//! What a registry asks for before it answers: `WWW-Authenticate`, RFC 9110.

/// How to ask again.
#[derive(Debug, PartialEq, Eq)]
pub enum Challenge {
    /// With user and password.
    Basic,
    /// With a token from there.
    Bearer {
        /// Where tokens are had.
        realm: String,
        /// Who it is for.
        service: Option<String>,
    },
}

/// Reads one header. A token is preferred, where both are offered.
pub fn parse(header: &str) -> Option<Challenge> {
    let lower = header.to_ascii_lowercase();
    let starts = |scheme: &str| {
        let found = lower.match_indices(scheme).map(|(at, _)| at);
        found.into_iter().find(|at| *at == 0 || lower[..*at].trim_end().ends_with(','))
    };
    if let Some(at) = starts("bearer ") {
        let parameters = &header[at + "bearer ".len()..];
        let realm = parameter(parameters, "realm")?;
        return Some(Challenge::Bearer { realm, service: parameter(parameters, "service") });
    }
    starts("basic").map(|_| Challenge::Basic)
}

/// The value of a parameter, quoted or not.
fn parameter(mut text: &str, name: &str) -> Option<String> {
    loop {
        let (found, rest) = text.split_once('=')?;
        let found = found.trim_start_matches([',', ' ', '\t']).trim_end();
        let (value, rest) = if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut characters = quoted.char_indices();
            let end = loop {
                match characters.next()? {
                    (at, '"') => break at,
                    (_, '\\') => value.push(characters.next()?.1),
                    (_, character) => value.push(character),
                }
            };
            (value, &quoted[end + 1..])
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            (rest[..end].trim().to_owned(), &rest[end..])
        };
        if found.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        text = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_ask_in_several_ways() {
        let bearer = |realm: &str, service: Option<&str>| {
            Some(Challenge::Bearer { realm: realm.into(), service: service.map(Into::into) })
        };
        for (header, expected) in [
            (
                r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull""#,
                bearer("https://ghcr.io/token", Some("ghcr.io")),
            ),
            (r#"bearer service=x, Realm="https://a/\"b\"""#, bearer("https://a/\"b\"", Some("x"))),
            (r#"Basic realm="a", Bearer realm="https://a""#, bearer("https://a", None)),
            (r#"Basic realm="Registry""#, Some(Challenge::Basic)),
            ("basic", Some(Challenge::Basic)),
            (r#"Bearer realm="https://a"#, None),
            ("Bearer ", None),
            ("Bearer realm", None),
            (r#"Digest realm="basic ""#, None),
            ("", None),
        ] {
            assert_eq!(parse(header), expected, "{header}");
        }
    }
}
