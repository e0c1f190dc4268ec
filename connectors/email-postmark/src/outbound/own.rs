//! What only Postmark has: its templates, and whatever else a sender gives in `native`.

use serde_json::{Map, Value, json};
use trunkline_sdk::email::compose::native;
use trunkline_sdk::outbound::refuse;
use trunkline_sdk::prelude::*;

use super::POSTMARK;
use crate::record::METADATA;

/// The name of a field, and what is a value of it.
type Field = (&'static str, fn(&Value) -> bool);

/// Fields that a sender may give.
const FIELDS: [Field; 4] = [
    ("Tag", Value::is_string),
    ("TrackOpens", Value::is_boolean),
    ("TrackLinks", Value::is_string),
    ("MessageStream", Value::is_string),
];

/// Of the parts that only Postmark has.
#[derive(Default)]
pub struct Own {
    /// The fields of a template, which is the whole mail.
    pub template: Option<Map<String, Value>>,
    pub fields: Map<String, Value>,
    pub metadata: Map<String, Value>,
    /// `{"Name":…,"Value":…}`
    pub headers: Vec<Value>,
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
                    let what = "Postmark's templates have no language, it is left out";
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
        for (name, value) in native::fields(index, given, &POSTMARK)? {
            let known = FIELDS.iter().find(|(known, _)| *known == name);
            match (name.as_str(), &value) {
                (_, value) if known.is_some_and(|(_, fits)| fits(value)) => {
                    self.fields.insert(name, value.clone());
                }
                ("Metadata", Value::Object(metadata)) => {
                    self.metadata.extend(native::texts(index, &name, metadata, &METADATA)?);
                }
                ("Headers", Value::Object(headers)) => {
                    let headers = native::free_headers(index, headers, &["x-pm-"])?;
                    let headers = headers.iter().map(|(name, value)| json!({ "Name": name, "Value": value }));
                    self.headers.extend(headers);
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

/// A template that is stored at Postmark: its number or alias, and the values. `components` holds what `TemplateModel` has
/// beside texts, `{"TemplateModel":{"items":[…]},"InlineCss":true}`.
fn template(index: usize, template: &Template) -> Result<Map<String, Value>, Failure> {
    let odd = |what: &str| refuse("unsupported", format!("part {index}: {what}"));
    let name = template.name.trim();
    if name.is_empty() {
        return Err(refuse("missing", format!("part {index}: the template has no name")));
    }
    let (model, mut components) = native::template_values(index, template, "TemplateModel")?;
    let mut fields = Map::new();
    match name.parse::<u64>() {
        Ok(number) => fields.insert("TemplateId".to_owned(), json!(number)),
        Err(_) => fields.insert("TemplateAlias".to_owned(), json!(name)),
    };
    if let Some(inline) = components.remove("InlineCss") {
        if !inline.is_boolean() {
            return Err(odd("`InlineCss` is `true` or `false`"));
        }
        fields.insert("InlineCss".to_owned(), inline);
    }
    if let Some((name, _)) = components.iter().next() {
        return Err(odd(&format!("`{}` is no component of a template", name.escape_debug())));
    }
    fields.insert("TemplateModel".to_owned(), Value::Object(model));
    Ok(fields)
}
