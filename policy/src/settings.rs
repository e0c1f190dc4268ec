//! The settings of one connection, sorted by who may see them.

use memchr::memmem::Finder;
use trunkline_model::manifest::{Manifest, Secret as Purpose};
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

    /// Sorts the values of a connection as the manifest of its connector says: empty ones do not count, and where there is
    /// none, the manifest's default does.
    pub fn of<'a>(
        manifest: &Manifest,
        values: impl Fn(&str) -> Vec<&'a str>,
    ) -> Result<Self, Vec<SettingProblem>> {
        let (mut sorted, mut problems) = (Vec::new(), Vec::new());
        for (name, setting) in &manifest.settings {
            let mut given = values(name);
            given.retain(|value| !value.is_empty());
            if given.is_empty() && setting.required && setting.default.is_none() {
                problems.push(SettingProblem::Lacking { setting: name.clone() });
            }
            if given.len() > 1 && !setting.multiple {
                problems.push(SettingProblem::TooMany { setting: name.clone(), found: given.len() });
            }
            let visibility = match setting.secret {
                None => Visibility::Plain,
                Some(Purpose::Verify) => Visibility::SecretToVerify,
                Some(Purpose::Call) => Visibility::SecretForCalls,
            };
            let default = if given.is_empty() { setting.default.as_deref() } else { None };
            let values = given.into_iter().chain(default);
            sorted.extend(values.map(|value| (name.clone(), value.to_owned(), visibility)));
        }
        if problems.is_empty() { Ok(Self::new(sorted)) } else { Err(problems) }
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

/// What is wrong with the settings of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingProblem {
    /// It must be set.
    Lacking {
        /// Which.
        setting: String,
    },
    /// It has more values than one.
    TooMany {
        /// Which.
        setting: String,
        /// How many.
        found: usize,
    },
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
    fn a_connection_has_what_its_manifest_asks_for() {
        let manifest = "manifest_version = 1\nid = \"post\"\ntitle = \"Post\"\nversion = \"0.1.0\"\nsummary = \"Letters.\"\n\
            documentation = \"https://example.com\"\nmethods = [\"POST\"]\n[settings]\n\
            sender = { help = \"-\", default = \"us\" }\nkey = { help = \"-\", secret = \"verify\", multiple = true }\n\
            token = { help = \"-\", secret = \"call\", required = false }\n";
        let manifest = Manifest::parse(manifest).expect("valid");
        let of = |values: &[(&'static str, &'static str)]| {
            let values = values.to_vec();
            Settings::of(&manifest, move |name| {
                values.iter().filter(|(key, _)| *key == name).map(|(_, value)| *value).collect()
            })
        };
        let settings = of(&[("key", ""), ("key", "new"), ("key", "old"), ("sender", "")]).expect("complete");
        assert_eq!(settings.plain("sender"), Some("us"));
        assert_eq!((settings.secret("key"), settings.secret("token")), (Some("new"), None));
        let pairs = [("key", "new"), ("key", "old"), ("sender", "us")];
        assert_eq!(
            settings.context(&[], 1).settings,
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        let problems = of(&[("sender", "a"), ("sender", "b"), ("key", "")]).expect_err("two problems");
        let (lacking, many) = ("key".to_owned(), "sender".to_owned());
        assert_eq!(
            problems,
            [
                SettingProblem::Lacking { setting: lacking },
                SettingProblem::TooMany { setting: many, found: 2 }
            ]
        );
    }

    #[test]
    fn quoted_secrets_are_blotted_out_in_every_form() {
        let mut text = b"{\"new token/1\":\"new+token%2F1\",\"pin\":1234,\"old token/1\":0}".to_vec();
        settings().blot(&mut text);
        let expected = r#"{"***********":"*************","pin":1234,"***********":0}"#;
        assert_eq!(String::from_utf8_lossy(&text), expected);
    }
}
