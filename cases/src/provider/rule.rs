//! One `[[rule]]` of `provider.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::{Answer, Written};
use super::asked::Asked;
use super::conditions::Conditions;
use super::pattern::Pattern;

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it stands for.
    pub name: String,
    /// What it answers.
    pub answer: Answer,
    /// What it remembers.
    pub retry: Option<Retry>,
    /// The host that it answers for.
    pub host: String,
    method: Option<String>,
    path: Option<Pattern>,
    when: Conditions,
}

/// What a rule answers where it has seen the value of a header before.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The header.
    pub header: String,
    /// The answer.
    pub again: Answer,
}

/// `[[rule]]`, as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    host: String,
    method: Option<String>,
    path: Option<String>,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    when: Conditions,
    retry_key: Option<String>,
    again: Option<Written>,
}

impl Rule {
    /// Reads and checks one. The error names the key.
    pub fn parse(value: &toml::Value) -> Result<Self, String> {
        let mut value = value.clone();
        // Taken out beforehand: a problem in it would be told as one of the rule's own keys.
        let again = value.as_table_mut().and_then(|table| table.remove("again"));
        let mut written: WrittenRule = value.try_into().map_err(|error| one_line(&error))?;
        let in_again = |error: String| format!("in `again`: {error}");
        written.again =
            again.map(toml::Value::try_into).transpose().map_err(|error| in_again(one_line(&error)))?;
        let host = written.host;
        if host.is_empty() || host.contains([':', '/', '*']) || host.contains(char::is_uppercase) {
            return Err(format!("key `host`: found `{host}`, expected a host in lower case, without a port"));
        }
        if let Some(method) = written.method.as_deref().filter(|method| !is_method(method)) {
            return Err(format!("key `method`: found `{method}`, expected one in upper case"));
        }
        let path = written.path.as_deref().map(Pattern::parse).transpose();
        written.when.check()?;
        let answer = Written::new(written.status, written.headers, written.body).check()?;
        if answer.repeats() {
            return Err("`{{first}}` stands outside of `again`".to_owned());
        }
        let retry = match (written.retry_key, written.again) {
            (None, None) => None,
            (Some(_), None) => return Err("key `retry_key` needs `[rule.again]`".to_owned()),
            (None, Some(_)) => return Err("key `again` needs `retry_key`".to_owned()),
            (Some(_), Some(_)) if answer.status >= 400 => {
                return Err(format!("key `retry_key`: an answer {} is not remembered", answer.status));
            }
            (Some(header), Some(again)) => {
                let again = again.check().map_err(in_again)?;
                if again.repeats() && !answer.invents() {
                    return Err(in_again("`{{first}}` has nothing to repeat".to_owned()));
                }
                Some(Retry { header, again })
            }
        };
        Ok(Self {
            name: written.name,
            answer,
            retry,
            host,
            method: written.method,
            path: path.map_err(|error| format!("key `path`: {error}"))?,
            when: written.when,
        })
    }

    /// Whether it is the one to answer.
    pub fn fits(&self, asked: &Asked) -> bool {
        self.host == asked.host
            && self.method.as_ref().is_none_or(|method| *method == asked.method)
            && self.path.as_ref().is_none_or(|path| path.fits(&asked.path))
            && self.when.hold(asked)
    }
}

fn is_method(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// What the library says of a key, in one line.
fn one_line(error: &toml::de::Error) -> String {
    error.to_string().lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}
