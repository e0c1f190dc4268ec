//! The number of a ticket.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What stands before the number.
const PREFIX: &str = "tkt_";

/// The number of the entry that opened a ticket. Shown as `tkt_12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(pub u64);

impl fmt::Display for TicketId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}", self.0)
    }
}

/// A text that is the id of no ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id of a ticket: write `tkt_` and a number, as in `tkt_12`")]
pub struct NoTicketId(String);

impl FromStr for TicketId {
    type Err = NoTicketId;

    fn from_str(text: &str) -> Result<Self, NoTicketId> {
        text.strip_prefix(PREFIX)
            // `+1` is a number to the parser, and `01` would be a second name of the same ticket.
            .and_then(|digits| digits.parse().ok().filter(|number: &u64| number.to_string() == digits))
            .map(Self)
            .ok_or_else(|| NoTicketId(crate::text::shorten(text, crate::NAME_CHARS_MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_shown() {
        for number in [0, 12, u64::MAX] {
            assert_eq!(TicketId(number).to_string().parse(), Ok(TicketId(number)));
        }
        for text in ["", "12", "tkt_", "tkt_+1", "tkt_01", "tkt_-1", "con_1", "tkt_18446744073709551616"] {
            assert_eq!(text.parse::<TicketId>(), Err(NoTicketId(text.to_owned())), "{text}");
        }
    }
}
