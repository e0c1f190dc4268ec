//! Patterns for paths: `/v2/*/push`, `/v2/**`.

/// A pattern, segment by segment.
#[derive(Debug, Clone)]
pub struct Pattern {
    segments: Vec<Segment>,
    /// It ended in `**`: any number of further segments, none included.
    rest: bool,
}

#[derive(Debug, Clone)]
enum Segment {
    Exactly(String),
    Any,
}

impl Pattern {
    /// Parses a pattern. The error says what was found.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(format!("`{text}` does not start with `/`"));
        };
        if path.contains(['?', '#']) {
            return Err(format!("`{text}` has a query, expected a path: `when.query` compares the query"));
        }
        let (path, rest) = match path.strip_suffix("**") {
            Some("") => return Ok(Self { segments: Vec::new(), rest: true }),
            Some(before) => match before.strip_suffix('/') {
                Some(before) => (before, true),
                None => return Err(format!("`**` in `{text}` is not a segment of its own")),
            },
            None => (path, false),
        };
        let segment = |segment: &str| match segment {
            "*" => Ok(Segment::Any),
            "**" => Err(format!("`**` in `{text}` is not at the end")),
            _ if segment.contains('*') => Err(format!("`*` in `{text}` is not a segment of its own")),
            _ => Ok(Segment::Exactly(segment.to_owned())),
        };
        Ok(Self { segments: path.split('/').map(segment).collect::<Result<_, _>>()?, rest })
    }

    /// Whether a path fits. Compared as it was sent: what is percent-encoded in the one is so in the other.
    pub fn fits(&self, path: &str) -> bool {
        let found: Vec<&str> = segments(path).collect();
        let enough = match self.rest {
            true => found.len() >= self.segments.len(),
            false => found.len() == self.segments.len(),
        };
        enough
            && self.segments.iter().zip(found).all(|(expected, found)| match expected {
                Segment::Exactly(text) => text == found,
                Segment::Any => !found.is_empty(),
            })
    }
}

/// The segments of a path. `/` alone has one, which is empty.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_one_segment_and_two_are_the_rest() {
        for (pattern, path, fits) in [
            ("/", "/", true),
            ("/a/b", "/a/b", true),
            ("/a/b", "/a/b/", false),
            ("/a/b", "/a", false),
            ("/a/*", "/a/b", true),
            ("/a/*", "/a/b/c", false),
            ("/a/*", "/a/", false),
            ("/*/b", "/a%2Fx/b", true),
            ("/a/**", "/a", true),
            ("/a/**", "/a/b/c", true),
            ("/a/**", "/ab", false),
            ("/*/b/**", "/a/b/c/d", true),
            ("/*/b/**", "/a/c/b", false),
            ("/**", "/a/b", true),
            ("/**", "/", true),
        ] {
            assert_eq!(Pattern::parse(pattern).expect("a pattern").fits(path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_said() {
        for (pattern, what) in [
            ("a/b", "does not start with `/`"),
            ("/a?b=c", "has a query"),
            ("/**/b", "not at the end"),
            ("/a**", "not a segment of its own"),
            ("/a*/b", "not a segment of its own"),
        ] {
            let error = Pattern::parse(pattern).expect_err(pattern);
            assert!(error.contains(what), "{error}");
        }
    }
}
