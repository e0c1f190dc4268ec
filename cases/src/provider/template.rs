//! `{{...}}` in answers: what is invented anew each time, and what is taken from the request.

use std::time::{SystemTime, UNIX_EPOCH};

use super::asked::{Asked, text};
use super::generator::Generator;
use super::pattern::segments;

/// Characters of one invented id. Longer ones are not known, and a typing error should not fill memory.
const CHARS_MAX: usize = 128;

/// A text with placeholders.
#[derive(Debug, Clone, Default)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Digits(usize),
    Hex(usize),
    Uuid,
    Now,
    Json(String),
    Form(String),
    Header(String),
    Path(usize),
    First,
}

/// What placeholders are filled from.
pub struct Source<'a> {
    /// The request.
    pub asked: &'a Asked,
    /// For `{{first}}`.
    pub first: &'a str,
    /// Whether values go into JSON strings.
    pub json: bool,
}

impl Template {
    /// Parses a text. The error says which placeholder is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (placeholder, after) =
                after.split_once("}}").ok_or_else(|| format!("`{{{{{after}` is not closed by `}}}}`"))?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(piece(placeholder.trim())?);
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Whether it is empty text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it invents something that `{{first}}` could repeat.
    pub fn invents(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Digits(_) | Piece::Hex(_) | Piece::Uuid))
    }

    /// Whether it repeats something.
    pub fn repeats(&self) -> bool {
        self.0.contains(&Piece::First)
    }

    /// The text with its placeholders filled. What is invented is added to `invented`, in order.
    pub fn fill(&self, source: &Source<'_>, generator: &mut Generator, invented: &mut Vec<String>) -> String {
        let asked = source.asked;
        let mut filled = String::new();
        let mut invent = |id: String| {
            invented.push(id.clone());
            id
        };
        for piece in &self.0 {
            let value = match piece {
                Piece::Text(text) => {
                    filled += text;
                    continue;
                }
                Piece::Digits(count) => invent(generator.digits(*count)),
                Piece::Hex(count) => invent(generator.hex(*count)),
                Piece::Uuid => invent(generator.uuid()),
                Piece::Now => {
                    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                    now.as_secs().to_string()
                }
                // A list or an object goes in as it is.
                Piece::Json(pointer) => match asked.json(pointer) {
                    Some(value) if value.is_object() || value.is_array() => {
                        filled += &value.to_string();
                        continue;
                    }
                    value => value.map(text).unwrap_or_default(),
                },
                Piece::Form(name) => asked.form(name).next().unwrap_or_default().to_owned(),
                Piece::Header(name) => asked.header(name).unwrap_or_default().to_owned(),
                Piece::Path(index) => segments(&asked.path).nth(*index).unwrap_or_default().to_owned(),
                Piece::First => source.first.to_owned(),
            };
            filled += &if source.json { escaped(&value) } else { value };
        }
        filled
    }
}

/// One placeholder, without its braces.
fn piece(text: &str) -> Result<Piece, String> {
    let (name, argument) = text.split_once(' ').unwrap_or((text, ""));
    let argument = argument.trim();
    let number = || argument.parse().map_err(|_| format!("`{{{{{text}}}}}` needs a number"));
    let count = || match number()? {
        0 => Err(format!("`{{{{{text}}}}}` makes nothing")),
        count if count > CHARS_MAX => {
            Err(format!("`{{{{{text}}}}}` makes too much, at most {CHARS_MAX} characters"))
        }
        count => Ok(count),
    };
    match (name, argument) {
        ("digits", _) => Ok(Piece::Digits(count()?)),
        ("hex", _) => Ok(Piece::Hex(count()?)),
        ("path", _) => Ok(Piece::Path(number()?)),
        ("uuid", "") => Ok(Piece::Uuid),
        ("now", "") => Ok(Piece::Now),
        ("first", "") => Ok(Piece::First),
        ("json", pointer) if pointer.starts_with('/') => Ok(Piece::Json(pointer.to_owned())),
        ("json", _) => Err(format!("`{{{{{text}}}}}` needs a JSON pointer, `/a/0/b`")),
        ("form" | "header", "") => Err(format!("`{{{{{text}}}}}` needs a name")),
        ("form", name) => Ok(Piece::Form(name.to_owned())),
        ("header", name) => Ok(Piece::Header(name.to_owned())),
        _ => Err(format!("unknown placeholder `{{{{{text}}}}}`")),
    }
}

/// As it stands within a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, json: bool) -> (String, Vec<String>) {
        let asked = Asked {
            path: "/v2/chats/C%207/push".to_owned(),
            headers: vec![("x-id".to_owned(), "h\"1".to_owned())],
            body: br#"{"to":"a \"b\"\n","n":7,"list":["x",{"a":1}]}"#.to_vec(),
            ..Asked::default()
        };
        let template = Template::parse(template).expect("a template");
        let (mut generator, mut invented) = (Generator::new(), Vec::new());
        let source = Source { asked: &asked, first: "f-1", json };
        (template.fill(&source, &mut generator, &mut invented), invented)
    }

    #[test]
    fn values_are_taken_from_the_request() {
        let template =
            "{{path 2}}|{{json /n}}|{{ json /list }}|{{json /no}}|{{header X-Id}}|{{form To}}|{{first}}";
        assert_eq!(fill(template, false).0, "C%207|7|[\"x\",{\"a\":1}]||h\"1||f-1");
        let filled = fill(r#"{"to":"{{json /to}}","id":"{{header x-id}}","n":{{json /n}}}"#, true).0;
        let filled: serde_json::Value = serde_json::from_str(&filled).expect("JSON");
        assert_eq!(filled, serde_json::json!({ "to": "a \"b\"\n", "id": "h\"1", "n": 7 }));
    }

    #[test]
    fn what_is_invented_has_its_length_and_is_told() {
        let (filled, invented) = fill("{{digits 18}} {{hex 8}} {{uuid}} {{now}}", false);
        let [digits, hex, uuid, now] = filled.split(' ').collect::<Vec<_>>()[..] else { panic!("{filled}") };
        assert_eq!(invented, [digits, hex, uuid]);
        assert!(digits.len() == 18 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
        assert!(!digits.starts_with('0'), "{digits}");
        assert!(hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hex}");
        assert_eq!((uuid.len(), &uuid[14..15], uuid.matches('-').count()), (36, "4", 4));
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert!(now.parse::<u64>().expect("seconds") > 1_700_000_000);
    }

    #[test]
    fn what_is_no_placeholder_is_said() {
        for (text, what) in [
            ("{{digit 4}}", "unknown placeholder `{{digit 4}}`"),
            ("{{uuid 4}}", "unknown placeholder `{{uuid 4}}`"),
            ("{{digits}}", "needs a number"),
            ("{{digits 0}}", "makes nothing"),
            ("{{hex 129}}", "at most 128"),
            ("{{path x}}", "needs a number"),
            ("{{json to}}", "needs a JSON pointer"),
            ("{{form}}", "needs a name"),
            ("a {{uuid b", "`{{uuid b` is not closed"),
        ] {
            let error = Template::parse(text).expect_err(text);
            assert!(error.contains(what), "{error}");
        }
        assert!(Template::parse(r#"{"a":{"b":1}}"#).is_ok());
    }
}
