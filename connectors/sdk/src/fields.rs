//! The parameters of a webhook that is a form. What nothing else takes becomes attributes, so that a parameter that a provider
//! adds tomorrow is not lost.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trunkline_model::Attributes;

use crate::form::Form;

/// The most attributes that are made of parameters.
pub const ATTRIBUTES_MAX: usize = 64;
const ATTRIBUTE_NAME_LENGTH_MAX: usize = 64;
const ATTRIBUTE_VALUE_LENGTH_MAX: usize = 8_192;

/// Attribute names that a connector or the contract gives a meaning: a parameter cannot claim them.
const RESERVED: [&str; 6] = ["body_encoding", "channel", "keyword", "redelivery", "reply_token", "standby"];

/// The parameters, minus those already taken.
pub struct Fields {
    all: Vec<(String, String)>,
    taken: Vec<bool>,
}

impl Fields {
    /// Strips NUL, which occurs in texts and which databases refuse.
    pub fn new(form: &Form) -> Self {
        let clean = |text: &str| text.replace('\0', "");
        let all: Vec<_> = form.fields.iter().map(|(name, value)| (clean(name), clean(value))).collect();
        Self { taken: vec![false; all.len()], all }
    }

    /// Whether there is such a parameter, be it empty.
    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// The value of a parameter that is not yet taken, where it is not empty.
    pub fn peek(&self, name: &str) -> Option<&str> {
        self.position(name).map(|position| self.all[position].1.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of a parameter, where it is not empty; it will be no attribute.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let position = self.position(name)?;
        self.taken[position] = true;
        Some(self.all[position].1.clone()).filter(|value| !value.is_empty())
    }

    /// Whether a parameter says `true`; then it is taken.
    pub fn take_flag(&mut self, name: &str) -> bool {
        let flag = self.peek(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        flag && self.take(name).is_some()
    }

    /// All parameters of that prefix which are not yet taken and not empty, with the rest of their names.
    pub fn take_prefixed(&mut self, prefix: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (position, (name, value)) in self.all.iter().enumerate() {
            let Some(rest) = name.strip_prefix(prefix).filter(|_| !self.taken[position]) else { continue };
            self.taken[position] = true;
            if !value.is_empty() && found.len() < ATTRIBUTES_MAX {
                found.push((rest.to_owned(), value.clone()));
            }
        }
        found
    }

    /// What is left, without the empty ones.
    pub fn attributes(&self) -> Attributes {
        let left =
            self.all.iter().zip(&self.taken).filter(|((_, value), taken)| !**taken && !value.is_empty());
        left.map(|((name, value), _)| attribute(name, value)).take(ATTRIBUTES_MAX).collect()
    }

    /// All parameters as a JSON object sorted by name, also those that are taken. One that is repeated becomes
    /// a list. The order is not left to the JSON library: an id is made of this text.
    pub fn json(&self) -> String {
        let mut object: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &self.all {
            object.entry(name).or_default().push(value);
        }
        let value = |values: Vec<&str>| if values.len() == 1 { json!(values[0]) } else { json!(values) };
        let object: BTreeMap<&str, Value> =
            object.into_iter().map(|(name, values)| (name, value(values))).collect();
        serde_json::to_string(&object).expect("texts serialize")
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.all.iter().zip(&self.taken).position(|((key, _), taken)| key == name && !taken)
    }
}

/// An attribute of a parameter, bounded and without NUL.
pub fn attribute(name: &str, value: &str) -> (String, String) {
    let value = value.replace('\0', "");
    let mut name = snake_case(name);
    if RESERVED.contains(&name.as_str()) {
        name.insert_str(0, "parameter_");
    }
    let mut end = value.len().min(ATTRIBUTE_VALUE_LENGTH_MAX);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    (name, value[..end].to_owned())
}

/// `ReferralCtwaClid` as `referral_ctwa_clid`.
fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for letter in name.chars().take(ATTRIBUTE_NAME_LENGTH_MAX) {
        if letter.is_ascii_uppercase() && after_small {
            snake.push('_');
        }
        after_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        snake.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' });
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Fields {
        Fields::new(&Form::parse(body.as_bytes()).expect("few fields"))
    }

    #[test]
    fn what_is_taken_is_no_attribute() {
        let mut fields = fields("FromCity=Berlin&Body=a%00b&ToZip=&Forwarded=true&MediaUrl0=u&Standby=true");
        assert_eq!(fields.take("Body").as_deref(), Some("ab"));
        assert_eq!((fields.take("Body"), fields.take("ToZip")), (None, None));
        assert!(fields.take_flag("Forwarded") && !fields.take_flag("FromCity"));
        let expected = [("from_city", "Berlin"), ("media_url0", "u"), ("parameter_standby", "true")];
        assert_eq!(fields.attributes(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn attributes_are_bounded() {
        let many: String = (0..200).map(|number| format!("A{number}=1&")).collect();
        assert_eq!(fields(&many).attributes().len(), ATTRIBUTES_MAX);
        let (name, value) = attribute(&"X".repeat(500), &"é".repeat(5_000).replacen('é', "e", 1));
        assert_eq!((name.len(), value.len()), (ATTRIBUTE_NAME_LENGTH_MAX, ATTRIBUTE_VALUE_LENGTH_MAX - 1));
    }

    #[test]
    fn json_keeps_repetitions() {
        assert_eq!(fields("b=1&a=x&b=&b=3").json(), r#"{"a":"x","b":["1","","3"]}"#);
        assert_eq!(fields("").json(), "{}");
    }
}
