//! The JSON of pushes and replies, where the console's data format is JSON. The same fields as in XML.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use trunkline_sdk::json::RawValue;

use super::{DEPTH_MAX, ELEMENTS_MAX, Element};

const BROKEN: &str = "not the JSON expected";

/// Reads an object.
pub fn parse(text: &str) -> Result<Element, &'static str> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| BROKEN)?;
    let mut left = ELEMENTS_MAX;
    let mut roots = Vec::new();
    add("xml", raw, 0, &mut left, &mut roots)?;
    roots.pop().ok_or(BROKEN)
}

/// Adds what a value holds: an element, or one for each item of a list.
fn add(
    name: &str,
    raw: &RawValue,
    depth: usize,
    left: &mut usize,
    elements: &mut Vec<Element>,
) -> Result<(), &'static str> {
    if depth == DEPTH_MAX {
        return Err("JSON nested too deeply");
    }
    *left = left.checked_sub(1).ok_or("JSON with too many values")?;
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    match raw.get().as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).map_err(|_| BROKEN)?;
            for (name, raw) in members {
                add(&name, raw, depth + 1, left, &mut element.children)?;
            }
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| BROKEN)?;
            for item in items {
                add(name, item, depth + 1, left, elements)?;
            }
            return Ok(());
        }
        Some(b'"') => element.text = serde_json::from_str(raw.get()).map_err(|_| BROKEN)?,
        Some(b'n') => {}
        // As it is written: an id keeps every digit.
        _ => raw.get().clone_into(&mut element.text),
    }
    elements.push(element);
    Ok(())
}

/// An object of these fields.
pub fn write(fields: &[Element]) -> String {
    object(fields).to_string()
}

fn object(fields: &[Element]) -> Value {
    let member = |field: &Element| {
        let value = match field.name.as_str() {
            _ if !field.children.is_empty() => object(&field.children),
            "CreateTime" | "TimeStamp" => field.text.parse::<u64>().map_or(Value::Null, Value::from),
            _ => json!(field.text),
        };
        (field.name.clone(), value)
    };
    Value::Object(fields.iter().map(member).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let root =
            parse(r#"{"MsgId":123456789012345678901234,"X":23.137466,"N":null,"T":true}"#).expect("JSON");
        assert_eq!(root.field("MsgId"), Some("123456789012345678901234"));
        assert_eq!(
            (root.field("X"), root.field("N"), root.field("T")),
            (Some("23.137466"), None, Some("true"))
        );
    }

    #[test]
    fn depth_and_number_have_bounds() {
        let nested = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
        assert!(parse(&nested(DEPTH_MAX - 1)).is_ok());
        assert_eq!(parse(&nested(DEPTH_MAX)), Err("JSON nested too deeply"));
        let wide = |count: usize| format!("{{\"a\":[{}1]}}", "1,".repeat(count));
        assert!(parse(&wide(ELEMENTS_MAX - 4)).is_ok());
        assert_eq!(parse(&wide(ELEMENTS_MAX)), Err("JSON with too many values"));
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(r#"{"a":"\ud800"}"#).is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        let fields = [
            Element::leaf("Content", "123"),
            Element::leaf("CreateTime", "1790000000"),
            Element::node("Image", vec![Element::leaf("MediaId", "m-1")]),
        ];
        let text = write(&fields);
        assert_eq!(text, r#"{"Content":"123","CreateTime":1790000000,"Image":{"MediaId":"m-1"}}"#);
        assert_eq!(parse(&text).expect("JSON").children, fields);
    }
}
