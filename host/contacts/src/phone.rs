//! Phone numbers: one notation for each, E.164.

use std::fmt;

use phonenumber::{Mode, country};
use serde::{Deserialize, Serialize};

/// Digits of a number in E.164, the country code included.
const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;

/// The country whose numbers are meant where one is written without its country code: `DE`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(country::Id);

/// A text that names no country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no country: write two letters of ISO 3166, such as `DE`")]
pub struct RegionError(String);

impl TryFrom<&str> for Region {
    type Error = RegionError;

    fn try_from(text: &str) -> Result<Self, RegionError> {
        text.parse().map(Self).map_err(|_| RegionError(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Region {
    type Error = RegionError;

    fn try_from(text: String) -> Result<Self, RegionError> {
        Self::try_from(text.as_str())
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.to_string()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_ref())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Region({self})")
    }
}

/// Whether it has the form of E.164: `+` and 7 to 15 digits.
pub fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number in E.164. None: it is none that can be called from everywhere, such as a short code.
///
/// What has the form of E.164 stays as it is where the numbering plan does not know it: plans change, and a number
/// must not be another one after an update.
pub fn e164(text: &str, region: Option<Region>) -> Option<String> {
    let text = text.trim();
    let has_form = is_e164(text);
    // With a region, the library reads zeros behind a foreign country code as its own.
    let is_international = text.trim_start_matches("tel:").starts_with('+');
    let region = region.map(|region| region.0).filter(|_| !is_international);
    let parsed = phonenumber::parse(region, text).ok().filter(phonenumber::PhoneNumber::is_valid);
    let parsed = parsed.filter(|number| number.extension().is_none());
    let formatted = parsed.map(|number| number.format().mode(Mode::E164).to_string());
    formatted.filter(|number| is_e164(number)).or_else(|| has_form.then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_of_a_number_is_one() {
        let table = [
            ("+491711234567", None, Some("+491711234567")),
            (" +49 171 123-4567 ", None, Some("+491711234567")),
            ("0171 1234567", Some("DE"), Some("+491711234567")),
            ("0171 1234567", None, None),
            ("(201) 555-0123", Some("US"), Some("+12015550123")),
            ("+390236618300", None, Some("+390236618300")),
            ("+390236618300", Some("DE"), Some("+390236618300")),
            ("+39 02 3661 8300", Some("DE"), Some("+390236618300")),
            ("02 3661 8300", Some("IT"), Some("+390236618300")),
            ("tel:+49-171-1234567", None, Some("+491711234567")),
            // Known to no plan: kept.
            ("+9991234567", None, Some("+9991234567")),
            ("72975", Some("US"), None),
            ("Shop", Some("DE"), None),
            ("+12", None, None),
            ("", None, None),
            // A desk behind a switchboard is not the switchboard.
            ("+1 201 555 0123 ext. 4", None, None),
        ];
        for (text, region, number) in table {
            let region = region.map(|region| Region::try_from(region).unwrap());
            assert_eq!(e164(text, region).as_deref(), number, "{text}");
        }
    }

    #[test]
    fn a_region_is_two_letters() {
        assert_eq!(Region::try_from("DE").unwrap().to_string(), "DE");
        let error = Region::try_from("Atlantis").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Atlantis` is no country: write two letters of ISO 3166, such as `DE`"
        );
    }
}
