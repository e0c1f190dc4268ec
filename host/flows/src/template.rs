//! Text with values in it: `Hello {{ contact.name }}`, in as many languages as there are.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::expression::{Expression, ExpressionError, Names, Scene, display, shorten};
use crate::trace::Did;

/// Bytes of a text as it is written.
pub(crate) const TEMPLATE_BYTES_MAX: usize = 8_000;
/// Bytes of a text with its values.
const RENDERED_BYTES_MAX: usize = 16_000;
/// Values in one text.
const VALUES_MAX: usize = 50;

/// What stays as it is in a value inside of a URL.
const URL_PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text with places for values.
#[derive(Debug, Clone)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Plain(String),
    Value(Expression),
}

/// What values are written for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Into {
    /// Somebody who reads.
    People,
    /// A URL: everything that has a meaning there is escaped.
    Url,
    /// A header: no line ends.
    Header,
}

impl Template {
    pub(crate) fn compile(text: &str, names: Names<'_>) -> Result<Self, Vec<ExpressionError>> {
        let refuse =
            |message: String, hint: &str| Err(vec![ExpressionError { message, hint: hint.to_owned() }]);
        if text.len() > TEMPLATE_BYTES_MAX {
            let message = format!("a text of {} bytes, at most {TEMPLATE_BYTES_MAX}", text.len());
            return refuse(message, "say it in several steps");
        }
        let (mut pieces, mut errors, mut rest) = (Vec::new(), Vec::new(), text);
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((source, after)) = after.split_once("}}") else {
                return refuse(format!("`{{{{` without `}}}}` in `{}`", shorten(text, 80)), "close it");
            };
            if !before.is_empty() {
                pieces.push(Piece::Plain(before.to_owned()));
            }
            match Expression::compile(source.trim(), names) {
                Ok(value) => pieces.push(Piece::Value(value)),
                Err(found) => errors.extend(found),
            }
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Plain(rest.to_owned()));
        }
        if pieces.len() > 2 * VALUES_MAX {
            return refuse(format!("more than {VALUES_MAX} values in a text"), "say it in several steps");
        }
        if errors.is_empty() { Ok(Self(pieces)) } else { Err(errors) }
    }

    /// What stands before the first value.
    pub(crate) fn begin(&self) -> &str {
        match self.0.first() {
            Some(Piece::Plain(text)) => text,
            _ => "",
        }
    }

    /// The text with its values. One that there is not is left out, and told.
    pub(crate) fn render(&self, scene: &Scene<'_>, into: Into, told: &mut Vec<Did>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(plain) => text.push_str(plain),
                Piece::Value(expression) => match expression.value(scene) {
                    Ok(value) => match into {
                        Into::Url => text.extend(utf8_percent_encode(&display(&value), URL_PLAIN)),
                        Into::Header => {
                            text.extend(display(&value).chars().filter(|letter| !letter.is_control()))
                        }
                        Into::People => text.push_str(&display(&value)),
                    },
                    Err(reason) => {
                        told.push(Did::LeftOut { expression: expression.source().to_owned(), reason });
                    }
                },
            }
            if text.len() > RENDERED_BYTES_MAX {
                text.truncate(shorten(&text, RENDERED_BYTES_MAX).len());
                break;
            }
        }
        text
    }
}

/// Text in some languages.
#[derive(Debug, Clone)]
pub(crate) struct Text(BTreeMap<String, Template>);

impl Text {
    /// By language; the empty one is for all.
    pub(crate) fn new(texts: BTreeMap<String, Template>) -> Self {
        Self(texts)
    }

    /// The text for the first of these languages that there is one for: the language itself, or its kin (`pt` for
    /// `pt-BR`). Else the first.
    pub(crate) fn pick(&self, languages: &[&str]) -> Option<&Template> {
        let exact = |language: &str| self.0.get(&language.to_lowercase());
        let kin = |language: &str| exact(language.split(['-', '_']).next().unwrap_or_default());
        let wanted = languages.iter().find_map(|language| exact(language).or_else(|| kin(language)));
        wanted.or_else(|| self.0.values().next())
    }
}
