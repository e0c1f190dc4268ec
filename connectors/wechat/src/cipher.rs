//! The encryption of compatible and safe mode: AES-256-CBC with the first half of the key as the initial vector.
//!
//! The plaintext is 16 random bytes, the length of the message in 4 bytes, the message, and the AppID. It is padded as
//! PKCS #7 has it, but to blocks of 32 bytes, so that values up to 32 occur.

use aes::Aes256;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use cbc::{Decryptor, Encryptor};
use trunkline_sdk::signature::Hmac;

/// Of the cipher.
const BLOCK_SIZE: usize = 16;
/// Of the padding.
const PADDING_SIZE: usize = 32;
/// Random bytes before the message.
const PREFIX_SIZE: usize = 16;
/// As the console demands.
const KEY_LENGTH: usize = 43;

/// The 43 letters of an EncodingAESKey say 258 bits, of which two are not used: they need not be zero.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// An EncodingAESKey.
pub struct Key([u8; 32]);

/// What was encrypted.
#[derive(Debug, PartialEq)]
pub struct Opened {
    /// As the provider wrote it.
    pub message: Vec<u8>,
    /// For whom it is.
    pub app_id: Vec<u8>,
}

impl Key {
    /// Reads a key. None where it is not 43 letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != KEY_LENGTH {
            return None;
        }
        Some(Self(KEY_BASE64.decode(text).ok()?.try_into().ok()?))
    }

    /// Decrypts. None where it was encrypted with another key, or is no message.
    pub fn open(&self, encrypted: &[u8]) -> Option<Opened> {
        if encrypted.is_empty() || !encrypted.len().is_multiple_of(BLOCK_SIZE) {
            return None;
        }
        let mut plain = encrypted.to_vec();
        let mut cipher = Decryptor::<Aes256>::new((&self.0).into(), &self.vector().into());
        for block in plain.chunks_exact_mut(BLOCK_SIZE) {
            cipher.decrypt_block(block.try_into().ok()?);
        }
        let padding = usize::from(*plain.last()?);
        let size = plain.len().checked_sub(padding).filter(|_| (1..=PADDING_SIZE).contains(&padding))?;
        if plain.get(size..)?.iter().any(|byte| usize::from(*byte) != padding) {
            return None;
        }
        let content = plain.get(PREFIX_SIZE..size)?;
        let (length, content) = content.split_first_chunk::<4>()?;
        let (message, app_id) =
            content.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        Some(Opened { message: message.to_vec(), app_id: app_id.to_vec() })
    }

    /// Encrypts. `prefix` has to differ from message to message.
    pub fn seal(&self, prefix: [u8; PREFIX_SIZE], message: &[u8], app_id: &str) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut sealed = [&prefix[..], &length, message, app_id.as_bytes()].concat();
        let padding = PADDING_SIZE - sealed.len() % PADDING_SIZE;
        sealed.resize(sealed.len() + padding, u8::try_from(padding).unwrap_or_default());
        let mut cipher = Encryptor::<Aes256>::new((&self.0).into(), &self.vector().into());
        for block in sealed.chunks_exact_mut(BLOCK_SIZE) {
            if let Ok(block) = block.try_into() {
                cipher.encrypt_block(block);
            }
        }
        sealed
    }

    /// A hash that only whoever has the key can make.
    pub fn hash(&self, pieces: &[&[u8]]) -> Vec<u8> {
        Hmac::Sha256.digest(&self.0, pieces)
    }

    fn vector(&self) -> [u8; BLOCK_SIZE] {
        let mut vector = [0; BLOCK_SIZE];
        vector.copy_from_slice(&self.0[..BLOCK_SIZE]);
        vector
    }
}

#[cfg(test)]
mod tests {
    use trunkline_sdk::signature::base64_decode;

    use super::*;

    /// Its last letter has bits that are not used.
    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    /// Made by another implementation.
    const ENCRYPTED: &str = "Q3stYC6hdFzMh9T8HCvyDBBk5ajtJrQ+mn+eLF3h60mLMiFFqfJCEFsXDQJxrll1un2YC1onf9M9CdxROc+B/03JfSyknjY8T7QRjN1gZCOl\
                             mDBrUWndPtMKDyF27qSNrVm01OrIujavemk1m25iudquY9gnUq+NsMO8U7XnMbs/kouRG3fuKuX3XERm8xdHq7Jbe29rSVQ0F/35+JmF45/n\
                             1I9TKXQiNSBnJmSMzHg+VqzzdEq0lB28zLX3bOpa/AnnAW9MBQVvA3z8IEn/MG85UQimXUlj5CWpNB2rZCA=";

    fn key() -> Key {
        Key::parse(KEY).expect("a key")
    }

    #[test]
    fn known_answer() {
        let encrypted = base64_decode(ENCRYPTED).expect("Base64");
        let opened = key().open(&encrypted).expect("encrypted with this key");
        assert_eq!(opened.app_id, b"wxappid1");
        let text = String::from_utf8(opened.message.clone()).expect("UTF-8");
        assert!(text.starts_with("<xml><ToUserName>gh_1</ToUserName>") && text.contains("你好"), "{text}");
        assert_eq!(key().seal(*b"0123456789abcdef", &opened.message, "wxappid1"), encrypted);
    }

    #[test]
    fn every_length_of_padding_is_taken_off() {
        for size in 0..100 {
            let message = vec![b'x'; size];
            let sealed = key().seal([7; PREFIX_SIZE], &message, "wx1");
            assert_eq!(sealed.len() % PADDING_SIZE, 0);
            assert_eq!(key().open(&sealed), Some(Opened { message, app_id: b"wx1".to_vec() }));
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        let sealed = key().seal([7; PREFIX_SIZE], b"message", "wx1");
        let other = Key::parse("0123456789abcdefghijklmnopqrstuvwxyzABCDEFG").expect("a key");
        assert_eq!(other.open(&sealed), None);
        for broken in [&sealed[..16], &sealed[1..], &[], &[0; 32][..]] {
            assert_eq!(key().open(broken), None, "{} bytes", broken.len());
        }
        // A length beyond the end, and padding of 0 and of 33.
        let mut cases = Vec::new();
        for (at, value) in [(19, 255), (31, 0), (31, 33)] {
            let mut plain = [0_u8; 32];
            plain[19] = 4;
            plain[31] = 1;
            plain[at] = value;
            cases.push(encrypted(&plain));
        }
        for case in cases {
            assert_eq!(key().open(&case), None);
        }
    }

    fn encrypted(plain: &[u8]) -> Vec<u8> {
        let key = key();
        let mut bytes = plain.to_vec();
        let mut cipher = Encryptor::<Aes256>::new((&key.0).into(), &key.vector().into());
        for block in bytes.chunks_exact_mut(BLOCK_SIZE) {
            cipher.encrypt_block(block.try_into().expect("a block"));
        }
        bytes
    }

    #[test]
    fn a_key_has_43_letters_and_digits() {
        assert!(Key::parse("0123456789abcdefghijklmnopqrstuvwxyzABCDEFA").is_some());
        for text in ["", "abc", &KEY[1..], &format!("{KEY}="), "abcdefghijklmnopqrstuvwxyz0123456789ABCDEF*"]
        {
            assert!(Key::parse(text).is_none(), "{text}");
        }
    }
}
