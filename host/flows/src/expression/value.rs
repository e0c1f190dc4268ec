//! Facts as values of the expression language.
//!
//! Tables are our own: the library's have an order of their own in every process, and what a flow does must not depend
//! on it. Sizes are bounded here, so that no expression can run for long.

use std::collections::BTreeMap;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as ValIterator, Sizer};
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelNull, CelString, CelUInt, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use serde_json::{Number, Value};

/// Bytes of a text that conditions see.
pub(crate) const TEXT_BYTES_MAX: usize = 4_096;
/// Entries of a list or a table that conditions see.
pub(crate) const ENTRIES_MAX: usize = 100;
/// How deep lists and tables may be inside of each other; what is deeper is seen as null.
const DEPTH_MAX: usize = 8;

/// Names and values, in the order of the names.
#[derive(Debug, Default)]
pub(crate) struct Table(BTreeMap<String, (CelString<'static>, Box<dyn Val>)>);

impl Table {
    pub(crate) fn set(&mut self, name: &str, value: Box<dyn Val>) {
        self.0.insert(name.to_owned(), (CelString::from(name.to_owned()), value));
    }

    pub(crate) fn set_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(name, text(value));
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&(dyn Val + 'static)> {
        self.0.get(name).map(|(_, value)| value.as_ref())
    }

    fn find_key(&self, key: &dyn Val) -> Result<Option<&(dyn Val + 'static)>, ExecutionError> {
        match key.downcast_ref::<CelString>() {
            Some(name) => Ok(self.find(name.inner())),
            None => Err(ExecutionError::UnexpectedType {
                got: key.get_type().name().to_owned(),
                want: "string".to_owned(),
            }),
        }
    }

    fn copy(&self) -> Self {
        let entries = self.0.iter();
        Self(
            entries
                .map(|(name, (key, value))| (name.clone(), (key.clone(), value.clone_as_boxed())))
                .collect(),
        )
    }
}

impl Val for Table {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Table>().is_some_and(|other| {
            self.0.len() == other.0.len()
                && self
                    .0
                    .iter()
                    .all(|(name, (_, value))| other.find(name).is_some_and(|found| value.equals(found)))
        })
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.copy())
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl StaticVal for Table {}

impl Container for Table {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        self.find_key(key).map(|found| found.is_some())
    }
}

impl Indexer for Table {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        match self.find_key(key)? {
            Some(found) => Ok(CowVal::Borrowed(found)),
            None => {
                let name = key.downcast_ref::<CelString>().map_or("", |name| name.inner());
                Err(ExecutionError::no_such_key(name))
            }
        }
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(|found| found.as_ref().clone_as_boxed())
    }
}

impl Iterable for Table {
    fn iter<'b, 'v>(&'b self) -> Box<dyn ValIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Keys(self.0.values()))
    }
}

impl Sizer for Table {
    fn size(&self) -> CelInt {
        int(self.0.len() as u64)
    }
}

struct Keys<'b>(std::collections::btree_map::Values<'b, String, (CelString<'static>, Box<dyn Val>)>);

impl<'b, 'v> ValIterator<'b, 'v> for Keys<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|(key, _)| key as &dyn Val)
    }
}

pub(crate) fn int(value: u64) -> CelInt {
    CelInt::from(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(crate) fn text(value: &str) -> Box<dyn Val> {
    Box::new(CelString::from(shorten(value, TEXT_BYTES_MAX).to_owned()))
}

pub(crate) fn texts<'a>(values: impl IntoIterator<Item = &'a String>) -> Box<dyn Val> {
    let values: Vec<_> = values.into_iter().take(ENTRIES_MAX).map(|value| text(value)).collect();
    Box::new(CelList::from(values))
}

/// A table of JSON values.
pub(crate) fn table<'a>(values: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Table {
    table_within(values, DEPTH_MAX)
}

fn table_within<'a>(values: impl IntoIterator<Item = (&'a String, &'a Value)>, depth: usize) -> Table {
    let mut table = Table::default();
    for (name, value) in values.into_iter().take(ENTRIES_MAX) {
        table.set(name, from_json(value, depth));
    }
    table
}

fn from_json(value: &Value, depth: usize) -> Box<dyn Val> {
    let Some(deeper) = depth.checked_sub(1) else { return Box::new(CelNull) };
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Box::new(CelInt::from(value)),
            (None, Some(value)) => Box::new(CelDouble::from(value)),
            (None, None) => Box::new(CelNull),
        },
        Value::String(value) => text(value),
        Value::Array(values) => {
            let values: Vec<_> =
                values.iter().take(ENTRIES_MAX).map(|value| from_json(value, deeper)).collect();
            Box::new(CelList::from(values))
        }
        Value::Object(values) => Box::new(table_within(values, deeper)),
    }
}

/// A value as JSON. Whatever JSON has no form for is null.
pub(crate) fn to_json(value: &dyn Val) -> Value {
    if let Some(text) = value.downcast_ref::<CelString>() {
        Value::String(shorten(text.inner(), TEXT_BYTES_MAX).to_owned())
    } else if let Some(value) = value.downcast_ref::<CelBool>() {
        Value::Bool(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelInt>() {
        Value::from(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelUInt>() {
        Value::from(*value.inner())
    } else if let Some(value) = value.downcast_ref::<CelDouble>() {
        Number::from_f64(*value.inner()).map_or(Value::Null, Value::Number)
    } else if let Some(list) = value.downcast_ref::<CelList>() {
        list.inner().iter().take(ENTRIES_MAX).map(|value| to_json(value.as_ref())).collect()
    } else if let Some(table) = value.downcast_ref::<Table>() {
        let entries = table.0.iter().take(ENTRIES_MAX);
        Value::Object(entries.map(|(name, (_, value))| (name.clone(), to_json(value.as_ref()))).collect())
    } else {
        Value::Null
    }
}

/// At most so many bytes from the begin of a text, whole letters only.
pub(crate) fn shorten(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
