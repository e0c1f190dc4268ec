//! The bytes of stored attachments: URLs on Mailgun's servers that need the API key, kept for three days.

use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use crate::API_KEY;

/// `media.locate`.
pub fn locate(media: &Media) -> Located {
    let MediaSource::Reference(url) = &media.source else {
        return Err(refuse("unsupported", "only references need to be looked up").into());
    };
    match kind(url) {
        Some(Stored::Attachment) => Ok(Call::get(url).basic("api", API_KEY)),
        // The mail as it is, in a JSON object: without this header, taken apart.
        Some(Stored::Mail) => Ok(Call::get(url).header("accept", "message/rfc2822").basic("api", API_KEY)),
        None => Err(refuse("unsupported", "the reference is no stored attachment of Mailgun's").into()),
    }
}

#[derive(Debug, PartialEq)]
enum Stored {
    Attachment,
    Mail,
}

/// What a URL stands for. The webhook that it came in is not signed as a whole: it must not lead the key to another
/// host, nor to any other function of Mailgun's.
fn kind(url: &str) -> Option<Stored> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let is_ours = host == "api.mailgun.net"
        || host == "api.eu.mailgun.net"
        || host.strip_suffix(".api.mailgun.net").is_some_and(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        });
    let segments: Vec<&str> = path.split('/').collect();
    let is_plain = |segment: &&str| {
        let odd = |byte: u8| !(byte.is_ascii_alphanumeric() || b"-_.=~".contains(&byte));
        !segment.is_empty() && !segment.bytes().all(|byte| byte == b'.') && !segment.bytes().any(odd)
    };
    if !is_ours || !segments.iter().all(is_plain) {
        return None;
    }
    match segments.as_slice() {
        ["v2" | "v3", "domains", _, "messages", _] => Some(Stored::Mail),
        ["v2" | "v3", "domains", _, "messages", _, "attachments", _] => Some(Stored::Attachment),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_to_stored_mails_only() {
        let mail = "/v3/domains/mg.example.org/messages/K1-_=";
        for (url, expected) in [
            (format!("https://sw.api.mailgun.net{mail}/attachments/0"), Some(Stored::Attachment)),
            (format!("https://storage-europe-west1.api.mailgun.net{mail}"), Some(Stored::Mail)),
            (format!("https://api.eu.mailgun.net{mail}"), Some(Stored::Mail)),
            (format!("http://api.mailgun.net{mail}"), None),
            (format!("https://api.mailgun.net.example.net{mail}"), None),
            (format!("https://x@example.net/.api.mailgun.net{mail}"), None),
            (format!("https://example.net#.api.mailgun.net{mail}"), None),
            (format!("https://api.mailgun.net{mail}?x=1"), None),
            (format!("https://api.mailgun.net{mail}/attachments/../.."), None),
            (format!("https://api.mailgun.net{mail}/attachments/%2e%2e"), None),
            ("https://api.mailgun.net/v3/domains".to_owned(), None),
            ("https://api.mailgun.net/v3/routes".to_owned(), None),
        ] {
            assert_eq!(kind(&url), expected, "{url}");
        }
    }
}
