//! Letters in the place of letters: of the same kind, script and case, so that a text has the length and the look that it had.

/// Numbers as they come from a fixed start: what is invented is the same in each run, and does not depend on the
/// original, from which it could be found again by trying.
#[derive(Debug, Clone)]
pub struct Sequence(u64);

impl Default for Sequence {
    fn default() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
}

impl Sequence {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound.max(1)
    }

    /// One of the letters of a text.
    fn of(&mut self, letters: &str) -> char {
        let count = letters.chars().count();
        letters.chars().nth(self.below(count)).unwrap_or('x')
    }

    /// A digit, another than that.
    pub fn digit(&mut self, other_than: char, may_be_zero: bool) -> char {
        let digits: String =
            ('0'..='9').filter(|digit| *digit != other_than && (may_be_zero || *digit != '0')).collect();
        self.of(&digits)
    }

    /// A digit of hex in the case of that one, a letter for a letter.
    pub fn hex(&mut self, digit: char) -> char {
        match digit {
            'a'..='f' => self.of("abcdef"),
            'A'..='F' => self.of("ABCDEF"),
            other => self.digit(other, true),
        }
    }

    /// A letter of the same script, case, and sound: a vowel for a vowel. What is no letter and no digit stays.
    pub fn letter(&mut self, letter: char) -> char {
        let of = |sequence: &mut Self, letters: &str| {
            let others: String = letters.chars().filter(|other| *other != letter).collect();
            sequence.of(&others)
        };
        match letter {
            '0' => '0',
            '1'..='9' => of(self, "123456789"),
            'a' | 'e' | 'i' | 'o' | 'u' => of(self, "aeiou"),
            'A' | 'E' | 'I' | 'O' | 'U' => of(self, "AEIOU"),
            'b'..='z' => of(self, "bdfgklmnprstv"),
            'B'..='Z' => of(self, "BDFGKLMNPRSTV"),
            _ => SCRIPTS
                .iter()
                .find(|(first, last, _)| (*first..=*last).contains(&letter) && letter.is_alphabetic())
                .map_or(letter, |(_, _, letters)| of(self, letters)),
        }
    }
}

/// First and last letter of a script's block, and some of it.
const SCRIPTS: &[(char, char, &str)] = &[
    ('À', 'Þ', "ÄËÖÜÉ"),
    ('ß', 'ɏ', "äëöüé"),
    ('Ά', 'Ϋ', "ΑΕΟΚΛΜΝΡΤ"),
    ('ά', 'Ͽ', "αεοκλμνρτ"),
    ('Ѐ', 'Я', "АЕИОКЛМНРТ"),
    ('а', 'ӿ', "аеиоклмнрт"),
    ('א', 'ת', "אבגדהלמנרש"),
    ('ء', 'ي', "ابدرسلمنوي"),
    ('अ', 'ह', "कगतनपमरलसह"),
    ('ก', 'ฮ', "กขตนบมรลสห"),
    ('ぁ', 'ゖ', "あいかこさたなまりる"),
    ('ァ', 'ヺ', "アイカコサタナマリル"),
    ('㐀', '鿿', "山川空海風花森星月雪"),
    ('가', '힣', "가나다라마바사아자하"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_keeps_its_look_and_no_letter_its_place() {
        for text in [
            "Hello",
            "Grüße",
            "Привет",
            "Γειά",
            "שלום",
            "مرحبا",
            "こんにちは",
            "カタカナ",
            "東京都",
            "안녕하세요",
            "สวัสดี",
            "1790",
        ] {
            let mut sequence = Sequence::default();
            let filled: String = text.chars().map(|letter| sequence.letter(letter)).collect();
            assert_eq!(filled.chars().count(), text.chars().count());
            for (one, other) in text.chars().zip(filled.chars()) {
                let stays =
                    one == '0' || !one.is_alphanumeric() || (one as u32 >= 0xe30 && one as u32 <= 0xe4f);
                assert!(stays || one != other, "{text}: {filled}");
                assert_eq!(
                    (one.is_uppercase(), one.is_numeric()),
                    (other.is_uppercase(), other.is_numeric())
                );
            }
        }
        let mut sequence = Sequence::default();
        assert_eq!("👍 !?".chars().map(|letter| sequence.letter(letter)).collect::<String>(), "👍 !?");
    }
}
