//! What the desk wants done.

use serde::{Deserialize, Serialize};
use trunkline_flows::run::Call;
use trunkline_model::OutgoingPart;

/// One thing to be done. Done again where nobody knows whether it was: whoever does it makes that harmless.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Write to the contact.
    Send {
        /// On which ticket.
        ticket: u64,
        /// The journal's key of where it goes.
        conversation: String,
        /// What.
        parts: Vec<OutgoingPart>,
    },
    /// Make a call for a flow.
    LookUp {
        /// Whose flow waits.
        ticket: u64,
        /// Which call.
        call: Call,
    },
}
