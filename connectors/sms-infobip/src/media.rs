//! The bytes behind a file of an MMS.

use trunkline_sdk::{calls, prelude::*};

use crate::outbound::AUTHORIZATION;

/// Where the credential may go.
pub const DOMAIN: &str = "api.infobip.com";

/// `media.locate`.
pub fn locate(media: &Media, _context: &Context) -> Located {
    let MediaSource::Reference(url) = &media.source else {
        return Err(invalid("not a reference: it can be fetched as it is").into());
    };
    if !calls::is_at(url, DOMAIN) {
        return Err(invalid("the reference is not an `https` URL of `api.infobip.com`").into());
    }
    let mut call = Call::get(url);
    call.credentials.push(Credential::Header(("authorization".to_owned(), AUTHORIZATION.to_owned())));
    Ok(call)
}

fn invalid(what: &str) -> Failure {
    Failure { reason: FailureReason::Invalid, code: None, message: Some(what.to_owned()) }
}
