//! `{{...}}` in case files: signatures made while the file is read, by code that the connectors do not share.
//!
//! `{{hmac ALGORITHM ENCODING SETTING PIECE...}}` with ALGORITHM `sha1`, `sha256`, `sha512`; ENCODING `hex`,
//! `base64`; SETTING the name of a setting, whose first value is the key; and the PIECEs, concatenated:
//! `body`, `url`, `form` (the decoded fields of a form body sorted by name, name and value each),
//! `field:NAME` (one field of a form body), or `=TEXT` (literally). `{{sha256 PIECE...}}` is a hash in hex.

use hmac::{Hmac, Mac};
use sha2::Digest;
use trunkline_model::Request;

/// Replaces every `{{...}}` in a text.
pub fn fill(text: &str, request: &Request, settings: &[(String, String)]) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = ["{{hmac ", "{{sha256 "].iter().filter_map(|name| rest.find(name)).min() {
        let (before, placeholder) = rest.split_at(start);
        let hash = placeholder.starts_with("{{sha256 ");
        let after = placeholder.split_once(' ').map_or("", |(_, after)| after);
        let (expression, after) =
            after.split_once("}}").ok_or_else(|| format!("unclosed `{{{{` in `{text}`"))?;
        let words: Vec<&str> = expression.split_whitespace().collect();
        filled.push_str(before);
        filled.push_str(&if hash {
            hex::encode(sha2::Sha256::digest(message(&words, request)?))
        } else {
            signature(&words, request, settings)?
        });
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn signature(words: &[&str], request: &Request, settings: &[(String, String)]) -> Result<String, String> {
    use base64::Engine as _;
    let [algorithm, encoding, setting, pieces @ ..] = words else {
        return Err(format!("`hmac {}` lacks algorithm, encoding or setting", words.join(" ")));
    };
    let (_, key) = settings
        .iter()
        .find(|(name, _)| name == setting)
        .ok_or_else(|| format!("no setting `{setting}` to sign with"))?;
    let message = message(pieces, request)?;
    let digest = match *algorithm {
        "sha1" => digest::<Hmac<sha1::Sha1>>(key, &message),
        "sha256" => digest::<Hmac<sha2::Sha256>>(key, &message),
        "sha512" => digest::<Hmac<sha2::Sha512>>(key, &message),
        other => return Err(format!("unknown algorithm `{other}`")),
    };
    match *encoding {
        "hex" => Ok(hex::encode(digest)),
        "base64" => Ok(base64::engine::general_purpose::STANDARD.encode(digest)),
        other => Err(format!("unknown encoding `{other}`")),
    }
}

fn digest<M: Mac + hmac::digest::KeyInit>(key: &str, message: &[u8]) -> Vec<u8> {
    let mut mac = <M as Mac>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn message(pieces: &[&str], request: &Request) -> Result<Vec<u8>, String> {
    let mut message = Vec::new();
    for piece in pieces {
        match *piece {
            "body" => message.extend_from_slice(&request.body),
            "url" => message.extend_from_slice(request.url.as_bytes()),
            "form" => {
                let mut fields: Vec<_> = form_urlencoded::parse(&request.body).collect();
                fields.sort();
                for (name, value) in fields {
                    message.extend_from_slice(name.as_bytes());
                    message.extend_from_slice(value.as_bytes());
                }
            }
            other => match (other.strip_prefix("field:"), other.strip_prefix('=')) {
                (Some(name), _) => {
                    let mut fields = form_urlencoded::parse(&request.body);
                    let (_, value) = fields
                        .find(|(key, _)| key == name)
                        .ok_or_else(|| format!("no field `{name}` to sign"))?;
                    message.extend_from_slice(value.as_bytes());
                }
                (_, Some(text)) => message.extend_from_slice(text.as_bytes()),
                _ => return Err(format!("unknown piece `{other}`")),
            },
        }
    }
    Ok(message)
}
