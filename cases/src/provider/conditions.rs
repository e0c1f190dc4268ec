//! `[rule.when]`: what must hold beyond host, method and path.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::asked::{Asked, text};

/// Conditions as they stand in the file. All must hold, each entry of each.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Headers with these values.
    header: BTreeMap<String, Scalar>,
    /// Headers that are absent or have another value.
    not_header: BTreeMap<String, Scalar>,
    /// Scalars by JSON pointer.
    json: BTreeMap<String, Scalar>,
    /// JSON pointers that lead nowhere, or to null.
    missing_json: Vec<String>,
    /// Fields of a form.
    form: BTreeMap<String, Scalar>,
    /// Fields that the form does not have.
    missing_form: Vec<String>,
    /// Parameters of the query.
    query: BTreeMap<String, Scalar>,
    /// Text somewhere in the body.
    body_contains: Option<String>,
}

/// A string, number or boolean of the file, as text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "toml::Value")]
struct Scalar(String);

impl TryFrom<toml::Value> for Scalar {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(text) => Ok(Self(text)),
            toml::Value::Integer(number) => Ok(Self(number.to_string())),
            // As JSON spells it, since it is compared with JSON: 1.0 is not 1.
            toml::Value::Float(number) => Ok(Self(serde_json::Value::from(number).to_string())),
            toml::Value::Boolean(yes) => Ok(Self(yes.to_string())),
            other => Err(format!("expected a string, a number or a boolean, found {}", other.type_str())),
        }
    }
}

impl Conditions {
    /// What no type says. The error names the key.
    pub fn check(&self) -> Result<(), String> {
        let json = self.json.keys().map(|pointer| ("json", pointer));
        let missing = self.missing_json.iter().map(|pointer| ("missing_json", pointer));
        let odd = json.chain(missing).find(|(_, pointer)| !pointer.is_empty() && !pointer.starts_with('/'));
        if let Some((key, pointer)) = odd {
            return Err(format!("key `when.{key}`: `{pointer}` is no JSON pointer, expected `/a/0/b`"));
        }
        Ok(())
    }

    /// Whether all hold.
    pub fn hold(&self, asked: &Asked) -> bool {
        let has_header =
            |(name, value): (&String, &Scalar)| asked.headers(name).any(|found| found == value.0.as_str());
        let has_json = |(pointer, value): (&String, &Scalar)| {
            let found = asked.json(pointer).filter(|found| !found.is_object() && !found.is_array());
            found.is_some_and(|found| text(found) == value.0)
        };
        self.header.iter().all(has_header)
            && !self.not_header.iter().any(has_header)
            && self.json.iter().all(has_json)
            && self.missing_json.iter().all(|pointer| asked.json(pointer).is_none())
            && self.form.iter().all(|(name, value)| asked.form(name).any(|found| found == value.0))
            && self.missing_form.iter().all(|name| asked.form(name).next().is_none())
            && self.query.iter().all(|(name, value)| asked.query(name).contains(&value.0))
            && self
                .body_contains
                .as_ref()
                .is_none_or(|text| String::from_utf8_lossy(&asked.body).contains(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(conditions: &str, asked: &Asked) -> bool {
        let conditions: Conditions = toml::from_str(conditions).expect("conditions");
        conditions.check().expect("pointers");
        conditions.hold(asked)
    }

    fn asked(query: &str, headers: &[(&str, &str)], body: &str) -> Asked {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Asked {
            query: Some(query.to_owned()),
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
            ..Asked::default()
        }
    }

    #[test]
    fn headers_are_compared_without_regard_to_case_of_their_names() {
        let asked = asked("", &[("authorization", "Bearer fake-token"), ("a", "1"), ("a", "2")], "");
        assert!(hold("header = { Authorization = 'Bearer fake-token' }", &asked));
        assert!(hold("header = { a = 2 }", &asked));
        assert!(!hold("header = { authorization = 'Bearer other' }", &asked));
        assert!(!hold("not_header = { authorization = 'Bearer fake-token' }", &asked));
        assert!(hold("not_header = { authorization = 'Bearer other', b = 'x' }", &asked));
        assert!(!hold("not_header = { authorization = 'Bearer fake-token', b = 'x' }", &asked));
    }

    #[test]
    fn scalars_of_json_are_compared_as_text() {
        let asked = asked("", &[], r#"{"to":"7","n":7,"f":1.0,"yes":true,"list":[1],"none":null}"#);
        for holds in [
            "json = { '/to' = '7', '/n' = '7' }",
            "json = { '/to' = 7, '/n' = 7 }",
            "json = { '/f' = 1.0, '/yes' = true, '/list/0' = 1 }",
            "missing_json = ['/absent', '/none', '/list/1']",
            "body_contains = '\"n\":7'",
        ] {
            assert!(hold(holds, &asked), "{holds}");
        }
        for not in [
            "json = { '/to' = 8 }",
            "json = { '/to' = 7, '/n' = 8 }",
            "json = { '/list' = '[1]' }",
            "json = { '/none' = 'null' }",
            "missing_json = ['/absent', '/to']",
            "body_contains = 'n:7'",
        ] {
            assert!(!hold(not, &asked), "{not}");
        }
        assert!(hold("missing_json = ['/to']", &self::asked("", &[], "<html>")));
    }

    #[test]
    fn forms_and_queries_are_decoded() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let asked = asked("fields=first_name%2Cid&n=1", &[form], "To=%2B15550001111&Body=");
        assert!(hold("form = { To = '+15550001111' }\nquery = { fields = 'first_name,id', n = 1 }", &asked));
        assert!(hold("missing_form = ['From']", &asked));
        assert!(!hold("missing_form = ['Body']", &asked), "an empty field is there");
        assert!(!hold("query = { m = 1 }", &asked));
        assert!(!hold("form = { To = '+1' }", &asked));
    }

    #[test]
    fn what_is_no_condition_is_said() {
        for (conditions, what) in
            [("jsn = {}", "unknown field `jsn`"), ("json = { '/a' = [1] }", "expected a string, a number")]
        {
            let error = toml::from_str::<Conditions>(conditions).expect_err(conditions);
            assert!(error.to_string().contains(what), "{error}");
        }
        let conditions: Conditions = toml::from_str("missing_json = ['to']").expect("conditions");
        assert!(conditions.check().expect_err("no pointer").contains("`when.missing_json`: `to`"));
    }
}
