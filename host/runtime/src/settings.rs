//! The settings of one connection, sorted by who may see them.

use memchr::memmem::Finder;

/// Secrets shorter than this are not looked for in answers: they would be found by chance.
const SECRET_BYTES_MIN: usize = 8;

/// What a connection is configured with. Never printed with its values.
#[derive(Clone, Default)]
pub struct Settings {
    /// What the connector sees: everything but the secrets that are only for calls.
    pub(crate) visible: Vec<(String, String)>,
    pub(crate) secrets: Vec<Secret>,
}

#[derive(Clone)]
pub(crate) struct Secret {
    pub setting: String,
    pub raw: Finder<'static>,
    /// As it would stand in JSON text, where that is another.
    pub in_json: Finder<'static>,
}

impl Settings {
    /// Sorts resolved settings: name, value, and whether it is a secret and the connector may see it.
    pub fn new(settings: impl IntoIterator<Item = (String, String, Visibility)>) -> Self {
        let mut sorted = Self::default();
        for (name, value, visibility) in settings {
            if visibility != Visibility::Plain && value.len() >= SECRET_BYTES_MIN {
                let in_json = trunkline_model::json_text(&value);
                sorted.secrets.push(Secret {
                    setting: name.clone(),
                    raw: Finder::new(value.as_bytes()).into_owned(),
                    in_json: Finder::new(in_json.as_bytes()).into_owned(),
                });
            }
            if visibility != Visibility::SecretForCalls {
                sorted.visible.push((name, value));
            }
        }
        sorted
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.visible.iter().map(|(name, _)| name)).finish()
    }
}

/// Who may see a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Not a secret.
    Plain,
    /// A secret that the connector verifies with.
    SecretToVerify,
    /// A secret that never enters the sandbox.
    SecretForCalls,
}
