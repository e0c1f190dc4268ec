//! What only SendGrid has: its templates, and whatever else a sender gives in `native`.

use serde_json::{Map, Value, json};
use trunkline_sdk::email::compose::native;
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use super::SENDGRID;
use crate::event::ARGUMENTS;

/// The name of a field, and what is a value of it.
type Field = (&'static str, fn(&Value) -> bool);

/// Fields that a sender may give. `mail_settings` is none of them: it can send copies.
const FIELDS: [Field; 6] = [
    ("categories", Value::is_array),
    ("send_at", Value::is_u64),
    ("batch_id", Value::is_string),
    ("asm", Value::is_object),
    ("ip_pool_name", Value::is_string),
    ("tracking_settings", Value::is_object),
];
/// Beginnings of headers that are SendGrid's.
const OWN_HEADER_FAMILIES: [&str; 2] = ["x-sg-", "x-smtpapi"];

/// A template that is stored at SendGrid.
pub struct Stored {
    pub id: String,
    pub data: Map<String, Value>,
}

/// Of the parts that only SendGrid has.
#[derive(Default)]
pub struct Own {
    /// It is the whole mail.
    pub template: Option<Stored>,
    pub fields: Map<String, Value>,
    pub arguments: Map<String, Value>,
    pub headers: Map<String, Value>,
}

impl Own {
    /// Takes a template or native part.
    pub fn take(
        &mut self,
        index: usize,
        part: &OutgoingPart,
        notes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        match part {
            OutgoingPart::Template(given) => {
                if self.template.is_some() {
                    return Err(refuse("too_many", "one template in a mail"));
                }
                if !given.language.trim().is_empty() {
                    let what = "SendGrid's templates have no language, it is left out";
                    notes.push(format!("part {index}: {what}"));
                }
                self.template = Some(template(index, given)?);
                Ok(())
            }
            OutgoingPart::Native(given) => self.native(index, given),
            _ => Ok(()),
        }
    }

    /// `native` with the name `fields`: a JSON object of fields beside those that are made of the message.
    fn native(&mut self, index: usize, given: &Opaque) -> Result<(), Failure> {
        for (name, value) in native::fields(index, given, &SENDGRID)? {
            let known = FIELDS.iter().find(|(known, _)| *known == name);
            match (name.as_str(), &value) {
                (_, value) if known.is_some_and(|(_, fits)| fits(value)) => {
                    self.fields.insert(name, value.clone());
                }
                ("custom_args", Value::Object(arguments)) => {
                    self.arguments.extend(native::texts(index, &name, arguments, &ARGUMENTS)?);
                }
                ("headers", Value::Object(headers)) => {
                    let headers = native::free_headers(index, headers, &OWN_HEADER_FAMILIES)?;
                    self.headers.extend(headers.into_iter().map(|(name, value)| (name, json!(value))));
                }
                _ => {
                    let name = name.escape_debug();
                    let what = format!(
                        "part {index}: the field `{name}` is made of the message, unknown, or has an odd value"
                    );
                    return Err(refuse("unsupported", what));
                }
            }
        }
        Ok(())
    }
}

/// `components` holds what the values have beside texts: `{"dynamic_template_data":{"items":[…]}}`.
fn template(index: usize, template: &Template) -> Result<Stored, Failure> {
    let odd = |what: &str| refuse("unsupported", format!("part {index}: {what}"));
    let id = template.name.trim();
    if id.is_empty() {
        return Err(refuse("missing", format!("part {index}: the template has no id")));
    }
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(odd("a template is named by its id, `d-…`"));
    }
    let (data, others) = native::template_values(index, template, "dynamic_template_data")?;
    if let Some((name, _)) = others.iter().next() {
        return Err(odd(&format!("`{}` is no component of a template", name.escape_debug())));
    }
    Ok(Stored { id: id.to_owned(), data })
}
