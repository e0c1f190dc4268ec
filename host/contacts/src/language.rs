//! Which language somebody writes.
//!
//! Two libraries are asked. One knows many languages and is seldom sure of a sentence in Latin letters; the other knows
//! sixteen and never says that it is not sure. What one is sure of, or what both say, is so.

use whatlang::Lang;

/// Below, guessing is all that can be done.
const TEXT_CHARS_MIN: usize = 20;
/// More of a text does not make it more certain, only slower.
const TEXT_CHARS_MAX: usize = 1_000;
/// The longest language tag that anybody uses, in bytes.
const TAG_BYTES_MAX: usize = 35;

/// The language of a text, as the shortest code of ISO 639: `de`. None: not certain, or too short to tell.
///
/// ```
/// use trunkline_contacts::detect_language;
///
/// assert_eq!(detect_language("Guten Tag, wann kommt meine Bestellung an?"), Some("de"));
/// assert_eq!(detect_language("ok"), None);
/// ```
pub fn detect_language(text: &str) -> Option<&'static str> {
    let text = text.trim();
    text.char_indices().nth(TEXT_CHARS_MIN - 1)?;
    let end = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text.len(), |(end, _)| end);
    let text = &text[..end];
    let info = whatlang::detect(text)?;
    let agree = || whichlang::detect_language(text).three_letter_code() == info.lang().code();
    (info.is_reliable() || agree()).then(|| code(info.lang()))
}

/// A language tag in its usual notation: `de_at` is `de-AT`. None: it is none.
pub(crate) fn tag(text: &str) -> Option<String> {
    if text.len() > TAG_BYTES_MAX {
        return None;
    }
    let mut tag = String::with_capacity(text.len());
    for (index, part) in text.split(['-', '_']).enumerate() {
        let is_word = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if part.is_empty() || part.len() > 8 || !is_word {
            return None;
        }
        if index == 0 {
            let is_language = part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
            tag.push_str(is_language.then(|| part.to_ascii_lowercase())?.as_str());
            continue;
        }
        tag.push('-');
        match part.len() {
            2 => tag.push_str(&part.to_ascii_uppercase()),
            4 if part.as_bytes()[0].is_ascii_alphabetic() => {
                tag.push_str(&part[..1].to_ascii_uppercase());
                tag.push_str(&part[1..].to_ascii_lowercase());
            }
            _ => tag.push_str(&part.to_ascii_lowercase()),
        }
    }
    Some(tag)
}

/// As channels write it, or else a detected language could not be held against a given one.
fn code(language: Lang) -> &'static str {
    match language {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_detected() {
        let table = [
            ("Where is my order? It should have been here by now.", Some("en")),
            ("Wo bleibt meine Bestellung? Sie sollte längst hier sein.", Some("de")),
            ("注文した商品がまだ届いていないのですが、いつ届きますか", Some("ja")),
            ("Где мой заказ? Он должен был прийти ещё вчера утром.", Some("ru")),
            ("Quiero devolver los zapatos, me han cobrado dos veces", Some("es")),
            ("Pouvez-vous me rappeler cet après-midi ?", Some("fr")),
            ("thanks, that worked, have a nice day!", Some("en")),
            // Known to one library only.
            ("Gdzie jest moje zamówienie? Powinno już tu być", Some("pl")),
            // Too short, nothing, no language.
            ("Wo bleibt es denn?", None),
            ("", None),
            ("12345 67890 12345 67890 12345", None),
            ("ORDER 12345-ABC-67890 SKU 99-11-22", None),
            ("asdf jkl qwer uiop zxcv bnm", None),
            ("https://example.org/track/1Z999AA10123456784", None),
        ];
        for (text, language) in table {
            assert_eq!(detect_language(text), language, "{text}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        let text = "私の注文はいつ届きますか教えてください。";
        assert_eq!(text.chars().count(), TEXT_CHARS_MIN);
        assert_eq!(detect_language(text), Some("ja"));
        assert_eq!(detect_language(&text[3..]), None);
        assert_eq!(detect_language(&format!("{}{text}", " ".repeat(50))), Some("ja"));
    }

    #[test]
    fn every_language_has_a_code() {
        for &language in Lang::all() {
            assert!(code(language).len() == 2, "{language}");
            assert_eq!(tag(code(language)).as_deref(), Some(code(language)));
        }
    }

    #[test]
    fn tags_have_one_notation() {
        let table = [
            ("de", Some("de")),
            ("DE_at", Some("de-AT")),
            ("zh-hant-tw", Some("zh-Hant-TW")),
            ("es-419", Some("es-419")),
            ("d", None),
            ("", None),
            ("de-", None),
            ("12", None),
            ("deutsch bitte", None),
            ("ab-abcdefghi", None),
            ("ü", None),
        ];
        for (text, expected) in table {
            assert_eq!(tag(text).as_deref(), expected, "{text}");
        }
    }
}
