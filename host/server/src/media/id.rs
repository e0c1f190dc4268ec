//! Ids of media items: that of the event, a point, and the number of the item among the event's media.

use trunkline_core::journal::EVENT_ID_PREFIX;

/// Hexadecimal digits of an event's id.
const EVENT_DIGITS: usize = 32;
/// Decimal digits of a number: no webhook holds more items.
const NUMBER_DIGITS_MAX: usize = 5;

/// The id of a media item, in the one form that it is written in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MediaId {
    /// The event's.
    pub event: String,
    /// From 0.
    pub number: usize,
}

impl MediaId {
    /// Reads an id. None: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (event, number) = text.split_once('.')?;
        let digits = event.strip_prefix(EVENT_ID_PREFIX)?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_event = digits.len() == EVENT_DIGITS && digits.bytes().all(is_hex);
        let is_number = (1..=NUMBER_DIGITS_MAX).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && (number == "0" || !number.starts_with('0'));
        if !is_event || !is_number {
            return None;
        }
        Some(Self { event: event.to_owned(), number: number.parse().ok()? })
    }
}

impl std::fmt::Display for MediaId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.event, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_form() {
        let event = trunkline_core::journal::event_id("shop", "account", "1");
        for number in [0, 7, 10, 99_999] {
            let text = trunkline_core::journal::media_id(&event, number);
            let id = MediaId::parse(&text).expect("an id");
            assert_eq!((id.event.as_str(), id.number, id.to_string()), (event.as_str(), number, text));
        }
        for number in ["", "00", "01", "+1", "-1", " 1", "1 ", "100000", "1.1", "a"] {
            assert_eq!(MediaId::parse(&format!("{event}.{number}")), None, "{number}");
        }
        for other in ["", ".0", "evt_.0", "0", &event, &format!("{}.0", event.to_uppercase())] {
            assert_eq!(MediaId::parse(other), None, "{other}");
        }
        assert_eq!(MediaId::parse(&format!("{}/../.0", &event[..20])), None);
    }
}
