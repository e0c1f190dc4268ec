//! What a run has found out. Bounded: it is kept with every ticket.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::expression::shorten;

/// Variables of a run.
pub const VARS_MAX: usize = 100;
/// Bytes of a name.
const NAME_BYTES_MAX: usize = 80;
/// Bytes of a text in one.
const TEXT_BYTES_MAX: usize = 4_096;
/// Entries of a list or table.
const ENTRIES_MAX: usize = 100;
/// Values in one variable, those inside of each other counted.
const VALUES_MAX: usize = 1_000;
/// How deep they may be inside of each other.
const DEPTH_MAX: usize = 7;

/// Variables by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Vars(BTreeMap<String, Value>);

impl Vars {
    pub(crate) fn new(from: &BTreeMap<String, Value>) -> Self {
        let mut vars = Self::default();
        for (name, value) in from {
            vars.set(name, value.clone());
        }
        vars
    }

    pub(crate) fn as_map(&self) -> &BTreeMap<String, Value> {
        &self.0
    }

    pub(crate) fn into_map(self) -> BTreeMap<String, Value> {
        self.0
    }

    /// False: there are too many, or its name is too long, and this one is not kept.
    pub(crate) fn set(&mut self, name: &str, mut value: Value) -> bool {
        if name.len() > NAME_BYTES_MAX {
            return false;
        }
        if self.0.len() >= VARS_MAX && !self.0.contains_key(name) {
            return false;
        }
        let mut left = VALUES_MAX;
        prune(&mut value, DEPTH_MAX, &mut left);
        self.0.insert(name.to_owned(), value);
        true
    }
}

/// Cuts what is too long or too deep.
fn prune(value: &mut Value, depth: usize, left: &mut usize) {
    *left = left.saturating_sub(1);
    let Some(deeper) = depth.checked_sub(1) else {
        *value = Value::Null;
        return;
    };
    match value {
        Value::String(text) => text.truncate(shorten(text, TEXT_BYTES_MAX).len()),
        Value::Array(values) => {
            values.truncate(ENTRIES_MAX.min(*left));
            values.iter_mut().for_each(|value| prune(value, deeper, left));
        }
        Value::Object(values) => {
            // A map of the library keeps the order of its entries, which says nothing: the first by name stay.
            let mut entries: Vec<_> = std::mem::take(values).into_iter().collect();
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            entries.truncate(ENTRIES_MAX.min(*left));
            for (name, mut value) in entries {
                prune(&mut value, deeper, left);
                values.insert(name, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_too_much_is_cut() {
        let mut vars = Vars::default();
        let mut deep = json!(1);
        for _ in 0..20 {
            deep = json!([deep]);
        }
        assert!(vars.set("long", json!("ä".repeat(4_096))));
        assert!(vars.set("wide", json!(vec![1; 500])));
        assert!(vars.set("deep", deep));
        assert!(vars.set("many", json!(vec![vec![0; 100]; 100])));
        assert!(vars.set("table", json!({"b": 2, "a": 1})));
        let map = vars.as_map();
        assert_eq!(map["long"].as_str().map(str::len), Some(4_096));
        assert_eq!(map["wide"].as_array().map(Vec::len), Some(100));
        assert_eq!(map["deep"].to_string(), "[[[[[[[null]]]]]]]");
        assert!(map["many"].to_string().matches('0').count() <= VALUES_MAX);
        assert_eq!(map["table"].to_string(), r#"{"a":1,"b":2}"#);
    }

    #[test]
    fn there_are_only_so_many() {
        let mut vars = Vars::default();
        for number in 0..VARS_MAX {
            assert!(vars.set(&format!("v{number}"), Value::Null));
        }
        assert!(!vars.set("more", Value::Null));
        assert!(vars.set("v1", json!(1)));
        assert_eq!(Vars::new(vars.as_map()), vars);
    }
}
