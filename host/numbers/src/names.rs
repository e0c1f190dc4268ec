//! Names of channels, teams and agents as small numbers, so that a bucket costs bytes and not strings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Names come from the configuration. One that makes up more than this gets its numbers under [`OTHER`].
pub(crate) const NAMES_MAX: usize = 10_000;

/// Bytes of a name. What is longer is cut.
pub(crate) const NAME_BYTES_MAX: usize = 200;

/// Stands for all names beyond [`NAMES_MAX`].
pub(crate) const OTHER: &str = "(other)";

/// The number of a name, from 1. 0 is no name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct NameId(u32);

impl NameId {
    pub(crate) const NONE: Self = Self(0);
}

/// All names so far, numbered as they came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub(crate) struct Names {
    list: Vec<String>,
    ids: BTreeMap<String, NameId>,
}

impl Names {
    /// The number of a name, a new one where it is new.
    pub(crate) fn id(&mut self, name: &str) -> NameId {
        let name = cut(name);
        if let Some(id) = self.find(name) {
            return id;
        }
        if self.list.len() < NAMES_MAX {
            self.add(name)
        } else {
            self.find(OTHER).unwrap_or_else(|| self.add(OTHER))
        }
    }

    /// The number of a name that may be missing.
    pub(crate) fn optional(&mut self, name: Option<&str>) -> NameId {
        name.map_or(NameId::NONE, |name| self.id(name))
    }

    /// The number of a name that is known.
    pub(crate) fn find(&self, name: &str) -> Option<NameId> {
        self.ids.get(cut(name)).copied()
    }

    /// The name of a number.
    pub(crate) fn name(&self, id: NameId) -> Option<&str> {
        let place = usize::try_from(id.0).ok()?.checked_sub(1)?;
        self.list.get(place).map(String::as_str)
    }

    fn add(&mut self, name: &str) -> NameId {
        self.list.push(name.to_owned());
        let id = NameId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.ids.insert(name.to_owned(), id);
        id
    }
}

impl From<Vec<String>> for Names {
    fn from(list: Vec<String>) -> Self {
        let mut names = Self::default();
        for name in list {
            names.add(&name);
        }
        names
    }
}

impl From<Names> for Vec<String> {
    fn from(names: Names) -> Self {
        names.list
    }
}

fn cut(name: &str) -> &str {
    name.get(..name.floor_char_boundary(NAME_BYTES_MAX)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let mut names = Names::default();
        let ids = [names.id("a"), names.id("b"), names.id("a"), names.optional(None)];
        assert_eq!(ids, [NameId(1), NameId(2), NameId(1), NameId::NONE]);
        assert_eq!([names.name(ids[1]), names.name(ids[3]), names.name(NameId(9))], [Some("b"), None, None]);
        let text = serde_json::to_string(&names).unwrap();
        assert_eq!(text, r#"["a","b"]"#);
        assert_eq!(serde_json::from_str::<Names>(&text).unwrap(), names);
    }

    #[test]
    fn names_are_bounded_in_number_and_length() {
        let mut names = Names::default();
        for number in 0..NAMES_MAX + 10 {
            names.id(&number.to_string());
        }
        let id = names.id("one more");
        assert_eq!(names.name(id), Some(OTHER));
        assert_eq!(names.list.len(), NAMES_MAX + 1);
        let long = "é".repeat(150);
        assert_eq!(cut(&long), &long[..200]);
        assert_eq!(cut(&format!("x{long}")).len(), 199);
    }
}
