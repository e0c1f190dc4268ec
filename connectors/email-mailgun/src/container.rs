//! The three containers that Mailgun sends: a form in either of its encodings, which changes with the presence of
//! attachments, and JSON.
//!
//! The signature is one of the fields, so that this is read of a body that nobody has vouched for. It is therefore
//! all that is: names, and where the values are. There are bounds on the number and size of what is looked at,
//! nothing is decoded but names, and no value is copied until it is asked for.

use std::borrow::Cow;

use trunkline_sdk::email::file_name;
use trunkline_sdk::multipart;
use trunkline_sdk::{Interrupt, malformed, prelude::*};

use crate::notification::Notification;
use crate::proof::Proof;

/// The most fields of a form. A mail with 1,000 headers has each of them as a field as well.
const FIELDS_MAX: usize = multipart::PARTS_MAX;
/// The most bytes of a value that is read as text, mail bodies apart.
const TEXT_SIZE_MAX: usize = 1 << 20;
/// The most bytes of a mail body that are read: more than a mail keeps of it.
const BODY_SIZE_MAX: usize = 5 << 20;

/// A body whose parts are known.
pub enum Container<'a> {
    /// A route, or a webhook from before 2018.
    Form(Fields<'a>),
    /// A webhook.
    Notification(Notification<'a>),
}

impl<'a> Container<'a> {
    /// Finds the parts of a body.
    pub fn read(request: &'a Request) -> Result<Self, Interrupt> {
        let declared = request.header("content-type").unwrap_or_default();
        let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match media_type.as_str() {
            "application/json" => {
                Notification::read(&request.body).map(Self::Notification).map_err(malformed)
            }
            "multipart/form-data" => Fields::multipart(declared, &request.body).map(Self::Form),
            "application/x-www-form-urlencoded" => Fields::urlencoded(&request.body).map(Self::Form),
            _ => Err(malformed("content type is neither JSON nor a form")),
        }
    }

    /// The parts of the signature.
    pub fn proof(&self) -> Proof {
        match self {
            Self::Notification(notification) => notification.proof(),
            // Headers of the mail and variables of the sender are fields too and may have these names: Mailgun's
            // own come last.
            Self::Form(fields) => {
                let part = |name| fields.last(name).map(Field::text);
                Proof {
                    timestamp: part("timestamp").unwrap_or_default(),
                    token: part("token").unwrap_or_default(),
                    signatures: part("signature").into_iter().collect(),
                }
            }
        }
    }
}

/// The fields of a form in order.
pub struct Fields<'a> {
    fields: Vec<Field<'a>>,
}

/// A field, or a file.
pub struct Field<'a> {
    /// As in the mail or in Mailgun's documentation: `Message-Id`, `body-plain`.
    pub name: String,
    /// Of a file: made safe.
    pub file_name: Option<String>,
    /// Of a file.
    pub content_type: Option<String>,
    value: &'a [u8],
    urlencoded: bool,
}

impl Field<'_> {
    /// The bytes: a copy only where they have to be decoded.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        if self.urlencoded { unescaped(self.value).into() } else { self.value.into() }
    }

    /// The text, which Mailgun has in UTF-8. Bounded.
    pub fn text(&self) -> String {
        self.bounded(TEXT_SIZE_MAX)
    }

    /// The text of a body. Bounded.
    pub fn body(&self) -> String {
        self.bounded(BODY_SIZE_MAX).replace("\r\n", "\n").replace(['\r', '\0'], "\n")
    }

    fn bounded(&self, size_max: usize) -> String {
        // An escape takes three bytes.
        let size_max = if self.urlencoded { size_max * 3 } else { size_max };
        let value = &self.value[..self.value.len().min(size_max)];
        let bytes = if self.urlencoded { unescaped(value).into() } else { Cow::Borrowed(value) };
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl<'a> Fields<'a> {
    fn multipart(content_type: &str, body: &'a [u8]) -> Result<Self, Interrupt> {
        let parts = multipart::parse(content_type, body).map_err(malformed)?;
        let fields = parts.into_iter().map(|part| Field {
            name: part.name,
            file_name: part.file_name.as_deref().and_then(file_name),
            content_type: part.content_type,
            value: part.body,
            urlencoded: false,
        });
        Ok(Self { fields: fields.collect() })
    }

    fn urlencoded(body: &'a [u8]) -> Result<Self, Interrupt> {
        let mut fields = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if fields.len() == FIELDS_MAX {
                return Err(malformed("form with too many fields"));
            }
            let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = unescaped(&pair[..equals.min(TEXT_SIZE_MAX)]);
            fields.push(Field {
                name: String::from_utf8_lossy(&name).into_owned(),
                file_name: None,
                content_type: None,
                value: pair.get(equals + 1..).unwrap_or_default(),
                urlencoded: true,
            });
        }
        Ok(Self { fields })
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter()
    }

    /// The last field of a name.
    pub fn last(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().rev().find(|field| field.name == name)
    }

    /// The text of the last field of a name, where it is not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.last(name).map(Field::text).filter(|text| !text.is_empty())
    }

    /// The text of the first field of a name, where it is not empty.
    pub fn first_text(&self, name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some(field.text()).filter(|text| !text.is_empty())
    }
}

/// Decodes `+` and `%XX` into exactly as much memory as it takes: a mail of 20 MiB must not be doubled on the way.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let escapes = text.iter().filter(|byte| **byte == b'%').count();
    let mut bytes = Vec::with_capacity(text.len().saturating_sub(escapes * 2).max(text.len() / 3));
    let mut position = 0;
    while let Some(byte) = text.get(position) {
        let digit =
            |offset: usize| text.get(position + offset).and_then(|digit| (*digit as char).to_digit(16));
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                position += 2;
            }
            (b'+', ..) => bytes.push(b' '),
            (byte, ..) => bytes.push(*byte),
        }
        position += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escapes_and_what_only_looks_like_one() {
        assert_eq!(unescaped(b"a+b%20c%C3%a9%"), "a b cé%".as_bytes());
        assert_eq!(unescaped(b"%zz%1%FF%"), b"%zz%1\xff%");
        assert_eq!(unescaped(b""), b"");
    }
}
