//! From a verified request to the message in it: as it stands there, or decrypted.

use trunkline_sdk::{Interrupt, malformed, prelude::*};

use crate::cipher::Key;
use crate::document::{Document, Element, Notation, write};
use crate::proof::{Proof, digest};
use crate::{APP_ID, ENCODING_AES_KEY};

/// How many keys are tried.
const KEYS_MAX: usize = 8;

/// A push that is WeChat's.
pub struct Push<'a> {
    /// The message itself, decrypted.
    pub document: Document,
    /// How an answer has to go. None: as it is.
    pub seal: Option<Seal<'a>>,
}

/// With what an answer is encrypted and signed: what the push came with.
pub struct Seal<'a> {
    key: Key,
    token: &'a str,
    app_id: &'a str,
    nonce: String,
    notation: Notation,
}

/// Opens a push whose `signature` is verified.
///
/// Where there is a key, only what is encrypted is taken: in compatible mode the same message stands beside it in the clear,
/// where nothing protects it.
pub fn open<'a>(request: &Request, proof: &Proof<'a>, context: &'a Context) -> Result<Push<'a>, Interrupt> {
    let keys = keys(context)?;
    let document = Document::parse(&request.body);
    if keys.is_empty() {
        // Nothing signs that it says so in the query: what is in the body counts as well.
        let said = proof.text("encrypt_type").is_some_and(|kind| kind != "raw");
        if said || document.as_ref().is_ok_and(|document| document.root.child("Encrypt").is_some()) {
            let what = "the push is encrypted, and `encoding_aes_key` is empty";
            return Err(signature::misconfigured(what).into());
        }
        return Ok(Push { document: document.map_err(malformed)?, seal: None });
    }
    let document = document.ok();
    let field = document.as_ref().and_then(|document| document.root.field("Encrypt"));
    let field =
        field.ok_or_else(|| signature::missing("the field `Encrypt`, which `encoding_aes_key` demands,"))?;
    let token = proof.verify_encrypted(field)?;
    let (message, key, app_id) = decrypt(field, keys, context)?;
    let notation = document.as_ref().map_or(Notation::Xml, |document| document.notation);
    let seal = Seal { key, token, app_id, nonce: proof.nonce().to_owned(), notation };
    Ok(Push { document: Document::parse(&message).map_err(malformed)?, seal: Some(seal) })
}

/// The keys in rotation, the newest first. Refuses where one of them is none.
pub fn keys(context: &Context) -> Result<Vec<Key>, Refusal> {
    let keys = context.setting_values(ENCODING_AES_KEY).take(KEYS_MAX).map(Key::parse);
    keys.collect::<Option<_>>()
        .ok_or_else(|| signature::misconfigured("`encoding_aes_key` is not 43 letters and digits"))
}

/// Decrypts what is signed, with the key that fits.
pub fn decrypt<'a>(
    field: &str,
    keys: Vec<Key>,
    context: &'a Context,
) -> Result<(Vec<u8>, Key, &'a str), Interrupt> {
    let app_id = context.setting(APP_ID).ok_or_else(|| signature::misconfigured("`app_id` is empty"))?;
    let encrypted = signature::base64_decode(field).ok_or_else(|| malformed("`Encrypt` is no Base64"))?;
    let tried = keys.len();
    let mut elsewhere = false;
    for key in keys {
        if let Some(opened) = key.open(&encrypted) {
            if signature::equal(&opened.app_id, app_id.as_bytes()) {
                return Ok((opened.message, key, app_id));
            }
            elsewhere = true;
        }
    }
    let (reason, status, detail) = match elsewhere {
        true => (RefusalReason::WrongAccount, 403, "encrypted for another AppID than `app_id`".to_owned()),
        false => (RefusalReason::UnknownKey, 401, format!("encrypted with none of {tried} keys")),
    };
    Err(Refusal::new(reason, status, detail).into())
}

impl Seal<'_> {
    /// The answer, encrypted and signed.
    ///
    /// The random bytes are a keyed hash of all that could make two answers differ: the same answer twice is no secret.
    pub fn wrap(&self, message: &str, now: u64) -> String {
        let time = (now / 1_000).to_string();
        let hash = self.key.hash(&[time.as_bytes(), self.nonce.as_bytes(), message.as_bytes()]);
        let mut prefix = [0; 16];
        prefix.copy_from_slice(&hash[..16]);
        let encrypted = signature::base64(&self.key.seal(prefix, message.as_bytes(), self.app_id));
        let signed = digest([self.token, &time, &self.nonce, &encrypted].into_iter());
        let fields = [
            Element::leaf("Encrypt", encrypted),
            Element::leaf("MsgSignature", signature::hex(&signed)),
            Element::leaf("TimeStamp", time),
            Element::leaf("Nonce", self.nonce.clone()),
        ];
        write(self.notation, &fields)
    }
}
