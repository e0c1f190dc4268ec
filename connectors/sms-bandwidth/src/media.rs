//! The bytes behind a file of a message: at Bandwidth, for two days.

use trunkline_sdk::{calls, prelude::*};

use crate::outbound::Account;

/// Where the credential may go.
pub const DOMAIN: &str = "messaging.bandwidth.com";

/// `media.locate`.
pub fn locate(media: &Media, context: &Context) -> Located {
    let MediaSource::Reference(url) = &media.source else {
        return Err(invalid("not a reference: it can be fetched as it is").into());
    };
    if !calls::is_at(url, DOMAIN) {
        return Err(invalid("the reference is not an `https` URL of `messaging.bandwidth.com`").into());
    }
    Ok(Account::authorized(Call::get(url), context)?)
}

fn invalid(what: &str) -> Failure {
    Failure { reason: FailureReason::Invalid, code: None, message: Some(what.to_owned()) }
}
