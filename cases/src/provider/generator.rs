//! Invented ids: digits, hexadecimal digits, UUIDs.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Invents ids. Each provider starts elsewhere: what one sent must not look like what another sent.
#[derive(Debug)]
pub struct Generator {
    state: u64,
    issued: HashSet<String>,
}

impl Generator {
    /// Starts somewhere.
    pub fn new() -> Self {
        Self { state: RandomState::new().build_hasher().finish(), issued: HashSet::new() }
    }

    /// The next number of SplitMix64: small, and good enough to invent ids with.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// An id that was not given out before, as long as there is one: a short kind runs out.
    fn another(&mut self, make: impl Fn(&mut Self) -> String) -> String {
        const ATTEMPTS_MAX: usize = 64;
        let mut id = make(self);
        for _ in 0..ATTEMPTS_MAX {
            if self.issued.insert(id.clone()) {
                break;
            }
            id = make(self);
        }
        id
    }

    /// So many decimal digits. The first is no zero: without quotes it has to be a number.
    pub fn digits(&mut self, count: usize) -> String {
        self.another(|generator| {
            let first = 1 + generator.next() % 9;
            let rest = (1..count).map(|_| generator.next() % 10);
            std::iter::once(first).chain(rest).map(|digit| digit.to_string()).collect()
        })
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, count: usize) -> String {
        self.another(|generator| (0..count).map(|_| format!("{:x}", generator.next() % 16)).collect())
    }

    /// A UUID of version 4: the bits that say so are set, all others are random.
    pub fn uuid(&mut self) -> String {
        let high = self.next() & !0xf000 | 0x4000;
        let low = self.next() & !(0b11 << 62) | 0b10 << 62;
        let hex = format!("{high:016x}{low:016x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_id_is_another_one() {
        let mut generator = Generator::new();
        let ids: HashSet<String> = (0..200).map(|_| generator.digits(4)).collect();
        assert_eq!(ids.len(), 200);
        // Sixteen are all there are: it goes on rather than look for ever.
        let ids: HashSet<String> = (0..50).map(|_| generator.hex(1)).collect();
        assert!(ids.len() <= 16);
    }
}
