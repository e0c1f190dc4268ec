//! `{{jwt ALGORITHM SETTING WORD...}}` in case files: a JSON Web Token, signed while the file is read.
//!
//! ALGORITHM is `HS256` (the setting's first value is the secret), `RS256` or `ES256` (it is a private key, PKCS #8 in
//! Base64). A WORD is a claim, `name=text` or `name:json`; with a point before it, a field of the head: `.kid=1`. The text
//! `sha256(body)` is the hash of the body in hex. No word has white space in it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::Digest as _;
use trunkline_model::Request;

use crate::asymmetric::Scheme;
use crate::sign::Algorithm;

/// The token that the words of a template describe.
pub fn token(algorithm: &str, key: &str, words: &[&str], request: &Request) -> Result<String, String> {
    let mut head = Map::new();
    head.insert("alg".to_owned(), algorithm.into());
    head.insert("typ".to_owned(), "JWT".into());
    let mut claims = Map::new();
    for word in words {
        let (part, word) = match word.strip_prefix('.') {
            Some(word) => (&mut head, word),
            None => (&mut claims, *word),
        };
        let (name, value) = field(word, request)?;
        part.insert(name, value);
    }
    let encoded = |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
    let signed = format!("{}.{}", encoded(head), encoded(claims));
    let signature = match algorithm {
        "HS256" => Algorithm::Sha256.hmac(key.as_bytes(), signed.as_bytes()),
        "RS256" => Scheme::RsaSha256.sign(key, signed.as_bytes())?,
        "ES256" => Scheme::EcdsaP256Fixed.sign(key, signed.as_bytes())?,
        other => return Err(format!("unknown algorithm `{other}`, expected `HS256`, `RS256` or `ES256`")),
    };
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn field(word: &str, request: &Request) -> Result<(String, Value), String> {
    let at =
        word.find(['=', ':']).ok_or_else(|| format!("`{word}` is neither `name=text` nor `name:json`"))?;
    let (name, value) = (&word[..at], &word[at + 1..]);
    let value = match (word.as_bytes()[at], value) {
        (b'=', "sha256(body)") => hex::encode(sha2::Sha256::digest(&request.body)).into(),
        (b'=', text) => text.into(),
        (_, json) => serde_json::from_str(json).map_err(|error| format!("`{word}`: {error}"))?,
    };
    Ok((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_the_words_say() {
        let request = Request { body: b"body".to_vec(), ..Request::default() };
        let words = [".kid=1", "iss=shop", "exp:1790000300", "payload_hash=sha256(body)"];
        let token = token("HS256", "secret", &words, &request).expect("a token");
        let parts: Vec<&str> = token.split('.').collect();
        let decoded =
            |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).expect("Base64")).expect("text");
        assert_eq!(decoded(parts[0]), r#"{"alg":"HS256","typ":"JWT","kid":"1"}"#);
        let hash = hex::encode(sha2::Sha256::digest(b"body"));
        let claims = format!(r#"{{"iss":"shop","exp":1790000300,"payload_hash":"{hash}"}}"#);
        assert_eq!(decoded(parts[1]), claims);
        let signed = format!("{}.{}", parts[0], parts[1]);
        assert_eq!(parts[2], URL_SAFE_NO_PAD.encode(Algorithm::Sha256.hmac(b"secret", signed.as_bytes())));
    }

    #[test]
    fn a_word_that_is_no_claim_is_an_error() {
        for word in ["exp", "exp:soon"] {
            assert!(token("HS256", "secret", &[word], &Request::default()).is_err(), "{word}");
        }
        assert!(token("none", "secret", &[], &Request::default()).is_err());
    }
}
