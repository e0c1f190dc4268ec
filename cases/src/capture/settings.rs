//! The settings of a captured case: those of the folder's defaults, and invented ones.

use trunkline_model::manifest::{Manifest, Secret};
use trunkline_model::{Context, Request};

use super::rewrite::Rewriter;
use crate::case::{CaseError, Directives};
use crate::scheme::{Key, Scheme, Schemes};
use crate::trace;

/// A shorter value is a switch or a number.
const VALUE_MIN: usize = 6;
/// The name of the part of a setting that is the key. Templates know whole settings only.
const PART: &str = "by";

/// What stands for each value.
#[derive(Debug, Default)]
pub struct Invented {
    replaced: Vec<(String, String)>,
    /// Name and value of what the defaults lack.
    added: Vec<(String, String)>,
    /// No secrets: name, value, and whether the defaults have one.
    plain: Vec<(String, String, Option<String>)>,
    /// Settings with a key in a part of them.
    parts: Vec<(Key, String)>,
}

impl Invented {
    /// For the settings that a webhook was verified with.
    pub fn new(
        (request, context): (&Request, &Context),
        manifest: &Manifest,
        schemes: &Schemes,
        proofs: &[Scheme],
    ) -> Result<Self, CaseError> {
        let defaults = Directives::of(&schemes.defaults, "")?.settings;
        let default =
            |name: &str| defaults.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let mut invented = Self::default();
        for (name, value) in &context.settings {
            let Some(setting) = manifest.settings.get(name).filter(|_| !value.is_empty()) else { continue };
            if setting.secret == Some(Secret::Call) {
                continue;
            }
            if setting.secret.is_none() {
                let declared = setting.default.as_ref() == Some(value);
                match default(name) {
                    Some(own) if is_personal(value) => invented.replaced.push((value.clone(), own)),
                    known => {
                        if known.is_some() || !declared {
                            invented.plain.push((name.clone(), value.clone(), known));
                        }
                    }
                }
                continue;
            }
            let part = proofs.iter().find(|scheme| {
                let key = scheme.proof.key();
                key.setting == *name && key.skip > 0 && trace::is_fit(request, scheme, value)
            });
            let part = part.map(|scheme| scheme.proof.key());
            if let Some(key) = part {
                invented.part(key, value);
                continue;
            }
            let replacement = default(name).unwrap_or_else(|| format!("invented-{}", name.replace('_', "-")));
            if default(name).is_none() && !invented.added.iter().any(|(known, _)| known == name) {
                invented.added.push((name.clone(), replacement.clone()));
            }
            // A shorter one is a part of words.
            if value.len() >= VALUE_MIN {
                invented.replaced.push((value.clone(), replacement));
            }
        }
        Ok(invented)
    }

    fn part(&mut self, key: &Key, value: &str) {
        if self.parts.iter().any(|(known, _)| known == key) {
            return;
        }
        let secret = format!("invented-{}", key.setting.replace('_', "-"));
        let before = value.strip_suffix(key.part(value)).unwrap_or_default();
        self.replaced.push((key.part(value).to_owned(), secret.clone()));
        self.added.push((key.setting.clone(), format!("{before}{secret}")));
        self.added.push((PART.to_owned(), secret));
        self.parts.push((key.clone(), PART.to_owned()));
    }

    /// Each value with what stands for it.
    pub fn replaced(&self) -> impl Iterator<Item = (&str, &str)> {
        self.replaced.iter().map(|(value, replacement)| (value.as_str(), replacement.as_str()))
    }

    /// The setting that a template names for a key.
    pub fn name<'a>(&'a self, key: &'a Key) -> &'a str {
        self.parts.iter().find(|(known, _)| known == key).map_or(key.setting.as_str(), |(_, name)| name)
    }

    /// The directives that the defaults lack.
    pub fn lines(&self, rewriter: &mut Rewriter) -> Vec<(String, String)> {
        let mut lines: Vec<(String, String)> = Vec::new();
        for (name, value, default) in &self.plain {
            // A switch, or a list of words that the connector gives a meaning, stays what it is.
            let value = if is_personal(value) { rewriter.value(value) } else { value.clone() };
            if default.as_ref() != Some(&value) {
                lines.push((name.clone(), value));
            }
        }
        lines.extend(self.added.clone());
        lines
    }
}

/// It names somebody: an account, a number, an address.
fn is_personal(value: &str) -> bool {
    value.len() >= VALUE_MIN && (value.contains('@') || value.bytes().any(|byte| byte.is_ascii_digit()))
}
