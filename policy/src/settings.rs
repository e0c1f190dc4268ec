//! The settings of one connection, sorted by who may see them.

use memchr::memmem::Finder;
use trunkline_model::{Context, Exchange};

/// Secrets shorter than this are not looked for in answers: they would be found by chance.
const SECRET_BYTES_MIN: usize = 8;

/// What a connection is configured with. Never printed with its values.
#[derive(Clone, Default)]
pub struct Settings {
    /// What the connector sees: everything but the secrets that are only for calls.
    pub(crate) visible: Vec<(String, String)>,
    /// Long enough to be looked for.
    pub(crate) secrets: Vec<Secret>,
    /// Name and value of every secret, the newest value of a setting first.
    values: Vec<(String, String)>,
}

#[derive(Clone)]
pub(crate) struct Secret {
    pub setting: String,
    pub visibility: Visibility,
    /// As it is, then as it would stand in JSON text and in a form or URL, where those are others. Most secrets
    /// look the same everywhere, and a text is searched once.
    pub forms: Vec<Finder<'static>>,
}

impl Settings {
    /// Sorts resolved settings: name, value, and whether it is a secret and the connector may see it.
    pub fn new(settings: impl IntoIterator<Item = (String, String, Visibility)>) -> Self {
        let mut sorted = Self::default();
        for (name, value, visibility) in settings {
            if visibility != Visibility::Plain && value.len() >= SECRET_BYTES_MIN {
                sorted.secrets.push(Secret { setting: name.clone(), visibility, forms: forms(&value) });
            }
            if visibility != Visibility::Plain {
                sorted.values.push((name.clone(), value.clone()));
            }
            if visibility != Visibility::SecretForCalls {
                sorted.visible.push((name, value));
            }
        }
        sorted
    }

    /// What the connector may know in one round.
    pub fn context(&self, exchanges: &[Exchange], now: u64) -> Context {
        Context { settings: self.visible.clone(), now, exchanges: exchanges.to_vec() }
    }

    /// The first value of a setting that the connector sees. None: there is no such setting, or it is empty.
    pub fn plain(&self, name: &str) -> Option<&str> {
        let visible = self.visible.iter().find(|(key, value)| key == name && !value.is_empty());
        visible.map(|(_, value)| value.as_str())
    }

    /// The first value of a setting that is a secret, for whoever adds it to a call. None: there is no such secret,
    /// or it is empty.
    pub fn secret(&self, name: &str) -> Option<&str> {
        let mut values = self.values.iter().filter(|(setting, value)| setting == name && !value.is_empty());
        values.next().map(|(_, value)| value.as_str())
    }

    /// Blots out every secret that never enters the sandbox, where a provider's answer quotes it. The length stays, so
    /// that JSON stays JSON.
    pub fn blot(&self, text: &mut [u8]) {
        for secret in self.secrets.iter().filter(|secret| secret.visibility == Visibility::SecretForCalls) {
            for form in &secret.forms {
                let length = form.needle().len();
                let places: Vec<usize> = form.find_iter(text).collect();
                for place in places {
                    text[place..place + length].fill(b'*');
                }
            }
        }
    }
}

/// The forms of a secret, each once.
fn forms(value: &str) -> Vec<Finder<'static>> {
    let mut texts = vec![value.to_owned()];
    let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    for text in [trunkline_model::json_text(value), encoded] {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.iter().map(|text| Finder::new(text.as_bytes()).into_owned()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let setting = |name: &str, value: &str, visibility| (name.to_owned(), value.to_owned(), visibility);
        Settings::new([
            setting("sender", "15550001111", Visibility::Plain),
            setting("token", "new token/1", Visibility::SecretForCalls),
            setting("token", "old token/1", Visibility::SecretForCalls),
            setting("pin", "1234", Visibility::SecretToVerify),
            setting("empty", "", Visibility::SecretForCalls),
        ])
    }

    #[test]
    fn the_newest_value_of_a_secret_is_given_and_nothing_else() {
        let settings = settings();
        assert_eq!(settings.secret("token"), Some("new token/1"));
        assert_eq!(settings.secret("pin"), Some("1234"));
        assert_eq!(settings.secret("sender"), None, "not a secret");
        assert_eq!((settings.secret("empty"), settings.secret("other")), (None, None));
        assert_eq!(format!("{settings:?}"), r#"["sender", "pin"]"#);
    }

    #[test]
    fn quoted_secrets_are_blotted_out_in_every_form() {
        let mut text = b"{\"new token/1\":\"new+token%2F1\",\"pin\":1234,\"old token/1\":0}".to_vec();
        settings().blot(&mut text);
        let expected = r#"{"***********":"*************","pin":1234,"***********":0}"#;
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
