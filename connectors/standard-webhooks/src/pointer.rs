//! JSON pointers (RFC 6901) into text that stays text: an id of twenty digits comes out with all of them.

use serde_json::value::RawValue;
use trunkline_sdk::json::members;

/// Where something stands: the names and numbers on the way to it, unescaped.
#[derive(Debug, Clone, PartialEq)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Reads `/data/from~1to`; the empty pointer is the whole body. None of what is no pointer.
    pub fn read(text: &str) -> Option<Self> {
        let Some(rest) = text.strip_prefix('/') else { return text.is_empty().then(|| Self(Vec::new())) };
        Some(Self(rest.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect()))
    }

    /// The names and numbers.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// What stands there. `null` counts as nothing.
    pub fn find<'a>(&self, body: &'a RawValue) -> Option<&'a RawValue> {
        let found = self.0.iter().try_fold(body, |value, token| {
            if value.get().starts_with('[') {
                let items: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
                return items.get(token.parse::<usize>().ok()?).copied();
            }
            let [member] = members(value, [token.as_str()]);
            member
        });
        found.filter(|value| value.get() != "null")
    }

    /// The name of a member of what `parent` points to, where this points there.
    pub fn member_of<'a>(&'a self, parent: &Self) -> Option<&'a str> {
        match self.0.strip_prefix(parent.0.as_slice())? {
            [name] => Some(name),
            _ => None,
        }
    }
}

/// A text as it is, a number or boolean as it was written. None of anything else, and of what is empty.
pub fn scalar(value: &RawValue) -> Option<String> {
    let text = match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str(value.get()).ok()?,
        b'{' | b'[' | b'n' => return None,
        _ => value.get().to_owned(),
    };
    Some(text).filter(|text: &String| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_there_is_found_as_it_was_written() {
        let body =
            r#"{"a/b":{"m~n":[1,{"":12345678901234567890123}]},"t":"\u00e9","e":"","n":null,"f":false}"#;
        let body: &RawValue = serde_json::from_str(body).expect("JSON");
        let at = |text| Pointer::read(text).and_then(|pointer| pointer.find(body)).and_then(scalar);
        for (pointer, expected) in [
            ("/a~1b/m~0n/1/", Some("12345678901234567890123")),
            ("/a~1b/m~0n/0", Some("1")),
            ("/t", Some("é")),
            ("/f", Some("false")),
            ("/e", None),
            ("/n", None),
            ("/a~1b", None),
            ("/a~1b/m~0n/2", None),
            ("/a~1b/m~0n/x", None),
            ("/t/x", None),
            ("", None),
        ] {
            assert_eq!(at(pointer).as_deref(), expected, "{pointer}");
        }
        assert_eq!(Pointer::read("data"), None);
    }

    #[test]
    fn a_member_is_known_by_its_parent() {
        let read = |text| Pointer::read(text).expect("a pointer");
        assert_eq!(read("/data/from").member_of(&read("/data")), Some("from"));
        assert_eq!(read("/type").member_of(&read("")), Some("type"));
        for other in ["/data", "/data/from/id", "/other/from"] {
            assert_eq!(read(other).member_of(&read("/data")), None, "{other}");
        }
    }
}
