//! How far a message of ours has come.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::DeliveryState;

/// The states in their order. A message never goes back: whatever comes, in whatever order, the highest counts.
///
/// `failed` stands below `delivered`, since some providers say `failed` of one device or one attempt and
/// `delivered` of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Kept; no attempt was made.
    Queued,
    /// An attempt was made, or is being made.
    Sending,
    /// Nobody knows whether the provider has it.
    Unconfirmed,
    /// The provider has it.
    Accepted,
    /// The provider has handed it on.
    Sent,
    /// It will not arrive.
    Failed,
    /// On the contact's device or mail server.
    Delivered,
    /// Seen.
    Read,
    /// Listened to.
    Played,
}

impl MessageState {
    /// Every state, in order.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Sending,
        Self::Unconfirmed,
        Self::Accepted,
        Self::Sent,
        Self::Failed,
        Self::Delivered,
        Self::Read,
        Self::Played,
    ];

    /// As it stands in JSON, in the database and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Unconfirmed => "unconfirmed",
            Self::Accepted => "accepted",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state that a provider's word stands for. None for a word that says nothing about progress.
    pub fn of_delivery(state: &DeliveryState) -> Option<Self> {
        Some(match state {
            DeliveryState::Accepted => Self::Accepted,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Read => Self::Read,
            DeliveryState::Played => Self::Played,
            DeliveryState::Failed => Self::Failed,
            DeliveryState::Other(_) => return None,
        })
    }

    /// The whole message, from what is known of each of its pieces at the provider: as far as the last of them;
    /// one that failed fails it.
    pub fn of_pieces(pieces: impl IntoIterator<Item = Self>) -> Option<Self> {
        pieces.into_iter().reduce(|all, piece| match (all, piece) {
            (Self::Failed, _) | (_, Self::Failed) => Self::Failed,
            _ => all.min(piece),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for state in MessageState::ALL {
            assert_eq!(MessageState::parse(state.name()), Some(state));
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.name()));
        }
        assert!(MessageState::ALL.is_sorted());
        assert_eq!(MessageState::parse("lost"), None);
    }

    #[test]
    fn the_slowest_piece_counts_and_a_failed_one_fails() {
        use MessageState::{Accepted, Delivered, Failed, Read};
        for (pieces, expected) in [
            (vec![], None),
            (vec![Read], Some(Read)),
            (vec![Read, Delivered, Accepted], Some(Accepted)),
            (vec![Accepted, Failed], Some(Failed)),
            (vec![Failed, Read], Some(Failed)),
        ] {
            assert_eq!(MessageState::of_pieces(pieces.clone()), expected, "{pieces:?}");
        }
    }
}
