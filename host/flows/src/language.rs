//! Which language a text is in.

use whatlang::{Detector, Lang};

/// ISO 639-1 codes and the library's names for them.
const LANGUAGES: [(&str, Lang); 48] = [
    ("af", Lang::Afr),
    ("ar", Lang::Ara),
    ("az", Lang::Aze),
    ("be", Lang::Bel),
    ("bg", Lang::Bul),
    ("bn", Lang::Ben),
    ("ca", Lang::Cat),
    ("cs", Lang::Ces),
    ("da", Lang::Dan),
    ("de", Lang::Deu),
    ("el", Lang::Ell),
    ("en", Lang::Eng),
    ("es", Lang::Spa),
    ("et", Lang::Est),
    ("fa", Lang::Pes),
    ("fi", Lang::Fin),
    ("fr", Lang::Fra),
    ("he", Lang::Heb),
    ("hi", Lang::Hin),
    ("hr", Lang::Hrv),
    ("hu", Lang::Hun),
    ("hy", Lang::Hye),
    ("id", Lang::Ind),
    ("it", Lang::Ita),
    ("ja", Lang::Jpn),
    ("ka", Lang::Kat),
    ("km", Lang::Khm),
    ("ko", Lang::Kor),
    ("lt", Lang::Lit),
    ("lv", Lang::Lav),
    ("mk", Lang::Mkd),
    ("nb", Lang::Nob),
    ("nl", Lang::Nld),
    ("pl", Lang::Pol),
    ("pt", Lang::Por),
    ("ro", Lang::Ron),
    ("ru", Lang::Rus),
    ("sk", Lang::Slk),
    ("sl", Lang::Slv),
    ("sr", Lang::Srp),
    ("sv", Lang::Swe),
    ("ta", Lang::Tam),
    ("th", Lang::Tha),
    ("tr", Lang::Tur),
    ("uk", Lang::Ukr),
    ("ur", Lang::Urd),
    ("vi", Lang::Vie),
    ("zh", Lang::Cmn),
];

/// The codes that can be found.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(code, _)| *code)
}

pub(crate) fn is_known(code: &str) -> bool {
    codes().any(|known| known == code)
}

/// The language of a text, as an ISO 639-1 code, among these. None: it cannot be told for sure.
pub fn detect(text: &str, among: &[String]) -> Option<&'static str> {
    let allowed =
        LANGUAGES.iter().filter(|(code, _)| among.is_empty() || among.iter().any(|one| one == code));
    let detector = Detector::with_allowlist(allowed.map(|(_, lang)| *lang).collect());
    let found = detector.detect(text).filter(whatlang::Info::is_reliable)?;
    LANGUAGES.iter().find(|(_, lang)| *lang == found.lang()).map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_from_each_other() {
        let among = ["de".to_owned(), "en".to_owned()];
        for (text, expected) in [
            ("Wo ist meine Bestellung? Ich warte schon seit drei Wochen auf das Paket.", Some("de")),
            ("Where is my order? I have been waiting for the parcel for three weeks.", Some("en")),
            ("", None),
            ("4711", None),
        ] {
            assert_eq!(detect(text, &among), expected, "{text}");
        }
        assert_eq!(detect("注文した商品がまだ届いていません。", &[]), Some("ja"));
    }

    #[test]
    fn codes_are_sorted_and_known_once() {
        assert!(codes().is_sorted_by(|left, right| left < right));
        assert!(is_known("de") && !is_known("xx"));
    }
}
