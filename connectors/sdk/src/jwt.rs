//! JSON Web Tokens (RFC 7519) as providers send them in a header: signed, with one algorithm that is known beforehand.
//!
//! A token says itself how it is signed, which is what forgers change: the caller names the algorithm, and any other is
//! refused. `none` is no algorithm here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use trunkline_model::{Refusal, RefusalReason};

use crate::public_key::{EcdsaForm, PublicKey};
use crate::signature::{self, Hmac};

/// Bytes of a token.
const TOKEN_BYTES_MAX: usize = 16 << 10;
/// Keys of a set that are looked at.
const KEYS_MAX: usize = 64;

/// A token in its parts. Nothing of it is believed yet.
#[derive(Debug)]
pub struct Token<'a> {
    signed: &'a str,
    head: Head,
    claims: &'a str,
    signature: Vec<u8>,
}

#[derive(Debug, Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
}

/// What a token says, verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Value);

/// Which algorithm a provider signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
}

impl<'a> Token<'a> {
    /// Takes it apart. Refuses with 401 what is none, or longer than 16 KiB.
    pub fn parse(text: Option<&'a str>) -> Result<Self, Refusal> {
        let text = text.filter(|text| !text.is_empty()).ok_or_else(|| signature::missing("token"))?;
        let malformed = || Refusal::new(RefusalReason::BadEncoding, 401, "it is no JSON Web Token");
        if text.len() > TOKEN_BYTES_MAX {
            return Err(malformed());
        }
        let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
        let (head, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let head = URL_SAFE_NO_PAD.decode(head).map_err(|_| malformed())?;
        let head = serde_json::from_slice(&head).map_err(|_| malformed())?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed())?;
        Ok(Self { signed, head, claims, signature })
    }

    /// `kid`: which of the provider's keys it names.
    pub fn key_id(&self) -> Option<&str> {
        self.head.kid.as_deref()
    }

    /// Verifies it by HMAC-SHA256 (`HS256`) with each of the secrets.
    pub fn verify_hmac<'s>(&self, secrets: impl Iterator<Item = &'s str>) -> Result<Claims, Refusal> {
        self.expect("HS256")?;
        signature::verify(Hmac::Sha256, secrets, &[self.signed.as_bytes()], &self.signature)?;
        self.claims()
    }

    /// Verifies it with a public key.
    pub fn verify(&self, algorithm: Algorithm, key: &PublicKey) -> Result<Claims, Refusal> {
        self.expect(match algorithm {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
        })?;
        let fits = match (algorithm, key) {
            (Algorithm::Rs256, PublicKey::Rsa(_)) | (Algorithm::Es256, PublicKey::P256(_)) => {
                key.verifies(self.signed.as_bytes(), &self.signature, EcdsaForm::Fixed)
            }
            _ => false,
        };
        if !fits {
            return Err(Refusal::new(RefusalReason::Mismatch, 401, "token is not signed by its key"));
        }
        self.claims()
    }

    fn expect(&self, algorithm: &str) -> Result<(), Refusal> {
        if self.head.alg == algorithm {
            return Ok(());
        }
        let detail = format!("token is not signed by {algorithm}");
        Err(Refusal::new(RefusalReason::Mismatch, 401, detail))
    }

    fn claims(&self) -> Result<Claims, Refusal> {
        let malformed = |_| Refusal::new(RefusalReason::BadEncoding, 401, "claims of the token are no JSON");
        let claims = URL_SAFE_NO_PAD.decode(self.claims);
        let claims = claims
            .map_err(|_| malformed(()))
            .and_then(|claims| serde_json::from_slice(&claims).map_err(|_| malformed(())))?;
        Ok(Claims(claims))
    }
}

impl Claims {
    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Any claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Refuses with 401 and `stale` what is over (`exp`) or not begun (`nbf`), by more than the leeway. `now` and the leeway in
    /// milliseconds. A token without an end is refused: it would be good for ever.
    pub fn within(&self, now: u64, leeway_ms: u64) -> Result<(), Refusal> {
        let at = |name| self.time(name);
        let stale = |detail: &str| Err(Refusal::new(RefusalReason::Stale, 401, detail));
        match at("exp") {
            None => return stale("token has no end"),
            Some(end) if now > end.saturating_add(leeway_ms) => return stale("token is over"),
            Some(_) => {}
        }
        match at("nbf") {
            Some(begin) if now.saturating_add(leeway_ms) < begin => stale("token has not begun"),
            _ => Ok(()),
        }
    }

    /// A claim that is a time, in milliseconds since the Unix epoch: tokens have seconds.
    pub fn time(&self, name: &str) -> Option<u64> {
        let seconds = self.0.get(name)?;
        let whole = seconds.as_u64().map(|seconds| seconds.saturating_mul(1_000));
        whole.or_else(|| Some((seconds.as_f64()? * 1e3).max(0.0) as u64))
    }
}

/// A token of these claims, signed by HMAC-SHA256 (`HS256`): what a simulator sends in the provider's place.
pub fn hmac_signed(claims: &Value, secret: &str) -> String {
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = Hmac::Sha256.digest(secret.as_bytes(), &[signed.as_bytes()]);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A set of JSON Web Keys (RFC 7517), as a provider publishes it.
#[derive(Debug, Deserialize)]
pub struct KeySet {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads it. None where it is no set.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The key of that id, with what else the provider says of it. None where it is not there, or of a kind that is not known.
    pub fn key(&self, id: &str) -> Option<(PublicKey, &Value)> {
        let named = |key: &&Value| key.get("kid").and_then(Value::as_str) == Some(id);
        let key = self.keys.iter().take(KEYS_MAX).find(named)?;
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        let public = match text("kty")? {
            "RSA" => PublicKey::rsa_of(text("n")?, text("e")?),
            "EC" if text("crv") == Some("P-256") => PublicKey::p256_of(text("x")?, text("y")?),
            _ => None,
        }?;
        Some((public, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, appendix A.2 and A.3.
    const CLAIMS: &str =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb\
        F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jz\
        DwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    const ES256: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const KEYS: &str = concat!(
        r#"{"keys": [{"kid": "r", "kty": "RSA", "e": "AQAB", "n": ""#,
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC",
        "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6",
        "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW",
        r#"yuXpoQ"}, {"kid": "e", "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#,
        r#""y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}, {"kid": "o", "kty": "oct", "k": "AAAA"}]}"#,
    );

    fn key(id: &str) -> PublicKey {
        KeySet::parse(KEYS.as_bytes()).expect("a set").key(id).expect("a key").0
    }

    #[test]
    fn what_is_signed_is_verified() {
        let claims = serde_json::json!({ "iss": "joe", "exp": 1_300_819_380 });
        let token = hmac_signed(&claims, "secret");
        let parsed = Token::parse(Some(&token)).expect("a token");
        assert_eq!(parsed.verify_hmac(["secret"].into_iter()), Ok(Claims(claims)));
        assert!(parsed.verify_hmac(["other"].into_iter()).is_err());
    }

    #[test]
    fn the_tokens_of_the_specification_are_verified() {
        let rs256 = format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}.{RS256}");
        let es256 = format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}.{ES256}");
        for (token, algorithm, id, other) in
            [(rs256, Algorithm::Rs256, "r", "e"), (es256, Algorithm::Es256, "e", "r")]
        {
            let parsed = Token::parse(Some(&token)).expect("a token");
            let claims = parsed.verify(algorithm, &key(id)).expect("verified");
            assert_eq!(claims.text("iss"), Some("joe"));
            assert_eq!(claims.time("exp"), Some(1_300_819_380_000));
            assert!(claims.within(1_300_819_380_000, 0).is_ok());
            assert_eq!(
                claims.within(1_300_819_381_001, 1_000).expect_err("over").reason,
                RefusalReason::Stale
            );
            assert!(parsed.verify(algorithm, &key(other)).is_err(), "a key of another kind");
            let forged = token.replace("eyJpc3MiOiJqb2Ui", "eyJpc3MiOiJqb2Yi");
            assert_ne!(forged, token);
            let forged = Token::parse(Some(&forged)).expect("a token");
            assert_eq!(
                forged.verify(algorithm, &key(id)).expect_err("forged").reason,
                RefusalReason::Mismatch
            );
        }
    }

    #[test]
    fn a_token_does_not_choose_how_it_is_verified() {
        for head in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, r#"{"alg":"RS512"}"#] {
            let token = format!("{}.{CLAIMS}.", URL_SAFE_NO_PAD.encode(head));
            let parsed = Token::parse(Some(&token)).expect("a token");
            let refusal = parsed.verify(Algorithm::Rs256, &key("r")).expect_err("another algorithm");
            assert_eq!(refusal.reason, RefusalReason::Mismatch);
        }
    }

    #[test]
    fn a_shared_secret_verifies_and_none_is_our_fault() {
        let signed = format!("{}.{CLAIMS}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#));
        let signature = Hmac::Sha256.digest(b"secret", &[signed.as_bytes()]);
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        let parsed = Token::parse(Some(&token)).expect("a token");
        assert!(parsed.verify_hmac(["other", "secret"].into_iter()).is_ok());
        assert!(parsed.verify_hmac(["other"].into_iter()).is_err());
        let refusal = parsed.verify_hmac([].into_iter()).expect_err("no secret");
        assert_eq!(refusal.reason, RefusalReason::Misconfigured);
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let long = "a".repeat(TOKEN_BYTES_MAX + 1);
        for text in ["", "a", "a.b", "a.b.c", "e30.e30.!", &long] {
            assert_eq!(Token::parse(Some(text)).expect_err(text).status, 401);
        }
        assert_eq!(Token::parse(None).expect_err("none").reason, RefusalReason::MissingSignature);
        assert!(KeySet::parse(KEYS.as_bytes()).expect("a set").key("o").is_none(), "no public key");
    }

    #[test]
    fn a_token_without_an_end_is_not_good_for_ever() {
        assert!(Claims(serde_json::json!({})).within(0, 0).is_err());
        assert!(Claims(serde_json::json!({"exp": 10, "nbf": 5})).within(4_000, 500).is_err());
        assert!(Claims(serde_json::json!({"exp": 10.5, "nbf": 5})).within(10_400, 0).is_ok());
    }
}
