//! Unknown keys, found by walking the file beside the schema of its form.

use std::path::Path;

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, nearest};

/// A parsed file with the place of every key.
pub struct Located<'a> {
    lines: Lines,
    root: toml::Spanned<DeTable<'a>>,
}

impl<'a> Located<'a> {
    /// Parses; the error is TOML's own, with its line.
    pub fn parse(file: &Path, text: &'a str) -> Result<Self, Problem> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self { lines: Lines::of(text), root }),
            Err(error) => {
                let line = error.span().map(|span| Lines::of(text).at(span.start));
                Err(Problem::new(file, line, error.message().trim().to_owned()))
            }
        }
    }

    /// The line of a key, or of the nearest table around it that is in the file.
    pub fn line(&self, path: &[&str]) -> Option<usize> {
        let mut table = self.root.get_ref();
        let mut line = None;
        for name in path {
            let Some((key, value)) = table.get_key_value(*name) else { break };
            line = Some(self.lines.at(key.span().start));
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        line
    }

    /// A problem for every key that the schema does not have.
    pub fn unknown_keys(&self, file: &Path, schema: &Value) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.walk(file, self.root.get_ref(), schema, schema, "", &mut problems);
        problems
    }

    fn walk(
        &self,
        file: &Path,
        table: &DeTable<'_>,
        schema: &Value,
        root: &Value,
        path: &str,
        problems: &mut Vec<Problem>,
    ) {
        let schema = resolve(schema, root);
        let known = schema["properties"].as_object();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let inner =
                known.and_then(|known| known.get(name)).or_else(|| match &schema["additionalProperties"] {
                    Value::Object(_) => Some(&schema["additionalProperties"]),
                    _ => None,
                });
            let Some(inner) = inner else {
                let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
                let line = self.lines.at(key.span().start);
                let problem = Problem::new(file, Some(line), format!("unknown key `{name}`{place}"));
                let names = known.into_iter().flat_map(|known| known.keys().map(String::as_str));
                problems.push(match nearest(name, names.clone()) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint(format!("known keys: {}", names.collect::<Vec<_>>().join(", "))),
                });
                continue;
            };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.descend(file, value.get_ref(), inner, root, &path, problems);
        }
    }

    fn descend(
        &self,
        file: &Path,
        value: &DeValue<'_>,
        schema: &Value,
        root: &Value,
        path: &str,
        problems: &mut Vec<Problem>,
    ) {
        match value {
            DeValue::Table(table) => self.walk(file, table, schema, root, path, problems),
            DeValue::Array(items) => {
                let item_schema = &resolve(schema, root)["items"];
                for item in items {
                    self.descend(file, item.get_ref(), item_schema, root, path, problems);
                }
            }
            _ => {}
        }
    }
}

/// Follows a reference within the schema; of what may be left out, that of the other case.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let cases = schema["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
    let schema = cases.iter().find(|case| case["$ref"].is_string()).unwrap_or(schema);
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => root.pointer(pointer).unwrap_or(schema),
        None => schema,
    }
}

/// Where the lines of a text end: a file of a thousand connections is asked for the line of each of its keys.
pub struct Lines {
    /// Byte offsets, ascending.
    ends: Vec<usize>,
}

impl Lines {
    /// Counts once.
    pub fn of(text: &str) -> Self {
        Self { ends: text.match_indices('\n').map(|(at, _)| at).collect() }
    }

    /// The line, from 1, of a byte offset.
    pub fn at(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_the_line_that_it_stands_in() {
        let text = "a = 1\n\nb = 2\n";
        let lines = Lines::of(text);
        let found: Vec<usize> = (0..=text.len()).map(|at| lines.at(at)).collect();
        let counted: Vec<usize> = (0..=text.len()).map(|at| 1 + text[..at].matches('\n').count()).collect();
        assert_eq!(found, counted);
        assert_eq!(Lines::of("").at(0), 1);
    }

    #[test]
    fn a_key_that_is_not_there_has_the_line_of_the_table_around_it() {
        let parsed = Located::parse(Path::new("x.toml"), "[a]\n[a.b]\nc = 1\n");
        let located = parsed.unwrap_or_else(|_| panic!("it is TOML"));
        assert_eq!(located.line(&["a", "b", "c"]), Some(3));
        assert_eq!(located.line(&["a", "b", "d"]), Some(2));
        assert_eq!(located.line(&["e"]), None);
    }
}
