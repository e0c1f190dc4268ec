//! JSON as providers really send it: numbers where texts were promised, items that must not spoil their batch.

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
pub use serde_json::value::RawValue;

/// A text that may arrive as a number or boolean (ids beyond 2^53 keep all digits). Anything else is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub String);

impl std::ops::Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = Text;
            fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
                formatter.write_str("a text, number or boolean")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }
            fn visit_string<E: de::Error>(self, text: String) -> Result<Text, E> {
                Ok(Text(text))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }
            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Text, E> {
                Ok(Text(truth.to_string()))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

/// A number that may arrive as text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Number(pub f64);

impl Number {
    /// Bytes or milliseconds: without what is behind the point. None below zero.
    pub fn whole(self) -> Option<u64> {
        (self.0 >= 0.0).then_some(self.0 as u64)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let number = text.trim().parse::<f64>().map_err(de::Error::custom)?;
        if number.is_finite() { Ok(Self(number)) } else { Err(de::Error::custom("not a finite number")) }
    }
}

/// A time in seconds or milliseconds since the Unix epoch, as number or text: from 10^12 on it is taken for
/// milliseconds, which holds from the year 2001 to the year 33658.
pub fn milliseconds(time: &str) -> Option<u64> {
    const MILLISECONDS_FROM: f64 = 1e12;
    let number = time.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0)?;
    let milliseconds = if number >= MILLISECONDS_FROM { number } else { number * 1000.0 };
    Some(milliseconds.round() as u64)
}

/// Like `Option<T>`, but absent where the value has another form than expected: one odd optional field must
/// not cost the item. For `#[serde(default, deserialize_with = "lenient")]`.
pub fn lenient<'de, D: Deserializer<'de>, T: de::DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let raw = <&'de RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

/// The members of a JSON object with these names, as they are written. The last one of a name counts. None of a value that is
/// no object.
pub fn members<'a, const N: usize>(raw: &'a RawValue, names: [&str; N]) -> [Option<&'a RawValue>; N] {
    struct Members<'n, const N: usize>([&'n str; N]);
    impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
        type Value = [Option<&'de RawValue>; N];
        fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
            formatter.write_str("an object")
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = [None; N];
            while let Some(place) = map.next_key_seed(Place(&self.0))? {
                match place {
                    Some(place) => found[place] = Some(map.next_value()?),
                    None => drop(map.next_value::<de::IgnoredAny>()?),
                }
            }
            Ok(found)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    deserializer.deserialize_map(Members(names)).unwrap_or([None; N])
}

/// Reads the name of a member, and says which of some names it is, without keeping it.
struct Place<'n>(&'n [&'n str]);

impl<'de> de::DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;
    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a name")
    }
    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| *wanted == name))
    }
}

/// A value that is a text. None where it has another form.
pub fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// The members of a JSON object that nothing else reads, for attributes: scalar values only, texts as they
/// are, numbers and booleans in JSON's notation.
pub fn scalars(raw: &RawValue, leave_out: &[&str]) -> Vec<(String, String)> {
    let Ok(object) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(raw.get()) else {
        return Vec::new();
    };
    let kept = object.into_iter().filter(|(name, _)| !leave_out.contains(&name.as_str()));
    kept.filter_map(|(name, value)| {
        let text = match value {
            serde_json::Value::String(text) => text,
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::Bool(truth) => truth.to_string(),
            _ => return None,
        };
        Some((name, text))
    })
    .collect()
}

/// A provider's name for something, as names of attributes are written: `mediaURL 2` becomes `media_url_2`.
pub fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    let mut before = '_';
    for letter in name.chars() {
        if letter.is_uppercase() && (before.is_lowercase() || before.is_numeric()) {
            snake.push('_');
        }
        match letter.is_alphanumeric() {
            true => snake.extend(letter.to_lowercase()),
            false => snake.push('_'),
        }
        before = letter;
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_arrive_in_each_others_clothes() {
        let texts: Vec<Text> = serde_json::from_str(r#"["a", 26390203743090, -1, true]"#).expect("scalars");
        let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        assert_eq!(texts, ["a", "26390203743090", "-1", "true"]);
        let numbers: Vec<Number> = serde_json::from_str(r#"["1.5", 2]"#).expect("numbers");
        assert_eq!(numbers, [Number(1.5), Number(2.0)]);
        assert_eq!(Number(1.5).whole(), Some(1));
        assert_eq!(Number(-1.0).whole(), None);
        assert!(serde_json::from_str::<Number>(r#""NaN""#).is_err());
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        assert_eq!(milliseconds("1790000000"), Some(1_790_000_000_000));
        assert_eq!(milliseconds("1790000000123"), Some(1_790_000_000_123));
        assert_eq!(milliseconds("1700000000.123"), Some(1_700_000_000_123));
        assert_eq!((milliseconds("soon"), milliseconds("-5")), (None, None));
    }

    #[test]
    fn members_are_found_by_name_whatever_else_there_is() {
        let raw: &RawValue =
            serde_json::from_str(r#"{"a":1,"x":[{"b":2}],"b":"\u00e9","a":{"a":"é"},"c\n":"d"}"#)
                .expect("an object");
        let [a, b, c, none] = members(raw, ["a", "b", "c\n", "none"]);
        assert_eq!(a.map(RawValue::get), Some(r#"{"a":"é"}"#));
        assert_eq!((b.and_then(text), c.and_then(text)), (Some("é".to_owned()), Some("d".to_owned())));
        assert_eq!((a.and_then(text), none.map(RawValue::get)), (None, None));
        let list: &RawValue = serde_json::from_str(r#"["a"]"#).expect("a list");
        assert!(members(list, ["a"])[0].is_none());
    }

    #[test]
    fn an_odd_optional_field_costs_nothing_else() {
        #[derive(Deserialize)]
        struct Item {
            id: Text,
            #[serde(default, deserialize_with = "lenient")]
            count: Option<u32>,
        }
        let item: Item = serde_json::from_str(r#"{"id":7,"count":{"x":1}}"#).expect("item");
        assert_eq!((&*item.id, item.count), ("7", None));
    }

    #[test]
    fn names_are_in_snake_case() {
        for (name, expected) in [("mediaURL 2", "media_url_2"), ("Größe", "größe"), ("x1Y", "x1_y"), ("", "")]
        {
            assert_eq!(snake_case(name), expected);
        }
    }
}
