//! What is told of a contact: who says it counts more than when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How certain something is, the least certain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Found out from what they write.
    Detected,
    /// As their channel has it.
    Channel,
    /// Set by the business.
    Set,
}

/// A value, who says so and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told<T> {
    /// What is so.
    pub value: T,
    /// Who says so.
    pub source: Source,
    /// The entry that said it.
    pub number: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
}

impl<T: PartialEq> Told<T> {
    /// Takes a value, unless a more certain one is there. The same value told once more changes nothing.
    pub(crate) fn offer(place: &mut Option<Self>, told: Self) -> bool {
        let takes = Self::takes(place.as_ref(), told.source, &told.value);
        if takes {
            *place = Some(told);
        }
        takes
    }

    /// Whether a value of that source would be taken: see [`Told::offer`].
    pub(crate) fn takes<U: ?Sized>(place: Option<&Self>, source: Source, value: &U) -> bool
    where
        T: PartialEq<U>,
    {
        match place {
            None => true,
            Some(kept) if source == kept.source => kept.value != *value,
            Some(kept) => source > kept.source,
        }
    }

    /// Of two, the more certain; of those as certain, the later.
    pub(crate) fn better<'a>(left: Option<&'a Self>, right: Option<&'a Self>) -> Option<&'a Self> {
        [left, right].into_iter().flatten().max_by_key(|told| (told.source, told.number))
    }
}

/// Values by name of which the latest counts. What is taken away leaves a mark, or an older value of a contact that
/// is merged with this one would come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Marks<T>(BTreeMap<String, Mark<T>>);

/// A value or its absence, and since when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark<T> {
    number: u64,
    at: u64,
    /// None: taken away.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    value: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> Default for Marks<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Marks<T> {
    /// How many values there are.
    pub(crate) fn present(&self) -> usize {
        self.0.values().filter(|mark| mark.value.is_some()).count()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|mark| mark.value.is_some())
    }

    /// Sets or takes away. Of what was taken away, the last `absent_max` are remembered.
    pub(crate) fn set(&mut self, number: u64, at: u64, name: &str, value: Option<T>, absent_max: usize) {
        let is_absent = value.is_none();
        self.0.insert(name.to_owned(), Mark { number, at, value });
        if is_absent && self.0.len() - self.present() > absent_max {
            let absent = self.0.iter().filter(|(_, mark)| mark.value.is_none());
            let oldest = absent.min_by_key(|(name, mark)| (mark.number, *name)).map(|(name, _)| name.clone());
            oldest.and_then(|name| self.0.remove(&name));
        }
    }

    /// What counts in several together: for each name the latest.
    pub(crate) fn latest<'a>(several: impl Iterator<Item = &'a Self>) -> BTreeMap<&'a str, &'a T>
    where
        T: 'a,
    {
        let mut latest: BTreeMap<&str, &Mark<T>> = BTreeMap::new();
        for (name, mark) in several.flat_map(|marks| &marks.0) {
            let kept = latest.entry(name).or_insert(mark);
            if mark.number > kept.number {
                *kept = mark;
            }
        }
        latest.into_iter().filter_map(|(name, mark)| Some((name, mark.value.as_ref()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: &str, source: Source, number: u64) -> Told<String> {
        Told { value: value.to_owned(), source, number, at: number }
    }

    #[test]
    fn the_more_certain_stays() {
        use Source::{Channel, Detected, Set};
        let table = [
            // kept, offered, taken
            (Detected, Channel, true),
            (Detected, Detected, true),
            (Channel, Detected, false),
            (Channel, Channel, true),
            (Set, Channel, false),
            (Set, Set, true),
        ];
        for (kept, offered, taken) in table {
            let mut place = Some(told("de", kept, 1));
            assert_eq!(Told::offer(&mut place, told("en", offered, 2)), taken, "{kept:?} {offered:?}");
            assert_eq!(place, Some(if taken { told("en", offered, 2) } else { told("de", kept, 1) }));
        }
        let mut place = Some(told("de", Channel, 1));
        assert!(!Told::offer(&mut place, told("de", Channel, 2)));
        assert!(Told::offer(&mut place, told("de", Set, 3)));
        let (left, right) = (told("a", Channel, 5), told("b", Channel, 7));
        assert_eq!(Told::better(Some(&left), Some(&right)), Some(&right));
        assert_eq!(Told::better(Some(&told("c", Set, 1)), Some(&right)), Some(&told("c", Set, 1)));
    }

    #[test]
    fn what_was_taken_away_does_not_come_back() {
        let (mut left, mut right) = (Marks::default(), Marks::default());
        left.set(1, 1, "plan", Some("free"), 9);
        right.set(2, 2, "plan", Some("paid"), 9);
        let both = |left: &Marks<_>, right: &Marks<_>| -> Vec<&str> {
            Marks::latest([left, right].into_iter()).into_values().copied().collect()
        };
        assert_eq!(both(&left, &right), ["paid"]);
        right.set(3, 3, "plan", None, 9);
        assert_eq!(both(&left, &right), [""; 0]);
        left.set(4, 4, "plan", Some("gold"), 9);
        assert_eq!(both(&left, &right), ["gold"]);
    }

    #[test]
    fn only_the_last_absences_are_remembered() {
        let mut marks = Marks::<()>::default();
        for (number, name) in (1..).zip(["c", "a", "b"]) {
            marks.set(number, 0, name, None, 2);
        }
        assert_eq!(marks.0.keys().collect::<Vec<_>>(), ["a", "b"]);
    }
}
