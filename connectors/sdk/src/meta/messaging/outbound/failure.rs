//! What the errors of the Send API mean.
//!
//! `https://developers.facebook.com/docs/messenger-platform/reference/send-api/error-codes`, read 2026-08.

use trunkline_model::FailureReason;

use crate::meta::graph::GraphError;

/// None where the code is not known.
pub fn classify(error: &GraphError) -> Option<FailureReason> {
    let reason = match (error.code?, error.subcode) {
        (10, Some(2_018_278 | 2_018_065)) => FailureReason::WindowClosed,
        // The person does not take messages of this account: blocked, deactivated, or never existed.
        (10, Some(2_018_108)) | (100, Some(2_018_001)) | (200, Some(1_545_041)) | (551, _) => {
            FailureReason::Unreachable
        }
        // "Received invalid JSON reply" is documented for messages that were sent: never repeat them.
        (1, Some(1_357_046)) => FailureReason::Other,
        // 2 has been seen for people who blocked the account as well: the host gives up after some attempts.
        (1 | 2 | 1200, _) => FailureReason::Transient,
        (4 | 17 | 32 | 613 | 80_006, _) => FailureReason::RateLimited(None),
        // Among others: 10/1893063, the Page is restricted for a while; 200/2018028, the app is not live.
        (10 | 190 | 200..=299, _) => FailureReason::Unauthorized,
        // Among others: 100/2018109, the attachment is too big.
        (100, _) => FailureReason::Invalid,
        _ => return None,
    };
    Some(reason)
}
