//! The bytes behind a file of a message. An account may protect its files by its credential, so that it is always given.

use trunkline_sdk::{calls, prelude::*};

use crate::account::Account;

/// Where the credential may go.
pub const DOMAIN: &str = "plivo.com";

/// `media.locate`.
pub fn locate(media: &Media, context: &Context) -> Located {
    let MediaSource::Reference(url) = &media.source else {
        return Err(invalid("not a reference: it can be fetched as it is").into());
    };
    if !calls::is_at(url, DOMAIN) {
        return Err(invalid("the reference is not an `https` URL of `plivo.com`").into());
    }
    Ok(Account::of(context)?.authorize(Call::get(url)))
}

fn invalid(what: &str) -> Failure {
    Failure { reason: FailureReason::Invalid, code: None, message: Some(what.to_owned()) }
}
