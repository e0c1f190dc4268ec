//! How values are distributed: count, sum and maximum exactly, quantiles within 1 %.
//!
//! Values below 128 are counted each on its own. Above, every power of two is cut into 64 classes of equal width, so
//! a class is at most 1/64 of its lowest value wide. A quantile is the middle of the class that the exact one is in:
//! at most half a class away, 1/128 = 0.78 %. Integers only, so it is the same on every machine, in any order of
//! values, and for any way of adding up parts.

use serde::{Deserialize, Serialize};

use crate::sorted::Sorted;

/// Bits that are kept of a value: 64 classes for each power of two.
const KEPT_BITS: u32 = 6;

/// Below this, a class is one value.
const SINGLE_BELOW: u64 = 1 << (KEPT_BITS + 1);

/// Values, counted by class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    count: u64,
    sum: u64,
    max: u64,
    classes: Sorted<u16, u64>,
    /// How many were at most each of the thresholds that were given with every value.
    within: Vec<u64>,
}

impl Distribution {
    /// One more value. `thresholds` are the same each time.
    pub fn add(&mut self, value: u64, thresholds: &[u64]) {
        self.count += 1;
        self.sum = self.sum.saturating_add(value);
        self.max = self.max.max(value);
        *self.classes.entry(class_of(value)) += 1;
        self.within.resize(thresholds.len(), 0);
        for (within, &threshold) in self.within.iter_mut().zip(thresholds) {
            *within += u64::from(value <= threshold);
        }
    }

    /// The values of another one besides.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
        for (class, count) in other.classes.iter() {
            *self.classes.entry(class) += count;
        }
        if self.within.len() < other.within.len() {
            self.within.resize(other.within.len(), 0);
        }
        for (within, more) in self.within.iter_mut().zip(&other.within) {
            *within += more;
        }
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// All values added up; `u64::MAX` where they are more.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The largest value. 0: there is none.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// How many values were at most each threshold, exactly.
    pub fn within(&self) -> &[u64] {
        &self.within
    }

    /// The smallest value that at least `per_mille` of all values do not exceed, within 1 %. None: there are no values.
    pub fn quantile(&self, per_mille: u16) -> Option<u64> {
        let rank = (u128::from(self.count) * u128::from(per_mille.min(1000))).div_ceil(1000).max(1);
        let mut seen = 0_u128;
        for (class, &count) in self.classes.iter() {
            seen += u128::from(count);
            if seen >= rank {
                let (low, high) = bounds(class);
                return Some((low + (high - low) / 2).min(self.max));
            }
        }
        None
    }

    /// How many values are this one. Exact below 128.
    pub fn exactly(&self, value: u64) -> u64 {
        self.classes.get(class_of(value)).copied().unwrap_or(0)
    }

    /// How many values are surely at most this one: those of the class that it is in only where it ends the class.
    pub fn at_most(&self, value: u64) -> u64 {
        if value >= self.max {
            return self.count;
        }
        self.classes.iter().take_while(|&(class, _)| bounds(class).1 <= value).map(|(_, count)| count).sum()
    }
}

/// The class of a value: classes are in the order of their values.
fn class_of(value: u64) -> u16 {
    if value < SINGLE_BELOW {
        return value as u16;
    }
    let shift = value.ilog2() - KEPT_BITS;
    // The highest is 57 * 64 + 127.
    (u64::from(shift) * (SINGLE_BELOW / 2) + (value >> shift)) as u16
}

/// The lowest and the highest value of a class.
fn bounds(class: u16) -> (u64, u64) {
    let class = u64::from(class);
    if class < SINGLE_BELOW {
        return (class, class);
    }
    let half = SINGLE_BELOW / 2;
    // Of a class that no value has, as only a damaged snapshot could bring it: something, never a panic.
    let shift = (class / half - 1).min(u64::from(63 - KEPT_BITS));
    let low = (half + class % half) << shift;
    (low, low + ((1 << shift) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_their_values_and_follow_on_each_other() {
        let mut expected_low = 0_u64;
        for class in 0..=class_of(u64::MAX) {
            let (low, high) = bounds(class);
            assert_eq!(low, expected_low, "class {class}");
            assert_eq!((class_of(low), class_of(high)), (class, class));
            assert!((high - low) / 2 <= low / 128, "class {class} is too wide");
            expected_low = high.wrapping_add(1);
        }
        assert_eq!(expected_low, 0, "the last class ends at the largest value");
    }

    #[test]
    fn small_values_are_exact() {
        let mut distribution = Distribution::default();
        for value in [1, 5, 5, 4, 100] {
            distribution.add(value, &[4, 5]);
        }
        assert_eq!((distribution.count(), distribution.sum(), distribution.max()), (5, 115, 100));
        assert_eq!(distribution.within(), [2, 4]);
        assert_eq!(
            [1, 200, 201, 500, 800, 1000].map(|q| distribution.quantile(q)),
            [1, 1, 4, 5, 5, 100].map(Some)
        );
        assert_eq!([0, 1, 4, 5, 99, 100].map(|value| distribution.at_most(value)), [0, 1, 2, 4, 4, 5]);
        assert_eq!((distribution.exactly(5), distribution.exactly(6)), (2, 0));
        assert_eq!(Distribution::default().quantile(500), None);
    }

    #[test]
    fn extremes_do_not_overflow() {
        let mut distribution = Distribution::default();
        distribution.add(u64::MAX, &[]);
        distribution.add(u64::MAX, &[]);
        assert_eq!(
            (distribution.sum(), distribution.quantile(500)),
            (u64::MAX, Some(bounds(class_of(u64::MAX)).0 + (1 << 56) - 1))
        );
        assert_eq!(distribution.at_most(u64::MAX - 1), 0);
        assert_eq!(bounds(u16::MAX).0 >> 57, 127);
    }
}
