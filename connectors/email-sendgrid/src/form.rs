//! The form of Inbound Parse: bytes in several charsets, which one of its fields names.

use serde_json::{Map, Value};
use trunkline_sdk::email::decoded;
use trunkline_sdk::multipart::{self, Part};

/// The most bytes of a field that is read as text.
const TEXT_SIZE_MAX: usize = 1 << 20;
/// The most bytes of a mail body that are read: more than a mail keeps of it.
const BODY_SIZE_MAX: usize = 5 << 20;

/// The fields of a mail.
pub struct Form<'a> {
    parts: Vec<Part<'a>>,
    /// `{"to":"UTF-8","text":"iso-8859-1"}`
    charsets: Map<String, Value>,
}

impl<'a> Form<'a> {
    /// Finds the fields. The error says what is wrong, and nothing of the body.
    pub fn read(content_type: &str, body: &'a [u8]) -> Result<Self, &'static str> {
        let parts = multipart::parse(content_type, body)?;
        let mut form = Self { parts, charsets: Map::new() };
        form.charsets = form.object("charsets");
        Ok(form)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter()
    }

    /// The first field of a name, as it is.
    pub fn bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.parts.iter().find(|part| part.name == name).map(|part| part.body)
    }

    /// The first field of a name, where it is not empty. Bounded.
    pub fn text(&self, name: &str) -> Option<String> {
        self.bounded(name, TEXT_SIZE_MAX).filter(|text| !text.is_empty())
    }

    /// A body of a mail. Bounded.
    pub fn body(&self, name: &str) -> Option<String> {
        let text = self.bounded(name, BODY_SIZE_MAX)?.replace("\r\n", "\n").replace(['\r', '\0'], "\n");
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// A field that holds a JSON object; an empty one where it holds none.
    pub fn object(&self, name: &str) -> Map<String, Value> {
        self.bytes(name).and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
    }

    fn bounded(&self, name: &str, size_max: usize) -> Option<String> {
        let bytes = self.bytes(name)?;
        let charset = self.charsets.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(decoded(&bytes[..bytes.len().min(size_max)], charset))
    }
}
