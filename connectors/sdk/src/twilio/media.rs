//! The bytes behind a media URL of Twilio's. Every account's need its credential; the answer is a redirect to a
//! CDN, which wants none and must get none.

use trunkline_model::{Call, Context, Failure, FailureReason, Media, MediaSource};

use super::Account;
use crate::calls::Located;

/// `media.locate`. Twilio keeps media until they are deleted.
pub fn locate(media: &Media, context: &Context) -> Located {
    let MediaSource::Reference(url) = &media.source else {
        return Err(invalid("not a reference: it can be fetched as it is").into());
    };
    if !is_twilio(url) {
        return Err(invalid("the reference is not an `https` URL of `twilio.com`").into());
    }
    Ok(Account::of(context)?.authorize(Call::get(url)))
}

fn invalid(what: &str) -> Failure {
    Failure { reason: FailureReason::Invalid, code: None, message: Some(what.to_owned()) }
}

/// Whether the host, whatever the region, is one of Twilio's: the credential goes nowhere else.
fn is_twilio(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    plain && host.to_ascii_lowercase().ends_with(".twilio.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credential_goes_to_twilio_alone() {
        for (url, expected) in [
            ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", true),
            ("https://API.dublin.ie1.twilio.com/x", true),
            ("https://api.twilio.com", true),
            ("http://api.twilio.com/x", false),
            ("https://api.twilio.com.example.org/x", false),
            ("https://example.org/api.twilio.com", false),
            ("https://example.org\\.twilio.com/x", false),
            ("https://example.org@api.twilio.com/x", false),
            ("https://api.twilio.com:8443/x", false),
            ("https://twilio.com/x", false),
            ("ME00000000000000000000000000000001", false),
        ] {
            assert_eq!(is_twilio(url), expected, "{url}");
        }
    }
}
