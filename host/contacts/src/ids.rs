//! Numbers with names: `con_12` is a contact, `mrg_17` a merge.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A contact: the number of the entry that made it. Shown as `con_12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactId(pub u64);

/// A merge of two contacts: the number of the entry that made it, and which of its merges. Shown as `mrg_17`, and where
/// one entry made several, `mrg_17_1` for the second; so in JSON too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MergeId {
    /// Of the entry.
    pub number: u64,
    /// 0: the first that the entry made.
    pub part: u16,
}

/// A text that is no id of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id of a {kind}: write it as `{example}`")]
pub struct IdError {
    text: String,
    kind: &'static str,
    example: &'static str,
}

impl IdError {
    fn new(text: &str, kind: &'static str, example: &'static str) -> Self {
        Self { text: text.chars().take(40).collect(), kind, example }
    }
}

impl fmt::Display for ContactId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "con_{}", self.0)
    }
}

impl FromStr for ContactId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let number = text.strip_prefix("con_").and_then(number);
        number.map(Self).ok_or_else(|| IdError::new(text, "contact", "con_12"))
    }
}

impl fmt::Display for MergeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => write!(formatter, "mrg_{}", self.number),
            part => write!(formatter, "mrg_{}_{part}", self.number),
        }
    }
}

impl FromStr for MergeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let parse = || {
            let rest = text.strip_prefix("mrg_")?;
            match rest.split_once('_') {
                None => Some(Self { number: number(rest)?, part: 0 }),
                Some((first, part)) => {
                    let part = number(part).filter(|&part| part > 0)?;
                    Some(Self { number: number(first)?, part: u16::try_from(part).ok()? })
                }
            }
        };
        parse().ok_or_else(|| IdError::new(text, "merge", "mrg_17"))
    }
}

/// Digits alone, without a leading zero: every id has one spelling.
fn number(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

impl Serialize for MergeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MergeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_shown() {
        for id in [ContactId(0), ContactId(12), ContactId(u64::MAX)] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for (number, part, text) in [(17, 0, "mrg_17"), (17, 1, "mrg_17_1"), (0, 65_535, "mrg_0_65535")] {
            let id = MergeId { number, part };
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse(), Ok(id));
        }
    }

    #[test]
    fn every_id_has_one_spelling() {
        for text in ["12", "con_", "con_012", "con_+1", "con_1 ", "con_18446744073709551616", "mrg_1"] {
            assert!(text.parse::<ContactId>().is_err(), "{text}");
        }
        for text in ["mrg_1_0", "mrg_1_", "mrg_1_01", "mrg_1_65536", "con_1"] {
            assert!(text.parse::<MergeId>().is_err(), "{text}");
        }
        let error = "7".parse::<ContactId>().unwrap_err();
        assert_eq!(error.to_string(), "`7` is no id of a contact: write it as `con_12`");
    }
}
