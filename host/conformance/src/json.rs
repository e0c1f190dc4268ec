//! Changes to JSON bodies.

use serde_json::{Map, Value, json};

/// Stands for an array nested too deep to be built as a value.
const DEEP: &str = "@deep@";
/// How deep.
const DEPTH: usize = 3_000;

/// The body with the first text member of that name, at any depth, changed. None where there is none.
pub fn with_member(body: &[u8], name: &str, change: impl Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let object = holder(&mut value, name)?;
    match change(object[name].as_str()?) {
        Some(text) => object.insert(name.to_owned(), Value::from(text)),
        None => object.remove(name),
    };
    Some(value.to_string().into_bytes())
}

/// The first object that has a text member of that name.
fn holder<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    match value {
        Value::Object(object) => match object.get(name).is_some_and(Value::is_string) {
            true => Some(object),
            false => object.values_mut().find_map(|value| holder(value, name)),
        },
        Value::Array(items) => items.iter_mut().find_map(|value| holder(value, name)),
        _ => None,
    }
}

/// The body with one value replaced, taken out or renamed at random. Members named in `kept` stay as they
/// are. None where the body is not JSON.
pub fn mutated(body: &[u8], random: &mut fastrand::Rng, kept: &[&str]) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let target = random.usize(..count(&value, kept).max(1));
    mutate(&mut value, &mut 0, target, random, kept);
    let deep = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    Some(value.to_string().replace(&format!("\"{DEEP}\""), &deep).into_bytes())
}

fn count(value: &Value, kept: &[&str]) -> usize {
    1 + match value {
        Value::Object(object) => object
            .iter()
            .filter(|(name, _)| !kept.contains(&name.as_str()))
            .map(|(_, value)| count(value, kept))
            .sum(),
        Value::Array(items) => items.iter().map(|value| count(value, kept)).sum(),
        _ => 0,
    }
}

/// Walks in the order of [`count`] to the value number `target`, and changes it.
fn mutate(value: &mut Value, index: &mut usize, target: usize, random: &mut fastrand::Rng, kept: &[&str]) {
    if *index == target {
        *index += 1;
        change(value, random, kept);
        return;
    }
    *index += 1;
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if !kept.contains(&name.as_str()) && *index <= target {
                    mutate(value, index, target, random, kept);
                }
            }
        }
        Value::Array(items) => {
            for value in items {
                if *index <= target {
                    mutate(value, index, target, random, kept);
                }
            }
        }
        _ => {}
    }
}

fn change(value: &mut Value, random: &mut fastrand::Rng, kept: &[&str]) {
    if let Value::Object(object) = value {
        let names: Vec<String> =
            object.keys().filter(|name| !kept.contains(&name.as_str())).cloned().collect();
        // What is kept must not be lost with the object around it.
        let whole = names.len() == object.len() && !names.is_empty() && random.bool();
        if !whole {
            let Some(name) = names.get(random.usize(..names.len().max(1))) else { return };
            let member = object.remove(name);
            if random.bool() {
                object.insert(format!("{name}_"), member.unwrap_or_default());
            }
            return;
        }
        if holder(value, kept.first().copied().unwrap_or("")).is_some() {
            return;
        }
    }
    *value = replacement(random);
}

fn replacement(random: &mut fastrand::Rng) -> Value {
    let choices = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{202e}\u{1f600}"),
        json!("x".repeat(5_000)),
        json!("-9223372036854775809"),
        json!("99999999999999999999999999"),
        json!([]),
        json!({}),
        json!([[], {}, null, 1, "a"]),
        json!({ "": { "": null } }),
        json!(DEEP),
    ];
    let index = random.usize(..choices.len());
    choices[index].clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_changes_something_and_keeps_what_it_must() {
        let body = br#"{"a":[1,{"b":"x"}],"token":"t","c":null}"#;
        let mut random = fastrand::Rng::with_seed(7);
        let mut changed = 0;
        for _ in 0..200 {
            let mutated = mutated(body, &mut random, &["token"]).expect("JSON");
            let text = String::from_utf8(mutated).expect("text");
            assert!(text.contains(r#""token":"t""#), "{text}");
            changed += usize::from(text.as_bytes() != body);
        }
        assert!(changed > 150, "{changed} of 200 mutations changed something");
    }
}
