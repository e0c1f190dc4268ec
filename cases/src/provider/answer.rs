//! What a rule answers: status, headers and body, with placeholders.

use std::collections::BTreeMap;

use serde::Deserialize;
use trunkline_model::Response;

use super::asked::Asked;
use super::generator::Generator;
use super::template::{Source, Template};

/// Headers that say where a message ends. The provider writes them itself.
const FRAMING: [&str; 4] = ["content-length", "transfer-encoding", "connection", "keep-alive"];

/// An answer as it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

/// An answer whose placeholders are known.
#[derive(Debug, Clone)]
pub struct Answer {
    /// 200 to 599.
    pub status: u16,
    headers: Vec<(String, Template)>,
    body: Template,
    /// Whether the body is JSON by its media type.
    json: bool,
}

/// An answer for one request.
#[derive(Debug)]
pub struct Filled {
    /// What is sent.
    pub response: Response,
    /// The first id that was invented for it, in the body before the headers. Empty where there is none.
    pub first: String,
}

impl Written {
    /// From the members of a rule.
    pub fn new(status: u16, headers: BTreeMap<String, String>, body: String) -> Self {
        Self { status, headers, body }
    }

    /// Checks it. The error names the key.
    pub fn check(self) -> Result<Answer, String> {
        if !(200..600).contains(&self.status) {
            return Err(format!("key `status`: found {}, expected 200 to 599", self.status));
        }
        let body = Template::parse(&self.body).map_err(|error| format!("key `body`: {error}"))?;
        if matches!(self.status, 204 | 304) && !body.is_empty() {
            return Err(format!("key `body`: an answer {} has none", self.status));
        }
        let mut headers = Vec::new();
        let mut json = false;
        for (name, value) in self.headers {
            let name = name.to_ascii_lowercase();
            let error = |what: String| Err(format!("key `headers`: {what}"));
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            if name.is_empty() || !name.bytes().all(token) || value.contains(char::is_control) {
                return error(format!("`{name}: {value}` is no header"));
            }
            if FRAMING.contains(&name.as_str()) {
                return error(format!("`{name}` is written by the fake provider itself"));
            }
            json |= name == "content-type" && value.contains("json");
            match Template::parse(&value) {
                Ok(value) => headers.push((name, value)),
                Err(what) => return error(format!("`{name}`: {what}")),
            }
        }
        Ok(Answer { status: self.status, headers, body, json })
    }
}

impl Answer {
    /// Whether it invents something that `{{first}}` could repeat.
    pub fn invents(&self) -> bool {
        self.templates().any(Template::invents)
    }

    /// Whether it repeats something with `{{first}}`.
    pub fn repeats(&self) -> bool {
        self.templates().any(Template::repeats)
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.body).chain(self.headers.iter().map(|(_, value)| value))
    }

    /// The answer to this request. `first` is what `{{first}}` stands for.
    pub fn fill(&self, asked: &Asked, first: &str, generator: &mut Generator) -> Filled {
        let mut invented = Vec::new();
        let source = Source { asked, first, json: self.json };
        let body = self.body.fill(&source, generator, &mut invented);
        let source = Source { json: false, ..source };
        let headers = self.headers.iter().map(|(name, value)| {
            // What a request brings along must not start a header of its own.
            let value = value.fill(&source, generator, &mut invented).replace(char::is_control, " ");
            (name.clone(), value)
        });
        let headers = headers.collect();
        let response = Response { status: self.status, headers, body: body.into_bytes() };
        Filled { response, first: invented.into_iter().next().unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<Answer, String> {
        toml::from_str::<Written>(text).map_err(|error| error.to_string())?.check()
    }

    #[test]
    fn the_id_in_the_body_comes_first() {
        let answer = written(
            "status = 202\nheaders = { Content-Type = 'application/json', x-a = '{{hex 4}}{{json /a}}' }\n\
             body = '{\"id\":\"{{digits 5}}\",\"a\":\"{{json /a}}\"}'",
        );
        let answer = answer.expect("an answer");
        let asked = Asked { body: br#"{"a":"\r\n\"b"}"#.to_vec(), ..Asked::default() };
        let Filled { response, first } = answer.fill(&asked, "", &mut Generator::new());
        let body: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!((response.status, body["id"].as_str()), (202, Some(first.as_str())));
        assert_eq!(body["a"], "\r\n\"b");
        assert!(response.header("x-a").expect("a header").ends_with("  \"b"));
        assert_eq!(response.header("content-type"), Some("application/json"));
    }

    #[test]
    fn what_is_no_answer_is_said() {
        for (text, what) in [
            ("status = 99", "key `status`: found 99"),
            ("status = 204\nbody = 'a'", "key `body`: an answer 204 has none"),
            ("status = 200\nbody = '{{no}}'", "key `body`: unknown placeholder"),
            ("status = 200\nheaders = { a = '{{no}}' }", "key `headers`: `a`: unknown placeholder"),
            ("status = 200\nheaders = { 'a b' = '' }", "key `headers`: `a b: ` is no header"),
            ("status = 200\nheaders = { Content-Length = '1' }", "`content-length` is written"),
            ("status = 200\nbdy = ''", "unknown field `bdy`"),
            ("body = ''", "missing field `status`"),
        ] {
            let error = written(text).expect_err(text);
            assert!(error.contains(what), "{error}");
        }
    }
}
